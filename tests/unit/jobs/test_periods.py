"""What several processes try once an hour is begun by one of them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.clock import ManualClock
from bot.jobs.periods import HOURLY, begin_period
from tests.databases import fresh_database

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_one_of_many_begins_it_and_again_a_period_later(kind: str, tmp_path: Path) -> None:
    clock = ManualClock(NOON)
    async with fresh_database(kind, tmp_path) as database:
        begun = await asyncio.gather(*(begin_period(database, clock, "purge") for _ in range(5)))
        assert sorted(begun) == [False] * 4 + [True]
        assert await begin_period(database, clock, "another")
        clock.advance(HOURLY - timedelta(seconds=1))
        assert not await begin_period(database, clock, "purge")
        clock.advance(timedelta(seconds=1))
        begun = await asyncio.gather(*(begin_period(database, clock, "purge") for _ in range(5)))
        assert sorted(begun) == [False] * 4 + [True]
