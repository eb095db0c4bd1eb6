"""Waking across processes: two databases on one PostgreSQL stand for two processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from bot.core.database import NOTIFY_CHANNEL, Database, announce, sqlite_url
from bot.jobs import listener as listener_module
from bot.jobs.listener import Listener
from tests.databases import database_url


class Wakes:
    """Counts how often one process was woken for a topic, and lets a test wait for it."""

    def __init__(self, database: Database, topic: str) -> None:
        self.count, self._event = 0, asyncio.Event()
        database.on_announced(topic, self._wake)

    def _wake(self) -> None:
        self.count += 1
        self._event.set()

    async def next(self) -> None:
        async with asyncio.timeout(30):
            await self._event.wait()
        self._event.clear()


@asynccontextmanager
async def process(url: str) -> AsyncIterator[tuple[Database, Wakes]]:
    """A process that listens: its database, and how often it was woken for "work"; the first wake is that of its connection."""
    database = Database(url)
    wakes, listener = Wakes(database, "work"), Listener(database)
    listener.start()
    await wakes.next()
    try:
        yield database, wakes
    finally:
        await listener.stop()
        await database.close()


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with database_url("postgresql", tmp_path) as url:
        yield url


async def test_a_commit_wakes_the_other_process_and_its_own_once(url: str) -> None:
    async with process(url) as (here, own), process(url) as (_, other):
        async with here.writing() as session:
            announce(session, "work")
            announce(session, "more")
        assert own.count == 2
        await other.next()
        async with here.writing() as session:
            announce(session, "work")
        await other.next()  # after the second, the first would have come back as well
        assert (own.count, other.count) == (3, 3)


async def test_what_is_rolled_back_wakes_nobody(url: str) -> None:
    async with process(url) as (here, own), process(url) as (_, other):
        with suppress(ZeroDivisionError):
            async with here.writing() as session:
                announce(session, "work")
                raise ZeroDivisionError
        async with here.writing() as session:
            announce(session, "work")
        await other.next()
        assert (own.count, other.count) == (2, 2)


async def test_a_lost_connection_is_made_anew_and_everything_is_looked_at(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listener_module, "RECONNECT_SECONDS", 0.01)
    async with process(url) as (_, wakes):
        plain = url.replace("+psycopg", "")
        async with await psycopg.AsyncConnection.connect(plain, autocommit=True) as connection:
            listening = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query = %s"
            await connection.execute(listening, [f"LISTEN {NOTIFY_CHANNEL}"])
        await wakes.next()
    assert "listening to other processes" in caplog.text


async def test_sqlite_has_no_listener(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "sphere.db"))
    listener = Listener(database)
    listener.start()
    await listener.stop()
    await database.close()
