"""The FHIR server of the sandbox, through HTTP, as the contract and FHIR R4 have it."""

from __future__ import annotations

import concurrent.futures
from typing import Any

import httpx
import pytest

from bot.sandbox.fhir.api import MAX_BODY
from tests.unit.sandbox.running import Sandbox

PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:test", "value": "T-1"}],
    "name": [{"family": "Élan", "given": ["Zoé"]}],
}


def problem(response: httpx.Response) -> tuple[int, str]:
    body = response.json()
    assert body["resourceType"] == "OperationOutcome"
    assert response.headers["content-type"].startswith("application/fhir+json")
    return response.status_code, body["issue"][0]["code"]


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


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"identifier": "https://rpps.esante.gouv.fr|99700000013"}, 1),
        ({"identifier": "https://elsewhere.example|99700000013"}, 0),
        ({"identifier": "|99700000013"}, 0),
        ({"identifier": "99700000013,99700000021"}, 2),
        ({"family": "MOREAU", "given": "Clai"}, 1),
        ({"family:exact": "moreau"}, 0),
        ({"family:contains": "orea"}, 1),
        ({"name": "claire moreau"}, 1),
        ({"name": "moreau claire"}, 1),
        ({"email": "Claire.MOREAU@sphere.example"}, 1),
        ({"telecom": "email|claire.moreau@sphere.example"}, 1),
        ({"phone": "claire.moreau@sphere.example"}, 0),
        ({"family": "moreau", "active": "false"}, 0),
    ],
)
def test_practitioners_are_searched(sandbox: Sandbox, params: dict[str, str], count: int) -> None:
    assert len(sandbox.found("Practitioner", **params)) == count


def test_names_are_found_whatever_their_accents(sandbox: Sandbox) -> None:
    created = sandbox.post("Patient", PATIENT).json()
    for params in ({"name": "elan"}, {"family": "ÉLA"}, {"given": "zoe"}, {"_id": created["id"]}):
        assert [r["id"] for r in sandbox.found("Patient", **params)] == [created["id"]]


@pytest.mark.parametrize(("value", "count"), [("1948-03-12", 1), ("1948-03", 1), ("lt1900", 0), ("gt2030-01-01", 0)])
def test_birth_dates_are_searched_with_their_precision(sandbox: Sandbox, value: str, count: int) -> None:
    assert len(sandbox.found("Patient", birthdate=value, family="Durand")) == count


def test_roles_lead_from_a_person_to_an_organization(sandbox: Sandbox) -> None:
    claire = sandbox.practitioner("claire.moreau@sphere.example")
    (role,) = sandbox.found("PractitionerRole", practitioner=f"Practitioner/{claire['id']}")
    (organization,) = sandbox.found("Organization", _id=role["organization"]["reference"].partition("/")[2])
    assert organization["address"][0]["city"] == "Tours"
    assert role in sandbox.found("PractitionerRole", organization=organization["id"])


@pytest.mark.parametrize("params", [{"nonsense": "1"}, {"family:near": "x"}, {"birthdate": "hier"}, {"_count": "-1"}, {"identifier": ""}])
def test_a_search_that_is_not_understood_is_refused(sandbox: Sandbox, params: dict[str, str]) -> None:
    assert problem(sandbox.get("Patient", **params))[0] == 400


def test_pages_hold_everything_once_and_survive_new_resources(sandbox: Sandbox) -> None:
    bundle = sandbox.get("Practitioner", _count="7").json()
    seen = [entry["resource"]["id"] for entry in bundle["entry"]]
    total = bundle["total"]
    sandbox.post("Practitioner", {"resourceType": "Practitioner", "active": False})
    while link := next((link["url"] for link in bundle["link"] if link["relation"] == "next"), None):
        bundle = sandbox.http.get(link).json()
        seen += [entry["resource"]["id"] for entry in bundle["entry"]]
    assert len(seen) == len(set(seen)) == total + 1
    assert problem(sandbox.get("Practitioner", _page="forgotten")) == (410, "expired")


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
    assert problem(sandbox.put(body, **{"If-Match": 'W/"1"'})) == (412, "conflict")
    assert problem(sandbox.put(body, **{"If-Match": "one"}))[0] == 400
    assert problem(sandbox.put(body | {"id": "absent"}))[0] == 404
    assert problem(sandbox.http.put(f"{sandbox.fhir}/Patient/other", json=body))[0] == 400


