"""A person who stands in a dossier by several entries: by role and in person, in several teams; and members of whom no account is known."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from bot.dossiers.members import Members, contained_member
from bot.dossiers.partners import Outcome
from bot.dossiers.period import AccessPeriod
from bot.fhir.operations import Pending
from tests.unit.dossiers.test_published_care_teams import REF, REFERENT, a_patient, a_team, entry, listed
from tests.unit.harness import Harness
from tests.unit.sandbox.sandbox_server import Sandbox

HOW: dict[str, Any] = {"channel": "web", "conversation_id": "chat"}


@pytest.fixture
async def twice(harness: Harness, sandbox: Sandbox) -> list[dict[str, Any]]:
    """Paul by his role in one team, in person in another; Claire is the referent of the first."""
    claire, paul = await harness.account("claire.moreau"), await harness.account("paul.martin")
    role = sandbox.found("PractitionerRole", practitioner=paul.reference)[0]
    patient = a_patient(sandbox)
    first = a_team(sandbox, patient, [entry(claire.reference, role=[REFERENT]), entry(f"PractitionerRole/{role['id']}")])
    second = a_team(sandbox, patient, [entry(paul.reference)], period={"start": "2019-01-01"})
    return [first, second]


async def test_who_is_removed_has_no_access_left_by_another_entry(harness: Harness, sandbox: Sandbox, twice: list[dict[str, Any]]) -> None:
    claire, paul = await harness.account("claire.moreau"), await harness.account("paul.martin")
    (shown,) = [one for one in await listed(harness) if one.account_id == paul.id]
    assert await harness.partners.remove(REF, claire, shown.reference, key="k1", **HOW) is Outcome.REMOVED
    assert paul.id not in {one.account_id for one in await listed(harness)}
    assert await harness.dossiers.of_member(paul, None) == []


async def test_an_end_is_that_of_every_entry(harness: Harness, sandbox: Sandbox, twice: list[dict[str, Any]]) -> None:
    claire, paul = await harness.account("claire.moreau"), await harness.account("paul.martin")
    (shown,) = [one for one in await listed(harness) if one.account_id == paul.id]
    last = date(2026, 12, 31)
    await harness.partners.set_period(REF, claire, shown.reference, AccessPeriod(end=last), key="k1", **HOW)
    ends = [
        (one.get("period") or {}).get("end")
        for team in twice
        for one in sandbox.get(f"CareTeam/{team['id']}").json()["participant"]
        if one["member"]["reference"] != claire.reference
    ]
    assert len(ends) == 2
    assert all(ends)


async def test_a_removal_whose_answer_was_lost_still_says_who_it_was(harness: Harness, sandbox: Sandbox) -> None:
    claire, paul = await harness.account("claire.moreau"), await harness.account("paul.martin")
    role = sandbox.found("PractitionerRole", practitioner=paul.reference)[0]
    member = f"PractitionerRole/{role['id']}"
    a_team(sandbox, a_patient(sandbox), [entry(claire.reference, role=[REFERENT]), entry(member)])
    sandbox.fault("lost", method="PUT", count=1)
    with pytest.raises(Pending):
        await harness.partners.remove(REF, claire, member, key="k1", **HOW)
    harness.clock.advance(timedelta(minutes=1))
    assert await harness.operations.run_due() == 1
    result = (await harness.operation("k1")).result
    assert (result["outcome"], result["account"]) == ("removed", paul.id)
    assert "Martin" in result["name"]


@pytest.mark.parametrize("answer", ["comes", "is lost", "is lost half-way"])
async def test_a_removal_that_is_taken_back_gives_every_entry_back(
    harness: Harness, sandbox: Sandbox, twice: list[dict[str, Any]], answer: str
) -> None:
    claire, paul = await harness.account("claire.moreau"), await harness.account("paul.martin")
    (shown,) = [one for one in await listed(harness) if one.account_id == paul.id]
    await harness.partners.remove(REF, claire, shown.reference, key="k1", **HOW)
    if answer != "comes":
        sandbox.fault("lost" if answer == "is lost" else "down", method="PUT", count=1)
        with pytest.raises(Pending):
            await harness.restorations.restore("k1", claire, key="k2", channel="web", conversation_id="chat")
        harness.clock.advance(timedelta(minutes=1))
        assert await harness.operations.run_due() == 1
    assert await harness.restorations.restore("k1", claire, key="k2", channel="web", conversation_id="chat") is Outcome.RESTORED
    entries = [sandbox.get(f"CareTeam/{team['id']}").json()["participant"] for team in twice]
    members = [[one["member"]["reference"] for one in team if "end" not in one["period"]] for team in entries]
    assert members == [[claire.reference, shown.reference], [paul.reference]]
    assert len({one["id"] for team in entries for one in team if "id" in one}) == 1
    again = await harness.restorations.restore("k1", claire, key="k3", channel="web", conversation_id="chat")
    assert again is Outcome.ALREADY


async def test_entries_of_one_team_come_back_with_their_roles_and_ids_of_their_own(harness: Harness, sandbox: Sandbox) -> None:
    claire, paul = await harness.account("claire.moreau"), await harness.account("paul.martin")
    role = sandbox.found("PractitionerRole", practitioner=paul.reference)[0]
    theirs = [
        entry(paul.reference, role=[{"text": "Kinésithérapeute"}]),
        entry(f"PractitionerRole/{role['id']}", role=[{"text": "Coordonnateur"}]),
        entry(paul.reference, start="2027-01-01"),
    ]
    team = a_team(sandbox, a_patient(sandbox), [entry(claire.reference, role=[REFERENT]), *theirs])
    await harness.partners.remove(REF, claire, paul.reference, key="k1", **HOW)
    await harness.restorations.restore("k1", claire, key="k2", channel="web", conversation_id="chat")
    back = [one for one in sandbox.get(f"CareTeam/{team['id']}").json()["participant"] if "end" not in one["period"]][1:]
    assert [one["role"][0]["text"] for one in back] == ["Kinésithérapeute", "Coordonnateur"]
    assert len({one["id"] for one in back}) == 2


@pytest.mark.parametrize(
    ("start", "period", "planned"),
    [
        ("2025-01-01", AccessPeriod(None, date(2026, 12, 31)), False),
        ("2026-11-23T09:00:00Z", AccessPeriod(None, date(2026, 12, 31)), False),
        ("2027-01-01", AccessPeriod(None, date(2027, 1, 31)), True),
        ("2027-01-01", AccessPeriod(date(2027, 1, 10), None), True),
        ("2025-01-01", AccessPeriod(date(2027, 1, 10), None), False),
    ],
)
async def test_dates_whose_answer_was_lost_say_how_the_access_was_before(
    harness: Harness, sandbox: Sandbox, start: str, period: AccessPeriod, planned: bool
) -> None:
    claire, paul = await harness.account("claire.moreau"), await harness.account("paul.martin")
    a_team(sandbox, a_patient(sandbox), [entry(claire.reference, role=[REFERENT]), entry(paul.reference, start=start)])
    sandbox.fault("lost", method="PUT", count=1)
    with pytest.raises(Pending):
        await harness.partners.set_period(REF, claire, paul.reference, period, key="k1", **HOW)
    harness.clock.advance(timedelta(minutes=1))
    assert await harness.operations.run_due() == 1
    result = (await harness.operation("k1")).result
    assert (result["outcome"], result["account"], result["was_planned"]) == ("dated", paul.id, planned)


@pytest.mark.parametrize(("start", "planned"), [("2025-01-01", False), ("2026-11-23T09:00:00Z", False), ("2027-01-01", True)])
async def test_a_removal_whose_answer_was_lost_says_whether_it_had_begun(
    harness: Harness, sandbox: Sandbox, start: str, planned: bool
) -> None:
    claire, paul = await harness.account("claire.moreau"), await harness.account("paul.martin")
    a_team(sandbox, a_patient(sandbox), [entry(claire.reference, role=[REFERENT]), entry(paul.reference, start=start)])
    sandbox.fault("lost", method="PUT", count=1)
    with pytest.raises(Pending):
        await harness.partners.remove(REF, claire, paul.reference, key="k1", **HOW)
    harness.clock.advance(timedelta(minutes=1))
    assert await harness.operations.run_due() == 1
    assert (await harness.operation("k1")).result["was_planned"] is planned


async def test_contained_people_of_two_teams_are_two(harness: Harness, sandbox: Sandbox) -> None:
    claire, patient = await harness.account("claire.moreau"), a_patient(sandbox)
    teams = [
        a_team(
            sandbox,
            patient,
            [entry(claire.reference, role=[REFERENT]), entry("#1"), {"member": {"display": "Voisine"}}],
            contained=[{"resourceType": "Practitioner", "id": "1", "name": [{"family": family}]}],
        )
        for family in ("Un", "Deux")
    ]
    shown = [one for one in await listed(harness) if one.account_id is None]
    assert sorted(one.display for one in shown) == ["Deux", "Un", "Voisine", "Voisine"]
    assert len({one.reference for one in shown}) == 4
    (first,) = [one for one in shown if one.display == "Un"]
    assert await harness.partners.remove(REF, claire, first.reference, key="k1", **HOW) is Outcome.REMOVED
    ends = ["end" in one.get("period", {}) for team in teams for one in sandbox.get(f"CareTeam/{team['id']}").json()["participant"]]
    assert ends == [False, True, False, False, False, False]


@pytest.mark.parametrize(
    "participant",
    [
        {"member": {"reference": "#2"}, "period": {"start": "2014"}},
        {"member": {"type": "RelatedPerson", "display": "Léa Zorglub"}, "period": {"start": "2014"}},
        {"member": {"identifier": {"system": "urn:x", "value": "1"}, "display": "Léa Zorglub"}, "period": {"start": "2014"}},
    ],
    ids=["contained", "by name", "by identifier"],
)
async def test_who_may_be_close_to_the_usager_has_no_name_outside(harness: Harness, sandbox: Sandbox, participant: dict[str, Any]) -> None:
    claire = await harness.account("claire.moreau")
    relative = {"resourceType": "RelatedPerson", "id": "2", "patient": {"display": "x"}, "name": [{"family": "Zorglub", "given": ["Léa"]}]}
    contained = {"contained": [relative]} if "reference" in participant["member"] else {}
    a_team(sandbox, a_patient(sandbox), [entry(claire.reference, role=[REFERENT]), participant], **contained)
    partners = await listed(harness)
    assert any("Zorglub" in one.display for one in partners)
    assert not any("Zorglub" in one.unnamed.display for one in partners)


async def test_a_contained_practitioner_is_no_account_of_the_platform(harness: Harness) -> None:
    contained = [{"resourceType": "Practitioner", "id": "claire", "name": [{"family": "Ailleurs"}]}]
    team, member = {"id": "t1", "contained": contained}, contained_member("t1", "claire")
    found = await Members(harness.fhir, harness.clock).complete([(team, {"member": {"reference": "#claire"}})], {})
    assert found[member].name == "Ailleurs"
    assert found[member].account_id is None
