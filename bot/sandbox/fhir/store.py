"""The store of resources, events to post and caught mails: one SQLite file, one transaction per write.

All resources are also held in memory, loaded at start. All methods are synchronous and called from one thread, so that nothing
comes between a check and its write.
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
EventsOfChange = Callable[["Store", Resource | None, Resource, str | None], list[Resource]]
"""Takes the store, the resource before (None: created) and after a write, and the reference of its author; returns CloudEvents."""

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
    """The sandbox's data. `events_of_change` returns the events that a write causes; they are stored in its transaction."""

    def __init__(self, path: Path, events_of_change: EventsOfChange) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(_SCHEMA)
        self._events_of_change = events_of_change
        self._resources: dict[str, dict[str, tuple[int, Resource]]] = {}
        for seq, resource_type, resource_id, body in self._connection.execute("SELECT seq, type, id, body FROM resources ORDER BY seq"):
            self._resources.setdefault(resource_type, {})[resource_id] = (seq, json.loads(body))

    def close(self) -> None:
        """Close the database."""
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
        """Return whether no resource was ever stored."""
        return not self._resources

    def get(self, resource_type: str, resource_id: str) -> Resource | None:
        """Return the current version of a resource, which the caller must not change; None where there is none."""
        found = self._resources.get(resource_type, {}).get(resource_id)
        return found[1] if found else None

    def all(self, resource_type: str, *, after: int = 0) -> Iterator[tuple[int, Resource]]:
        """Return the resources of a type in the order of creation, each with its sequence number; only those behind `after`."""
        return ((seq, body) for seq, body in self._resources.get(resource_type, {}).values() if seq > after)

    def seed(self, resources: list[Resource]) -> None:
        """Store the demo data in one transaction, without events."""
        now = _instant()
        with self._transaction() as connection:
            rows = [(body["resourceType"], body["id"], body | {"meta": {"versionId": "1", "lastUpdated": now}}) for body in resources]
            for resource_type, resource_id, body in rows:
                seq = self._insert(connection, resource_type, resource_id, body)
                self._resources.setdefault(resource_type, {})[resource_id] = (seq, body)

    def create(self, body: Resource, author: str | None) -> Resource:
        """Store a new resource under a new id and return it."""
        resource_type, resource_id = body["resourceType"], str(uuid.uuid4())
        stored = {"resourceType": resource_type, "id": resource_id} | body | {"id": resource_id, "meta": _meta(body, 1)}
        with self._transaction() as connection:
            seq = self._insert(connection, resource_type, resource_id, stored)
            self._queue(connection, self._events_of_change(self, None, stored, author))
        self._resources.setdefault(resource_type, {})[resource_id] = (seq, stored)
        return stored

    def update(self, body: Resource, version: str | None, author: str | None) -> Resource:
        """Replace an existing resource, at `version` (None: at any), and return it. Raises VersionMismatch."""
        resource_type, resource_id = body["resourceType"], body["id"]
        seq, before = self._resources[resource_type][resource_id]
        current = before["meta"]["versionId"]
        if version is not None and version != current:
            raise VersionMismatch
        stored = body | {"meta": _meta(body, int(current) + 1)}
        with self._transaction() as connection:
            connection.execute("UPDATE resources SET body = ? WHERE seq = ?", (json.dumps(stored), seq))
            self._queue(connection, self._events_of_change(self, before, stored, author))
        self._resources[resource_type][resource_id] = (seq, stored)
        return stored

    def _insert(self, connection: sqlite3.Connection, resource_type: str, resource_id: str, body: Resource) -> int:
        sql = "INSERT INTO resources (type, id, body) VALUES (?, ?, ?) RETURNING seq"
        return int(connection.execute(sql, (resource_type, resource_id, json.dumps(body))).fetchone()[0])

    def _queue(self, connection: sqlite3.Connection, events: list[Resource]) -> None:
        connection.executemany("INSERT INTO events (body) VALUES (?)", [(json.dumps(event),) for event in events])

    def next_event(self) -> tuple[int, Resource] | None:
        """Return the oldest event to post, with its sequence number; None where there is none."""
        row = self._connection.execute("SELECT seq, body FROM events ORDER BY seq LIMIT 1").fetchone()
        return (row[0], json.loads(row[1])) if row else None

    def delete_event(self, seq: int) -> None:
        """Delete an event that is not to be posted any more."""
        self._connection.execute("DELETE FROM events WHERE seq = ?", (seq,))

    def add_mail(self, mail: Resource) -> None:
        """Store a caught mail."""
        self._connection.execute("INSERT INTO mails (body) VALUES (?)", (json.dumps(mail),))

    def mails(self) -> list[Resource]:
        """Return every caught mail, newest first."""
        return [json.loads(body) for (body,) in self._connection.execute("SELECT body FROM mails ORDER BY seq DESC")]

    def empty_mailbox(self) -> None:
        """Delete every mail."""
        self._connection.execute("DELETE FROM mails")


def _instant() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _meta(body: Resource, version: int) -> Resource:
    meta = body.get("meta") or {}
    return meta | {"versionId": str(version), "lastUpdated": _instant()}
