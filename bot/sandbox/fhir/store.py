"""Where the sandbox keeps its resources, events to post and caught mails: one SQLite file, one transaction a write.

Everything that is searched is also held in memory, loaded once: the file is only read at start. All
methods are synchronous and called from one thread, so that nothing comes between a check and its write.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Resource = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (type, id));
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mails (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
"""


class VersionMismatch(Exception):
    """The resource is no longer at the version that was to be replaced."""


class Store:
    """The sandbox's data. `changed(before, after)` says which events a write causes; they are kept in its transaction."""

    def __init__(self, path: Path, changed: Callable[[Store, Resource | None, Resource, str | None], list[Resource]]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(_SCHEMA)
        self._changed = changed
        self._resources: dict[str, dict[str, tuple[int, Resource]]] = {}
        for seq, kind, key, body in self._connection.execute("SELECT seq, type, id, body FROM resources ORDER BY seq"):
            self._resources.setdefault(kind, {})[key] = (seq, json.loads(body))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def is_empty(self) -> bool:
        """Whether nothing was ever stored."""
        return not self._resources

    def get(self, kind: str, key: str) -> Resource | None:
        """The current version of a resource; not to be changed by the caller."""
        found = self._resources.get(kind, {}).get(key)
        return found[1] if found else None

    def all(self, kind: str, *, after: int = 0) -> Iterator[tuple[int, Resource]]:
        """Resources of a type in the order of their creation, each with its place, from behind place `after`."""
        return ((seq, body) for seq, body in self._resources.get(kind, {}).values() if seq > after)

    def seed(self, resources: list[Resource]) -> None:
        """Store the demo data, all or nothing, without any event."""
        now = _instant()
        with self._transaction() as connection:
            rows = [(body["resourceType"], body["id"], body | {"meta": {"versionId": "1", "lastUpdated": now}}) for body in resources]
            for kind, key, body in rows:
                seq = self._insert(connection, kind, key, body)
                self._resources.setdefault(kind, {})[key] = (seq, body)

    def create(self, body: Resource, author: str | None) -> Resource:
        """Store a new resource under a new id."""
        kind, key = body["resourceType"], str(uuid.uuid4())
        stored = {"resourceType": kind, "id": key} | body | {"id": key, "meta": _meta(body, 1)}
        with self._transaction() as connection:
            seq = self._insert(connection, kind, key, stored)
            self._queue(connection, self._changed(self, None, stored, author))
        self._resources.setdefault(kind, {})[key] = (seq, stored)
        return stored

    def update(self, body: Resource, version: str | None, author: str | None) -> Resource:
        """Replace the version `version` (any, where None) of a resource that exists. Raises VersionMismatch."""
        kind, key = body["resourceType"], body["id"]
        seq, before = self._resources[kind][key]
        current = before["meta"]["versionId"]
        if version is not None and version != current:
            raise VersionMismatch
        stored = body | {"meta": _meta(body, int(current) + 1)}
        with self._transaction() as connection:
            connection.execute("UPDATE resources SET body = ? WHERE seq = ?", (json.dumps(stored), seq))
            self._queue(connection, self._changed(self, before, stored, author))
        self._resources[kind][key] = (seq, stored)
        return stored

    def _insert(self, connection: sqlite3.Connection, kind: str, key: str, body: Resource) -> int:
        sql = "INSERT INTO resources (type, id, body) VALUES (?, ?, ?) RETURNING seq"
        return int(connection.execute(sql, (kind, key, json.dumps(body))).fetchone()[0])

    def _queue(self, connection: sqlite3.Connection, events: list[Resource]) -> None:
        connection.executemany("INSERT INTO events (body) VALUES (?)", [(json.dumps(event),) for event in events])

    def next_event(self) -> tuple[int, Resource] | None:
        """The oldest event that waits to be posted."""
        row = self._connection.execute("SELECT seq, body FROM events ORDER BY seq LIMIT 1").fetchone()
        return (row[0], json.loads(row[1])) if row else None

    def drop_event(self, seq: int) -> None:
        """Forget an event that was taken in."""
        self._connection.execute("DELETE FROM events WHERE seq = ?", (seq,))

    def add_mail(self, mail: Resource) -> None:
        """Keep a caught mail."""
        self._connection.execute("INSERT INTO mails (body) VALUES (?)", (json.dumps(mail),))

    def mails(self) -> list[Resource]:
        """Every caught mail, newest first."""
        return [json.loads(body) for (body,) in self._connection.execute("SELECT body FROM mails ORDER BY seq DESC")]

    def empty_mailbox(self) -> None:
        """Forget every mail."""
        self._connection.execute("DELETE FROM mails")


def _instant() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _meta(body: Resource, version: int) -> Resource:
    kept = body.get("meta") or {}
    return kept | {"versionId": str(version), "lastUpdated": _instant()}
