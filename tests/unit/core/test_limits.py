"""A limit of one key, counted by many processes at once: no more than allowed, the first refusal in the figures, the others for nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.database import Database
from bot.core.figures import read_figures
from bot.core.limits import Exhausted, Hit, Limit, Scope, find_exhausted, take, take_one
from tests.databases import fresh_database

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LIMIT = Limit("sessions", Scope.SOURCE, 3, timedelta(minutes=1))
HIT = Hit(LIMIT, "somebody")


async def hit(database: Database, now: datetime) -> Exhausted | None:
    async with database.single() as session:
        return await take_one(session, HIT, now)


async def figures(database: Database) -> dict[str, int]:
    async with database.reading() as session:
        return await read_figures(session)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_hit_in_one_statement_counts_as_one_in_several_does(kind: str, tmp_path: Path) -> None:
    async with fresh_database(kind, tmp_path) as database:
        found = await asyncio.gather(*(hit(database, NOW) for _ in range(8)))
        assert sorted(refused is None for refused in found) == [False] * 5 + [True] * 3
        assert {refused.until for refused in found if refused is not None} == {NOW + LIMIT.window}
        assert await figures(database) == {"limit_sessions": 1}
        async with database.reading() as session:
            known = await find_exhausted(session, [HIT], NOW)
        assert known is not None
        assert known.hits == LIMIT.amount + 1
        async with database.writing() as session:
            assert await take(session, [HIT], NOW) is not None  # both ways of counting see the same
        assert await figures(database) == {"limit_sessions": 1}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_window_that_closed_begins_anew(kind: str, tmp_path: Path) -> None:
    async with fresh_database(kind, tmp_path) as database:
        for _ in range(5):
            await hit(database, NOW)
        later = NOW + LIMIT.window
        assert [await hit(database, later) is None for _ in range(4)] == [True, True, True, False]
        assert await figures(database) == {"limit_sessions": 2}
