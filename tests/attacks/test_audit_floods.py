"""Attacks on the audit trail by filling it: what strangers are refused is counted, and what matters stands out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.core.audit import AuditEvent
from bot.core.audit_chain import verify
from bot.core.audit_resources import resource_of
from bot.core.audit_strangers import AROUND_ACCOUNT, FROM_SOURCE, record_stranger_refusal
from bot.identity.errors import IdentityError
from tests.attacks.audit_fixtures import Trail, small_trail
from tests.attacks.codes_fixtures import Installation, installation, platform
from tests.unit.web.desk.running_desk import running_desk

__all__ = ["installation", "platform", "small_trail"]


async def refuse(trail: Trail, sources: Sequence[str], account: str | None = None, outcome: str = "refused") -> None:
    """Strangers are refused, one after the other."""
    async with trail.database.writing() as session:
        for source in sources:
            await record_stranger_refusal(
                session,
                now=trail.clock.now(),
                action="identity.wrong_code",
                outcome=outcome,
                account=account,
                source=source,
                actor=account,
                subject=source,
            )


async def recorded(trail: Trail) -> Counter[tuple[str | None, str]]:
    return Counter((event.actor, event.outcome) for event in await trail.events())


async def test_a_flood_from_one_source_leaves_a_handful_of_events(small_trail: Trail) -> None:
    await refuse(small_trail, ["here"] * 1_200)
    assert await recorded(small_trail) == {
        (None, "refused"): FROM_SOURCE.amount,
        (None, "more_10"): 1,
        (None, "more_100"): 1,
        (None, "more_1000"): 1,
    }
    assert (await verify(small_trail.database)).intact
    assert [resource_of(event)["outcome"] for event in await small_trail.events()] == ["4"] * (FROM_SOURCE.amount + 3)


async def test_a_flood_from_everywhere_is_counted_as_one(small_trail: Trail) -> None:
    await refuse(small_trail, [f"source {number}" for number in range(1_200)])
    assert await recorded(small_trail) == {(None, "refused"): AROUND_ACCOUNT.amount, (None, "more_100"): 1, (None, "more_1000"): 1}


async def test_who_floods_hides_no_other_attack(small_trail: Trail) -> None:
    await refuse(small_trail, [f"source {number}" for number in range(400)])
    await refuse(small_trail, ["source 1"] * 3, account="claire")
    await refuse(small_trail, ["source 1"], account="claire", outcome="locked")
    found = await recorded(small_trail)
    assert (found["claire", "refused"], found["claire", "locked"]) == (3, 1)


async def test_the_next_hour_begins_anew(small_trail: Trail) -> None:
    await refuse(small_trail, ["here"] * 50)
    before = len(await small_trail.events())
    small_trail.clock.advance(timedelta(hours=1, seconds=1))
    await refuse(small_trail, ["here"] * 2)
    assert len(await small_trail.events()) == before + 2


@pytest.mark.parametrize("kind", ["identity.code", "identity.link_token"])
async def test_strangers_in_the_chat_are_counted(installation: Installation, kind: str) -> None:
    process = installation.one
    for number in range(FROM_SOURCE.amount + 8):
        chat = f"chat{number}"
        await process.identity.note_source(chat, "203.0.113.7")
        if kind == "identity.code":
            assert await installation.ask(chat, f"nobody{number}@boite.example") == "sent"
        else:
            with pytest.raises(IdentityError):
                await process.identity.redeem(chat, "x" * 32)
    outcomes = [event.outcome for event in await process.trail(kind)]
    assert outcomes == [outcomes[0]] * FROM_SOURCE.amount + ["more_10"]


async def test_strangers_at_the_sign_in_page_of_the_desk_are_counted(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        for _ in range(30):
            await desk.agents.record_failed_sign_in("nobody", "locked", "203.0.113.7")
        async with desk.support_bot.parts.database.reading() as session:
            outcomes = list(await session.scalars(select(AuditEvent.outcome).where(AuditEvent.action == "support.sign_in")))
    assert outcomes == ["locked"] * FROM_SOURCE.amount + ["more_10"]
