"""`POST /events` with FHIR `CommunicationRequest`, as the ANS guide declares events, and who sends what cannot be read."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.communicationrequest import CommunicationRequest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.notifications.event_intake import MAX_BATCH
from tests.unit.notifications.test_event_intake import JSON, Intake, application, event, intake

__all__ = ["intake"]

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
FHIR = "application/fhir+json; charset=utf-8"
GUIDE = "https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/"
TYPES = "https://mos.esante.gouv.fr/NOS/TRE_R254-TypeEvenement/FHIR/TRE-R254-TypeEvenement"
NAMES = ("Durand", "Jeanne", "1948", "Zorglub")


def patient(**changes: Any) -> dict[str, Any]:
    body = {
        "resourceType": "Patient",
        "id": "pat1",
        "identifier": [{"system": "urn:oid:1.2.250", "value": "148033712345678"}, {"system": "urn:sphere", "value": "SPH-2024-000137"}],
        "name": [{"use": "usual", "family": "Durand", "given": ["Jeanne"]}],
        "birthDate": "1948-03-12",
    }
    return {name: value for name, value in (body | changes).items() if value is not ...}


def practitioner(rpps: str) -> dict[str, Any]:
    identifiers = [{"system": "urn:other", "value": "7"}, {"system": "https://rpps.esante.gouv.fr", "value": rpps}]
    return {"resourceType": "Practitioner", "id": "pract1", "identifier": identifiers, "name": [{"family": "Zorglub"}]}


def typed(code: str, system: str = TYPES) -> dict[str, Any]:
    return {"url": GUIDE + "event-type", "valueCodeableConcept": {"coding": [{"system": system, "code": code, "display": "Type"}]}}


def happened(at: str) -> dict[str, Any]:
    return {"url": GUIDE + "event-time", "valueDateTime": at}


def request(number: int = 1, **changes: Any) -> dict[str, Any]:
    body = {
        "resourceType": "CommunicationRequest",
        "contained": [patient(), {"resourceType": "Organization", "id": "org1", "name": "EHPAD Zorglub"}],
        "extension": [typed("DOC"), happened("2026-11-23T10:59:00+01:00")],
        "identifier": [{"system": "urn:oid:1.2.3.4", "value": f"n-{number}"}],
        "status": "active",
        "subject": {"reference": "#pat1", "display": "Mme Jeanne Durand"},
        "payload": [{"contentString": "Lettre de sortie de Mme Jeanne Durand, née le 12/03/1948"}],
        "requester": {"reference": "#org1"},
        "note": [{"text": "Mme Durand"}],
    }
    return {name: value for name, value in (body | changes).items() if value is not ...}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource} for resource in resources]}


def test_what_is_posted_here_is_fhir() -> None:
    CommunicationRequest.model_validate(request(priority="asap", authoredOn="2026-11-23T10:59:00Z"))
    Bundle.model_validate(bundle(request(), patient()))


async def test_a_declared_event_is_stored_once_and_names_nobody(intake: Intake) -> None:
    answers = await asyncio.gather(*(intake.post(request(), FHIR) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {202}
    (row,) = await intake.stored()
    assert (row.source, row.event_id, row.kind, row.subject) == ("urn:oid:1.2.3.4", "n-1", "document.added", "SPH-2024-000137")
    assert (row.occurred_at, row.received_at) == (datetime(2026, 11, 23, 9, 59, tzinfo=UTC), NOW)
    assert row.data == {"urgent": False}
    for path in Path(str(intake.database.url.database)).parent.iterdir():  # the write-ahead log too
        assert not any(name.encode() in path.read_bytes() for name in (*NAMES, "148033712345678"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"extension": [typed("NOT")]}, ("note.added", None, {"urgent": False})),
        ({"extension": [typed("DOC", f"{TYPES}/TRE_R254-TypeEvenement-FHIR")]}, ("document.added", None, {"urgent": False})),
        ({"extension": ..., "category": [{"coding": [{"system": TYPES, "code": "NOT"}]}]}, ("note.added", None, {"urgent": False})),
        ({"extension": [{**typed("DOC"), "url": "http://esante.gouv.fr/ci-sis/fhir/StructureDefinition/EventType"}]},
         ("document.added", None, {"urgent": False})),
        ({"extension": [typed("DOC")], "authoredOn": "2026-11-23T08:00:00Z"},
         ("document.added", datetime(2026, 11, 23, 8, tzinfo=UTC), {"urgent": False})),
        ({"extension": [typed("DOC"), happened("2026-11-22")]}, ("document.added", None, {"urgent": False})),
        ({"extension": [typed("DOC")], "priority": "stat"}, ("document.added", None, {"urgent": True})),
        ({"extension": [typed("DOC")], "priority": "routine", "status": "completed"}, ("document.added", None, {"urgent": False})),
        ({"extension": [typed("DOC")], "requester": {"reference": "Practitioner/a-1/_history/2"}},
         ("document.added", None, {"author": "a-1", "urgent": False})),
        ({"extension": [typed("DOC")], "requester": {"reference": "https://elsewhere.example/fhir/Practitioner/a-1"}},
         ("document.added", None, {"urgent": False})),
        ({"extension": [typed("DOC")], "requester": {"reference": "#pract1"}, "contained": [patient(), practitioner("10101010101")]},
         ("document.added", None, {"author": "https://rpps.esante.gouv.fr|10101010101", "urgent": False})),
        ({"extension": [typed("DOC")], "requester": {"reference": "#pract1"}, "contained": [patient(), practitioner("Zorglub")]},
         ("document.added", None, {"urgent": False})),
        ({"extension": [typed("DOC")], "recipient": [{"reference": "Practitioner/b"}, {"reference": "Practitioner/c"}]},
         ("document.added", None, {"recipients": ["b", "c"], "urgent": False})),
        ({"extension": [typed("DOC")], "subject": {"identifier": {"value": "SPH-2024-000137"}}, "contained": ...},
         ("document.added", None, {"urgent": False})),
    ],
)  # fmt: skip
async def test_what_a_request_says_beside_its_type(intake: Intake, changes: dict[str, Any], expected: tuple[Any, ...]) -> None:
    assert (await intake.post(request(**changes), FHIR)).status_code == 202
    (row,) = await intake.stored()
    assert (row.kind, row.occurred_at, row.data) == expected
    assert row.subject == "SPH-2024-000137"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"extension": [typed("CDM")]}, "event-type"),
        ({"extension": [typed("DOC", "urn:other")]}, "event-type"),
        ({"extension": ...}, "event-type"),
        ({"identifier": [{"system": "urn:x", "value": "n" * 201}]}, "id"),
        ({"status": "entered-in-error"}, "status"),
        ({"status": "draft"}, "status"),
        ({"doNotPerform": True}, "doNotPerform"),
        ({"subject": ...}, "subject"),
        ({"subject": {"display": "Mme Jeanne Durand"}}, "subject"),
        ({"subject": {"reference": "Group/1"}}, "subject"),
        ({"contained": [patient(id="pat2")]}, "subject"),
        ({"recipient": [{"reference": "#pract1"}]}, "recipient"),
        ({"recipient": [{"reference": f"Practitioner/{n}"} for n in range(501)]}, "recipients"),
        ({"extension": [typed("DOC"), happened("2026-11-23T10:59:00")]}, "time"),
    ],
)
async def test_what_is_wrong_is_named_and_not_quoted(intake: Intake, changes: dict[str, Any], named: str) -> None:
    answer = await intake.post(request(**changes), FHIR)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/fhir+json"
    outcome = OperationOutcome.model_validate(answer.json())
    assert named in outcome.issue[0].diagnostics
    assert not any(name in answer.text for name in NAMES)
    assert await intake.stored() == []


async def test_the_good_ones_of_a_bundle_are_kept_and_its_patients_are_known(intake: Intake) -> None:
    outside = request(2, contained=..., subject={"reference": "Patient/pat1"})
    by_url = request(3, contained=..., subject={"reference": "urn:uuid:7"})
    body = bundle(request(1), outside, by_url, request(4, status="draft"), patient())
    body["entry"].append({"fullUrl": "urn:uuid:7", "resource": patient(id="x", identifier=[{"value": "SPH-2024-000205"}])})
    answer = await intake.post(body, FHIR)
    assert answer.status_code == 400
    assert [issue["expression"] for issue in answer.json()["issue"]] == [["Bundle.entry.resource[3].status"]]
    assert [(row.event_id, row.subject) for row in await intake.stored()] == [
        ("n-1", "SPH-2024-000137"), ("n-2", "SPH-2024-000137"), ("n-3", "SPH-2024-000205"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([request()], 400),
        (patient(), 400),
        (event(), 400),
        ("text", 400),
        (b"{", 400),
        (bundle(), 400),
        (bundle(patient()), 400),
        ({}, 400),
        ({"resourceType": "Communication"}, 400),
        ({"resourceType": "Bundle", "entry": {"resource": request()}}, 400),
        (bundle(*[{"resourceType": "CommunicationRequest"}] * (MAX_BATCH + 1)), 413),
    ],
)
async def test_bodies_that_declare_no_event(intake: Intake, body: Any, status: int) -> None:
    assert (await intake.post(body, FHIR)).status_code == status
    assert await intake.stored() == []


async def test_a_request_is_no_cloud_event(intake: Intake) -> None:
    assert (await intake.post(request(), "application/cloudevents+json")).status_code == 400


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from([*sorted(request()), "priority", "recipient", "category", "doNotPerform", "authoredOn"]), value=JSON)
async def test_any_value_anywhere_is_taken_or_refused_never_an_error(intake: Intake, name: str, value: Any) -> None:
    body = request() | {name: value}
    assert (await intake.post(bundle(body) if name != "resourceType" else body, FHIR)).status_code in (202, 400)


async def test_who_only_sends_what_cannot_be_read_is_told_to_wait_and_the_others_are_not(intake: Intake) -> None:
    app = application(intake.database, malformed_a_minute=10)
    flooding, other = (httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(name, 1)), base_url="http://bot") for name in "ab")
    async with flooding, other:
        bad, good = Intake(intake.database, flooding), Intake(intake.database, other)
        taken = [(await good.post([event(n)])).status_code for n in range(20)]  # good ones are not counted
        before = 0
        while (answer := await bad.post([event(type="x")] * 50)).status_code == 400:
            before += 1
        assert (answer.status_code, set(taken)) == (429, {202})
        assert 10 <= before < 40
        refused = await bad.post(event(21))
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert (await bad.post(event(), token="wrong")).status_code == 401
        assert (await good.post(event(22))).status_code == 202
        assert (await good.post(request(), FHIR)).status_code == 202
        assert len(await good.stored()) == 22


async def test_a_large_batch_lets_others_have_their_turn(intake: Intake) -> None:
    """While a thousand malformed events are read, the loop goes on: it counts the turns that others get."""
    turns, over = 0, asyncio.Event()

    async def others() -> None:
        nonlocal turns
        while not over.is_set():
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    before = turns
    answer = await intake.post([event(n, type="x") for n in range(MAX_BATCH)])
    between = turns - before
    over.set()
    await task
    assert answer.status_code == 400
    assert between >= MAX_BATCH // 50
