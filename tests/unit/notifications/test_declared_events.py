"""Events declared by others as the ANS guide has them (flows 3 and 4), on a real platform: whose dossier, whom for, and no name."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from bot.accounts.registry import AccountRegistry
from bot.core.figures import read_figures
from bot.fhir.mapping import load_mapping
from bot.fhir.xml import resource_from_xml
from bot.notifications.event_intake import router
from bot.notifications.event_store import WITHOUT_DOSSIER
from bot.notifications.tables import Event
from tests.unit.notifications.notification_harness import CLAIRE, DOSSIER, KARIM, PAUL, NotificationHarness
from tests.unit.notifications.test_communication_requests import GUIDE, TYPES, bundle, happened, typed
from tests.unit.sandbox.sandbox_server import EVENTS_TOKEN

DECLARED = Path(__file__).parent / "declared"
INS, NIR = "urn:oid:1.2.250.1.213.1.4.8", "248037204512363"
JSON, XML = "application/fhir+json", "application/fhir+xml"
SECRETS = ("Zorglub", "Jeanne", "1948-03-12", NIR, NIR[:13])


class Emitter:
    """A hospital that declares events."""

    def __init__(self, harness: NotificationHarness, client: httpx.AsyncClient) -> None:
        self.harness, self._client = harness, client

    async def post(self, body: Any, content_type: str = JSON, path: str = "/events") -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": content_type, "Authorization": f"Bearer {EVENTS_TOKEN}"}
        return await self._client.post(path, content=content, headers=headers)

    async def events(self) -> list[Event]:
        return await self.harness.rows(Event)

    async def told(self, email: str) -> list[str]:
        await self.harness.dispatch_only()
        return [notice.kind for notice in await self.harness.notices(email)]


@pytest.fixture
async def emitter(harness: NotificationHarness) -> AsyncIterator[Emitter]:
    sandbox = harness.sandbox
    (patient,) = sandbox.found("Patient", identifier=DOSSIER)
    if not any(one["system"] == INS for one in patient["identifier"]):
        patient["identifier"].append({"system": INS, "value": NIR})
        sandbox.put(patient).raise_for_status()
        harness.join(KARIM)
        harness.join(PAUL)
    app = FastAPI()
    app.include_router(router(harness.database, harness.clock, EVENTS_TOKEN, fhir=harness.fhir))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot.example") as client:
        yield Emitter(harness, client)


def usager(**changes: Any) -> dict[str, Any]:
    body = {"resourceType": "Patient", "id": "pat1", "identifier": [{"system": INS, "value": NIR}], "birthDate": "1948-03-12"}
    return body | {"name": [{"family": "Zorglub", "given": ["Jeanne"]}]} | changes


def declared(code: str = "SOR", **changes: Any) -> dict[str, Any]:
    body = {
        "resourceType": "CommunicationRequest",
        "id": "com1",
        "contained": [usager(), {"resourceType": "Organization", "id": "org1", "name": "Service Zorglub"}],
        "extension": [happened("2026-11-23T09:00:00Z"), typed(code)],
        "status": "active",
        "subject": {"reference": "#pat1"},
        "payload": [{"contentString": "Mme Jeanne Zorglub, née le 1948-03-12, est sortie"}],
        "requester": {"reference": "#org1"},
    }
    return {name: value for name, value in (body | changes).items() if value is not ...}


async def test_the_published_example_is_accepted_and_counted(emitter: Emitter) -> None:
    """It has no identifier of its own, and its usager none either: nobody's dossier."""
    answer = await emitter.post((DECLARED / "discharge_without_identifier.json").read_bytes())
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "without_dossier": 1})
    assert await emitter.events() == []
    async with emitter.harness.database.reading() as session:
        assert (await read_figures(session))[WITHOUT_DOSSIER] == 1


