"""What the assistant itself changes is told at once, and once, whatever the platform tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.dossiers.partners import Outcome
from bot.dossiers.period import ALWAYS, AccessPeriod
from bot.dossiers.tables import TeamAct
from bot.notifications.event_intake import router
from bot.notifications.tables import Event, Notice
from tests.unit.notifications.notification_harness import CLAIRE, DOSSIER, KARIM, PAUL, NotificationHarness, Process
from tests.unit.sandbox.sandbox_server import EVENTS_TOKEN, Sandbox, running_sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """One for each test, which posts no events: all of them change the team."""
    with running_sandbox(tmp_path / "sandbox") as running:
        yield running


class Acting:
    """Claire, who acts on her dossier."""

    def __init__(self, harness: NotificationHarness) -> None:
        self.harness, self.process = harness, harness.process
        self.paul = harness.account(PAUL)

    async def person(self, email: str) -> Any:
        found = await self.process.registry.by_email(email)
        assert found
        return found

    async def add(self, period: AccessPeriod = ALWAYS, key: str = "k1") -> Outcome:
        claire, paul = await self.person(CLAIRE), await self.person(PAUL)
        return await self.process.partners.add(DOSSIER, claire, paul, basis="consent_given", channel="web", key=key, period=period)

    async def remove(self, key: str = "r1") -> Outcome:
        claire = await self.person(CLAIRE)
        return await self.process.partners.remove(DOSSIER, claire, f"Practitioner/{self.paul}", channel="web", key=key)

    async def date(self, period: AccessPeriod, key: str = "d1") -> Outcome:
        claire = await self.person(CLAIRE)
        return await self.process.partners.set_period(DOSSIER, claire, f"Practitioner/{self.paul}", period, channel="web", key=key)

    async def told(self, email: str) -> list[str]:
        await self.harness.process.notification_worker.run_due()
        return [notice.kind for notice in await self.harness.notices(email)]

    async def post(self, kind: str, number: int, **data: Any) -> None:
        """The platform tells of a change by an event."""
        app = FastAPI()
        app.include_router(router(self.harness.database, self.harness.clock, EVENTS_TOKEN))
        body = {"specversion": "1.0", "id": f"e-{number}", "source": "urn:sphere:sandbox", "type": f"fr.sphere.{kind}"}
        headers = {"Content-Type": "application/cloudevents+json", "Authorization": f"Bearer {EVENTS_TOKEN}"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as client:
            answer = await client.post("/events", json=body | {"subject": DOSSIER, "data": data}, headers=headers)
        assert answer.status_code == 202

    async def post_addition(self, number: int = 1) -> None:
        await self.post("access.granted", number, author=self.harness.account(CLAIRE), recipients=[self.paul])
        await self.post("team.joined", number + 100, author=self.harness.account(CLAIRE), recipients=[self.harness.account(KARIM)])


@pytest.fixture
def acting(harness: NotificationHarness) -> Acting:
    harness.join(KARIM)
    return Acting(harness)


async def test_who_is_added_and_the_team_are_told_at_once_and_who_did_it_is_not(harness: NotificationHarness, acting: Acting) -> None:
    await harness.link(PAUL)
    assert await acting.add() is Outcome.ADDED
    await harness.deliver_due()
    assert f"Claire Moreau vous a donné accès au dossier {DOSSIER}." in harness.sent_texts()
    assert await acting.told(KARIM) == ["team.joined"]
    assert await acting.told(CLAIRE) == []
    assert await acting.told(PAUL) == ["access.granted"]  # he is not told that he joined
    assert await harness.rows(TeamAct) == []


async def test_a_removal_and_its_undoing_are_told(harness: NotificationHarness, acting: Acting) -> None:
    await acting.add()
    assert await acting.told(PAUL) == ["access.granted"]
    await acting.remove()
    assert await acting.told(PAUL) == ["access.granted", "access.ended"]
    assert await acting.told(KARIM) == ["team.joined", "team.left"]
    await acting.add(key="k2")
    assert await acting.told(PAUL) == ["access.granted", "access.ended", "access.granted"]


async def test_new_dates_are_told_to_whose_access_it_is(harness: NotificationHarness, acting: Acting) -> None:
    await harness.link(PAUL)
    await acting.add()
    await harness.deliver_due()
    assert await acting.date(AccessPeriod(None, date(2026, 12, 20))) is Outcome.DATED
    await harness.advance(timedelta(minutes=2))
    assert f"Claire Moreau a changé les dates de votre accès au dossier {DOSSIER} : il se termine le 20 décembre (inclus)." in [
        text.replace("\u202f", " ") for text in harness.sent_texts()
    ]
    await acting.date(ALWAYS, key="d2")
    await harness.advance(timedelta(minutes=2))
    assert harness.sent_texts()[-1].endswith("il n’a plus de date de fin.")
    assert await acting.told(KARIM) == ["team.joined"]


async def test_what_is_to_begin_later_is_told_when_it_begins(harness: NotificationHarness, acting: Acting) -> None:
    await acting.add(AccessPeriod(date(2026, 12, 15)))
    assert await acting.told(PAUL) == []
    await acting.date(ALWAYS)  # from now on
    assert (await acting.told(PAUL), await acting.told(KARIM)) == (["access.granted"], ["team.joined"])


async def test_who_never_had_begun_is_not_told_of_an_end(harness: NotificationHarness, acting: Acting) -> None:
    await acting.add(AccessPeriod(date(2026, 12, 15)))
    await acting.remove()
    assert (await acting.told(PAUL), await acting.told(KARIM)) == ([], [])


@pytest.mark.parametrize("first", ["act", "platform"])
async def test_what_the_platform_tells_too_is_told_once(harness: NotificationHarness, acting: Acting, first: str) -> None:
    if first == "platform":  # its event may be quicker than the end of our own transaction
        await acting.post_addition()
    await acting.add()
    if first == "act":
        await acting.post_addition()
        await acting.post_addition()  # sent again
    assert (await acting.told(PAUL), await acting.told(KARIM)) == (["access.granted"], ["team.joined"])
    again = Process(harness)
    await again.notification_worker.run_due()
    assert len(await harness.rows(Notice)) == 2


async def test_each_of_several_changes_is_told_once(harness: NotificationHarness, acting: Acting) -> None:
    """Added, removed, added again by us; the platform's events of all three come in a row, before ours are told of."""
    claire, karim = harness.account(CLAIRE), harness.account(KARIM)
    await acting.add()
    await acting.remove()
    await acting.add(key="k2")
    for number, kinds in enumerate([("access.granted", "team.joined"), ("access.ended", "team.left"), ("access.granted", "team.joined")]):
        await acting.post(kinds[0], number, author=claire, recipients=[acting.paul])
        await acting.post(kinds[1], number + 100, author=claire, recipients=[karim])
    assert await acting.told(PAUL) == ["access.granted", "access.ended", "access.granted"]
    assert await acting.told(KARIM) == ["team.joined", "team.left", "team.joined"]


async def test_a_change_that_is_another_one_is_told(harness: NotificationHarness, acting: Acting) -> None:
    await acting.add()
    await acting.post_addition()
    await acting.post("access.ended", 3, recipients=[acting.paul])  # somebody removed him on the platform, and added him again
    await acting.post("access.granted", 4, recipients=[acting.paul])
    await acting.post("access.granted", 5, recipients=[harness.account(KARIM)])  # somebody else
    assert await acting.told(PAUL) == ["access.granted", "access.ended", "access.granted"]
    assert await acting.told(KARIM) == ["team.joined", "access.granted"]


async def test_an_act_that_was_killed_before_it_was_told_is_told_later(harness: NotificationHarness, acting: Acting) -> None:
    await acting.add()
    assert len(await harness.rows(TeamAct)) == 1
    assert await harness.rows(Event) == []
    assert await acting.add() is Outcome.ADDED  # the same key again
    other = Process(harness)
    await other.notification_worker.own_acts.run_due()
    await acting.process.notification_worker.own_acts.run_due()
    assert (await acting.told(PAUL), await acting.told(KARIM)) == (["access.granted"], ["team.joined"])
