"""Workers: when a round begins, what an error does, and how one stops. Deadlines are far below the polls: a poll cannot pass for a wake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.clock import ManualClock
from bot.core.database import Database, announce, sqlite_url
from bot.jobs.worker import Worker

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
NEVER = 3600.0


class Rounds:
    """Counts rounds, and lets a test wait for the next one."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[int] = asyncio.Queue()
        self.count = 0
        self.errors: list[Exception] = []

    async def run(self) -> None:
        self.count += 1
        self.queue.put_nowait(self.count)
        if self.errors:
            raise self.errors.pop(0)

    async def next(self) -> int:
        async with asyncio.timeout(30):
            return await self.queue.get()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(sqlite_url(tmp_path / "sphere.db"))
    yield database
    await database.close()


@asynccontextmanager
async def working(database: Database, run_due: Callable[[], Awaitable[object]], **options: Any) -> AsyncIterator[Worker]:
    worker = Worker(database, ManualClock(NOW), run_due, doing="testing", **{"poll_seconds": NEVER, **options})
    worker.start()
    try:
        yield worker
    finally:
        await worker.stop()


async def test_a_round_begins_at_the_start_and_when_woken(database: Database) -> None:
    rounds = Rounds()
    async with working(database, rounds.run) as worker:
        assert await rounds.next() == 1
        worker.wake()
        assert await rounds.next() == 2


async def test_a_commit_that_announces_its_topic_wakes_it(database: Database) -> None:
    rounds = Rounds()
    async with working(database, rounds.run, topics=("work",)):
        await rounds.next()
        async with database.writing() as session:
            announce(session, "other")
        with suppress(ZeroDivisionError):
            async with database.writing() as session:
                announce(session, "work")
                raise ZeroDivisionError
        assert rounds.queue.empty()
        async with database.writing() as session:
            announce(session, "work")
        assert await rounds.next() == 2


async def test_woken_during_a_round_it_begins_another_one(database: Database) -> None:
    begun, go, count = asyncio.Event(), asyncio.Event(), Rounds()

    async def run() -> None:
        await count.run()
        begun.set()
        await go.wait()

    async with working(database, run) as worker:
        await begun.wait()
        worker.wake()
        go.set()
        assert [await count.next(), await count.next()] == [1, 2]


async def test_it_sleeps_until_the_next_job_is_due(database: Database) -> None:
    rounds, due = Rounds(), [NOW + timedelta(milliseconds=1), None]

    async def next_due() -> datetime | None:
        return due.pop(0) if due else None

    async with working(database, rounds.run, next_due=next_due):
        assert [await rounds.next(), await rounds.next()] == [1, 2]
    assert due == []


async def test_it_polls_to_be_safe(database: Database) -> None:
    rounds = Rounds()
    async with working(database, rounds.run, poll_seconds=0.001):
        assert [await rounds.next() for _ in range(3)] == [1, 2, 3]


async def test_an_error_is_logged_without_its_text_and_the_next_round_tries_again(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = Rounds()
    rounds.errors.append(ValueError("claire@sphere.example"))
    async with working(database, rounds.run, poll_seconds=0.001):
        assert [await rounds.next(), await rounds.next()] == [1, 2]
    assert "ValueError" in caplog.text
    assert "testing" in caplog.text
    assert "claire" not in caplog.text


async def test_a_stop_lets_the_round_under_way_end_and_begins_no_other(database: Database) -> None:
    begun, go, ended = asyncio.Event(), asyncio.Event(), []

    async def run() -> None:
        begun.set()
        await go.wait()
        ended.append(True)

    async with working(database, run, stop_seconds=30.0) as worker:
        await begun.wait()
        worker.wake()
        stopping = asyncio.create_task(worker.stop())
        await asyncio.sleep(0)
        assert worker.stopping
        go.set()
        await stopping
    assert ended == [True]


async def test_a_wake_does_not_swallow_a_cancellation(database: Database) -> None:
    rounds = Rounds()
    async with working(database, rounds.run) as worker:
        await rounds.next()
        task = worker._task
        assert task is not None
        await asyncio.sleep(0)  # it sleeps now
        worker.wake()
        task.cancel()
        await asyncio.wait([task], timeout=30)
        assert task.cancelled()


async def test_a_round_that_does_not_end_is_cancelled(database: Database) -> None:
    begun, cancelled = asyncio.Event(), []

    async def run() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async with working(database, run, stop_seconds=0.0):
        await begun.wait()
    assert cancelled == [True]
