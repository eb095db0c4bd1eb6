"""The lock files: what both Python environments and the pages are made of, to the version."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout, or the folder that the wheel is installed into."""
_LOCKED = Path("bot", "supply", "locked")
"""Where `hatch_build.py` puts, in a wheel, the locks that lie outside the packages."""
PYTHON_LOCKS = {"service": "requirements.lock", "nlu": "nlu/requirements.lock"}
"""By environment."""
NPM_LOCKS = {"front-end": "bot/web/package-lock.json"}
NEVER = "sys_platform == 'never'"
"""Marker of what a lock leaves out on purpose: it is installed nowhere."""
_REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)\s*(?:;\s*(?P<marker>[^\\]+?))?\s*\\?$")


class LockUnreadable(Exception):
    """A lock file is missing, or has a line that nobody understands."""


@dataclass(frozen=True)
class LockedPackage:
    """One package of a lock."""

    environment: str
    kind: str
    """`pypi` or `npm`, as in a package URL."""
    name: str
    version: str
    marker: str = ""
    """Where it is installed at all, as pip writes it; empty: everywhere."""
    sha512: str = ""
    """Of an npm package, in hexadecimal."""


def read_locks(root: Path = ROOT) -> list[LockedPackage]:
    """Return every package of every lock, by environment and name. Raises LockUnreadable."""
    packages: list[LockedPackage] = []
    for environment, file in PYTHON_LOCKS.items():
        packages += read_python_lock(lock_file(root, file), environment)
    for environment, file in NPM_LOCKS.items():
        packages += _read_npm_lock(lock_file(root, file), environment)
    return sorted(packages, key=lambda one: (one.environment, one.kind, one.name, one.version, one.marker))


def lock_file(root: Path, file: str) -> Path:
    """Return where a lock is: in the checkout at its place, of an installed wheel beside this module."""
    in_wheel = root / _LOCKED / file
    return in_wheel if in_wheel.is_file() else root / file


def read_python_lock(file: Path, environment: str) -> list[LockedPackage]:
    """Return the packages of a requirements file with hashes, but for those that are installed nowhere. Raises LockUnreadable."""
    packages = []
    for number, line in enumerate(_text(file).splitlines(), 1):
        if not line.strip() or line.lstrip().startswith(("#", "--hash=")):
            continue
        found = _REQUIREMENT.match(line)
        if found is None:
            raise LockUnreadable(f"{file}, line {number}, is no requirement")
        if NEVER in (found["marker"] or ""):
            continue
        packages.append(LockedPackage(environment, "pypi", found["name"].lower(), found["version"], (found["marker"] or "").strip()))
    return packages


def _read_npm_lock(file: Path, environment: str) -> list[LockedPackage]:
    try:
        entries = json.loads(_text(file))["packages"]
    except (ValueError, KeyError, TypeError):
        raise LockUnreadable(f"{file} is no lock of npm") from None
    packages = []
    for path, entry in entries.items():
        if not path:  # the project itself
            continue
        algorithm, _, digest = str(entry.get("integrity", "")).partition("-")
        sha512 = base64.b64decode(digest).hex() if algorithm == "sha512" else ""
        packages.append(LockedPackage(environment, "npm", path.rpartition("node_modules/")[2], entry["version"], sha512=sha512))
    return packages


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise LockUnreadable(f"{file} cannot be read: {error.strerror}") from None
