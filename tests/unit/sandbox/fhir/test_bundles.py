"""Transactions and batches, as FHIR R4 and the guide of the care circle have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.sandbox.events_receiver import EventsReceiver
from tests.unit.sandbox.fhir.responses import PATIENT, outcome
from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox, serve_app

Resource = dict[str, Any]


def bundle(*entries: Resource, kind: str = "transaction") -> Resource:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def entry(method: str, url: str, resource: Resource | None = None, full_url: str = "", **request: str) -> Resource:
    made: Resource = {"request": {"method": method, "url": url} | request}
    return made | ({"resource": resource} if resource else {}) | ({"fullUrl": full_url} if full_url else {})


def post(sandbox: Sandbox, body: Any, **headers: str) -> httpx.Response:
    return sandbox.http.post(sandbox.fhir, json=body, headers={"Content-Type": "application/fhir+json"} | headers)


def patient(value: str) -> Resource:
    return PATIENT | {"identifier": [{"system": "urn:bundle", "value": value}]}


def team_of(subject: str, *members: str) -> Resource:
    participants = [{"member": {"reference": member}, "period": {"start": "2026-01-01"}} for member in members]
    return {"resourceType": "CareTeam", "status": "active", "subject": {"reference": subject}, "participant": participants}


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["response"]["location"].rsplit("/", 3)[1] for row in answer.json()["entry"]]


def test_a_team_its_usager_and_a_relative_are_made_together(sandbox: Sandbox) -> None:
    relative = {"resourceType": "RelatedPerson", "patient": {"reference": "urn:uuid:p"}}
    body = bundle(
        entry("POST", "CareTeam", team_of("urn:uuid:p", "urn:uuid:r"), "urn:uuid:t"),
        entry("POST", "Patient", patient("together"), "urn:uuid:p"),
        entry("POST", "RelatedPerson", relative, "urn:uuid:r"),
    )
    answer = post(sandbox, body)
    team_id, patient_id, relative_id = ids(answer)
    assert answer.json()["type"] == "transaction-response"
    assert [row["response"]["status"] for row in answer.json()["entry"]] == ["201 Created"] * 3
    assert answer.json()["entry"][0]["response"]["etag"] == 'W/"1"'
    team = sandbox.get(f"CareTeam/{team_id}").json()
    assert team["subject"]["reference"] == f"Patient/{patient_id}"
    assert team["participant"][0]["member"]["reference"] == f"RelatedPerson/{relative_id}"
    assert sandbox.get(f"RelatedPerson/{relative_id}").json()["patient"]["reference"] == f"Patient/{patient_id}"


def test_an_id_of_the_bundle_is_referred_to_as_the_guide_does(sandbox: Sandbox) -> None:
    body = bundle(
        entry("POST", "CareTeam", team_of("Patient/of-the-guide", "RelatedPerson/elsewhere"), "urn:uuid:1"),
        entry("POST", "Patient", patient("guide") | {"id": "of-the-guide"}, "urn:uuid:2"),
    )
    team_id, patient_id = ids(post(sandbox, body))
    team = sandbox.get(f"CareTeam/{team_id}").json()
    assert team["subject"]["reference"] == f"Patient/{patient_id}"
    assert team["participant"][0]["member"]["reference"] == "RelatedPerson/elsewhere"


@pytest.mark.parametrize("path", ["", "/"])
def test_a_base_with_and_without_a_slash_takes_bundles(sandbox: Sandbox, path: str) -> None:
    answer = sandbox.http.post(sandbox.fhir + path, json={"resourceType": "Bundle", "type": "transaction"})
    assert answer.json() == {"resourceType": "Bundle", "type": "transaction-response"}


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        (entry("PUT", "Patient/absent", PATIENT | {"id": "absent"}), 404),
        (entry("POST", "Patient", PATIENT | {"gender": "femme"}), 422),
        (entry("POST", "Observation", {"resourceType": "Observation"}), 404),
        (entry("DELETE", "Patient/x"), 405),
        (entry("POST", "Patient"), 400),
        (entry("POST", "Patient", PATIENT, ifNoneExist="family=garnier,durand"), 412),
        (entry("POST", "CareTeam", team_of("Patient?identifier=urn:bundle|nobody")), 412),
        (entry("PUT", "Patient?nonsense=1", PATIENT), 400),
        (entry("PUT", "Patient", PATIENT), 400),
        ({"resource": PATIENT}, 405),
    ],
)
def test_a_transaction_is_done_as_a_whole_or_not_at_all(sandbox: Sandbox, wrong: Resource, status: int) -> None:
    before = sandbox.get("Patient").json()["total"]
    changed = sandbox.found("Patient", identifier="SPH-2024-000205")[0]
    good = [entry("POST", "Patient", patient("never")), entry("PUT", f"Patient/{changed['id']}", changed | {"active": False})]
    answer = post(sandbox, bundle(*good, wrong))
    assert outcome(answer)[0] == status
    assert "Bundle.entry[2]" in answer.json()["issue"][0]["expression"][0]
    assert sandbox.get("Patient").json()["total"] == before
    assert sandbox.get(f"Patient/{changed['id']}").json() == changed


def test_an_entry_is_done_at_the_version_that_it_names(sandbox: Sandbox) -> None:
    created = sandbox.post("Patient", patient("versions")).json()
    change = entry("PUT", f"Patient/{created['id']}", created | {"gender": "female"}, ifMatch='W/"1"')
    assert ids(post(sandbox, bundle(change))) == [created["id"]]
    assert outcome(post(sandbox, bundle(entry("POST", "Patient", patient("stale")), change)))[0] == 412
    assert sandbox.found("Patient", identifier="urn:bundle|stale") == []
    assert outcome(post(sandbox, bundle(change, change))) == (400, "invalid")


def test_conditions_of_entries_find_what_is_there(sandbox: Sandbox) -> None:
    once = entry("POST", "Patient", patient("once"), "urn:uuid:p", ifNoneExist="identifier=urn:bundle|once")
    body = bundle(once, entry("POST", "CareTeam", team_of("urn:uuid:p")))
    (first, _), (second, team_id) = ids(post(sandbox, body)), ids(post(sandbox, body))
    assert first == second
    assert sandbox.get(f"CareTeam/{team_id}").json()["subject"]["reference"] == f"Patient/{first}"
    update = bundle(entry("PUT", "Patient?identifier=urn:bundle|once", patient("once") | {"gender": "male"}))
    made = bundle(entry("PUT", "Patient?identifier=urn:bundle|new", patient("new")))
    assert [row["response"]["status"] for row in post(sandbox, update).json()["entry"]] == ["200 OK"]
    assert [row["response"]["status"] for row in post(sandbox, made).json()["entry"]] == ["201 Created"]
    assert sandbox.found("Patient", identifier="urn:bundle|once")[0]["gender"] == "male"
    by_condition = bundle(entry("POST", "CareTeam", team_of("Patient?identifier=urn:bundle|once")))
    (team_id,) = ids(post(sandbox, by_condition))
    assert sandbox.get(f"CareTeam/{team_id}").json()["subject"]["reference"] == f"Patient/{first}"


def test_conditions_hold_for_requests_of_their_own(sandbox: Sandbox) -> None:
    url = f"{sandbox.fhir}/Patient?identifier=urn:bundle|alone"
    answers = [sandbox.http.put(url, json=patient("alone")) for _ in range(2)]
    assert [(one.status_code, one.headers["etag"]) for one in answers] == [(201, 'W/"1"'), (200, 'W/"2"')]
    assert outcome(sandbox.http.put(f"{sandbox.fhir}/Patient", json=patient("alone")))[0] == 412
    assert outcome(sandbox.http.put(url, json=patient("alone") | {"id": "other"}))[0] == 400


def test_a_batch_does_what_it_can(sandbox: Sandbox) -> None:
    rows = [entry("GET", "Patient/absent"), entry("POST", "Patient", patient("batch")), entry("GET", "Patient?identifier=SPH-2024-000137")]
    answer = post(sandbox, bundle(*rows, kind="batch"), Prefer="return=representation").json()
    assert answer["type"] == "batch-response"
    assert [row["response"]["status"] for row in answer["entry"]] == ["404 Not Found", "201 Created", "200 OK"]
    assert answer["entry"][0]["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert answer["entry"][1]["resource"]["identifier"][0]["value"] == "batch"
    assert answer["entry"][2]["resource"]["total"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (PATIENT, 400),
        ([], 400),
        ({"resourceType": "Bundle", "type": "searchset"}, 422),
        ({"resourceType": "Bundle", "type": "transaction", "entry": {}}, 422),
        ({"resourceType": "Bundle", "type": "transaction", "entry": [3]}, 422),
        ({"resourceType": "Bundle", "type": "transaction", "entry": [{"request": 3}]}, 422),
    ],
)
def test_what_is_no_transaction_is_refused(sandbox: Sandbox, body: Any, status: int) -> None:
    assert outcome(post(sandbox, body))[0] == status
    assert outcome(sandbox.http.get(sandbox.fhir))[0] == 405


def test_bundles_need_the_token(sandbox: Sandbox) -> None:
    assert outcome(httpx.post(sandbox.fhir, json=bundle(), trust_env=False)) == (401, "login")


def test_a_transaction_tells_what_it_changed_once_it_is_done(tmp_path: Path) -> None:
    receiver = EventsReceiver()
    with serve_app(receiver.app) as url, running_sandbox(tmp_path, f"{url}/events") as sandbox:
        claire = f"Practitioner/{sandbox.practitioner('claire.moreau@sphere.example')['id']}"
        known = PATIENT | {"identifier": [{"system": "urn:sphere:dossier", "value": "SPH-2026-000900"}]}
        body = bundle(entry("POST", "CareTeam", team_of("urn:uuid:p", claire)), entry("POST", "Patient", known, "urn:uuid:p"))
        assert post(sandbox, body).status_code == 200
        events = receiver.wait_for(2)
    assert (events[0]["type"], events[0]["subject"]) == ("fr.sphere.access.granted", "SPH-2026-000900")