def test_if_none_exist_makes_one_and_refuses_to_choose(sandbox: Sandbox) -> None:
    body = PATIENT | {"identifier": [{"system": "urn:test", "value": "once"}]}
    first, second = (sandbox.post("Patient", body, **{"If-None-Exist": "identifier=urn:test|once"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    sandbox.post("Patient", body)
    assert problem(sandbox.post("Patient", body, **{"If-None-Exist": "identifier=urn:test|once"})) == (412, "multiple-matches")


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
    assert problem(sandbox.post("Patient", body))[0] == status


def test_what_http_has_to_refuse_is_refused(sandbox: Sandbox) -> None:
    url = f"{sandbox.fhir}/Patient"
    json_type = {"Content-Type": "application/fhir+json"}
    assert problem(sandbox.http.post(url, content=b"{", headers=json_type))[0] == 400
    assert problem(sandbox.http.post(url, content=b"[" * 100_000, headers=json_type))[0] == 400
    assert problem(sandbox.http.post(url, content=b"\xff", headers=json_type))[0] == 400
    assert problem(sandbox.http.post(url, content=b"<Patient/>", headers={"Content-Type": "application/fhir+xml"}))[0] == 415
    assert problem(sandbox.http.post(url, content=b" " * (MAX_BODY + 1), headers=json_type))[0] == 413
    assert problem(sandbox.http.delete(f"{url}/x"))[0] == 405
    assert problem(sandbox.get("Patient/absent"))[0] == 404
    assert problem(sandbox.get("Observation"))[0] == 404
    assert problem(sandbox.get("Patient/a/b/c"))[0] == 404
    assert problem(sandbox.http.get(f"{sandbox.url}/elsewhere"))[0] == 404


@pytest.mark.parametrize("path", ["Patient", "Patient/x", "Observation", "a/b/c"])
@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic c2FuZGJveDo=", "Bearer é"])
def test_nothing_but_metadata_without_the_token(sandbox: Sandbox, path: str, header: str | None) -> None:
    headers = {"Authorization": header.encode()} if header else {}
    response = httpx.get(f"{sandbox.fhir}/{path}", headers=headers, trust_env=False)
    assert problem(response) == (401, "login")
    assert "authenticate" in " ".join(response.headers)


def test_metadata_needs_no_token_and_names_the_types(sandbox: Sandbox) -> None:
    statement = httpx.get(f"{sandbox.fhir}/metadata", trust_env=False).json()
    assert statement["fhirVersion"] == "4.0.1"
    types = {resource["type"] for resource in statement["rest"][0]["resource"]}
    assert types == {"Patient", "CareTeam", "Practitioner", "PractitionerRole", "Organization"}


@pytest.mark.parametrize(("mode", "status"), [("down", 503), ("garbage", 200), ("lost", 503)])
def test_the_platform_misbehaves_when_told_to(sandbox: Sandbox, mode: str, status: int) -> None:
    sandbox.fault(mode, count=1, type="Patient")
    assert sandbox.get("Practitioner", _count="1").status_code == 200
    assert sandbox.get("Patient", _count="1").status_code == status
    assert sandbox.get("Patient", _count="1").json()["resourceType"] == "Bundle"
    assert httpx.post(f"{sandbox.url}/sandbox/faults", json={"mode": "down"}, trust_env=False).status_code == 401
    assert sandbox.http.post(f"{sandbox.url}/sandbox/faults", json={"mode": "angry"}).status_code == 400


def test_another_host_name_does_not_reach_it(sandbox: Sandbox) -> None:
    assert httpx.get(f"{sandbox.url}/mailbox", headers={"Host": "evil.example"}, trust_env=False).status_code == 400
