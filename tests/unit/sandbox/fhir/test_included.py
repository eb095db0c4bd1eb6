"""Chained searches, and what a search brings along."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.fhir.responses import outcome
from tests.unit.sandbox.sandbox_server import Sandbox


def brought_along(sandbox: Sandbox, kind: str, **params: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    entries = sandbox.get(kind, **params).json().get("entry", [])
    by_mode = {mode: [entry["resource"] for entry in entries if entry["search"]["mode"] == mode] for mode in ("match", "include")}
    return by_mode["match"], by_mode["include"]


def types_of(resources: list[dict[str, Any]]) -> set[str]:
    return {resource["resourceType"] for resource in resources}


def role_member(sandbox: Sandbox) -> tuple[dict[str, Any], dict[str, Any]]:
    team = sandbox.team_of("SPH-2024-000137")
    reference = next(one["member"]["reference"] for one in team["participant"] if "Role" in one["member"]["reference"])
    return team, sandbox.get(reference).json()


def test_a_team_is_found_by_who_is_behind_a_role(sandbox: Sandbox) -> None:
    team, role = role_member(sandbox)
    person = role["practitioner"]["reference"]
    for params in (
        {"participant:PractitionerRole.practitioner": person},
        {"participant:PractitionerRole.practitioner": person.partition("/")[2]},
        {"participant:PractitionerRole.practitioner:Practitioner.family": sandbox.get(person).json()["name"][0]["family"]},
        {"participant:PractitionerRole.practitioner.identifier": sandbox.get(person).json()["identifier"][0]["value"]},
        {"participant:PractitionerRole": role["id"], "patient.identifier": "SPH-2024-000137"},
    ):
        assert team["id"] in [one["id"] for one in sandbox.found("CareTeam", **params)]
    assert sandbox.found("CareTeam", **{"participant:Practitioner": role["id"]}) == []
    assert sandbox.found("CareTeam", **{"participant:PractitionerRole.practitioner": "absent"}) == []


@pytest.mark.parametrize("value", ["SPH-2024-000137", "urn:sphere:dossier|SPH-2024-000137", "unknown,SPH-2024-000137"])
def test_a_team_is_found_by_the_number_of_its_usager(sandbox: Sandbox, value: str) -> None:
    for name in ("patient.identifier", "subject.identifier", "patient:Patient.identifier"):
        (team,) = sandbox.found("CareTeam", **{name: value})
        assert team == sandbox.team_of("SPH-2024-000137")
    assert sandbox.found("CareTeam", **{"patient.identifier": "urn:elsewhere|SPH-2024-000137"}) == []


def test_a_team_is_found_by_when_it_is(sandbox: Sandbox) -> None:
    assert len(sandbox.found("CareTeam", date="ge2026")) == len(sandbox.found("CareTeam"))
    assert sandbox.found("CareTeam", date="lt2020") == []


@pytest.mark.parametrize(
    "params",
    [
        {"patient.nonsense": "1"},
        {"status.code": "1"},
        {"participant:Linkage.item": "1"},
        {"participant:PractitionerRole.": "1"},
        {"_include": "CareTeam:status"},
        {"_include": "CareTeam:participant:Linkage"},
        {"_include": "Observation:subject"},
        {"_revinclude": "PractitionerRole:practitioner"},
    ],
)
def test_what_leads_nowhere_is_refused(sandbox: Sandbox, params: dict[str, str]) -> None:
    assert outcome(sandbox.get("CareTeam", **params))[0] == 400


def test_members_come_along_with_a_team(sandbox: Sandbox) -> None:
    team, role = role_member(sandbox)
    matches, included = brought_along(sandbox, "CareTeam", _id=team["id"], _include="CareTeam:participant")
    assert (matches, types_of(included)) == ([team], {"Practitioner", "PractitionerRole"})
    _, included = brought_along(sandbox, "CareTeam", _id=team["id"], _include="CareTeam:participant:PractitionerRole")
    assert included == [role]
    _, included = brought_along(sandbox, "CareTeam", _id=team["id"], _include="CareTeam:*")
    assert "Patient" in types_of(included)


def test_what_comes_along_brings_along_more_where_that_is_iterated(sandbox: Sandbox) -> None:
    team, role = role_member(sandbox)
    url = f"{sandbox.fhir}/CareTeam?_id={team['id']}&_include=CareTeam:participant:PractitionerRole"
    url += "&_include:iterate=PractitionerRole:practitioner&_include:iterate=PractitionerRole:organization"
    bundle = sandbox.http.get(url).json()
    found = {f"{entry['resource']['resourceType']}/{entry['resource']['id']}" for entry in bundle["entry"]}
    assert {role["practitioner"]["reference"], role["organization"]["reference"]} < found
    assert bundle["total"] == 1


def test_roles_come_along_with_their_person_on_every_page(sandbox: Sandbox) -> None:
    bundle = sandbox.get("Practitioner", _count="20", _revinclude="PractitionerRole:practitioner").json()
    pages = 0
    while True:
        pages += 1
        people = {f"Practitioner/{e['resource']['id']}" for e in bundle["entry"] if e["search"]["mode"] == "match"}
        roles = [entry["resource"] for entry in bundle["entry"] if entry["search"]["mode"] == "include"]
        assert {role["practitioner"]["reference"] for role in roles} == people
        link = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), None)
        if link is None:
            break
        bundle = sandbox.http.get(link).json()
    assert pages == 3


def test_relatives_are_members(sandbox: Sandbox) -> None:
    (patient,) = sandbox.found("Patient", identifier="SPH-2024-000142")
    body = {
        "resourceType": "RelatedPerson",
        "active": True,
        "patient": {"reference": f"Patient/{patient['id']}"},
        "name": [{"family": "Garnier", "given": ["Lise"]}],
        "relationship": [{"coding": [{"system": "urn:test", "code": "DAU"}]}],
    }
    relative = sandbox.post("RelatedPerson", body).json()
    assert sandbox.found("RelatedPerson", patient=patient["id"], relationship="urn:test|DAU", name="lise") == [relative]
    assert sandbox.found("RelatedPerson", relationship="urn:other|DAU") == []
    team = sandbox.team_of("SPH-2024-000142")
    team["participant"].append({"member": {"reference": f"RelatedPerson/{relative['id']}"}, "period": {"start": "2026-01-01"}})
    sandbox.put(team).raise_for_status()
    for params in ({"participant": f"RelatedPerson/{relative['id']}"}, {"participant:RelatedPerson.family": "garnier"}):
        assert [one["id"] for one in sandbox.found("CareTeam", **params)] == [team["id"]]
    _, included = brought_along(sandbox, "CareTeam", _id=team["id"], _include="CareTeam:participant:RelatedPerson")
    assert included == [relative]
