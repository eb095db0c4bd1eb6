"""Operations: written down first, done once, retried, told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import ManualClock
from bot.core.database import Database, sqlite_url
from bot.fhir.errors import FhirConflict, FhirRejected, FhirUnauthorized, FhirUnavailable
from bot.fhir.operations import (
    MAX_KEY,
    OPERATIONS,
    RETRIES,
    Attempt,
    Kind,
    Operation,
    OperationFailed,
    Operations,
    Pending,
    Refusal,
)
from bot.jobs.outbox import OutboxRow
from tests.databases import fresh_database

START = datetime(2026, 11, 23, 10, tzinfo=UTC)


class Unwanted(Refusal):
    """It is not wanted."""

    code: ClassVar[str] = "unwanted"


class Bench:
    """A kind of operation whose attempts end as `steps` says, then succeed."""

    def __init__(self, database: Database, clock: ManualClock, steps: list[Exception] | None = None) -> None:
        self.database = database
        self.clock = clock
        self.steps = steps or []
        self.attempts: list[Attempt] = []
        self.settled: list[dict[str, Any]] = []
        self.hold: Callable[[], Awaitable[Any]] | None = None
        self.first = self.process()
        self.second = self.process()

    def process(self) -> Operations:
        operations = Operations(self.database, self.clock)
        operations.register("test", Kind(self._attempt, self._settle, lambda payload, result: f"{payload} {result}", (Unwanted,)))
        return operations

    async def _attempt(self, attempt: Attempt) -> dict[str, Any]:
        self.attempts.append(attempt)
        number = len(self.attempts)
        if self.hold:
            await self.hold()
        if self.steps:
            raise self.steps.pop(0)
        return {"number": number}

    async def _settle(self, session: AsyncSession, attempt: Attempt, now: datetime, result: dict[str, Any]) -> None:
        self.settled.append(result)

    async def run(self, key: str = "k", operations: Operations | None = None) -> dict[str, Any]:
        return await (operations or self.first).run("test", key, {"n": 1}, conversation_id="chat")

    async def proactive_texts(self) -> list[str]:
        async with self.database.reading() as session:
            return [row.payload["text"] for row in (await session.scalars(select(OutboxRow))).all()]

    async def row(self) -> Operation:
        async with self.database.reading() as session:
            return (await session.scalars(select(Operation))).one()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with fresh_database("sqlite", tmp_path) as database:
        yield Bench(database, ManualClock(START))


async def test_done_at_once_and_once(bench: Bench) -> None:
    assert await bench.run() == {"number": 1}
    assert await bench.run(operations=bench.second) == {"number": 1}
    assert len(bench.attempts) == len(bench.settled) == 1
    assert await bench.proactive_texts() == []
    assert await bench.first.run_due() == 0


@pytest.mark.parametrize("error", [FhirUnavailable(), FhirConflict(), TimeoutError()])
async def test_put_back_then_done_by_whoever_comes_first(bench: Bench, error: Exception) -> None:
    bench.steps = [error, error]
    with pytest.raises(Pending):
        await bench.run()
    assert await bench.first.run_due() == 0
    bench.clock.advance(RETRIES.longest)
    assert await bench.first.run_due() == 0
    bench.clock.advance(RETRIES.longest * 1.2)
    assert sorted(await asyncio.gather(bench.first.run_due(), bench.second.run_due())) == [0, 1]
    assert len(bench.attempts) == 3
    assert await bench.proactive_texts() == ["{'n': 1} {'number': 3}"]
    assert await bench.run() == {"number": 3}


async def test_asking_again_while_it_is_put_back_tries_at_once(bench: Bench) -> None:
    bench.steps = [FhirUnavailable()]
    with pytest.raises(Pending):
        await bench.run()
    assert await bench.run() == {"number": 2}
    assert len(await bench.proactive_texts()) == 1  # the chat was told that it would be


async def test_a_refusal_is_kept(bench: Bench) -> None:
    bench.steps = [Unwanted()]
    for operations in (bench.first, bench.second):
        with pytest.raises(Unwanted, match="not wanted"):
            await bench.run(operations=operations)
    assert bench.settled == [{"refused": "unwanted"}]
    assert await bench.proactive_texts() == []


@pytest.mark.parametrize("error", [FhirRejected(422, ("structure",)), ZeroDivisionError()])
async def test_a_fault_of_ours_is_not_retried(bench: Bench, error: Exception) -> None:
    bench.steps = [error]
    for _ in range(2):
        with pytest.raises(OperationFailed) as failed:
            await bench.run()
        assert failed.value.error_id == bench.settled[0]["error_id"]
    assert len(bench.attempts) == 1


async def test_two_processes_never_attempt_the_same_at_once(bench: Bench) -> None:
    reached, go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        reached.set()
        await go.wait()

    bench.hold = hold
    doing = asyncio.create_task(bench.run())
    await reached.wait()
    with pytest.raises(Pending):
        await bench.run(operations=bench.second)
    bench.clock.advance(OPERATIONS.lease / 2)
    assert await bench.second.run_due() == 0
    go.set()
    assert await doing == {"number": 1}
    assert len(await bench.proactive_texts()) == 1  # the second one was told to wait


async def test_an_attempt_that_outlives_its_lease_changes_nothing_any_more(bench: Bench) -> None:
    reached, go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        reached.set()
        await go.wait()

    bench.hold = hold
    doing = asyncio.create_task(bench.run())
    await reached.wait()
    bench.hold = None
    bench.clock.advance(OPERATIONS.lease)
    assert await bench.second.run_due() == 1
    go.set()
    assert await doing == {"number": 2}
    assert bench.settled == [{"number": 2}]
    assert len(await bench.proactive_texts()) == 1


async def test_it_is_given_up_after_four_hours(bench: Bench) -> None:
    bench.steps = [FhirUnavailable()] * 100
    with pytest.raises(Pending):
        await bench.run()
    ended, rounds = 0, 0
    while not ended:
        bench.clock.advance(RETRIES.longest * 1.2)
        ended, rounds = await bench.first.run_due(), rounds + 1
    assert RETRIES.give_up_after is not None
    assert rounds == RETRIES.give_up_after / (RETRIES.longest * 1.2)
    assert await bench.proactive_texts() == ["{'n': 1} {'refused': 'gave_up'}"]


async def test_a_key_that_is_too_long_is_a_fault_of_the_caller(bench: Bench) -> None:
    with pytest.raises(ValueError, match="too long"):
        await bench.run("k" * (MAX_KEY + 1))


@settings(max_examples=20, deadline=None)
@given(
    outcomes=st.lists(st.sampled_from(["away", "refused", "broken", "killed"]), max_size=5),
    moves=st.lists(st.sampled_from(["run", "other", "due"]), min_size=1, max_size=8),
)
async def test_whatever_happens_it_ends_at_most_once(
    tmp_path_factory: pytest.TempPathFactory, outcomes: list[str], moves: list[str]
) -> None:
    database = Database(sqlite_url(tmp_path_factory.mktemp("operations") / "sphere.db"))
    await database.create_tables()
    errors: dict[str, Any] = {"away": FhirUnavailable, "refused": Unwanted, "broken": ZeroDivisionError, "killed": asyncio.CancelledError}
    bench = Bench(database, ManualClock(START), [errors[outcome]() for outcome in outcomes])
    answers: list[Any] = []
    for move in moves:
        try:
            if move == "due":
                await bench.second.run_due()
            else:
                answers.append(await bench.run(operations=bench.first if move == "run" else bench.second))
        except (Pending, asyncio.CancelledError):
            pass
        except (Unwanted, OperationFailed) as failure:
            answers.append(type(failure))
        bench.clock.advance(timedelta(minutes=12))
    assert len(bench.settled) <= 1
    assert all(answer == answers[0] for answer in answers)
    assert len(await bench.proactive_texts()) <= 1
    await database.close()


async def test_a_platform_that_asks_for_a_pause_is_left_alone_that_long(bench: Bench) -> None:
    bench.steps = [FhirUnavailable(retry_after=3600)]
    with pytest.raises(Pending):
        await bench.run()
    bench.clock.advance(timedelta(minutes=59))
    assert await bench.first.run_due() == 0
    assert len(bench.attempts) == 1
    bench.clock.advance(timedelta(minutes=2))
    assert await bench.first.run_due() == 1


async def test_a_refused_access_is_waited_for_a_week_and_does_not_use_up_the_four_hours(bench: Bench) -> None:
    bench.steps = [FhirUnauthorized(), FhirUnauthorized(), FhirUnavailable()]
    with pytest.raises(Pending):
        await bench.run()
    bench.clock.advance(timedelta(days=6))
    assert await bench.first.run_due() == 0
    bench.clock.advance(timedelta(minutes=3))
    assert await bench.first.run_due() == 0
    assert (await bench.row()).state == "pending"
    bench.clock.advance(timedelta(minutes=30))
    assert await bench.first.run_due() == 1
    assert (await bench.row()).result == {"number": 4}


async def test_an_access_that_nobody_mends_ends_it_after_a_week(bench: Bench) -> None:
    bench.steps = [FhirUnauthorized(), FhirUnauthorized()]
    with pytest.raises(Pending):
        await bench.run()
    bench.clock.advance(timedelta(days=7, minutes=1))
    assert await bench.first.run_due() == 1
    assert (await bench.row()).state == "failed"
