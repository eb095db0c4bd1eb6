"""Who did what in a dossier, and a removal taken back: joined from the care team and the trail, for members of today alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.dossiers.errors import AccountClosed, NotAMember, NotUndoable
from bot.dossiers.history import Participation
from bot.dossiers.partners import Outcome
from bot.dossiers.restorations import UNDO_WITHIN
from tests.unit.harness import CLAIRES_DOSSIER, Harness
from tests.unit.sandbox.sandbox_server import Sandbox

PAUL = "paul.martin"


async def add(harness: Harness, key: str = "add") -> None:
    doing, added = await harness.account("claire.moreau"), await harness.account(PAUL)
    await harness.partners.add(CLAIRES_DOSSIER, doing, added, basis="consent_given", channel="web", key=key, conversation_id="chat")


async def remove(harness: Harness, key: str = "remove") -> None:
    doing, member = await harness.account("claire.moreau"), (await harness.account(PAUL)).reference
    await harness.partners.remove(CLAIRES_DOSSIER, doing, member, channel="web", key=key, conversation_id="chat")


async def restore(harness: Harness, key: str = "undo", *, who: str = "claire.moreau", chat: str = "chat") -> Outcome:
    return await harness.restorations.restore("remove", await harness.account(who), channel="web", key=key, conversation_id=chat)


async def stays_of_paul(harness: Harness, reader: str = "claire.moreau") -> list[Participation]:
    stays = await harness.partner_history.of_dossier(CLAIRES_DOSSIER, await harness.account(reader), None)
    return [stay for stay in stays if stay.name == "Paul Martin"]


async def test_an_addition_and_a_removal_are_told_with_who_when_and_why(harness: Harness) -> None:
    claire = await harness.account("claire.moreau")
    await add(harness)
    added_at = harness.clock.now()
    harness.clock.advance(timedelta(days=2))
    await remove(harness)
    (stay,) = await stays_of_paul(harness)
    assert (stay.started.at, stay.started.actor, stay.started.basis) == (added_at, claire.id, "consent_given")
    assert stay.ended is not None
    assert (stay.ended.at, stay.ended.actor) == (harness.clock.now(), claire.id)


async def test_of_what_was_not_done_here_only_the_dates_are_known(harness: Harness) -> None:
    stays = await harness.partner_history.of_dossier(CLAIRES_DOSSIER, await harness.account("claire.moreau"), None)
    assert stays
    assert all(stay.started.actor is None and stay.started.basis is None for stay in stays)


@pytest.mark.parametrize("reader", ["karim.benali", PAUL])
async def test_nobody_outside_today_is_told(harness: Harness, reader: str) -> None:
    await add(harness)
    await remove(harness)
    with pytest.raises(NotAMember):
        await stays_of_paul(harness, reader)


async def test_ones_own_acts_are_found_without_a_dossier(harness: Harness) -> None:
    await add(harness)
    (stay,) = await harness.partner_history.own_acts(await harness.account("claire.moreau"), None)
    assert (stay.dossier, stay.name) == (CLAIRES_DOSSIER, "Paul Martin")
    assert await harness.partner_history.own_acts(await harness.account("karim.benali"), None) == []


async def test_a_removal_is_taken_back_once_with_its_basis(harness: Harness, sandbox: Sandbox) -> None:
    paul = await harness.account(PAUL)
    await add(harness)
    await remove(harness)
    assert await restore(harness) is Outcome.RESTORED
    assert await restore(harness) is Outcome.RESTORED  # the same turn played again
    assert await restore(harness, "another turn") is Outcome.ALREADY
    assert sandbox.members(CLAIRES_DOSSIER).count(paul.reference) == 1
    latest = (await stays_of_paul(harness))[0]
    assert (latest.ended, latest.started.restored, latest.started.basis) == (None, True, "consent_given")


async def test_who_was_there_before_comes_back_in_the_same_role(harness: Harness) -> None:
    claire = await harness.account("claire.moreau")
    before = next(p for p in await harness.partners.list(CLAIRES_DOSSIER, claire) if not p.is_referent)
    await harness.partners.remove(CLAIRES_DOSSIER, claire, before.reference, channel="web", key="remove", conversation_id="chat")
    assert await restore(harness) is Outcome.RESTORED
    after = next(p for p in await harness.partners.list(CLAIRES_DOSSIER, claire) if p.account_id == before.account_id)
    assert (after.reference, after.display, after.profession) == (before.reference, before.display, before.profession)


async def test_only_who_removed_in_this_chat_and_lately_takes_it_back(harness: Harness) -> None:
    await add(harness)
    await remove(harness)
    for who, chat in (("karim.benali", "chat"), ("claire.moreau", "another")):
        with pytest.raises(NotUndoable):
            await restore(harness, f"{who}:{chat}", who=who, chat=chat)
    harness.clock.advance(UNDO_WITHIN + timedelta(minutes=1))
    with pytest.raises(NotUndoable):
        await restore(harness)


async def test_a_closed_account_does_not_come_back(harness: Harness) -> None:
    await add(harness)
    await remove(harness)
    harness.close_account("paul.martin@sphere.example")
    with pytest.raises(AccountClosed):
        await restore(harness)
