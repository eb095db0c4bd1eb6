"""Backup of an installation into one file, while it runs: databases, secrets, settings; restored into an empty folder.

The archive is a compressed tar, its first member a manifest with the version and a checksum of each other member. The directory's index
is left out: it is imported again. Secrets that come from the environment are not in it, since whoever keeps those keeps them elsewhere;
their fingerprint is, so that a restored installation with another one is told.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy.engine import make_url

from bot.core.keyed_hash import keyed_hash
from bot.installation.database_copy import CopyFailed, copy_sqlite, dump_postgres
from bot.migrations import configuration, current_revision
from bot.settings import Settings

FORMAT = 1
MANIFEST = "manifest.json"
SPHERE_DB, SPHERE_DUMP, SETTINGS_FILE = "sphere.db", "sphere.pgdump", "settings.json"
SQLITE_FILES = ("rasa.db", "sandbox.db")
"""Copied where they are there, after the main database: a turn that only Rasa knows is played again, one that only we know is lost."""
PLAIN_FILES = ("secrets.json", "telegram.json", "training/sentences.yml")
LEFT_OUT = "directory (import it again), logs, run.json; the database of RASA_DATABASE_URL; secrets that the environment sets"


class BackupFailed(Exception):
    """There is no backup; the message says why."""


@dataclass(frozen=True)
class Backup:
    """What was written."""

    file: Path
    size: int
    sha256: str
    members: tuple[str, ...]


def write_backup(settings: Settings, file: Path, now: datetime) -> Backup:
    """Write the backup of an installation, which may be running. The file is whole, or it is not there.

    Raises BackupFailed.
    """
    if file.exists():
        raise BackupFailed(f"{file} exists already")
    if not file.parent.is_dir():
        raise BackupFailed(f"there is no folder {file.parent}")
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.parent) as folder:
            collected = Path(folder)
            _collect(settings, collected)
            names = sorted(str(path.relative_to(collected)) for path in collected.rglob("*") if path.is_file())
            manifest = _manifest(settings, collected, names, now)
            archive = collected / "archive"
            _write_archive(archive, collected, names, manifest)
            digest = file_digest(archive)
            archive.replace(file)
    except (CopyFailed, OSError) as error:
        reason = str(error) if isinstance(error, CopyFailed) else error.strerror
        raise BackupFailed(f"no backup was written: {reason}") from None
    _sync_folder(file.parent)
    return Backup(file, file.stat().st_size, digest, tuple(names))


def _collect(settings: Settings, folder: Path) -> None:
    url = make_url(settings.sqlalchemy_url)
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        if not path.exists():
            raise CopyFailed(f"there is no installation in {settings.data}: {path.name} is missing")
        copy_sqlite(path, folder / SPHERE_DB)
    else:
        dump_postgres(url, folder / SPHERE_DUMP)
    for name in SQLITE_FILES:
        if (settings.data / name).exists():
            copy_sqlite(settings.data / name, folder / name)
    for name in PLAIN_FILES:
        if (settings.data / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(settings.data / name, folder / name)
    plain = {field.alias: value for name, field in type(settings).model_fields.items() if _is_plain(value := getattr(settings, name))}
    chosen = {name: str(value) for name, value in plain.items() if name in os.environ and name != "DATABASE_URL"}
    (folder / SETTINGS_FILE).write_text(json.dumps(chosen, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _is_plain(value: Any) -> bool:
    return value is not None and not isinstance(value, SecretStr)


def _manifest(settings: Settings, folder: Path, names: list[str], now: datetime) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "revision": current_revision(configuration(settings.sqlalchemy_url)),
        "secret": secret_fingerprint(settings),
        "environment_secrets": _environment_secrets(settings),
        "left_out": LEFT_OUT,
        "files": {name: {"sha256": file_digest(folder / name), "size": (folder / name).stat().st_size} for name in names},
    }


def _environment_secrets(settings: Settings) -> list[str]:
    """Return the variables that hold secrets and are set: they are not in the backup."""
    fields = type(settings).model_fields
    set_ones = [field.alias for name, field in fields.items() if isinstance(getattr(settings, name), SecretStr)]
    return sorted(alias for alias in set_ones if alias and alias in os.environ)


def secret_fingerprint(settings: Settings) -> str | None:
    """Return by what another SECRET is recognized, which says nothing of it; None where none is set."""
    if settings.secret is None:
        return None
    return keyed_hash(settings.secret.get_secret_value(), "backup fingerprint")[:16]


def _write_archive(archive: Path, folder: Path, names: list[str], manifest: Mapping[str, Any]) -> None:
    descriptor = os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as tar:
            text = json.dumps(manifest, indent=1).encode()
            member = tarfile.TarInfo(MANIFEST)
            member.size, member.mode = len(text), 0o600
            tar.addfile(member, io.BytesIO(text))
            for name in names:
                member = tar.gettarinfo(folder / name, arcname=name)
                member.mode, member.uid, member.gid, member.uname, member.gname = 0o600, 0, 0, "", ""
                with (folder / name).open("rb") as content:
                    tar.addfile(member, content)
        raw.flush()
        os.fsync(raw.fileno())


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
