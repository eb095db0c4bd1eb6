"""The tracker store: one row for each session of a conversation, on SQLite or PostgreSQL, written once a turn.

Conversations are independent of each other, and the gateway gives each of them one turn at a time. So no lock is held during a turn: a
row carries a version, and a turn that was overtaken (its lease ran out, another process answered meanwhile) fails when it is saved.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from rasa.core.tracker_store import SerializedTrackerAsText, TrackerStore
from rasa.shared.core.events import Event, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError, InvalidatePoolError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

logger = logging.getLogger(__name__)

RETENTION_DAYS = int(os.environ.get("RETENTION_DAYS") or 90)
"""How many days, in Paris, a session is kept after its last event."""
BATCH_SIZE = 100
"""How many sessions a purge deletes at most, so that no turn waits for long."""
PURGE_INTERVAL = 600.0
"""Seconds between two purges."""
_CONNECT_OPTIONS = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 11_000,
}
_SESSION_SETTINGS = {
    "lock_timeout": 15_000,
    "idle_in_transaction_session_timeout": 30_000,
    "tcp_keepalives_idle": 5,
    "tcp_keepalives_interval": 2,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": 11_000,
}
"""As `bot/core/postgres.py` has them, for the same reasons: a machine that dies neither holds locks nor keeps anybody waiting for long."""
PING_AFTER_SECONDS = 1.5
"""A pooled connection to a server that idled longer is asked whether it still lives before it is used: a round trip."""
POOL_SIZE = int(os.environ.get("RASA_DATABASE_POOL") or 4)
"""Connections of one Rasa process: a turn holds one for two short transactions."""
_SETUP_LOCK = 0x53504852
"""Key of PostgreSQL's advisory lock: two servers that start at once create one table."""
_PARIS = ZoneInfo("Europe/Paris")

