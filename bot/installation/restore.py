"""Restoring a backup: checked as a whole first, then put in place; what was there before is put aside, not deleted."""

from __future__ import annotations

import fcntl
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy.engine import make_url

from bot.installation.backup import (
    FORMAT,
    MANIFEST,
    PLAIN_FILES,
    SETTINGS_FILE,
    SPHERE_DB,
    SPHERE_DUMP,
    SQLITE_FILES,
    file_digest,
    secret_fingerprint,
)
from bot.installation.database_copy import CopyFailed, has_tables, load_postgres
from bot.migrations import knows_revision
from bot.settings import Settings

_KNOWN = {SPHERE_DB, SPHERE_DUMP, SETTINGS_FILE, *SQLITE_FILES, *PLAIN_FILES}
_MAX_MANIFEST_BYTES = 1024 * 1024


class RestoreFailed(Exception):
    """Nothing was restored; the message says why."""


@dataclass(frozen=True)
class Restored:
    """What was restored."""

    made_at: str
    members: tuple[str, ...]
    put_aside: Path | None
    """Folder of what was there before; None where there was nothing."""
    environment_secrets: tuple[str, ...]
    """Variables that were set where the backup was made, and are not in it."""
    other_secret: bool
    """Whether SECRET is another one now: tokens and links that were given out are not known any more."""


def restore_backup(settings: Settings, file: Path, now: datetime, *, force: bool = False) -> Restored:
    """Restore a backup into the data folder, and the database, of these settings.

    Args:
        settings: of the installation to restore into.
        file: the backup.
        now: for the name of the folder in which what was there is put aside.
        force: restore although there is something.

    Raises:
        RestoreFailed: nothing was changed.
    """
    data = settings.data
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with _locked(data), tempfile.TemporaryDirectory(prefix=".restore-", dir=data) as folder:
            unpacked = Path(folder)
            manifest = _unpack(file, unpacked)
            _check(settings, manifest, unpacked)
            return _put_in_place(settings, unpacked, manifest, now, force)
    except tarfile.TarError:
        raise RestoreFailed(f"{file} is no backup, or it is damaged") from None
    except CopyFailed as error:
        raise RestoreFailed(str(error)) from None
    except (OSError, EOFError) as error:
        raise RestoreFailed(f"nothing was restored: {getattr(error, 'strerror', None) or 'the file is cut short'}") from None


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    """Hold the folder's lock, as a running installation does. Raises RestoreFailed where one runs."""
    with (data / "lock").open("w") as lock:
        os.chmod(data / "lock", 0o600)  # noqa: PTH101 - the same file that is open
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RestoreFailed(f"an installation runs in {data}: stop it first") from None
        yield


def _unpack(file: Path, folder: Path) -> dict[str, Any]:
    """Unpack the members that a backup has, and return its manifest. Each must be what the manifest says."""
    with tarfile.open(file, mode="r:gz") as tar:
        first = tar.next()
        content = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
        if content is None or first is None or first.size > _MAX_MANIFEST_BYTES:
            raise RestoreFailed(f"{file} is no backup: it does not begin with {MANIFEST}")
        try:
            manifest: dict[str, Any] = json.loads(content.read())
            wanted: dict[str, dict[str, Any]] = dict(manifest["files"])
        except (ValueError, KeyError, TypeError):
            raise RestoreFailed("the manifest of the backup cannot be read") from None
        if not set(wanted) <= _KNOWN:
            raise RestoreFailed("the manifest of the backup names files that no backup has")
        if manifest.get("format") != FORMAT:
            raise RestoreFailed(f"the backup has format {manifest.get('format')}; this version reads format {FORMAT}")
        while (member := tar.next()) is not None:
            said = wanted.get(member.name)
            if member.name not in _KNOWN or said is None or not member.isfile() or member.size != said.get("size"):
                raise RestoreFailed(f"the backup holds {member.name!r}, which its manifest does not tell of")
            _write_member(tar, member, folder / member.name)
    for name, said in wanted.items():
        if not (folder / name).is_file():
            raise RestoreFailed(f"the backup is not whole: {name} is missing")
        if file_digest(folder / name) != said.get("sha256"):
            raise RestoreFailed(f"the backup is damaged: the checksum of {name} is another one")
    return manifest


def _write_member(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    source = tar.extractfile(member)
    assert source is not None
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        while block := source.read(1024 * 1024):
            out.write(block)
        out.flush()
        os.fsync(out.fileno())


def _check(settings: Settings, manifest: dict[str, Any], folder: Path) -> None:
    """Raise RestoreFailed where the backup does not fit this version or these settings."""
    revision = manifest.get("revision")
    if not isinstance(revision, str) or not knows_revision(revision):
        raise RestoreFailed(f"the backup was made by a newer version (schema {revision}): install that version, or a later one")
    is_sqlite = make_url(settings.sqlalchemy_url).get_backend_name() == "sqlite"
    if is_sqlite != (folder / SPHERE_DB).exists():
        made, here = ("PostgreSQL", "SQLite") if is_sqlite else ("SQLite", "PostgreSQL")
        raise RestoreFailed(f"the backup is of {made}, and DATABASE_URL names {here}")


def _put_in_place(settings: Settings, folder: Path, manifest: dict[str, Any], now: datetime, force: bool) -> Restored:
    data, is_sqlite = settings.data, (folder / SPHERE_DB).exists()
    targets = {name: data / name for name in manifest["files"] if name not in (SPHERE_DUMP, SPHERE_DB, SETTINGS_FILE)}
    if is_sqlite:
        targets[SPHERE_DB] = Path(make_url(settings.sqlalchemy_url).database or "")
    there = [path for path in data.iterdir() if path.name not in ("lock", folder.name)]
    there += [path for path in targets.values() if path.exists() and path.parent != data]
    if there and not force:
        raise RestoreFailed(f"{data} is not empty (--force puts what is there aside)")
    if not is_sqlite and has_tables(settings.sqlalchemy_url) and not force:
        raise RestoreFailed("the database of DATABASE_URL is not empty (--force replaces what is in it)")
    if not is_sqlite:
        load_postgres(make_url(settings.sqlalchemy_url), folder / SPHERE_DUMP)
    aside = _put_aside(data, list(targets.values()), now)
    for name, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / name).replace(target)
    comes_with_it = "secrets.json" in targets and "SECRET" not in os.environ
    known = settings.model_copy(update={"secret": SecretStr(_secret_of(data) or "")}) if comes_with_it else settings
    return Restored(
        made_at=str(manifest.get("made_at")),
        members=tuple(manifest["files"]),
        put_aside=aside,
        environment_secrets=tuple(name for name in manifest.get("environment_secrets", []) if name not in os.environ),
        other_secret=manifest.get("secret") is not None and manifest["secret"] != secret_fingerprint(known),
    )


def _put_aside(data: Path, targets: list[Path], now: datetime) -> Path | None:
    """Move what is to be replaced, with the logs of databases beside it, into a folder of its own."""
    files = [
        beside for path in targets for beside in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))) if beside.exists()
    ]
    if not files:
        return None
    aside = data / f"before-restore-{now:%Y%m%d-%H%M%S}"
    aside.mkdir(mode=0o700)
    for path in files:
        path.replace(aside / path.name)
    return aside


def _secret_of(data: Path) -> str | None:
    try:
        return str(json.loads((data / "secrets.json").read_text("utf-8"))["secret"])
    except (OSError, ValueError, KeyError):
        return None
