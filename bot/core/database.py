"""The database: one engine, reading and writing transactions, the column types that tables share.

SQLite by default, PostgreSQL by URL. On SQLite a writing transaction takes the write lock at its
start (`BEGIN IMMEDIATE`), so that it can never fail halfway for having read before it wrote, and
writers of one process wait on an asyncio lock rather than in SQLite's polling busy handler.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import stamina
from sqlalchemy import JSON, DateTime, Dialect, MetaData, event, text
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import InvalidatePoolError, SQLAlchemyError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from bot.core.errors import log_error
from bot.core.pool_metrics import MeasuredPool
from bot.core.postgres import begin_session, connect_options

BUSY_SECONDS = 15
"""How long to wait for a lock: SQLite's write lock, where another process holds it or behind the other writers of this one; on PostgreSQL
any lock."""

CONNECTIONS = 30
"""As many connections as a busy bot uses: a hundred messages at a time share them."""
_SQLITE_OPTIONS = {"connect_args": {"timeout": BUSY_SECONDS}}
PING_AFTER_SECONDS = 1.5
"""A pooled connection to a server that idled longer is asked whether it still lives before it is used: a round trip."""


class DatabaseBusy(TimeoutError):
    """The write lock of the database was not free in time."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC. SQLite keeps no time zone, so it is added on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC. Raise ValueError for a naive datetime, which does not say which instant it is."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime: instants are aware and in UTC")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC, aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(DeclarativeBase):
    """Base of every table. Capabilities declare theirs in their own `tables.py`."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {datetime: UtcDateTime(), dict[str, Any]: JSON(), list[Any]: JSON()}


def random_id() -> str:
    """Return an unguessable identifier: 22 characters of `[A-Za-z0-9_-]`, 128 bits."""
    return secrets.token_urlsafe(16)


def sqlite_url(path: Path) -> str:
    """Return the SQLAlchemy URL of a SQLite file."""
    return f"sqlite+aiosqlite:///{path}"


stamina.instrumentation.set_on_retry_hooks([])  # they would log exceptions with the values that these quote

_ANNOUNCED, _IDLE_SINCE = "announced", "idle_since"
NOTIFY_CHANNEL = "sphere_jobs"
"""PostgreSQL channel on which a transaction's topics reach other processes: `<process_id> <topic> <topic>…` (`bot.jobs.listener`)."""
_NOTIFY = text("SELECT pg_notify(:channel, :payload)")


async def insist(write: Callable[[], Awaitable[None]], doing: str) -> None:
    """Run a transaction that must not be lost, up to five times where the database refuses it (a deadlock, a lock that is held).

    Args:
        doing: fixed phrase for the log.

    Raises the last SQLAlchemyError.
    """
    async for attempt in stamina.retry_context(
        on=SQLAlchemyError, attempts=5, timeout=None, wait_initial=0.05, wait_max=2.0, wait_exp_base=4
    ):
        with attempt:
            try:
                await write()
            except SQLAlchemyError as error:
                log_error(error, doing)
                raise


