"""The data folder at the start of a process: the service's alone, whole, and with room to write."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

PRIVATE_UMASK = 0o077
"""What a process of the product takes from the modes of the files that it makes: they are its owner's alone."""
ROOM_BYTES = 1024 * 1024
"""What must fit on the disk at a start."""
_ROOT = Path(__file__).resolve().parents[2]
_OWN = ("lock", "sphere.db", "directory")
"""What shows that a home folder is the assistant's own user's."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CLOSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


class DataFolderError(Exception):
    """The data folder cannot be used; the message says why, and what to do."""


def prepare_data_folder(data: Path, *, required: bool = True) -> None:
    """Make the folder where there is none, close it and all in it to other users, and see that it can be written to.

    Modes are only ever tightened: what an older version left readable is its owner's alone afterwards. Symbolic links are left alone.

    Args:
        data: the folder.
        required: whether the process keeps its state there; if not, a folder that others keep (a shared directory index) is left as it is.

    Raises:
        DataFolderError: the folder is shared with others, somebody else's, closed to us, or its disk is full.
    """
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not required and not os.access(data, os.W_OK):
            return
        _refuse_shared(data.resolve())
        for path in _paths(data.resolve()):
            _tighten(path)
        _try_to_write(data)
    except OSError as error:
        raise DataFolderError(_sentence(data, error)) from None


def _refuse_shared(data: Path) -> None:
    """Refuse a folder that is not for this product alone: to close it to others would do harm."""
    home = str(data) == os.environ.get("HOME") and not any((data / name).exists() for name in _OWN)
    if data.stat().st_mode & stat.S_ISVTX or home or _ROOT.is_relative_to(data):
        raise DataFolderError(f"DATA={data} is used for other things too: give the assistant a folder of its own")


def _paths(data: Path) -> Iterator[Path]:
    yield data
    for folder, folders, files in os.walk(data):
        yield from (Path(folder, name) for name in (*folders, *files))


def _tighten(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
        kept = 0o700 if stat.S_ISDIR(mode) else 0o600
        if (stat.S_ISDIR(mode) or stat.S_ISREG(mode)) and stat.S_IMODE(mode) & ~kept:
            path.chmod(stat.S_IMODE(mode) & kept)
    except FileNotFoundError:  # a file of a process that runs already
        return


def _try_to_write(data: Path) -> None:
    probe = data / f"probe-{os.getpid()}"
    try:
        with os.fdopen(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
            file.write(bytes(ROOM_BYTES))
            file.flush()
            os.fsync(file.fileno())
    finally:
        probe.unlink(missing_ok=True)


def _sentence(data: Path, error: OSError) -> str:
    if error.errno in _FULL:
        return f"the disk of DATA={data} is full: make room, at least {ROOM_BYTES // 1024**2} MB"
    at = error.filename or data
    if error.errno in _CLOSED:
        return f"DATA={data} cannot be used: {at} is read-only, or another user's; the assistant needs a folder that it owns"
    return f"DATA={data} cannot be used: {at}: {error.strerror}"
