"""The FHIR server of the sandbox, through HTTP, as the contract and FHIR R4 have it."""

from __future__ import annotations

import concurrent.futures
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from bot.sandbox.fhir.api import MAX_BODY
from tests.unit.sandbox.fhir.responses import PATIENT, outcome
from tests.unit.sandbox.sandbox_server import Sandbox


def test_a_dossier_is_found_by_its_reference_with_its_active_team(sandbox: Sandbox) -> None:
    (patient,) = sandbox.found("Patient", identifier="SPH-2024-000137")
    assert patient["name"][0]["family"] == "Durand"
    assert patient["birthDate"] == "1948-03-12"
    (team,) = sandbox.found("CareTeam", patient=f"Patient/{patient['id']}", status="active")
    claire = sandbox.practitioner("claire.moreau@sphere.example")
    assert team["participant"][0]["member"] == {"reference": f"Practitioner/{claire['id']}", "display": "Claire Moreau"}


def test_the_demo_people_of_the_contract_have_accounts_and_their_dossiers(sandbox: Sandbox) -> None:
    people = {
        name: sandbox.practitioner(f"{name}@sphere.example") for name in ("claire.moreau", "karim.benali", "sophie.leroux", "paul.martin")
    }
    assert all(person["active"] for person in people.values())
    reference = {name: f"Practitioner/{person['id']}" for name, person in people.items()}
    assert len(sandbox.found("CareTeam", participant=reference["claire.moreau"], status="active")) == 3
    assert reference["claire.moreau"] not in sandbox.members("SPH-2024-000205")
    assert sandbox.members("SPH-2024-000205")[0] == reference["karim.benali"]
    assert reference["karim.benali"] not in sandbox.members("SPH-2024-000137")
    assert reference["paul.martin"] not in sandbox.members("SPH-2024-000137")
    assert sandbox.found("Practitioner", family="Benali", given="Leïla") == []
    assert len(sandbox.found("Practitioner", active="true")) >= 40


def test_post_and_get_searches_agree(sandbox: Sandbox) -> None:
    posted = sandbox.http.post(f"{sandbox.fhir}/Practitioner/_search", data={"family": "moreau"}).json()
    assert [e["resource"]["id"] for e in posted["entry"]] == [r["id"] for r in sandbox.found("Practitioner", family="moreau")]
    assert posted["total"] == 1


def test_pages_hold_everything_once_and_survive_new_resources(sandbox: Sandbox) -> None:
    bundle = sandbox.get("Practitioner", _count="7").json()
    seen = [entry["resource"]["id"] for entry in bundle["entry"]]
    total = bundle["total"]
    sandbox.post("Practitioner", {"resourceType": "Practitioner", "active": False})
    while link := next((link["url"] for link in bundle["link"] if link["relation"] == "next"), None):
        bundle = sandbox.http.get(link).json()
        seen += [entry["resource"]["id"] for entry in bundle["entry"]]
    assert len(seen) == len(set(seen)) == total + 1
    assert outcome(sandbox.get("Practitioner", _page="forgotten")) == (410, "expired")


def test_create_read_and_update_carry_versions(sandbox: Sandbox) -> None:
    created = sandbox.post("Patient", PATIENT | {"id": "mine"})
    body = created.json()
    assert created.status_code == 201
    assert body["id"] != "mine"
    assert created.headers["etag"] == 'W/"1"'
    assert created.headers["location"] == f"{sandbox.fhir}/Patient/{body['id']}/_history/1"
    updated = sandbox.put(body | {"gender": "female"}, **{"If-Match": 'W/"1"'})
    assert (updated.status_code, updated.headers["etag"], updated.json()["meta"]["versionId"]) == (200, 'W/"2"', "2")
    assert sandbox.get(f"Patient/{body['id']}").json() == updated.json()
    assert outcome(sandbox.put(body, **{"If-Match": 'W/"1"'})) == (412, "conflict")
    assert outcome(sandbox.put(body, **{"If-Match": "one"}))[0] == 400
    assert outcome(sandbox.put(body | {"id": "absent"}))[0] == 404
    assert outcome(sandbox.http.put(f"{sandbox.fhir}/Patient/other", json=body))[0] == 400