class Database:
    """Transactions on one database, shared by everything in a process."""

    def __init__(self, url: str, connections: int = CONNECTIONS, *, measured: bool = True) -> None:
        """Open at most `connections` at a time; a third of them are kept open. `measured`: they count in the process's metrics."""
        self.url: URL = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        kept = max(1, connections // 3)
        options: dict[str, Any] = {"pool_size": kept, "max_overflow": connections - kept, "pool_timeout": 45}
        options |= _SQLITE_OPTIONS if self.is_sqlite else {"pool_use_lifo": True, "connect_args": connect_options(self.url)}
        if measured and (not self.is_sqlite or self.url.database not in (None, "", ":memory:")):
            options |= {"poolclass": MeasuredPool}
        self.engine: AsyncEngine = create_async_engine(self.url, **options)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        else:
            event.listen(self.engine.sync_engine, "connect", _prepare_server)
            event.listen(self.engine.sync_engine, "checkin", _note_idle)
            event.listen(self.engine.sync_engine, "checkout", self._check_alive)
        writer = self.engine.execution_options(sqlite_begin="IMMEDIATE")
        reader = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._readers = async_sessionmaker(reader, expire_on_commit=False)
        self._transactions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._writers = async_sessionmaker(writer, expire_on_commit=False)
        self._turnstile: asyncio.Lock | None = asyncio.Lock() if self.is_sqlite else None
        self._committed = 0
        """How many writers of this process were done: as long as the number grows, those who wait behind them go on waiting."""
        self._listeners: dict[str, list[Callable[[], None]]] = {}
        self.process_id = random_id()
        """By which a process knows its own notifications."""

    @asynccontextmanager
    async def reading(self, *, transaction: bool = False) -> AsyncIterator[AsyncSession]:
        """Yield a session for reading. Nothing must be written in it.

        On PostgreSQL each statement sees what is committed when it begins, even within a transaction (READ COMMITTED). So none is begun,
        which saves two round trips, unless `transaction`, without which a result cannot be streamed from the server.
        """
        async with (self._transactions if transaction else self._readers)() as session:
            yield session

    @asynccontextmanager
    async def single(self) -> AsyncIterator[AsyncSession]:
        """Yield a session for one statement that writes: on PostgreSQL it commits itself, without the round trips of a transaction."""
        if self.is_sqlite:
            async with self.writing() as session:
                yield session
            return
        async with self._readers() as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """Yield a session whose transaction is committed at the end, or rolled back if an exception leaves it.

        Keep it short and never wait for the network inside: on SQLite every other writer waits for it.

        Raises DatabaseBusy, or what `bot.core.database_errors.is_unavailable` tells of, where nothing can be written now.
        """
        async with self._turn(), self._writers() as session, session.begin():
            yield session
            announced: set[str] = session.info.get(_ANNOUNCED, set())
            if announced and not self.is_sqlite:
                await session.execute(_NOTIFY, {"channel": NOTIFY_CHANNEL, "payload": " ".join([self.process_id, *sorted(announced)])})
        self.wake(announced)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait until the writers of this process that came before are done: as long as they are, since each may wait for a lock outside."""
        if self._turnstile is None:
            yield
            return
        turn = asyncio.ensure_future(self._turnstile.acquire())
        try:
            while not turn.done():
                committed = self._committed
                if not (await asyncio.wait({turn}, timeout=BUSY_SECONDS))[0] and committed == self._committed:
                    raise DatabaseBusy
            turn.result()  # raises CancelledError where the turn was cancelled by itself, as at the loop's end
            yield
            self._committed += 1
        finally:
            if not turn.cancel() and not turn.cancelled():  # it was taken
                self._turnstile.release()

    def on_announced(self, topic: str, listener: Callable[[], None]) -> None:
        """Call `listener` after each transaction in which `topic` was announced.

        On SQLite after those of this process only; on PostgreSQL, where a `bot.jobs.listener.Listener` runs, after those of all processes.
        """
        self._listeners.setdefault(topic, []).append(listener)

    def wake(self, topics: Iterable[str]) -> None:
        """Call the listeners of these topics."""
        for topic in topics:
            for listener in self._listeners.get(topic, ()):
                listener()

    def wake_all(self) -> None:
        """Call every listener: anything may have been announced while nobody listened."""
        self.wake(tuple(self._listeners))

    def _check_alive(self, connection: Any, record: Any, _proxy: Any) -> None:
        """Have a connection that idled replaced, and the whole pool with it, where the server ended it."""
        if time.monotonic() - record.info.get(_IDLE_SINCE, float("inf")) < PING_AFTER_SECONDS:
            return
        dialect = self.engine.dialect
        try:
            alive = dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error:
            alive = False
        if not alive:
            raise InvalidatePoolError

    async def create_tables(self) -> None:
        """Create the tables that are missing, without migrations: for unit tests."""
        async with self.engine.begin() as connection:
            await connection.run_sync(Table.metadata.create_all)

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def announce(session: AsyncSession, topic: str) -> None:
    """Wake the workers that listen to `topic` (a word without spaces) once the session's transaction is committed."""
    session.info.setdefault(_ANNOUNCED, set()).add(topic)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: `_begin_sqlite` does
    cursor = connection.cursor()
    # What is deleted is overwritten (secure_delete): neither the file nor a copy of it holds what was erased.
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", f"busy_timeout={int(BUSY_SECONDS * 1000)}")
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _note_idle(_connection: Any, record: Any) -> None:
    record.info[_IDLE_SINCE] = time.monotonic()


def _prepare_server(connection: Any, _record: Any) -> None:
    begin_session(connection, BUSY_SECONDS)


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")