@pytest.mark.parametrize("code", ["SOR", "ADM", "TRF", "DOC", "NOT"])
async def test_the_team_is_told_and_no_name_is_kept_or_leaves(emitter: Emitter, code: str) -> None:
    harness = emitter.harness
    await harness.link(PAUL)
    assert (await emitter.post(declared(code))).json() == {"accepted": 1}
    assert (await emitter.post(declared(code, id="another", meta={"versionId": "7"}))).json() == {"accepted": 1}  # sent again
    (event,) = await emitter.events()
    assert event.subject == DOSSIER
    assert event.source.endswith(":content")
    await harness.deliver_due()
    for email in (CLAIRE, KARIM, PAUL):
        assert await emitter.told(email) == [event.kind]
    (said,) = harness.sent_texts()
    assert DOSSIER in said
    assert not any(word in said for word in (*SECRETS, "hôpital", "établissement", "sortie", "entrée"))
    written = [row for table in ("events", "notices", "messages", "outbox") for row in await _rows(harness, table)]
    assert not any(secret in row for secret in SECRETS for row in written)
    assert not any(secret in str(mail) for secret in SECRETS for mail in harness.mails())
    page = await harness.service.page(harness.account(PAUL), titles=True)
    assert bool(page.lines[0].title) is (event.kind == "stay.changed")


async def _rows(harness: NotificationHarness, table: str) -> list[str]:
    async with harness.database.reading() as session:
        return [str(tuple(row)) for row in await session.execute(text(f"SELECT * FROM {table}"))]


async def test_two_that_say_something_else_are_two(emitter: Emitter) -> None:
    await emitter.post(declared("SOR"))
    await emitter.post(declared("SOR", payload=[{"contentString": "autre chose"}]))
    await emitter.post(declared("SOR", extension=[happened("2026-11-24T09:00:00Z"), typed("SOR")]))
    assert len(await emitter.events()) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"contained": [usager(identifier=[{"system": INS, "value": NIR[:13]}, {"system": INS, "value": NIR}])]},
        {"contained": [usager(identifier=[{"system": "urn:other|x", "value": "a,b"}, {"system": INS, "value": NIR}])]},
        {"subject": {"identifier": {"system": INS, "value": NIR}}, "contained": ...},
        {"subject": {"identifier": {"system": "urn:sphere:dossier", "value": DOSSIER}}, "contained": ...},
    ],
)
async def test_the_dossier_is_found_by_identifier(emitter: Emitter, changes: dict[str, Any]) -> None:
    assert (await emitter.post(declared(**changes))).status_code == 202
    assert [event.subject for event in await emitter.events()] == [DOSSIER]


@pytest.mark.parametrize(("base", "found"), [("", True), ("PLATFORM/", True), ("https://elsewhere.example/fhir/", False)])
async def test_the_dossier_is_found_by_the_platforms_own_id_and_by_no_others(emitter: Emitter, base: str, found: bool) -> None:
    (patient,) = emitter.harness.sandbox.found("Patient", identifier=DOSSIER)
    base = base.replace("PLATFORM", emitter.harness.sandbox.fhir)
    answer = await emitter.post(declared(subject={"reference": f"{base}Patient/{patient['id']}"}, contained=...))
    assert answer.status_code == 202
    assert [event.subject for event in await emitter.events()] == ([DOSSIER] if found else [])


@pytest.mark.parametrize(
    "identifier", [{"system": INS, "value": "199999999999999"}, {"value": NIR}, {"system": "urn:other", "value": NIR}, {"system": INS}]
)
async def test_who_is_not_found_is_counted(emitter: Emitter, identifier: dict[str, str]) -> None:
    answer = await emitter.post(bundle(declared(contained=[usager(identifier=[identifier])]), declared("DOC")))
    assert (answer.status_code, answer.json()) == (202, {"accepted": 2, "without_dossier": 1})
    assert [event.kind for event in await emitter.events()] == ["document.added"]


