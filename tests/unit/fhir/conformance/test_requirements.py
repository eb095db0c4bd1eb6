"""What is required of a platform says every call that is made: each type, interaction and search parameter."""

from __future__ import annotations

import ast
import json
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from typer.testing import CliRunner

from bot.accounts.directory_record import Fiche
from bot.cli import app
from bot.dossiers.dossiers import Usager
from bot.dossiers.period import AccessPeriod
from bot.dossiers.probing import Origin
from bot.fhir.client import FhirClient
from bot.fhir.mapping import DEFAULT_MAPPING
from bot.fhir.requirements import requirements_statement
from bot.sandbox.fhir.search_parameters import SEARCH_PARAMETERS
from tests.unit.fhir.conformance.test_written_resources import FICHES, REF
from tests.unit.harness import Harness, clock, harness, sandbox
from tests.unit.sandbox.sandbox_server import Sandbox

__all__ = ["clock", "harness", "sandbox"]

BOT = Path(__file__).resolve().parents[4] / "bot"
Call = tuple[str, str, str]
"""Resource type, interaction, and a search parameter or ""."""


def required() -> set[Call]:
    calls = set()
    for resource in requirements_statement(DEFAULT_MAPPING)["rest"][0]["resource"]:
        for interaction in resource["interaction"]:
            calls.add((resource["type"], interaction["code"], ""))
        for parameter in resource["searchParam"]:
            calls |= {(resource["type"], code, parameter["name"]) for code in ("search-type", "create")}
    return calls


class Recorder(httpx.AsyncHTTPTransport):
    """The network to the sandbox; the calls are kept."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: set[Call] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls |= set(calls_of(request))
        return await super().handle_async_request(request)


def calls_of(request: httpx.Request) -> list[Call]:
    kind, _, rest = request.url.path.partition("/fhir/")[2].partition("/")
    if rest == "_search" or (request.method == "GET" and not rest):
        asked = parse_qsl(request.content.decode() or request.url.query.decode())
        return [(kind, "search-type", ""), *((kind, "search-type", name.partition(":")[0]) for name, _ in asked if name != "_count")]
    code = {"GET": "read", "POST": "create", "PUT": "update"}[request.method]
    condition = parse_qsl(request.headers.get("if-none-exist", ""))
    return [(kind, code, ""), *((kind, code, name) for name, _ in condition)]


async def test_every_call_is_required(harness: Harness, sandbox: Sandbox) -> None:
    recorder = Recorder()
    process = Harness(harness.database, sandbox, harness.clock)
    process.fhir = FhirClient(sandbox.fhir, sandbox.token, timeout=60, transport=recorder)
    claire, paul = await process.account("claire.moreau"), await process.account("paul.martin")
    origin = Origin("chat", "k0", "web")
    assert process.duplicates

    fiche = Fiche.of(FICHES["doctor"])
    account = await process.registry.create(fiche, "DC-2026-000001")
    await process.registry.place(account, fiche)
    assert await process.registry.by_identifier(rpps=fiche.rpps, adeli="370012345")
    assert await process.registry.get_many([claire.id, paul.id])

    dossier = await process.dossiers.create(Usager("Durand", "Jeanne", date(1948, 3, 12), "female"), claire, "k1", conversation_id="chat")
    assert await process.dossiers.of_member(claire, origin)
    assert await process.dossiers.get(REF, claire, origin)
    assert await process.dossiers.usager(REF)
    assert await process.dossiers.search(claire, name="Durand", origin=origin)
    how: dict[str, Any] = {"channel": "web", "conversation_id": "chat"}
    await process.partners.add(dossier.reference, claire, account, basis="consent_given", key="k2", **how)
    member = (await process.partners.list(dossier.reference, claire, origin))[-1].reference
    await process.partners.set_period(dossier.reference, claire, member, AccessPeriod(end=date(2026, 12, 24)), key="k3", **how)
    await process.partners.remove(dossier.reference, claire, member, key="k4", **how)
    await process.restorations.restore("k4", claire, key="k5", **how)
    assert await process.partner_history.of_dossier(dossier.reference, claire, origin)
    assert await process.care_team_cache.get(dossier.reference)
    await process.operations.run_due()
    await process.fhir.aclose()

    assert recorder.calls - required() == set()
    assert {kind for kind, _, _ in recorder.calls} == {"Patient", "CareTeam", "Practitioner", "PractitionerRole", "Organization", "Linkage"}
    never = {call for call in required() - recorder.calls if call[1] != "create" and call[2] not in ("_tag", "_profile")}
    assert {(kind, name) for kind, code, name in never if code == "search-type" and name} <= {
        ("CareTeam", "identifier"),
        ("PractitionerRole", "identifier"),
        ("PractitionerRole", "active"),
        ("Linkage", "source"),
        ("Linkage", "item"),
        ("CareTeam", "_lastUpdated"),
        ("Organization", "_id"),
        ("RelatedPerson", "_id"),
        ("CommunicationRequest", "_lastUpdated"),
        ("Subscription", "url"),
    }  # fmt: skip - those of conditional creations, of a platform that sends no events, and of members without a name


def literal_calls() -> set[Call]:
    """Every search that stands in the code with the name of its type and of its parameters."""
    found: set[Call] = set()
    for file in BOT.rglob("*.py"):
        if "sandbox" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("search", "read")):
                continue
            first = node.args[0] if node.args else None
            if not (isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value in SEARCH_PARAMETERS):
                continue
            code = "search-type" if node.func.attr == "search" else "read"
            found.add((first.value, code, ""))
            given = node.args[1] if len(node.args) > 1 else None
            keys = given.keys if isinstance(given, ast.Dict) else []
            found |= {(first.value, code, str(key.value)) for key in keys if isinstance(key, ast.Constant) and key.value != "_count"}
    return found


def test_every_search_in_the_code_is_required() -> None:
    assert len(literal_calls()) > 10
    assert literal_calls() - required() == set()


def test_the_command_prints_a_capability_statement(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA", str(tmp_path))
    result = CliRunner().invoke(app, ["platform", "requirements"])
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    CapabilityStatement.model_validate(printed)
    assert printed["kind"] == "requirements"
    (tmp_path / "region.toml").write_text('[profiles]\npatient = ["https://region.example/patient"]\nlinkage = []\n', "utf-8")
    monkeypatch.setenv("PLATFORM_MAPPING", str(tmp_path / "region.toml"))
    file = tmp_path / "requirements.json"
    assert CliRunner().invoke(app, ["platform", "requirements", "--out", str(file)]).exit_code == 0
    patient = json.loads(file.read_text("utf-8"))["rest"][0]["resource"][0]
    assert patient["supportedProfile"] == ["https://region.example/patient"]
    refused = CliRunner().invoke(app, ["platform", "requirements", "--out", str(tmp_path / "none" / "x.json")])
    assert refused.exit_code == 1
