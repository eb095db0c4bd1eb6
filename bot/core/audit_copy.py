"""Copy of the audit trail to where the application cannot change it: a file that is only appended to, or a syslog (RFC 5424).

A cursor in the database says what was copied: nothing is lost and the order is kept; after a crash the last events may come twice, with the
same ids and hashes. All processes share the cursor, so that each event is copied by one of them.
"""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import socket
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from logging.handlers import SysLogHandler
from pathlib import Path
from typing import Protocol

from sqlalchemy import String, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.audit import AuditEvent
from bot.core.audit_resources import resource_of
from bot.core.clock import Clock
from bot.core.database import Database, Table, random_id
from bot.core.upsert import insert_or_ignore

BATCH = 200
"""Events that are copied at once."""
LEASE = timedelta(minutes=1)
"""How long one process may take for a batch; after that another one copies it again."""
LATE = timedelta(minutes=1)
"""Age of an event that is not copied from which the health report says so."""
POLL_SECONDS = 2.0
"""How often it is looked for new events."""
_TIMEOUT_SECONDS = 2.0


class AuditCopyRow(Table):
    """How far the trail was copied."""

    __tablename__ = "audit_copies"

    sink: Mapped[str] = mapped_column(String(200), primary_key=True)
    last_id: Mapped[int]
    owner: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    """Until when `owner`, a process, copies and the others leave it to them."""


class AuditSink(Protocol):
    """Where events are copied to."""

    def check(self) -> None:
        """Raise OSError where nothing could be written there."""

    def write(self, events: Sequence[AuditEvent]) -> None:
        """Write the events, in their order, durably. Raise OSError."""


class FileSink:
    """A file, a JSON resource a line, opened anew each time, so that it may be rotated; only ever appended to."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def check(self) -> None:
        """Raise OSError where it cannot be opened for appending."""
        os.close(self._open())

    def write(self, events: Sequence[AuditEvent]) -> None:
        """Append the events and wait until they are on the disk. Raise OSError."""
        data = "".join(f"{line_of(event)}\n" for event in events).encode()
        file = self._open()
        try:
            while data:
                data = data[os.write(file, data) :]
            os.fsync(file)
        finally:
            os.close(file)

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


class SyslogSink:
    """A syslog: its socket on this machine, or a host by UDP. Facility `authpriv`; structured as RFC 5424."""

    def __init__(self, address: str | tuple[str, int]) -> None:
        self._address = address

    def check(self) -> None:
        """Raise OSError where the socket, or the host's name, is not there."""
        self._handler().close()

    def write(self, events: Sequence[AuditEvent]) -> None:
        """Send the events. Raise OSError."""
        with closing(self._handler()) as handler:
            for event in events:
                handler.emit(logging.makeLogRecord({"msg": self._message(event), "levelno": logging.INFO, "levelname": "INFO"}))

    def _handler(self) -> _RaisingHandler:
        handler = _RaisingHandler(self._address, SysLogHandler.LOG_AUTHPRIV, socket.SOCK_DGRAM)
        connection: socket.socket = vars(handler)["socket"]  # which the stubs of the library do not name
        if connection.fileno() < 0:  # it leaves a socket that nobody listens to unsaid until something is sent
            raise FileNotFoundError(errno.ENOENT, "no such socket")
        connection.settimeout(_TIMEOUT_SECONDS)
        return handler

    @staticmethod
    def _message(event: AuditEvent) -> str:
        at = event.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return f"1 {at} {socket.gethostname()} sphere-assistant {os.getpid()} AuditEvent - {line_of(event)}"


class _RaisingHandler(SysLogHandler):
    """Raises what the standard handler would print."""

    append_nul = False

    def handleError(self, _record: logging.LogRecord) -> None:
        """Raise the error that is being handled."""
        raise


class AuditCopy:
    """Copies events that are not copied yet."""

    def __init__(self, database: Database, clock: Clock, name: str, sink: AuditSink) -> None:
        """`name` is that of the cursor: another name copies everything again."""
        self._database, self._clock, self._name, self._sink = database, clock, name, sink
        self._owner = random_id()

    async def run_due(self) -> int:
        """Copy what is due and return how many events. Raise OSError where the sink refuses: the next round tries again."""
        copied = 0
        while batch := await self._copy_batch():
            copied += batch
        return copied

    async def waiting(self) -> int:
        """Return how many events are not copied yet."""
        async with self._database.reading() as session:
            return await session.scalar(select(func.count()).select_from(AuditEvent).where(AuditEvent.id > await self._last(session))) or 0

    async def healthy(self) -> bool:
        """Return whether no event waits for longer than `LATE`."""
        async with self._database.reading() as session:
            oldest = await session.scalar(
                select(AuditEvent.at).where(AuditEvent.id > await self._last(session)).order_by(AuditEvent.id).limit(1)
            )
        return oldest is None or self._clock.now() - oldest <= LATE

    async def _last(self, session: AsyncSession) -> int:
        return await session.scalar(select(AuditCopyRow.last_id).where(AuditCopyRow.sink == self._name)) or 0

    async def _copy_batch(self) -> int:
        """Copy the next events under a lease: the database is not held while the sink is waited for."""
        if not await self._is_due():
            return 0
        last = await self._claim()
        if last is None:
            return 0
        copied = last
        try:
            async with self._database.reading() as session:
                events = [*await session.scalars(select(AuditEvent).where(AuditEvent.id > last).order_by(AuditEvent.id).limit(BATCH))]
            if events:
                await asyncio.to_thread(self._sink.write, events)
                copied = events[-1].id
        finally:
            await self._release(copied)
        return len(events)

    async def _claim(self) -> int | None:
        """Return the id of the last event that was copied; None while another process copies."""
        now = self._clock.now()
        async with self._database.writing() as session:
            await session.execute(insert_or_ignore(session, AuditCopyRow).values(sink=self._name, last_id=0))
            row = await self._row(session)
            if row.lease_until is not None and row.lease_until > now and row.owner != self._owner:
                return None
            row.owner, row.lease_until = self._owner, now + LEASE
            return row.last_id

    async def _release(self, last: int) -> None:
        async with self._database.writing() as session:
            row = await self._row(session)
            if row.owner == self._owner:  # else our lease ran out: what we copied comes twice
                row.last_id, row.owner, row.lease_until = max(last, row.last_id), None, None

    async def _row(self, session: AsyncSession) -> AuditCopyRow:
        return (await session.scalars(select(AuditCopyRow).where(AuditCopyRow.sink == self._name).with_for_update())).one()

    async def _is_due(self) -> bool:
        async with self._database.reading() as session:
            return await session.scalar(select(AuditEvent.id).where(AuditEvent.id > await self._last(session)).limit(1)) is not None


def line_of(event: AuditEvent) -> str:
    """Return an event as one line of JSON, without line breaks."""
    return json.dumps(resource_of(event), ensure_ascii=False, separators=(",", ":"))


def sink_of(setting: str) -> AuditSink:
    """Return the sink that AUDIT_LOG names: `file:/path`, `syslog:/dev/log`, `syslog:host`, `syslog:host:port`."""
    kind, _, where = setting.partition(":")
    if kind == "file":
        return FileSink(Path(where))
    if where.startswith("/"):
        return SyslogSink(where)
    host, _, port = where.partition(":")
    return SyslogSink((host, int(port or 514)))