def test_if_none_exist_makes_one_and_refuses_to_choose(sandbox: Sandbox) -> None:
    body = PATIENT | {"identifier": [{"system": "urn:test", "value": "once"}]}
    first, second = (sandbox.post("Patient", body, **{"If-None-Exist": "identifier=urn:test|once"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    sandbox.post("Patient", body)
    assert outcome(sandbox.post("Patient", body, **{"If-None-Exist": "identifier=urn:test|once"})) == (412, "multiple-matches")


def test_conditional_creations_at_once_make_one(sandbox: Sandbox) -> None:
    body = PATIENT | {"identifier": [{"system": "urn:test", "value": "race"}]}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sandbox.post("Patient", body, **{"If-None-Exist": "identifier=urn:test|race"}), range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"resourceType": "Patient", "birthDate": "12/03/1948"}, 422),
        ({"resourceType": "Patient", "gender": "femme"}, 422),
        ({"resourceType": "Patient", "nom": "Durand"}, 422),
        ({"resourceType": "Patient", "name": "Durand"}, 422),
        ({"resourceType": "CareTeam"}, 400),
        ({"family": "Durand"}, 400),
        ([], 400),
        ("\ud800", 400),
    ],
)
def test_bodies_that_are_no_patient_are_refused(sandbox: Sandbox, body: Any, status: int) -> None:
    assert outcome(sandbox.post("Patient", body))[0] == status


def test_what_http_has_to_refuse_is_refused(sandbox: Sandbox) -> None:
    url = f"{sandbox.fhir}/Patient"
    json_type = {"Content-Type": "application/fhir+json"}
    assert outcome(sandbox.http.post(url, content=b"{", headers=json_type))[0] == 400
    assert outcome(sandbox.http.post(url, content=b"[" * 100_000, headers=json_type))[0] == 422
    assert outcome(sandbox.http.post(url, content=b"\xff", headers=json_type))[0] == 400
    assert outcome(sandbox.http.post(url, content=b"<Patient/>", headers={"Content-Type": "application/fhir+xml"}))[0] == 415
    assert outcome(sandbox.http.post(url, content=b" " * (MAX_BODY + 1), headers=json_type))[0] == 413
    assert outcome(sandbox.http.delete(f"{url}/x"))[0] == 405
    assert outcome(sandbox.get("Patient/absent"))[0] == 404
    assert outcome(sandbox.get("Observation"))[0] == 404
    assert outcome(sandbox.get("Patient/a/b/c"))[0] == 404
    assert outcome(sandbox.http.get(f"{sandbox.url}/elsewhere"))[0] == 404


@pytest.mark.parametrize("path", ["Patient", "Patient/x", "Observation", "a/b/c"])
@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic c2FuZGJveDo=", "Bearer é"])
def test_nothing_but_metadata_without_the_token(sandbox: Sandbox, path: str, header: str | None) -> None:
    headers = {"Authorization": header.encode()} if header else {}
    response = httpx.get(f"{sandbox.fhir}/{path}", headers=headers, trust_env=False)
    assert outcome(response) == (401, "login")
    assert "authenticate" in " ".join(response.headers)


def test_metadata_needs_no_token_and_names_the_types(sandbox: Sandbox) -> None:
    statement = httpx.get(f"{sandbox.fhir}/metadata", trust_env=False).json()
    assert statement["fhirVersion"] == "4.0.1"
    types = {resource["type"] for resource in statement["rest"][0]["resource"]}
    people = {"Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization"}
    assert types == people | {"CareTeam", "Linkage", "Subscription"}
    assert {one["code"] for one in statement["rest"][0]["interaction"]} == {"transaction", "batch"}
    team = next(one for one in statement["rest"][0]["resource"] if one["type"] == "CareTeam")
    assert "CareTeam:participant" in team["searchInclude"]
    CapabilityStatement.model_validate(statement)


def test_another_host_name_does_not_reach_it(sandbox: Sandbox) -> None:
    assert httpx.get(f"{sandbox.url}/mailbox", headers={"Host": "evil.example"}, trust_env=False).status_code == 400
