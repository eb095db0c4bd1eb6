"""Models shared by the checkouts of one user: what was trained from the same sources on this machine is not trained again.

A model holds pickled objects, which run code where they are loaded. So only a folder of this user's that nobody else may write is read,
and only an archive whose checksum, written beside it once it was whole, still holds.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import stat
import tempfile
from pathlib import Path

VARIABLE = "MODEL_CACHE"
"""Environment variable: another folder, or `none`."""
KEPT = 4
"""Models that stay in the cache, the last used ones (13 MB each)."""


def get_cache_folder() -> Path | None:
    """Return the folder of `MODEL_CACHE`, else that of the XDG base directory specification; None where there is to be none."""
    chosen = os.environ.get(VARIABLE, "").strip()
    if chosen == "none":
        return None
    if chosen:
        return Path(chosen)
    try:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    except RuntimeError:  # a user without a home
        return None
    return Path(base) / "sphere-assistant" / "models"


def restore(name: str, target: Path) -> bool:
    """Copy the model of this fingerprint from the cache to `target`, whole or not at all; return whether it was there."""
    folder = get_cache_folder()
    if folder is None or not _is_private(folder):
        return False
    archive = folder / _file_name(name)
    try:
        expected = _checksum_file(archive).read_text(encoding="ascii").strip()
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".cached-") as temporary:
            copy = Path(temporary) / archive.name
            shutil.copyfile(archive, copy)
            if _checksum(copy) != expected:
                return False
            copy.chmod(0o600)
            copy.replace(target)
        os.utime(archive)
    except (OSError, ValueError):
        return False
    return True


def keep(name: str, model: Path) -> None:
    """Put a model that was just trained into the cache; where that fails (full disk, no right to write), it is trained again next time."""
    folder = get_cache_folder()
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _is_private(folder):
            return
        archive = folder / _file_name(name)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as temporary:
            copy = Path(temporary) / archive.name
            shutil.copyfile(model, copy)
            copy.chmod(0o600)
            written = Path(temporary) / "checksum"
            written.write_text(_checksum(copy), encoding="ascii")
            copy.replace(archive)
            written.replace(_checksum_file(archive))
        _forget_old(folder)
    except OSError:
        return


def _forget_old(folder: Path) -> None:
    archives = sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for archive in archives[KEPT:]:
        archive.unlink(missing_ok=True)
        _checksum_file(archive).unlink(missing_ok=True)


def _file_name(name: str) -> str:
    return f"{name}-{platform.machine() or 'any'}.tar.gz"


def _checksum_file(archive: Path) -> Path:
    return archive.with_name(archive.name + ".sha256")


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_private(folder: Path) -> bool:
    """Return whether the folder is this user's own and nobody else may write into it."""
    try:
        found = folder.stat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