_metadata = sa.MetaData()
TRACKERS = sa.Table(
    "trackers",
    _metadata,
    sa.Column("conversation", sa.String(200), primary_key=True),
    sa.Column("session", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("updated", sa.Float(53), nullable=False, index=True),
    sa.Column("events", sa.Text, nullable=False),
)
"""`events`: a JSON list of what Rasa's events say of themselves; `updated`: the time of the last one, in seconds since the epoch."""


class TurnOvertaken(Exception):
    """Another process saved a turn of this conversation meanwhile; nothing of this one was saved."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True)
class _Stored:
    """Which row a tracker is of, as it was when it was read or saved last."""

    session: int
    version: int
    """0: there is no row yet."""
    first: int = 0
    """Where in the tracker's events the session of the row begins."""
    earlier: tuple[Event, ...] = ()
    """What stays in that row of a tracker that began a session of its own (`divide`)."""


class SessionTrackerStore(TrackerStore, SerializedTrackerAsText):
    """Keeps trackers in the table `trackers`. Errors of the database are raised: a conversation is never taken for a new one."""

    def __init__(self, domain: Any = None, event_broker: Any = None, db: str = "rasa.db", **kwargs: Any) -> None:
        """Open the store and bring an older one up to date.

        Args:
            domain: of the model.
            event_broker: none is used.
            db: path of a SQLite file, or URL of a PostgreSQL database.
            kwargs: other settings of Rasa's, passed over.
        """
        del kwargs
        super().__init__(domain, event_broker)
        self.engine = _create_engine(db)
        is_server = self.engine.dialect.name == "postgresql"
        # No transaction around one statement: two round trips less.
        self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT") if is_server else self.engine
        with self.engine.begin() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SETUP_LOCK})
            else:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            _metadata.create_all(connection)
            _take_over_events(connection)
        self._last_purge = float("-inf")

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Return the tracker of the conversation's last session; None where there is none."""
        row = await asyncio.to_thread(self._read_last, sender_id)
        if row is None:
            return None
        tracker = self._tracker_of(sender_id, json.loads(row.events))
        tracker.stored = _Stored(row.session, row.version)
        return tracker

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """Return a tracker with the events of all sessions, to look at; None where there is none."""
        rows = await asyncio.to_thread(self._read_all, conversation_id)
        return self._tracker_of(conversation_id, [event for row in rows for event in json.loads(row.events)]) if rows else None

    async def keys(self) -> Iterable[str]:
        """Return the ids of all conversations."""

        def read() -> list[str]:
            with self.engine.connect() as connection:
                return [str(row[0]) for row in connection.execute(sa.select(TRACKERS.c.conversation).distinct())]

        return await asyncio.to_thread(read)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write the rows of the tracker's last session, and of those that began since it was read, in one transaction.

        Purges old sessions now and then; where that fails, the turn is saved all the same.

        Raises:
            TurnOvertaken: the conversation was saved by somebody else since the tracker was read.
        """
        stored: _Stored = getattr(tracker, "stored", None) or _Stored(0, 0)
        events = [*stored.earlier, *list(tracker.events)[stored.first :]]
        if not events:
            return
        sessions = list(_split(events))
        await asyncio.to_thread(self._write, tracker.sender_id, stored, sessions)
        last = len(sessions) - 1
        version = stored.version + 1 if last == 0 else 1
        tracker.stored = _Stored(stored.session + last, version, len(tracker.events) - len(sessions[-1]))
        if time.monotonic() - self._last_purge > PURGE_INTERVAL:
            self._last_purge = time.monotonic()
            try:
                await asyncio.to_thread(self.purge, time.time())
            except SQLAlchemyError as error:
                logger.error("Purging old sessions failed: %s", type(error).__name__)

    def purge(self, now: float) -> int:
        """Delete a batch of the sessions that ended more than `RETENTION_DAYS` days ago, in Paris at `now` (seconds since the epoch).

        Returns:
            How many sessions were deleted.
        """
        today = datetime.fromtimestamp(now, _PARIS).replace(hour=0, minute=0, second=0, microsecond=0)
        before = (today - timedelta(days=RETENTION_DAYS)).timestamp()
        key = (TRACKERS.c.conversation, TRACKERS.c.session)
        wanted = sa.select(key).where(TRACKERS.c.updated < before).order_by(TRACKERS.c.updated).limit(BATCH_SIZE)
        deletion = TRACKERS.delete().where(key[0] == sa.bindparam("of"), key[1] == sa.bindparam("number"), TRACKERS.c.updated < before)
        with self.engine.begin() as connection:
            old = [{"of": conversation, "number": session} for conversation, session in connection.execute(wanted)]
            if old:
                connection.execute(deletion, old)
        if len(old) == BATCH_SIZE:  # there may be more: the next save goes on
            self._last_purge = float("-inf")
        return len(old)

    def _read_last(self, conversation: str) -> Any:
        wanted = sa.select(TRACKERS).where(TRACKERS.c.conversation == conversation).order_by(TRACKERS.c.session.desc()).limit(1)
        with self._reader.connect() as connection:
            return connection.execute(wanted).first()

    def _read_all(self, conversation: str) -> Sequence[Any]:
        wanted = sa.select(TRACKERS).where(TRACKERS.c.conversation == conversation).order_by(TRACKERS.c.session)
        with self.engine.connect() as connection:
            return list(connection.execute(wanted))

    def _write(self, conversation: str, stored: _Stored, sessions: list[list[Event]]) -> None:
        """Write the sessions from the stored one on; only where its row is as it was read."""
        rows = [
            _row(conversation, stored.session + number, [event.as_dict() for event in events]) for number, events in enumerate(sessions)
        ]
        with self.engine.begin() as connection:
            if stored.version:
                first = rows.pop(0)
                unchanged = (
                    (TRACKERS.c.conversation == conversation)
                    & (TRACKERS.c.session == stored.session)
                    & (TRACKERS.c.version == stored.version)
                )
                if connection.execute(TRACKERS.update().where(unchanged).values({**first, "version": stored.version + 1})).rowcount != 1:
                    raise TurnOvertaken
            try:
                if rows:
                    connection.execute(TRACKERS.insert(), rows)
            except IntegrityError:
                raise TurnOvertaken from None

    def _tracker_of(self, conversation: str, events: list[dict[str, Any]]) -> DialogueStateTracker:
        return DialogueStateTracker.from_dict(conversation, events, self.domain.slots)


def begin_session(tracker: DialogueStateTracker, beginning: Sequence[Event], turns: int, slots: Any) -> DialogueStateTracker:
    """Return a tracker of a new session: `beginning`, which starts it, and the last `turns` turns, which leave the session before for it.

    A turn goes from one message of the user to the next. `slots` are the domain's.
    """
    stored: _Stored = getattr(tracker, "stored", None) or _Stored(0, 0)
    events = list(tracker.events)
    said = [number for number, event in enumerate(events) if isinstance(event, UserUttered)]
    border = said[-turns] if len(said) >= turns else 0
    started = DialogueStateTracker.from_events(tracker.sender_id, [*beginning, *events[border:]], slots)
    started.model_id, started.assistant_id = tracker.model_id, tracker.assistant_id
    started.stored = _Stored(stored.session, stored.version, 0, (*stored.earlier, *events[stored.first : border]))
    return started


def _create_engine(db: str) -> Engine:
    if "://" in db:
        url = sa.engine.make_url(db).set(drivername="postgresql+psycopg2")
        options = {name: value for name, value in _CONNECT_OPTIONS.items() if name not in url.query}
        server = sa.create_engine(url, pool_size=POOL_SIZE, max_overflow=0, pool_use_lifo=True, connect_args=options)
        sa.event.listen(server, "connect", _set_up_server)
        sa.event.listen(server, "checkin", _note_idle)
        sa.event.listen(server, "checkout", partial(_check_alive, server))
        return server
    engine = sa.create_engine(f"sqlite:///{Path(db).absolute()}", poolclass=QueuePool, connect_args={"check_same_thread": False})
    sa.event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _note_idle(_connection: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _check_alive(engine: Engine, connection: Any, record: Any, _proxy: Any) -> None:
    """Have a connection that idled replaced, and the whole pool with it, where the server ended it."""
    if time.monotonic() - record.info.get("idle_since", float("inf")) < PING_AFTER_SECONDS:
        return
    try:
        alive = engine.dialect.do_ping(connection)
    except engine.dialect.dbapi.Error:
        alive = False
    if not alive:
        raise InvalidatePoolError


def _set_up_server(connection: Any, _: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET {name} = {value}" for name, value in _SESSION_SETTINGS.items()))
    connection.commit()


def _set_up_sqlite(connection: Any, _: Any) -> None:
    """Let commits not wait for the disk (only a power cut may cost the last turns), and leave nothing in the file of what was replaced."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _split(events: Iterable[Event]) -> Iterator[list[Event]]:
    """Give the events of each session, which begins with a `SessionStarted`."""
    session: list[Event] = []
    for event in events:
        if isinstance(event, SessionStarted) and session:
            yield session
            session = []
        session.append(event)
    yield session


