"""What the product is made of is told whole, and a source of advisories that says nothing is never taken for a clean one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.supply.advisories import CLEAN, UNKNOWN, VULNERABLE, check_advisories
from bot.supply.locks import LockUnreadable, read_locks, read_python_lock
from bot.supply.sbom import bill_of_materials
from tests.stack import ROOT

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
WEAK = {"name": "jinja2", "version": "2.10", "vulns": [{"id": "X-1", "fix_versions": ["3.0"]}]}
WEAK_NPM = {"vulnerabilities": {"lodash": {"range": "<4.18", "via": [{"url": "X-2"}]}}, "metadata": {"dependencies": {"total": 1}}}
CLEAN_NPM = {"vulnerabilities": {}, "metadata": {"dependencies": {"total": 7}}}


class Sources:
    """pip-audit and npm as they answer; `python` and `npm` are what they say of the locks."""

    def __init__(self, python: Any, npm: Any, *, probes: bool = True, code: int = 0) -> None:
        self.python, self.npm, self.probes, self.code = python, npm, probes, code

    def __call__(self, command: Sequence[str], _environment: dict[str, str]) -> tuple[int, str]:
        if "audit" in command:
            is_probe = "bot/web" not in command[-1]
            return self.code, json.dumps((WEAK_NPM if self.probes else CLEAN_NPM) if is_probe else self.npm)
        out = next(part.removeprefix("--output=") for part in command if part.startswith("--output="))
        is_probe = any(part.endswith("requirements.txt") for part in command)
        found = [WEAK if self.probes else {**WEAK, "vulns": []}] if is_probe else self.python
        if found is not None:
            Path(out).write_text(json.dumps({"dependencies": found}))
        return self.code, ""


ONE = {"name": "a", "version": "1", "vulns": []}


@pytest.mark.parametrize(
    ("sources", "code"),
    [
        (Sources([ONE], CLEAN_NPM), CLEAN),
        (Sources([ONE, {**ONE, "vulns": [{"id": "X-3", "fix_versions": []}]}], CLEAN_NPM), VULNERABLE),
        (Sources([ONE], WEAK_NPM), VULNERABLE),
        (Sources([ONE, {"name": "b", "skip_reason": "not found"}], CLEAN_NPM), UNKNOWN),
        (Sources(None, CLEAN_NPM, code=1), UNKNOWN),
        (Sources([], CLEAN_NPM), UNKNOWN),
        (Sources([ONE], {"error": {"code": "ENOTFOUND"}}), UNKNOWN),
        (Sources([ONE], {}), UNKNOWN),
        (Sources([ONE], {"vulnerabilities": {}}), UNKNOWN),
        (Sources([ONE], CLEAN_NPM, code=2), UNKNOWN),
        (Sources([ONE], CLEAN_NPM, code=-1), UNKNOWN),
        (Sources([ONE], CLEAN_NPM, probes=False), UNKNOWN),
        (Sources([{**ONE, "vulns": [{"id": "X-3", "fix_versions": []}]}], {"error": "away"}), VULNERABLE),
    ],
)
def test_only_what_was_looked_up_is_clean(sources: Callable[..., Any], code: int) -> None:
    findings = check_advisories(NOW, run=sources)
    assert findings.code == code
    assert findings.to_json()["verdict"] == {CLEAN: "clean", VULNERABLE: "vulnerable", UNKNOWN: "unknown"}[code]
    assert findings.to_json()["asked_at"] == NOW.isoformat()
    assert bool(findings.unknown) == (code == UNKNOWN or "away" in str(sources.npm))


def test_the_command_line_says_that_it_does_not_know(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("bot.supply.advisories._run", Sources(None, {"error": "away"}, code=1))
    done = CliRunner().invoke(app, ["advisories", "--out", str(tmp_path / "found.json")])
    assert done.exit_code == UNKNOWN
    assert "Aucune faille" not in done.output
    assert json.loads((tmp_path / "found.json").read_text())["verdict"] == "unknown"


def test_the_bill_of_materials_names_everything_that_is_locked(tmp_path: Path) -> None:
    packages = read_locks()
    text = bill_of_materials(packages, "1", NOW)
    bill = json.loads(text)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert len(bill["components"]) == len(packages) > 200
    references = [component["bom-ref"] for component in bill["components"]]
    assert len(set(references)) == len(references)
    purls = {component["purl"] for component in bill["components"]}
    for lock in ("requirements.lock", "nlu/requirements.lock"):
        for line in (ROOT / lock).read_text().splitlines():
            if "==" in line and not line.startswith((" ", "#")) and "'never'" not in line:
                name, _, rest = line.partition("==")
                assert f"pkg:pypi/{name.lower()}@{rest.split()[0]}" in {purl.replace("%2B", "+") for purl in purls}
    npm = json.loads((ROOT / "bot/web/package-lock.json").read_text())["packages"]
    assert sum(purl.startswith("pkg:npm/") for purl in purls) == len(npm) - 1
    assert json.loads(bill_of_materials(packages, "1", NOW))["serialNumber"] == bill["serialNumber"]
    assert json.loads(bill_of_materials(packages[1:], "1", NOW))["serialNumber"] != bill["serialNumber"]
    assert "http" not in {component["purl"].partition("://")[0] for component in bill["components"]}, "no address of any registry"
    done = CliRunner().invoke(app, ["sbom", "--out", str(tmp_path / "bill.json")])
    assert done.exit_code == 0
    assert len(json.loads((tmp_path / "bill.json").read_text())["components"]) == len(packages)


def test_a_lock_that_nobody_understands_is_not_half_told(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    for line in ("a @ git+ssh://somewhere", "-e .", "a>=1", "--index-url x"):
        lock.write_text(f"b==1\n{line}\n")
        with pytest.raises(LockUnreadable, match="line 2"):
            read_python_lock(lock, "service")
    with pytest.raises(LockUnreadable, match="cannot be read"):
        read_python_lock(tmp_path / "nowhere.lock", "service")
