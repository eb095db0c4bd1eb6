"""17 calls a second, by all processes together: what the service counts in any second, with two processes that call as fast as they may."""

from __future__ import annotations

import asyncio
import sys
from bisect import bisect_left
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.call_slots import CallSlots
from bot.core.clock import SystemClock
from bot.core.database import Database
from bot.directory import Query
from bot.directory.live.lookup import NotLookedUp
from bot.live_directories import LiveDirectories
from tests.unit.directory.live.annuaire_server import PER_SECOND, Annuaire

ROOT = Path(__file__).resolve().parents[4]
CALLS = 25


def most_in_a_second(calls: list[float]) -> int:
    """The most calls that lie within one second, wherever it begins."""
    ordered = sorted(calls)
    return max(bisect_left(ordered, at + 1.0) - place for place, at in enumerate(ordered))


async def test_two_processes_never_call_more_often(annuaire: Annuaire, annuaire_url: str, every_database: str) -> None:
    database = Database(every_database)
    await database.create_tables()
    await database.close()
    command = [sys.executable, "-m", "tests.unit.directory.live.calling_process", every_database, annuaire_url, str(CALLS)]
    processes = [await asyncio.create_subprocess_exec(*command, cwd=ROOT) for _ in range(2)]
    assert [await process.wait() for process in processes] == [0, 0]
    assert len(annuaire.calls) == 2 * CALLS
    assert annuaire.refused == 0
    assert most_in_a_second(annuaire.calls) <= PER_SECOND


async def test_a_429_pauses_everybody(database: Database) -> None:
    one, other = (CallSlots(database, SystemClock(), "service", 2) for _ in range(2))
    await one.pause(timedelta(seconds=30))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(other.acquire(), 0.2)


@pytest.mark.parametrize("written", ["30", "Tue, 01 Dec 2099 08:00:00 GMT"])
async def test_a_pause_that_a_server_in_trouble_asks_for_is_everybodys(
    live: LiveDirectories, annuaire: Annuaire, database: Database, written: str
) -> None:
    annuaire.down, annuaire.pause = True, written
    assert live.lookup is not None
    with pytest.raises(NotLookedUp):
        await live.lookup.search(Query(name="Zwartkowski"))
    another_process = CallSlots(database, SystemClock(), "annuaire_sante", 17)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(another_process.acquire(), 0.2)


async def test_work_in_the_background_leaves_slots_to_turns(database: Database) -> None:
    slots = CallSlots(database, SystemClock(), "service", 3, kept_for_turns=1)
    taken = {await slots.acquire(background=True) for _ in range(2)}
    assert len(taken) == 2
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(slots.acquire(background=True), 0.2)
    assert await slots.acquire() not in taken


async def test_a_slot_is_free_a_window_after_its_answer_and_only_then(database: Database) -> None:
    slots = CallSlots(database, SystemClock(), "service", 1)
    taken = await slots.acquire()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(slots.acquire(), 0.2)
    await slots.release(taken, timedelta(0))
    assert await slots.acquire() == taken
