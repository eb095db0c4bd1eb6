"""Sessions on a real PostgreSQL: whoever dies in the middle of something holds nobody up for long."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from bot.core import postgres
from bot.core.clock import SystemClock
from bot.core.database import Database
from bot.core.database_errors import is_unavailable
from bot.core.postgres import connect_options
from bot.installation.supervisor import free_port
from bot.support.resolution_report import ResolutionShare, resolution_share
from bot.support.ticket_report import Period
from tests.databases import database_url
from tests.postgres import Cluster, NoPostgres

LOCK = text("SELECT pg_advisory_xact_lock(7)")
KEEPALIVES = {"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3", "tcp_user_timeout": "11000"}


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with database_url("postgresql", tmp_path, newest=True) as url:
        yield url


async def shown(database: Database, name: str) -> str:
    async with database.reading() as session:
        return str(await session.scalar(text(f"SHOW {name}")))


async def test_a_session_is_told_how_long_anybody_may_hold_up_others(url: str) -> None:
    database = Database(url)
    assert await shown(database, "lock_timeout") == "15s"
    assert await shown(database, "idle_in_transaction_session_timeout") == "30s"
    await database.close()


async def test_over_the_network_both_sides_ask_whether_the_other_still_lives() -> None:
    try:
        cluster = Cluster(durable=False, port=free_port())
    except NoPostgres as error:
        pytest.skip(str(error))
    try:
        database = Database(cluster.url)
        assert {name: await shown(database, name) for name in KEEPALIVES} == KEEPALIVES
        async with database.engine.connect() as connection:
            told = (await connection.get_raw_connection()).driver_connection.info.get_parameters()  # type: ignore[union-attr]
        await database.close()
    finally:
        cluster.stop()
    expected = {name: str(value) for name, value in connect_options(make_url(cluster.url)).items()}
    assert {name: told[name] for name in expected if name != "keepalives"} == {k: v for k, v in expected.items() if k != "keepalives"}


def test_what_the_url_says_itself_holds() -> None:
    options = connect_options(make_url("postgresql+psycopg://u@h/d?connect_timeout=60&keepalives_idle=90"))
    assert "connect_timeout" not in options
    assert "keepalives_idle" not in options
    assert options["keepalives_count"] == 3


async def test_a_lock_of_somebody_who_went_silent_in_a_transaction_is_given_back(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = Database(url)
    await shown(waiting, "lock_timeout")  # its session is there, with the usual patience
    monkeypatch.setattr(postgres, "IDLE_IN_TRANSACTION_SECONDS", 0.2)
    silent, locked, end = Database(url), asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        async with silent.writing() as session:
            await session.execute(LOCK)
            locked.set()
            await end.wait()
            await session.execute(text("SELECT 1"))

    hanging = asyncio.create_task(hang())
    await locked.wait()
    async with waiting.writing() as session:
        await session.execute(LOCK)
    end.set()
    with pytest.raises(DBAPIError) as caught:
        await hanging
    assert is_unavailable(caught.value)
    await asyncio.gather(silent.close(), waiting.close())


async def test_rows_are_streamed_within_a_transaction(url: str) -> None:
    database, today = Database(url), SystemClock().now().date()
    assert await resolution_share(database, Period(today, today)) == ResolutionShare(0, 0, 0, 0, 0)
    await database.close()