async def test_an_order_is_for_whom_it_names(emitter: Emitter) -> None:
    """Flow 4: recipients contained, by RPPS or behind a role; nobody but members of the team is told."""
    harness = emitter.harness
    rpps = next(i["value"] for i in harness.sandbox.practitioner(PAUL)["identifier"] if i["system"] == "https://rpps.esante.gouv.fr")
    person = {"resourceType": "Practitioner", "id": "p1", "identifier": [{"system": "https://rpps.esante.gouv.fr", "value": f"8{rpps}"}]}
    role = {"resourceType": "PractitionerRole", "id": "r1", "practitioner": {"reference": "#p1"}}
    for number, reference in enumerate(("#p1", "#r1", f"Practitioner/{harness.account(PAUL)}")):
        when = happened(f"2026-11-2{number}T09:00:00Z")
        order = declared(contained=[usager(), person, role], recipient=[{"reference": reference}], extension=[when, typed("SOR")])
        assert (await emitter.post(order)).status_code == 202
    assert await emitter.told(PAUL) == ["stay.changed"] * 3
    assert await emitter.told(KARIM) == []


@pytest.mark.parametrize(("base", "told"), [("PLATFORM/", True), ("https://elsewhere.example/fhir/", False)])
async def test_professionals_of_other_servers_are_nobody_here(emitter: Emitter, base: str, told: bool) -> None:
    harness, server = emitter.harness, base.replace("PLATFORM", emitter.harness.sandbox.fhir)
    who, author = ({"reference": f"{server}Practitioner/{harness.account(email)}"} for email in (PAUL, KARIM))
    assert (await emitter.post(declared(recipient=[who]))).status_code == 202
    assert await emitter.told(PAUL) == (["stay.changed"] if told else [])
    assert (await emitter.post(declared("DOC", requester=author))).status_code == 202
    assert ("document.added" in await emitter.told(KARIM)) is not told


@pytest.mark.parametrize("system", ["urn:region:rpps", "https://rpps.esante.gouv.fr", "urn:region:idnps", "urn:oid:1.2.250.1.71.4.2.1"])
async def test_numbers_are_known_by_the_systems_of_the_mapping_too(emitter: Emitter, system: str, tmp_path: Path) -> None:
    lines = ["[identifiers]", 'rpps = "urn:region:rpps"', 'idnps = "urn:region:idnps"', 'ins_nir = "urn:region:ins"']
    (tmp_path / "region.toml").write_text("\n".join(lines), "utf-8")
    harness, mapping = emitter.harness, load_mapping(tmp_path / "region.toml")
    (patient,) = harness.sandbox.found("Patient", identifier=DOSSIER)
    for one in patient["identifier"]:
        one["system"] = "urn:region:ins" if one["system"] == INS else one["system"]
    harness.sandbox.put(patient).raise_for_status()
    person = harness.sandbox.practitioner(PAUL)
    rpps = next(i["value"] for i in person["identifier"] if i["system"] == "https://rpps.esante.gouv.fr")
    harness.sandbox.put(person | {"identifier": [{"system": "urn:region:rpps", "value": rpps}]}).raise_for_status()
    app = FastAPI()
    app.include_router(router(harness.database, harness.clock, EVENTS_TOKEN, fhir=harness.fhir, mapping=mapping))
    registry = AccountRegistry(harness.fhir, harness.clock, mapping)
    harness.process.notification_worker.fan_out._registry = registry
    who = {"resourceType": "Practitioner", "id": "p1", "identifier": [{"system": system, "value": f"8{rpps}"}]}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot.example") as client:
        for ins in (INS, "urn:region:ins"):
            subject = usager(identifier=[{"system": ins, "value": NIR}])
            order = declared(contained=[subject, who], recipient=[{"reference": "#p1"}], identifier=[{"system": "urn:n", "value": ins}])
            headers = {"Content-Type": JSON, "Authorization": f"Bearer {EVENTS_TOKEN}"}
            assert (await client.post("/events", json=order, headers=headers)).json() == {"accepted": 1}
    assert await emitter.told(PAUL) == ["stay.changed"] * 2
    harness.sandbox.put(person).raise_for_status()


@pytest.mark.parametrize("kind", ["Organization", "Patient", "RelatedPerson"])
async def test_an_order_for_others_than_professionals_tells_nobody(emitter: Emitter, kind: str) -> None:
    other = {"resourceType": kind, "id": "o1"}
    assert (await emitter.post(declared(contained=[usager(), other], recipient=[{"reference": "#o1"}]))).status_code == 202
    assert [await emitter.told(email) for email in (CLAIRE, KARIM, PAUL)] == [[], [], []]


