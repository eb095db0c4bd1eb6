"""Numbers that the fake Telegram gave: they go on after a restart, for a bot takes a number that it knows for something it has seen."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from bot.core.private_files import write_private

RESERVED = 1000
"""Numbers written down at once: the file is not written for each message; a restart leaves the rest of them out."""


class Counters:
    """The last update id, and the last message id of any chat."""

    def __init__(self, file: Path | None = None, *, first_update: int = 1000) -> None:
        """Take the file that the numbers are kept in; None where the numbers need not outlive the process.

        Where the file is not there (yet), numbers begin with the seconds of the clock: an earlier process may have given others.
        """
        self._file = file
        known = _read(file)
        unknown = int(time.time()) if file is not None else None
        self.update = known.get("update", unknown or first_update)
        self.message = known.get("message", unknown or 0)
        """The number that the message ids of each chat begin after."""
        self._reserved = {"update": self.update, "message": self.message}

    def next_update(self) -> int:
        """Return the next update id."""
        self.update += 1
        self._reserve("update", self.update)
        return self.update

    def next_message(self, last: int) -> int:
        """Return the message id that follows `last` in a chat."""
        number = max(last, self.message) + 1
        self._reserve("message", number)
        return number

    def _reserve(self, name: str, number: int) -> None:
        if self._file is not None and number > self._reserved[name] - 1:
            self._reserved[name] = number + RESERVED
            write_private(self._file, self._reserved)


def _read(file: Path | None) -> dict[str, int]:
    if file is None or not file.exists():
        return {}
    try:
        found: Any = json.loads(file.read_text("utf-8"))
    except ValueError:  # cut short: the clock's numbers are newer than any that were given
        return {}
    return {name: found[name] for name in ("update", "message") if isinstance(found, dict) and isinstance(found.get(name), int)}
