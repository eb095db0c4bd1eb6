"""What Rasa's tracker store (`rasa.db`) holds of a person: the events of their conversations."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

BUSY_SECONDS = 15
BATCH_SIZE = 500


def read_trackers(file: Path, conversations: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the events of these conversations, in their order."""
    found: dict[str, list[dict[str, Any]]] = {}
    with _events(file) as connection:
        for batch in _batches(conversations) if connection is not None else ():
            assert connection is not None
            marks = ",".join("?" * len(batch))
            wanted = f"SELECT sender_id, data FROM events WHERE sender_id IN ({marks}) ORDER BY id"  # noqa: S608 - question marks alone
            for conversation, data in connection.execute(wanted, batch):
                found.setdefault(conversation, []).append(json.loads(data))
    return found


def erase_trackers(file: Path, conversations: Collection[str]) -> int:
    """Delete the events of these conversations, and return how many there were."""
    count = 0
    with _events(file) as connection:
        if connection is None:
            return 0
        with connection:
            for batch in _batches(conversations):
                marks = ",".join("?" * len(batch))
                count += connection.execute(f"DELETE FROM events WHERE sender_id IN ({marks})", batch).rowcount  # noqa: S608
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return count


@contextmanager
def _events(file: Path) -> Iterator[sqlite3.Connection | None]:
    """Open the store; None where there is none yet."""
    if not file.exists():
        yield None
        return
    with closing(sqlite3.connect(file, timeout=BUSY_SECONDS)) as connection:
        connection.execute("PRAGMA secure_delete=ON").fetchall()
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'events'").fetchone()
        yield connection if known else None


def _batches(conversations: Collection[str]) -> Iterator[list[str]]:
    ids = sorted(conversations)
    for start in range(0, len(ids), BATCH_SIZE):
        yield ids[start : start + BATCH_SIZE]
