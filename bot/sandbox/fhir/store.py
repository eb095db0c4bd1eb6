"""The store of resources, of what is to be posted about them, and of caught mails: one SQLite file, one transaction per write.

All resources are also held in memory, loaded at start. All methods are synchronous and called from one thread, so that nothing
comes between a check and its write. Writes within `transaction()` are done all or none.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Resource = dict[str, Any]
EventsOfChange = Callable[["Store", Resource | None, Resource, str | None], list[Resource]]
"""Takes the store, the resource before (None: created) and after a write, and the reference of its author; returns CloudEvents."""
NotificationsOfChange = Callable[["Store", Resource], list[str]]
"""Takes the store and the resource after a write; returns the ids of the subscriptions that are to be notified of it."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (type, id));
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notifications (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mails (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
"""


class VersionMismatch(Exception):
    """The resource is no longer at the version that was to be replaced."""


@dataclass(frozen=True)
class _Change:
    """A write of a transaction."""

    seq: int
    before: Resource | None
    after: Resource
    author: str | None

    def undo(self, resources: dict[str, dict[str, tuple[int, Resource]]]) -> None:
        """Put back in memory what was there before."""
        same_type, resource_id = resources[self.after["resourceType"]], self.after["id"]
        if self.before is None:
            del same_type[resource_id]
        else:
            same_type[resource_id] = (self.seq, self.before)


def new_id() -> str:
    """Return an id that no resource has."""
    return str(uuid.uuid4())


class Store:
    """The sandbox's data. What a write causes to be posted (events, notifications of subscriptions) is stored in its transaction."""

    def __init__(
        self, path: Path, events_of_change: EventsOfChange, notifications_of_change: NotificationsOfChange = lambda _store, _after: []
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(_SCHEMA)
        self._events_of_change, self._notifications_of_change = events_of_change, notifications_of_change
        self._changes: list[_Change] | None = None
        self._resources: dict[str, dict[str, tuple[int, Resource]]] = {}
        for seq, resource_type, resource_id, body in self._connection.execute("SELECT seq, type, id, body FROM resources ORDER BY seq"):
            self._resources.setdefault(resource_type, {})[resource_id] = (seq, json.loads(body))

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make every write within it, or none where something is raised; what they cause to be posted is made after the last one.

        One that is begun within another is a part of that one.
        """
        if self._changes is not None:
            yield
            return
        changes: list[_Change] = []
        self._changes = changes
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            for change in changes:
                self._queue(change)
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            for change in reversed(changes):
                change.undo(self._resources)
            raise
        finally:
            self._changes = None

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
        meta = {"versionId": "1", "lastUpdated": _instant()}
        self._connection.execute("BEGIN IMMEDIATE")
        for body in resources:
            self._insert(body | {"meta": meta})
        self._connection.execute("COMMIT")

    def create(self, body: Resource, author: str | None, resource_id: str | None = None) -> Resource:
        """Store a new resource under a new id (`resource_id`: one of `new_id`) and return it."""
        resource_id = resource_id or new_id()
        stored = {"resourceType": body["resourceType"], "id": resource_id} | body | {"id": resource_id, "meta": _meta(body, 1)}
        with self.transaction():
            seq = self._insert(stored)
            self._note(_Change(seq, None, stored, author))
        return stored

    def update(self, body: Resource, version: str | None, author: str | None) -> Resource:
        """Replace an existing resource, at `version` (None: at any), and return it. Raises VersionMismatch."""
        resource_type, resource_id = body["resourceType"], body["id"]
        seq, before = self._resources[resource_type][resource_id]
        current = before["meta"]["versionId"]
        if version is not None and version != current:
            raise VersionMismatch
        stored = body | {"meta": _meta(body, int(current) + 1)}
        with self.transaction():
            self._connection.execute("UPDATE resources SET body = ? WHERE seq = ?", (json.dumps(stored), seq))
            self._resources[resource_type][resource_id] = (seq, stored)
            self._note(_Change(seq, before, stored, author))
        return stored

    def _insert(self, body: Resource) -> int:
        resource_type, resource_id = body["resourceType"], body["id"]
        sql = "INSERT INTO resources (type, id, body) VALUES (?, ?, ?) RETURNING seq"
        seq = int(self._connection.execute(sql, (resource_type, resource_id, json.dumps(body))).fetchone()[0])
        self._resources.setdefault(resource_type, {})[resource_id] = (seq, body)
        return seq

    def _note(self, change: _Change) -> None:
        assert self._changes is not None
        self._changes.append(change)

    def _queue(self, change: _Change) -> None:
        events = self._events_of_change(self, change.before, change.after, change.author)
        self._connection.executemany("INSERT INTO events (body) VALUES (?)", [(json.dumps(event),) for event in events])
        body = json.dumps(change.after)
        rows = [(subscription, body) for subscription in self._notifications_of_change(self, change.after)]
        self._connection.executemany("INSERT INTO notifications (subscription, body) VALUES (?, ?)", rows)

    def next_notification(self, subscription: str) -> tuple[int, Resource] | None:
        """Return the oldest resource that a subscription is to be notified of, with its sequence number; None where there is none."""
        sql = "SELECT seq, body FROM notifications WHERE subscription = ? ORDER BY seq LIMIT 1"
        row = self._connection.execute(sql, (subscription,)).fetchone()
        return (row[0], json.loads(row[1])) if row else None

    def delete_notifications(self, subscription: str, *, up_to: int | None = None) -> None:
        """Delete what a subscription is not to be notified of any more: all, or up to a sequence number."""
        sql = "DELETE FROM notifications WHERE subscription = ? AND (? IS NULL OR seq <= ?)"
        self._connection.execute(sql, (subscription, up_to, up_to))

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