def _row(conversation: str, session: int, events: list[dict[str, Any]]) -> dict[str, Any]:
    updated = float(events[-1].get("timestamp") or time.time())
    return {"conversation": conversation, "session": session, "version": 1, "updated": updated, "events": json.dumps(events)}


def _take_over_events(connection: Connection) -> None:
    """Move what Rasa's own SQL store kept, a row an event in the table `events`, into `trackers`; each conversation on its own."""
    if connection.dialect.name != "sqlite":  # that store was a file; a table of this name elsewhere is somebody else's
        return
    inspected = sa.inspect(connection)
    if not inspected.has_table("events") or not {"sender_id", "data"} <= {column["name"] for column in inspected.get_columns("events")}:
        return
    senders = [row[0] for row in connection.execute(sa.text("SELECT DISTINCT sender_id FROM events"))]
    for sender in senders:
        found = connection.execute(sa.text("SELECT data FROM events WHERE sender_id = :sender ORDER BY id"), {"sender": sender})
        sessions: list[list[dict[str, Any]]] = [[]]
        for (data,) in found:
            event = json.loads(data)
            if event.get("event") == SessionStarted.type_name and sessions[-1]:
                sessions.append([])
            sessions[-1].append(event)
        newest = connection.execute(sa.select(sa.func.max(TRACKERS.c.session)).where(TRACKERS.c.conversation == sender)).scalar()
        first = 0 if newest is None else newest + 1  # the former version was used once more
        connection.execute(TRACKERS.insert(), [_row(sender, first + number, events) for number, events in enumerate(sessions)])
    connection.execute(sa.text("DROP TABLE events"))
