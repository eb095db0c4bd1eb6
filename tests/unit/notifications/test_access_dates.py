"""Accesses with dates: their start, that their end is near, and their end are told once, to whom they concern."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.dossiers.partners import Outcome
from bot.dossiers.period import AccessPeriod
from bot.dossiers.tables import DatedAccess
from bot.notifications.kinds import Category, DeliveryChannel
from bot.notifications.tables import Event, Notice
from tests.unit.notifications.notification_harness import CLAIRE, DOSSIER, PAUL, START, NotificationHarness, Process
from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox

STAY = AccessPeriod(date(2026, 12, 15), date(2027, 1, 2))


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """One for each test: all of them change the team."""
    with running_sandbox(tmp_path / "sandbox") as running:
        yield running


async def add(harness: NotificationHarness, period: AccessPeriod, key: str = "k1") -> None:
    registry, partners = harness.process.registry, harness.process.partners
    claire, paul = await registry.by_email(CLAIRE), await registry.by_email(PAUL)
    assert claire
    assert paul
    assert await partners.add(DOSSIER, claire, paul, basis="consent_given", channel="web", key=key, period=period) is Outcome.ADDED
    await harness.deliver_due()


async def at(harness: NotificationHarness, instant: datetime) -> None:
    """Move the clock there, and deliver what is due; a second process and a second time do nothing more."""
    harness.clock.advance(instant - harness.clock.now())
    await harness.deliver_due()
    again = Process(harness)
    await again.notification_worker.run_due()
    await harness.deliver_due()


async def told(harness: NotificationHarness, email: str) -> list[str]:
    return [notice.kind for notice in await harness.notices(email)]


@pytest.mark.thorough
async def test_a_stay_is_told_at_its_start_before_its_end_and_at_its_end(harness: NotificationHarness) -> None:
    await harness.link(PAUL)
    await add(harness, STAY)
    await at(harness, datetime(2026, 12, 15, 6, 59, tzinfo=UTC))
    assert await harness.rows(Notice) == []
    await at(harness, datetime(2026, 12, 15, 7, 0, tzinfo=UTC))
    assert (await told(harness, PAUL)).count("access.granted") == 1
    assert f"Claire Moreau vous a donné accès au dossier {DOSSIER}." in harness.sent_texts()
    assert "team.joined" not in await told(harness, CLAIRE)
    await at(harness, datetime(2026, 12, 30, 6, 59, tzinfo=UTC))
    assert "access.ending" not in await told(harness, PAUL)
    await at(harness, datetime(2026, 12, 30, 7, 0, tzinfo=UTC))
    assert harness.sent_texts()[-1] == f"Votre accès au dossier {DOSSIER} se termine le 2 janvier (inclus)."
    assert (await told(harness, CLAIRE)).count("access.ending") == 1
    ending = f"L’accès de Paul Martin au dossier {DOSSIER} se termine le 2 janvier (inclus)"
    assert any(ending in mail["text"].replace("\u00a0", " ") for mail in harness.mails(CLAIRE))
    await at(harness, datetime(2027, 1, 3, 7, 0, tzinfo=UTC))
    assert harness.sent_texts()[-1] == f"Votre accès au dossier {DOSSIER} a pris fin."
    assert [(await told(harness, who)).count(kind) for who, kind in ((PAUL, "access.ended"), (CLAIRE, "access.expired"))] == [1, 1]
    assert (await told(harness, CLAIRE)).count("access.ended") == 0
    assert await harness.rows_of(DatedAccess) == []


async def test_between_the_dates_alone_is_he_told_what_happens(harness: NotificationHarness) -> None:
    await add(harness, STAY)
    await harness.add_event()
    await at(harness, START + timedelta(minutes=5))
    assert await told(harness, PAUL) == []
    await at(harness, datetime(2026, 12, 20, 12, 0, tzinfo=UTC))
    await harness.prefer(PAUL, modes={Category.DOCUMENTS: {DeliveryChannel.MAIL: "digest"}})
    await harness.add_event()
    await harness.dispatch_only()
    assert "document.added" in await told(harness, PAUL)
    await at(harness, datetime(2027, 1, 3, 12, 0, tzinfo=UTC))  # the digest that would hold it is not sent any more
    assert not any("document" in mail["text"] for mail in harness.mails(PAUL) if "2027" in mail["at"])
    await harness.add_event()
    await harness.dispatch_only()
    assert (await told(harness, PAUL)).count("document.added") == 1


async def test_dates_that_were_changed_or_taken_back_are_followed(harness: NotificationHarness) -> None:
    await add(harness, AccessPeriod(None, date(2026, 12, 10)))
    registry, partners = harness.process.registry, harness.process.partners
    claire, paul = await registry.by_email(CLAIRE), await registry.by_email(PAUL)
    assert claire
    assert paul
    await partners.set_period(DOSSIER, claire, paul.reference, AccessPeriod(None, date(2026, 12, 20)), channel="web", key="d1")
    await at(harness, datetime(2026, 12, 11, 12, 0, tzinfo=UTC))
    assert await told(harness, PAUL) == ["access.granted", "access.dated"]
    await at(harness, datetime(2026, 12, 17, 7, 0, tzinfo=UTC))
    assert await told(harness, PAUL) == ["access.granted", "access.dated", "access.ending"]
    await partners.set_period(DOSSIER, claire, paul.reference, AccessPeriod(), channel="web", key="d2")
    await at(harness, datetime(2026, 12, 22, 12, 0, tzinfo=UTC))
    assert await told(harness, PAUL) == ["access.granted", "access.dated", "access.ending", "access.dated"]


async def test_whoever_was_removed_or_told_by_the_platform_is_not_told_again(harness: NotificationHarness) -> None:
    await add(harness, AccessPeriod(None, date(2026, 11, 24)))
    assert await told(harness, PAUL) == ["access.granted", "access.ending"]  # at once: it ends sooner than it is announced
    assert await told(harness, CLAIRE) == []  # who has just said so knows
    harness.clock.advance(datetime(2026, 11, 24, 23, 1, tzinfo=UTC) - harness.clock.now())
    await harness.add_event("access.ended", recipients=[harness.account(PAUL)])
    await at(harness, datetime(2026, 11, 25, 7, 0, tzinfo=UTC))
    assert (await told(harness, PAUL)).count("access.ended") == 1
    assert await harness.rows_of(DatedAccess) == []


async def test_while_the_platform_is_away_nothing_is_lost(harness: NotificationHarness) -> None:
    await add(harness, AccessPeriod(None, date(2026, 11, 30)))
    harness.clock.advance(datetime(2026, 11, 27, 7, 0, tzinfo=UTC) - harness.clock.now())
    harness.network.cut_after(0, losing=False)
    await harness.process.notification_worker.access_dates.run_due()
    assert await harness.rows(Event, Event.kind == "access.ending") == []
    harness.network.restore()
    await at(harness, datetime(2026, 11, 27, 7, 10, tzinfo=UTC))
    assert await told(harness, PAUL) == ["access.granted", "access.ending"]
