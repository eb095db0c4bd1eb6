"""`bot platform check`, against the sandbox, and behind gateways with which something does not work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from tests.unit.fhir.gateway import CLIENT, SCOPE, SECRET, Gateway, running_gateway
from tests.unit.sandbox.sandbox_server import TOKEN, Sandbox

runner = CliRunner(env={"COLUMNS": "220"})
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "integration.md"
Behind = tuple[Gateway, Sandbox]


@pytest.fixture
def behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Behind]:
    with running_gateway(tmp_path / "sandbox") as (gateway, sandbox):
        settings = {
            "DATA": str(tmp_path / "data"),
            "PLATFORM_URL": sandbox.fhir,
            "PLATFORM_TOKEN_URL": f"{sandbox.url}/token",
            "PLATFORM_CLIENT_ID": CLIENT,
            "PLATFORM_CLIENT_SECRET": SECRET,
            "PLATFORM_SCOPE": SCOPE,
            "PLATFORM_TIMEOUT": "30",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield gateway, sandbox


def check(*options: str) -> tuple[int, str]:
    done = runner.invoke(app, ["platform", "check", *options])
    assert SECRET not in done.output
    return done.exit_code, done.output


def everything(sandbox: Sandbox) -> dict[str, Any]:
    kinds = ("Patient", "CareTeam", "Practitioner", "PractitionerRole", "Linkage")
    return {kind: sandbox.get(kind, _count="200").json().get("total") for kind in kinds}


def test_all_that_is_needed_works_and_nothing_was_changed(behind: Behind) -> None:
    gateway, sandbox = behind
    before = everything(sandbox)
    code, output = check()
    assert (code, "tout ce qui a été essayé fonctionne" in output) == (0, True), output
    assert everything(sandbox) == before
    assert not {method for method, path, _ in gateway.asked if method != "GET" and not path.endswith("/_search")}
    assert "non essayé" in output


def test_with_write_every_change_is_tried_and_left_without_effect(behind: Behind) -> None:
    _, sandbox = behind
    before = everything(sandbox)
    code, output = check("--write")
    assert code == 0, output
    assert "une version ancienne est refusée" in output
    after = everything(sandbox)
    assert {kind: after[kind] - before[kind] for kind in after} == {
        "Patient": 1, "CareTeam": 1, "Practitioner": 1, "PractitionerRole": 1, "Linkage": 1,
    }  # fmt: skip
    assert sandbox.found("CareTeam", status="entered-in-error")
    assert [p["active"] for p in sandbox.found("Patient", family="VERIFICATION")] == [False]
    assert [p["active"] for p in sandbox.found("Practitioner", email="personne@verification.example")] == [False]


def test_every_line_is_explained(behind: Behind) -> None:
    _, output = check("--write")
    guide = GUIDE.read_text()
    calls = [re.split(r"\s{2,}", line)[0].strip() for line in output.splitlines()[1:-1]]
    calls = [re.split(r" (?:ok|non|à savoir) ", f"{call} ")[0].strip() for call in calls]
    assert len(calls) > 15
    assert [call for call in calls if f"`{call}`" not in guide] == []


def test_a_refused_access_ends_it(behind: Behind) -> None:
    gateway, _ = behind
    gateway.refuses_client = True
    code, output = check("--write")
    assert code == 1
    assert "accès refusé" in output
    assert "Patient" not in output
    gateway.refuses_client, gateway.refuses_tokens = False, True
    assert check()[0] == 1


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("POST", "/fhir/Patient/_search", 500, "Patient?identifier"),
        ("GET", "/fhir/Practitioner/verification-inexistante", 400, "GET Practitioner/"),
        ("PUT", "/fhir/CareTeam", 403, "PUT CareTeam"),
        ("POST", "/fhir/Patient", 403, "POST Patient"),
    ],
)
def test_a_call_that_does_not_work_is_told(behind: Behind, method: str, path: str, status: int, told: str) -> None:
    gateway, _ = behind
    body = b'{"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]}'

    def answer(scope: Any) -> tuple[int, dict[str, str], bytes] | None:
        exact = scope["path"] == path or (method == "PUT" and scope["path"].startswith(path))
        return (status, {"content-type": "application/fhir+json"}, body) if scope["method"] == method and exact else None

    gateway.before = answer
    code, output = check("--write")
    assert code == 1, output
    assert any(told in line and " non " in line for line in output.splitlines()), output


def test_a_parameter_that_is_passed_over_is_found_out(behind: Behind) -> None:
    gateway, _ = behind
    someone = b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Practitioner", "id": "x"}}]}'
    gateway.before = lambda scope: (200, {}, someone) if scope["path"] == "/fhir/Practitioner/_search" else None
    code, output = check()
    assert code == 1
    assert "un paramètre n’est pas pris en compte" in output


def test_searches_by_get_alone_are_enough(behind: Behind) -> None:
    gateway, _ = behind
    gateway.before = lambda scope: (405, {}, b"") if scope["path"].endswith("/_search") else None
    code, output = check("--write")
    assert code == 0, output
    assert "noms et adresses dans les URL" in output


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA", str(tmp_path))
    monkeypatch.setenv("PLATFORM_URL", "http://127.0.0.1:9/fhir")
    monkeypatch.delenv("PLATFORM_TOKEN", raising=False)
    code, output = check()
    assert code == 1
    assert "PLATFORM_TOKEN_URL, PLATFORM_CLIENT_ID and PLATFORM_CLIENT_SECRET" in output
    monkeypatch.setenv("PLATFORM_TOKEN", TOKEN)
    code, output = check()
    assert code == 1
    assert "pas de réponse utilisable" in output
