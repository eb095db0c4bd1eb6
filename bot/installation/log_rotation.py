"""Rotation of the log files that processes append to: by size, a fixed number of them, without the processes noticing.

A file is copied and then emptied (a process that appends goes on at its new end), so a line that is written between the two is lost:
rather that than a process that waits for whoever keeps its log.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

CHECK_SECONDS = 30.0
"""How often sizes are looked at."""


def rotate(log: Path, max_bytes: int, keep: int) -> bool:
    """Move what `log` holds to `<log>.1`, and that to `<log>.2` and so on up to `keep`, if it is larger than `max_bytes`.

    Return whether it was. Rotated files are readable by their owner alone.
    """
    try:
        if log.stat().st_size <= max_bytes:
            return False
    except FileNotFoundError:
        return False
    numbered = [log.with_name(f"{log.name}.{number}") for number in range(1, keep + 1)]
    for older, newer in zip(numbered[:0:-1], numbered[-2::-1], strict=True):
        with suppress(FileNotFoundError):
            newer.replace(older)
    copy = log.with_name(f"{log.name}.new")
    with suppress(FileNotFoundError):
        copy.unlink()
    with log.open("rb") as source, os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        shutil.copyfileobj(source, target)
    os.truncate(log, 0)
    copy.replace(numbered[0])
    return True