async def test_xml_says_the_same(emitter: Emitter) -> None:
    harness = emitter.harness
    rpps = next(i["value"] for i in harness.sandbox.practitioner(PAUL)["identifier"] if i["system"] == "https://rpps.esante.gouv.fr")
    body = (DECLARED / "discharge_order.xml").read_bytes().replace(b"RPPS-OF-THE-RECIPIENT", rpps.encode())
    assert (await emitter.post(body, XML)).json() == {"accepted": 1}
    assert (await emitter.post(resource_from_xml(body))).json() == {"accepted": 1}  # the same in JSON is the same event
    again = body.replace(b"09:30:00Z", b"11:30:00Z")  # emitted once more
    entry = b"<entry><resource>" + again[again.index(b"<Comm") :] + b"</resource></entry>"
    assert (await emitter.post(b'<Bundle xmlns="http://hl7.org/fhir">' + entry + b"</Bundle>", XML)).json() == {"accepted": 1}
    (event,) = await emitter.events()
    assert (event.subject, event.kind) == (DOSSIER, "stay.changed")
    assert await emitter.told(PAUL) == ["stay.changed"]
    assert await emitter.told(KARIM) == []


_BOMB = b'<!DOCTYPE a [<!ENTITY b "c">]><CommunicationRequest xmlns="http://hl7.org/fhir"><status value="&b;"/></CommunicationRequest>'


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", JSON, 400),
        (b"", XML, 400),
        (b"{}", JSON, 400),
        (b'{"resourceType": "Patient"}', JSON, 400),
        (b'{"resourceType": "Bundle", "type": "collection"}', JSON, 400),
        (b'<Patient xmlns="http://hl7.org/fhir"/>', XML, 400),
        (b"<CommunicationRequest/>", XML, 400),
        (b'<Bundle xmlns="http://hl7.org/fhir"><entry><resource/></entry></Bundle>', XML, 400),
        (_BOMB, XML, 400),
        (b'<Bundle xmlns="http://hl7.org/fhir">' + b"<entry>" * 200 + b"</entry>" * 200 + b"</Bundle>", XML, 422),
        (b"\xff\xfe", XML, 400),
    ],
)
async def test_what_is_not_known_is_refused_by_an_operation_outcome(emitter: Emitter, body: bytes, content_type: str, status: int) -> None:
    answer = await emitter.post(body, content_type)
    assert (answer.status_code, answer.headers["content-type"]) == (status, JSON)
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert await emitter.events() == []


async def test_a_fhir_base_answers_as_the_guide_has_it(emitter: Emitter) -> None:
    answer = await emitter.post(declared(), path="/events/CommunicationRequest")
    assert (answer.status_code, answer.json()["resourceType"]) == (201, "CommunicationRequest")
    refused = await emitter.post({"specversion": "1.0"}, "application/json", path="/events/CommunicationRequest")
    assert (refused.status_code, refused.json()["resourceType"]) == (415, "OperationOutcome")


async def test_while_the_platform_is_away_the_sender_is_asked_to_come_back(emitter: Emitter) -> None:
    emitter.harness.network.cut_after(0, losing=False)
    answer = await emitter.post(declared())
    assert (answer.status_code, answer.json()["issue"][0]["code"], "retry-after" in answer.headers) == (503, "transient", True)
    named = declared(subject={"identifier": {"value": DOSSIER}}, contained=...)
    assert (await emitter.post(named)).status_code == 202  # the platform need not be asked
    emitter.harness.network.restore()
    assert (await emitter.post(declared())).status_code == 202
    assert len(await emitter.events()) == 2


def test_the_names_of_the_guide_are_those_that_are_read() -> None:
    assert (GUIDE, TYPES) == (
        "https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/",
        "https://mos.esante.gouv.fr/NOS/TRE_R254-TypeEvenement/FHIR/TRE-R254-TypeEvenement",
    )
