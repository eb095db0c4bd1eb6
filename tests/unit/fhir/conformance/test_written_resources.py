"""Every resource that is written conforms to its profile: of accounts, of dossiers and of changes of their teams."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import httpx
import pytest

from bot.accounts.directory_record import Fiche
from bot.dossiers.dossiers import Usager
from bot.dossiers.period import AccessPeriod
from bot.fhir.client import FhirClient
from bot.sandbox.fhir.validation import validate_resource
from tests.unit.fhir.conformance.profile_checks import PROFILES, problems
from tests.unit.harness import Harness, clock, harness, sandbox
from tests.unit.sandbox.sandbox_server import Sandbox

__all__ = ["clock", "harness", "sandbox"]

REF = "SPH-2024-000137"
FICHES = {
    "doctor": {
        "civility": "Dr", "family": "Zérane", "given": "Leïla", "profession": "cardiologue", "rpps": "10001234567", "mode": "libéral",
        "organization": "CHRU de Tours (FINESS 370000481)", "address": "2 boulevard Tonnellé", "postal_code": "37000", "city": "Tours",
        "email": "leila.zerane@medecin.mssante.fr", "phone": "02 47 47 47 47",
    },
    "social worker": {
        "civility": "Mme", "family": "Zimmer", "given": "Anne", "profession": "assistante sociale", "adeli": "370012345",
        "organization": "CCAS de Blois, SIRET 26410001200012", "city": "Blois", "email": "anne@ccas.example",
    },
    "no code": {
        "civility": "M", "family": "Zola", "given": "Éric", "profession": "sophrologue", "speciality": "relaxation", "city": "Blois",
        "email": "eric@zola.example",
    },
}  # fmt: skip


class Recorder(httpx.AsyncHTTPTransport):
    """The network to the sandbox; what is written is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[dict[str, Any]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method in ("POST", "PUT") and "_search" not in request.url.path:
            self.written.append(json.loads(request.content))
        return await super().handle_async_request(request)


def recorded(harness: Harness, sandbox: Sandbox) -> tuple[Harness, Recorder]:
    """Return a process over the same database and platform, of which what it writes is kept."""
    recorder = Recorder()
    process = Harness(harness.database, sandbox, harness.clock)
    process.fhir = FhirClient(sandbox.fhir, sandbox.token, timeout=60, transport=recorder)
    return process, recorder


def ours(resource: dict[str, Any]) -> dict[str, Any]:
    """Return a resource with what we wrote: a team that is changed keeps the participants of others as they are."""
    if resource["resourceType"] != "CareTeam":
        return resource
    return {**resource, "participant": [one for one in resource["participant"] if str(one.get("id", "")).startswith("op-")]}


def profile_of(resource: dict[str, Any]) -> str:
    profiles = (resource.get("meta") or {}).get("profile") or []
    known = [url for url, table in PROFILES.items() if table["type"] == resource["resourceType"]]
    assert len(known) == 1
    if "id" not in resource and resource["resourceType"] != "Linkage":  # a new one claims its profile
        assert profiles == known
    return known[0]


def check(written: list[dict[str, Any]]) -> list[str]:
    """Check everything that was written; return the types."""
    for resource in written:
        assert problems(ours(resource), profile_of(resource)) == [], json.dumps(resource, ensure_ascii=False)
        validate_resource(resource["resourceType"], resource)
    return [resource["resourceType"] for resource in written]


@pytest.mark.parametrize("who", FICHES)
async def test_a_new_account(harness: Harness, sandbox: Sandbox, who: str) -> None:
    process, recorder = recorded(harness, sandbox)
    fiche = Fiche.of(FICHES[who])
    account = await process.registry.create(fiche, "DC-2026-000001", first_use_hash="scrypt$…")
    await process.registry.place(account, fiche)
    await process.registry.place(account, fiche)
    await process.fhir.aclose()
    organizations = ["Organization"] if fiche.organization else []
    assert check(recorder.written) == ["Practitioner", *organizations, "PractitionerRole"]
    assert account.prefix == {"doctor": "Dr", "social worker": "MME", "no code": "M"}[who]


async def test_a_dossier_and_its_team(harness: Harness, sandbox: Sandbox) -> None:
    process, recorder = recorded(harness, sandbox)
    claire, paul = await process.account("claire.moreau"), await process.account("paul.martin")
    assert process.duplicates
    dossier = await process.dossiers.create(Usager("Durand", "Jeanne", date(1948, 3, 12), "female", used="Petit"), claire, "k1")
    basis: dict[str, Any] = {"basis": "care_team_informed", "channel": "web"}
    until = AccessPeriod(end=date(2026, 12, 24))
    await process.partners.add(dossier.reference, claire, paul, key="k2", period=until, **basis)
    member = (await process.partners.list(dossier.reference, claire))[-1].reference
    await process.partners.set_period(dossier.reference, claire, member, AccessPeriod(date(2026, 12, 1)), channel="web", key="k3")
    await process.partners.remove(dossier.reference, claire, member, channel="web", key="k4", conversation_id="chat")
    await process.restorations.restore("k4", claire, channel="web", key="k5", conversation_id="chat")
    await process.partners.remove(dossier.reference, paul, paul.reference, channel="web", key="k6")  # leaves by himself
    await process.operations.run_due()  # the comparison: Jeanne Durand has a dossier
    await process.fhir.aclose()
    types = check(recorder.written)
    assert types == ["Patient", *["CareTeam"] * 6, "Linkage"]


async def test_an_account_without_a_role_gets_one_when_it_is_added(harness: Harness, sandbox: Sandbox) -> None:
    process, recorder = recorded(harness, sandbox)
    claire = await process.account("claire.moreau")
    old = {
        "resourceType": "Practitioner",
        "active": True,
        "name": [{"use": "official", "family": "Ancien", "given": ["Max"], "prefix": ["Dr"]}],
        "telecom": [{"system": "email", "value": "max@ancien.example"}],
        "qualification": [{"code": {"text": "Médecin généraliste"}}],
    }
    max_id = sandbox.post("Practitioner", old).json()["id"]
    account = await process.account("max@ancien.example")
    for key in ("k1", "k2"):
        await process.partners.add(REF, claire, account, basis="care_team_informed", channel="web", key=key)
    await process.partners.remove(REF, claire, account.reference, channel="web", key="k3")
    await process.partners.add(REF, claire, account, basis="care_team_informed", channel="web", key="k4")
    await process.fhir.aclose()
    assert check(recorder.written) == ["PractitionerRole", "CareTeam", "CareTeam", "CareTeam"]
    (role,) = sandbox.found("PractitionerRole", practitioner=f"Practitioner/{max_id}")
    assert sandbox.seats(REF)[-1] == f"PractitionerRole/{role['id']}"


async def test_a_platform_that_takes_no_roles_from_us(harness: Harness, sandbox: Sandbox) -> None:
    class Refusing(Recorder):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "POST" and request.url.path.endswith(("/PractitionerRole", "/Organization")):
                return httpx.Response(403, json={"resourceType": "OperationOutcome", "issue": [{"code": "forbidden"}]}, request=request)
            return await super().handle_async_request(request)

    process = Harness(harness.database, sandbox, harness.clock)
    process.fhir = FhirClient(sandbox.fhir, sandbox.token, timeout=60, transport=Refusing())
    fiche = Fiche.of(FICHES["doctor"])
    account = await process.registry.create(fiche, "DC-2026-000001")
    await process.registry.place(account, fiche)
    claire = await process.account("claire.moreau")
    await process.partners.add(REF, claire, account, basis="care_team_informed", channel="web", key="k1")
    await process.fhir.aclose()
    assert sandbox.seats(REF)[-1] == account.reference


def test_the_tables_find_what_is_wrong() -> None:
    entry = {"member": {"reference": "Practitioner/1"}}
    team = {"resourceType": "CareTeam", "identifier": [{"value": "1"}, {}], "status": "on", "participant": [entry]}
    found = problems(team, next(iter(PROFILES)))
    for expected in (
        "meta is missing", "identifier.value is missing", "name is missing", "period is missing", "participant.period is missing",
        "identifier is there more than once", "status must not be on", "participant.member must not be a Practitioner",
        "participant.role.coding.system has none of the preferred values",
    ):  # fmt: skip
        assert expected in found
