"""A platform that sends nothing: what is changed there is found by asking, told within the polling time, and once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.database import random_id
from bot.dossiers.period import AccessPeriod
from bot.dossiers.tables import DatedAccess
from bot.notifications.tables import Event
from bot.notifications.watch.tables import KnownTeam, PlatformWatch
from bot.notifications.watch.watcher import PlatformWatcher
from bot.personal_data.erasure import PersonalData
from tests.unit.notifications.notification_harness import CLAIRE, DOSSIER, KARIM, PAUL, START, NotificationHarness, Process
from tests.unit.notifications.test_own_acts import Acting
from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox

POLL = timedelta(seconds=30)
TODAY = START.date().isoformat()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """One for each test, which posts no events: all of them change teams."""
    with running_sandbox(tmp_path / "sandbox") as running:
        yield running


class Watching(Acting):
    """The watcher of one process, which asks every thirty seconds."""

    def __init__(self, harness: NotificationHarness) -> None:
        super().__init__(harness)
        self.first = harness.sandbox.team_of(DOSSIER)["id"]
        self.settings = harness.settings.model_copy(update={"platform_poll_seconds": int(POLL.total_seconds())})
        self.watchers = [PlatformWatcher(self.settings, harness.database, harness.clock, harness.fhir) for _ in range(2)]

    async def look(self) -> None:
        """The next look of whichever process comes first."""
        self.harness.clock.advance(POLL)
        for watcher in self.watchers:
            await watcher.run_due()

    def put(self, email: str, dossier: str = DOSSIER, member: str | None = None, **period: str) -> None:
        """Somebody is added on the platform, by others."""
        team = self.harness.sandbox.team_of(dossier)
        reference = member or f"Practitioner/{self.harness.account(email)}"
        team["participant"].append({"member": {"reference": reference}, "period": {"start": TODAY} | period})
        self.harness.sandbox.put(team).raise_for_status()

    def change(self, email: str, **period: Any) -> None:
        team = self.harness.sandbox.team_of(DOSSIER)
        for participant in team["participant"]:
            if participant["member"]["reference"].endswith(f"/{self.harness.account(email)}"):
                participant["period"] |= period
        self.harness.sandbox.put(team).raise_for_status()


@pytest.fixture
async def watching(harness: NotificationHarness) -> Watching:
    harness.join(KARIM)
    made = Watching(harness)
    for watcher in made.watchers:
        await watcher.run_due()  # the first look tells nothing
    return made


async def test_the_first_look_tells_nothing(harness: NotificationHarness, watching: Watching) -> None:
    await watching.look()
    assert await harness.rows(Event) == []
    assert len(await harness.rows_of(KnownTeam)) == len(harness.sandbox.found("CareTeam", status="active", _count="200"))
    (watch,) = await harness.rows_of(PlatformWatch)
    assert (watch.baseline_at, watch.failures) == (START, 0)


@pytest.mark.parametrize("start", ["2020-01-01", TODAY, "2026-11-23T09:59:59Z"])
async def test_who_joins_and_leaves_elsewhere_is_told_within_the_polling_time(
    harness: NotificationHarness, watching: Watching, start: str
) -> None:
    watching.put(PAUL, start=start)
    await watching.look()
    assert (await watching.told(PAUL), await watching.told(KARIM), await watching.told(CLAIRE)) == (
        ["access.granted"], ["team.joined"], ["team.joined"],
    )  # fmt: skip
    await watching.look()
    harness.leave(PAUL)
    await watching.look()
    await watching.look()
    assert (await watching.told(PAUL), await watching.told(KARIM)) == (["access.granted", "access.ended"], ["team.joined", "team.left"])


async def test_a_member_behind_a_role_is_the_same_person(harness: NotificationHarness, watching: Watching) -> None:
    role = {"resourceType": "PractitionerRole", "practitioner": {"reference": f"Practitioner/{watching.paul}"}}
    reference = f"PractitionerRole/{harness.sandbox.post('PractitionerRole', role).json()['id']}"
    watching.put(PAUL, member=reference)
    await watching.look()
    assert await watching.told(PAUL) == ["access.granted"]
    team = harness.sandbox.team_of(DOSSIER)
    team["participant"][-1]["member"]["reference"] = f"Practitioner/{watching.paul}"  # written another way
    harness.sandbox.put(team).raise_for_status()
    await watching.look()
    assert (await watching.told(PAUL), await watching.told(KARIM)) == (["access.granted"], ["team.joined"])


async def test_relatives_and_structures(harness: NotificationHarness, watching: Watching) -> None:
    watching.put("", member="RelatedPerson/r1")
    await watching.look()
    assert await watching.told(KARIM) == []
    watching.put("", member="Organization/o1")
    await watching.look()
    assert await watching.told(KARIM) == ["team.joined"]


async def test_dates_that_others_give_are_told_on_their_days(harness: NotificationHarness, watching: Watching) -> None:
    watching.put(PAUL, start="2026-12-15", end="2027-01-02")
    await watching.look()
    assert await watching.told(PAUL) == []
    (access,) = await harness.rows_of(DatedAccess)
    assert (access.starts_on, access.ends_on) == (date(2026, 12, 15), date(2027, 1, 2))
    watching.change(PAUL, start=TODAY)  # from now on, after all
    await watching.look()
    assert (await watching.told(PAUL), await watching.told(KARIM)) == (["access.granted"], ["team.joined"])
    watching.change(PAUL, end="2027-02-01")
    await watching.look()
    assert await watching.told(PAUL) == ["access.granted", "access.dated"]
    harness.clock.advance(timedelta(days=71))
    watching.put("", member="Organization/o1")  # the team changes after his end has come
    await watching.look()
    assert (await watching.told(PAUL)).count("access.ended") == 1
    assert "team.left" not in await watching.told(KARIM)


@pytest.mark.parametrize("order", ["told first", "seen first"])
async def test_our_own_acts_are_told_once(harness: NotificationHarness, watching: Watching, order: str) -> None:
    await watching.add(AccessPeriod(None, date(2027, 1, 2)))
    if order == "told first":
        await watching.told(PAUL)
    await watching.look()
    assert (await watching.told(PAUL), await watching.told(KARIM)) == (["access.granted"], ["team.joined"])
    await watching.date(AccessPeriod(None, date(2027, 2, 2)))
    await watching.look()
    assert await watching.told(PAUL) == ["access.granted", "access.dated"]
    await watching.remove()
    await watching.look()
    assert await watching.told(PAUL) == ["access.granted", "access.dated", "access.ended"]
    assert await watching.told(KARIM) == ["team.joined", "team.left"]
    watching.put(PAUL)  # somebody else adds him again
    await watching.look()
    assert (await watching.told(PAUL))[3:] == ["access.granted"]


async def test_a_change_that_events_told_of_is_told_once(harness: NotificationHarness, watching: Watching) -> None:
    watching.put(PAUL)
    await watching.post("access.granted", 1, recipients=[watching.paul])
    await watching.post("team.joined", 2, recipients=[harness.account(KARIM), harness.account(CLAIRE)])
    await watching.look()
    await watching.post("access.granted", 1, recipients=[watching.paul])
    assert (await watching.told(PAUL), await watching.told(KARIM)) == (["access.granted"], ["team.joined"])
    harness.leave(PAUL)
    await watching.look()  # this time the look is quicker
    await watching.post("access.ended", 3, recipients=[watching.paul])
    await watching.post("team.left", 4, recipients=[harness.account(KARIM)])
    assert (await watching.told(PAUL), await watching.told(KARIM)) == (["access.granted", "access.ended"], ["team.joined", "team.left"])


async def test_after_an_outage_everything_since_the_last_look_is_told(harness: NotificationHarness, watching: Watching) -> None:
    harness.network.cut_after(0, losing=False)
    watching.put(PAUL)
    for _ in range(3):
        await watching.look()
    (watch,) = await harness.rows_of(PlatformWatch)
    assert watch.failures > 0
    harness.network.restore()
    harness.clock.advance(timedelta(hours=3))
    again = Process(harness)
    watching.watchers.append(PlatformWatcher(watching.settings, harness.database, harness.clock, again.fhir))
    await watching.look()
    assert (await watching.told(PAUL), await watching.told(KARIM)) == (["access.granted"], ["team.joined"])


async def test_a_dossier_that_others_open_is_told_to_who_was_given_access(harness: NotificationHarness, watching: Watching) -> None:
    patient = {"resourceType": "Patient", "identifier": [{"system": "urn:sphere:dossier", "value": "SPH-2026-900001"}]}
    subject = {"reference": f"Patient/{harness.sandbox.post('Patient', patient).json()['id']}"}
    referent = {"coding": [{"system": "urn:sphere:team-role", "code": "referent"}]}
    people = [
        {"member": {"reference": f"Practitioner/{harness.account(CLAIRE)}"}, "role": [referent], "period": {"start": TODAY}},
        {"member": {"reference": f"Practitioner/{watching.paul}"}, "period": {"start": TODAY}},
    ]
    team = {"resourceType": "CareTeam", "status": "active", "subject": subject, "participant": people, "period": {"start": TODAY}}
    harness.sandbox.post("CareTeam", team).raise_for_status()
    await watching.look()
    assert (await watching.told(PAUL), await watching.told(CLAIRE)) == (["access.granted"], [])


async def test_many_teams_are_seen_page_by_page(harness: NotificationHarness, watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.notifications.watch.watcher.PAGE", "1")
    for dossier in (DOSSIER, "SPH-2024-000142", "SPH-2024-000205"):
        watching.put(PAUL if dossier == DOSSIER else KARIM, dossier, member=f"Organization/{random_id()}")
    await watching.look()
    assert len(await harness.rows(Event, Event.kind == "team.joined")) == 3


async def test_who_takes_part_in_another_team_of_the_usager_stays(harness: NotificationHarness, watching: Watching) -> None:
    subject = harness.sandbox.team_of(DOSSIER)["subject"]
    member = {"member": {"reference": f"Practitioner/{watching.paul}"}, "period": {"start": "2025-01-01"}}
    body = {"resourceType": "CareTeam", "status": "active", "subject": subject, "participant": [member], "period": {"start": TODAY}}
    other = harness.sandbox.post("CareTeam", body | {"participant": []}).json()
    await watching.look()
    harness.sandbox.put(other | {"participant": [member]}).raise_for_status()
    await watching.look()
    assert len(await harness.rows(Event, Event.kind == "access.granted")) == 1
    team = harness.sandbox.get(f"CareTeam/{watching.first}").json()
    team["participant"].append(member)
    harness.sandbox.put(team).raise_for_status()
    await watching.look()
    harness.sandbox.put(harness.sandbox.get(f"CareTeam/{other['id']}").json() | {"participant": []}).raise_for_status()
    await watching.look()
    assert [event.kind for event in await harness.rows(Event)] == ["access.granted", "team.joined"]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("page", ["1", "200"])
async def test_who_moves_from_one_team_of_the_usager_to_another_is_told_nothing(
    harness: NotificationHarness, watching: Watching, monkeypatch: pytest.MonkeyPatch, first: bool, page: str
) -> None:
    monkeypatch.setattr("bot.notifications.watch.watcher.PAGE", page)
    sandbox, member = harness.sandbox, {"member": {"reference": f"Practitioner/{watching.paul}"}, "period": {"start": "2025-01-01"}}
    subject = sandbox.team_of(DOSSIER)["subject"]
    body = {"resourceType": "CareTeam", "status": "active", "subject": subject, "participant": [member], "period": {"start": TODAY}}
    other = sandbox.post("CareTeam", body).json()
    await watching.look()
    before = await harness.rows(Event)
    team = sandbox.get(f"CareTeam/{watching.first}").json()
    changed = [other | {"participant": []}, team | {"participant": [*team["participant"], member]}]
    for resource in changed if first else reversed(changed):
        sandbox.put(resource).raise_for_status()
    await watching.look()
    assert await harness.rows(Event) == before
    team = sandbox.get(f"CareTeam/{watching.first}").json()
    sandbox.put(team | {"participant": team["participant"][:-1]}).raise_for_status()
    await watching.look()
    assert [event.kind for event in (await harness.rows(Event))[len(before) :]] == ["access.ended", "team.left"]


async def test_who_comes_into_two_teams_of_the_usager_or_leaves_both_is_told_once(harness: NotificationHarness, watching: Watching) -> None:
    sandbox, member = harness.sandbox, {"member": {"reference": f"Practitioner/{watching.paul}"}, "period": {"start": TODAY}}
    subject = sandbox.team_of(DOSSIER)["subject"]
    body = {"resourceType": "CareTeam", "status": "active", "subject": subject, "participant": [], "period": {"start": TODAY}}
    other = sandbox.post("CareTeam", body).json()
    await watching.look()
    for participants in ([member], []):
        for team_id in (watching.first, other["id"]):
            team = sandbox.get(f"CareTeam/{team_id}").json()
            staying = [one for one in team["participant"] if one["member"] != member["member"]]
            sandbox.put(team | {"participant": [*staying, *participants]}).raise_for_status()
        await watching.look()
    assert [event.kind for event in await harness.rows(Event)] == ["access.granted", "team.joined", "access.ended", "team.left"]


async def test_who_was_erased_here_has_not_joined_again(harness: NotificationHarness, watching: Watching) -> None:
    watching.put(PAUL)
    await watching.look()
    assert await watching.told(PAUL) == ["access.granted"]  # a mail of it is on its way
    harness.clock.advance(timedelta(days=2))
    await watching.look()
    await PersonalData(harness.database, harness.clock, "s" * 32).erase(PAUL, await watching.person(PAUL))
    watching.put("", member="Organization/o1", start="2026-11-25")  # the team changes
    await watching.look()
    assert [event.member for event in await harness.rows(Event, Event.kind == "team.joined")] == [None, "Organization/o1"]
    assert await watching.told(KARIM) == ["team.joined"] * 2
    harness.leave(PAUL)
    await watching.look()
    assert len(await harness.rows(Event, Event.kind == "team.left")) == 1
