"""The service tells the truth about itself: a database that takes nothing is told, nobody's words are lost for it, and Telegram's
polling does not fail in silence."""

from __future__ import annotations

import asyncio
import html
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import event, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from telegram.error import BadRequest, Conflict, EndPointNotFound, NetworkError, TimedOut

from bot.channels.telegram.polling_status import PollingStatus
from bot.core.clock import ManualClock, SystemClock
from bot.core.database import Database, sqlite_url
from bot.core.database_errors import is_unavailable
from bot.core.heartbeat import Heartbeat, beat
from bot.fake_channels import TELEGRAM_TOKEN
from bot.http.health_checks import DatabaseCheck
from bot.http.metrics import render
from bot.messaging.tables import InboxRow
from bot.migrations import upgrade
from bot.notifications.page_links import PageLinks
from bot.notifications.tables import Event
from bot.sandbox.telegram.app import create_app as telegram_app
from bot.sandbox.telegram.chats import Chat as TelegramChat
from bot.sandbox.telegram.counters import RESERVED, Counters
from bot.sandbox.telegram.state import State
from tests.databases import every_database
from tests.unit.channels.teams.running_channel import APP_ID, ISSUER, TENANT, FakeMicrosoft, fake_microsoft
from tests.unit.messaging.running_bot import Bot, open_chat, running_bot, served, until

__all__ = ["every_database"]

SECRET_OF_TELEGRAM = "secret-of-telegram-webhooks"
LONG = "mot " * 990
"""A message that no page of a database has room for beside others."""


@contextmanager
def locked(bot: Bot) -> Iterator[None]:
    """Have somebody else hold the database: on SQLite its write lock, on PostgreSQL every table."""
    url = make_url(bot.settings.sqlalchemy_url)
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(url.database), isolation_level=None, timeout=30)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")
        return
    with psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False)) as other:
        names = [row[0] for row in other.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()]
        other.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(sql.SQL(", ").join(map(sql.Identifier, sorted(names)))))
        yield
        other.rollback()


@contextmanager
def full(bot: Bot) -> Iterator[None]:
    """Have no room in the database: SQLite may not grow, PostgreSQL's transactions are read-only, as when its disk is full."""
    url = make_url(bot.settings.sqlalchemy_url)
    engine = bot.parts.database.engine.sync_engine
    if url.get_backend_name() == "sqlite":
        limit = [1]  # SQLite takes the present size where that is more

        def no_page_more(connection: Any, *_: Any) -> None:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA max_page_count={limit[0]}")
            cursor.close()

        event.listen(engine, "checkout", no_page_more)
        yield
        limit[0] = 1_000_000_000
        return
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    database = sql.Identifier(str(url.database))
    with psycopg.connect(plain, autocommit=True) as other:
        other.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(database))
        _end_connections(other)
        yield
        other.execute("SET default_transaction_read_only = off")
        other.execute(sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(database))
        _end_connections(other)


def _end_connections(other: psycopg.Connection[Any]) -> None:
    other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")


REFUSALS = {"locked": locked, "full": full}


def _without_free_pages(url: str) -> None:
    """Give back the pages that migrations left free: a full database has none."""
    path = make_url(url).database
    if make_url(url).get_backend_name() == "sqlite" and path:
        with closing(sqlite3.connect(path, timeout=60)) as database:
            database.execute("VACUUM")


@asynccontextmanager
async def bot_of_every_channel(folder: Path, url: str) -> AsyncIterator[tuple[Bot, FakeMicrosoft]]:
    """A bot with the web chat, Telegram by webhook and Teams."""
    await asyncio.to_thread(upgrade, url)
    await asyncio.to_thread(_without_free_pages, url)
    with fake_microsoft() as microsoft:
        teams = {"TEAMS_APP_ID": APP_ID, "TEAMS_TENANT_ID": TENANT, "TEAMS_OPENID_URL": microsoft.openid_url, "TEAMS_ISSUER": ISSUER}
        telegram = {"TELEGRAM_TOKEN": "1:t", "TELEGRAM_MODE": "webhook", "TELEGRAM_SECRET": SECRET_OF_TELEGRAM}
        telegram |= {"TELEGRAM_API_URL": microsoft.url, "TELEGRAM_LINK_URL": microsoft.url}
        desk = {"DESK_USER": "superviseur", "DESK_PASSWORD": "un mot de passe de test"}
        values = {**teams, **telegram, **desk, "TEAMS_APP_PASSWORD": None, "DATABASE_URL": url}
        async with running_bot(folder, **{name: value for name, value in values.items() if value is not None}) as bot:
            yield bot, microsoft


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a lock as little as can be told from none at all."""
    monkeypatch.setattr("bot.core.database.BUSY_SECONDS", 0.2)


Post = Callable[[], Awaitable[httpx.Response]]


async def ways_in(bot: Bot, microsoft: FakeMicrosoft, said: str) -> dict[str, Post]:
    """What comes in by each way, the same each time that it is sent: a client that tries again."""
    chat = await open_chat(bot.http)
    person = {"id": 77, "is_bot": False, "first_name": "Claire"}
    update = {"update_id": 5, "message": {"message_id": 9, "date": 1, "chat": {"id": 77, "type": "private"}, "from": person, "text": said}}
    data = {"author": "a", "title": said[:300]}
    events = [
        {"specversion": "1.0", "id": f"e{number}", "source": "s", "type": "fr.sphere.note.added", "subject": "SPH-2024-000137",
         "datacontenttype": "application/json", "data": data}
        for number in range(50)
    ]  # fmt: skip
    batch = {"Authorization": "Bearer token-of-events", "Content-Type": "application/cloudevents-batch+json"}
    signed = {"Authorization": f"Bearer {microsoft.token()}"}
    return {
        "web": lambda: chat.post({"id": "m1", "text": said}, wait=False),
        "events": lambda: bot.http.post("/events", json=events, headers=batch),
        "telegram": lambda: bot.http.post(
            "/telegram/webhook", json=update, headers={"X-Telegram-Bot-Api-Secret-Token": SECRET_OF_TELEGRAM}
        ),
        "teams": lambda: bot.http.post("/teams/messages", json=microsoft.activity(text=said), headers=signed),
    }


def assert_unavailable(answer: httpx.Response, *, page: bool = False) -> None:
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"].startswith("text/html" if page else "application/problem+json")
    for word in ("sqlite", "psycopg", "database is", "Traceback", "INSERT"):
        assert word not in answer.text


async def _insist(post: Post, *wanted: int) -> None:
    """Try again, as a 503 bids, while the service's own writers, who are as impatient, catch up."""

    async def answered() -> bool:
        status = (await post()).status_code
        assert status in (*wanted, 503)
        return status != 503

    await until(answered)


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_on_every_way_in_a_database_that_takes_nothing_is_503_and_nothing_is_lost(
    every_database: str, tmp_path: Path, refusal: str
) -> None:
    async with bot_of_every_channel(tmp_path, every_database) as (bot, microsoft):
        ways = await ways_in(bot, microsoft, LONG)
        with REFUSALS[refusal](bot):
            for post in ways.values():
                assert_unavailable(await post())
        for post in ways.values():
            for _ in range(2):
                await _insist(post, 200, 202)
        database: Database = bot.parts.database
        async with database.reading() as session:
            stored = list(await session.scalars(select(InboxRow.client_id).where(InboxRow.event.is_(None))))
            assert len(stored) == len(set(stored)) == 3
            assert await session.scalar(select(func.count()).select_from(Event)) == 50


async def test_pages_say_so_as_a_page(every_database: str, tmp_path: Path) -> None:
    async with bot_of_every_channel(tmp_path, every_database) as (bot, _):
        browser = {"Accept": "text/html,*/*"}
        links = PageLinks(bot.parts.database, SystemClock(), bot.settings)
        address = httpx.URL(await links.make("practitioner-claire", None)).raw_path.decode()
        shown, asked = await bot.http.get("/desk/sign-in", headers=browser), await bot.http.get(address, headers=browser)
        assert (shown.status_code, asked.status_code) == (200, 200)
        with locked(bot):
            sign_in = {**_hidden(shown.text), "login": "superviseur", "password": "un mot de passe de test"}
            assert_unavailable(await bot.http.post("/desk/sign-in", data=sign_in, headers=browser), page=True)
            assert_unavailable(await bot.http.post("/account/open", data=_hidden(asked.text), headers=browser), page=True)
            assert_unavailable(await bot.http.post("/chat/sessions"))
        await _insist(lambda: bot.http.post("/desk/sign-in", data=sign_in, headers=browser), 303)
        await _insist(lambda: bot.http.post("/account/open", data=_hidden(asked.text), headers=browser), 303)


def _hidden(page: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)}


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_health_writes_and_says_so_where_it_cannot(every_database: str, tmp_path: Path, refusal: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("bot.http.health_checks.WRITE_SECONDS", 0.0)
    monkeypatch.setattr("bot.http.health.CACHE_SECONDS", 0.0)
    async with bot_of_every_channel(tmp_path, every_database) as (bot, _):
        database: Database = bot.parts.database
        await until(lambda: _database_is(bot, "ok"))
        async with database.reading() as session:
            assert await session.scalar(select(Heartbeat.at)) is not None
        if refusal == "full" and database.is_sqlite:
            # A heartbeat needs no room of its own: the row is there. A file that nobody may write any more is as full as can be.
            monkeypatch.setattr("bot.http.health_checks.beat", _long_beat)
        with REFUSALS[refusal](bot):
            answer = await bot.http.get("/health")
            assert (answer.status_code, answer.json()["database"]) == (503, "down")
            assert (await bot.http.get("/health/live")).status_code == 200
        monkeypatch.undo()
        monkeypatch.setattr("bot.http.health.CACHE_SECONDS", 0.0)
        await until(lambda: _database_is(bot, "ok"))


async def _database_is(bot: Bot, wanted: str) -> bool:
    return bool((await bot.http.get("/health")).json()["database"] == wanted)


async def _long_beat(database: Database, _clock: Any, _name: str) -> None:
    async with database.writing() as session:
        await session.execute(text("CREATE TABLE no_room (x TEXT)"))
        await session.rollback()


async def test_health_asked_by_many_at_once_writes_once(every_database: str) -> None:
    database = Database(every_database)
    await database.create_tables()
    statements: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    check = DatabaseCheck(database, SystemClock())
    assert await asyncio.gather(*(check() for _ in range(20))) == [True] * 20
    assert await check()
    assert sum("heartbeats" in statement for statement in statements) == 1
    await database.close()


async def test_health_does_not_wait_for_a_lock_nor_pile_up_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.core.database.BUSY_SECONDS", 60)
    monkeypatch.setattr("bot.http.health_checks.CHECK_SECONDS", 0.05)
    database = Database(sqlite_url(tmp_path / "sphere.db"))
    await database.create_tables()
    check, tasks = DatabaseCheck(database, SystemClock()), len(asyncio.all_tasks())
    with closing(sqlite3.connect(tmp_path / "sphere.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert [await check() for _ in range(5)] == [False] * 5
        assert len(asyncio.all_tasks()) <= tasks + 1
        other.execute("ROLLBACK")
    await until(check)
    await database.close()


async def test_writers_do_not_wait_for_each_other_for_ever(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "sphere.db"))
    await database.create_tables()
    clock = SystemClock()

    async def write(number: int) -> bool:
        try:
            await beat(database, clock, f"w{number}")
        except Exception as error:
            return not is_unavailable(error)
        return True

    with closing(sqlite3.connect(tmp_path / "sphere.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        async with asyncio.timeout(30):  # one after the other they would take a minute
            assert await asyncio.gather(*(write(number) for number in range(300))) == [False] * 300
        other.execute("ROLLBACK")
    assert await write(0)
    await database.close()


async def test_an_error_of_ours_is_no_lack_of_a_database(every_database: str) -> None:
    database = Database(every_database)
    with pytest.raises(Exception, match="nowhere") as caught:
        async with database.writing() as session:
            await session.execute(text("SELECT * FROM nowhere"))
    assert not is_unavailable(caught.value)
    await database.close()


async def test_a_server_that_refuses_connections_is_no_lack_of_ours() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:9/nowhere")
    with pytest.raises(OperationalError) as caught:
        async with database.writing() as session:
            await session.execute(text("SELECT 1"))
    assert is_unavailable(caught.value)
    await database.close()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (EndPointNotFound("Endpoint 'getUpdates' not found"), "token_refused"),
        (Conflict("terminated by other getUpdates request"), "conflict"),
        (NetworkError("no route"), "network"),
        (TimedOut(), "network"),
        (BadRequest("what?"), "refused"),
        (OSError(), "not_stored"),
    ],
)
def test_why_polling_fails_and_since_when_is_told(error: Exception, reason: str) -> None:
    clock = ManualClock(datetime(2026, 11, 25, 9, tzinfo=UTC))
    status = PollingStatus(clock)
    assert status.health_lines() == {"telegram_polling": "ok"}
    status.failed(error)
    clock.advance(timedelta(minutes=5))
    status.failed(error)
    assert status.health_lines() == {"telegram_polling": f"{reason} since 2026-11-25T09:00:00Z"}
    assert f'sphere_telegram_polling_failing_seconds{{reason="{reason}"}} 300.0' in render(status.collector()).decode()
    status.worked()
    assert status.health_lines() == {"telegram_polling": "ok"}
    assert f'{{reason="{reason}"}} 0.0' in render(status.collector()).decode()


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBUserWarning")  # the library would have us use its own polling
async def test_a_token_that_is_revoked_while_telegram_is_polled_is_seen_from_outside(tmp_path: Path) -> None:
    state = State(TELEGRAM_TOKEN, "demo_bot")
    state.limits.enforced = False
    async with served(telegram_app(state)) as url:
        settings = {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_API_URL": url, "TELEGRAM_MODE": "polling"}
        async with running_bot(tmp_path, **settings) as bot:
            await until(lambda: state.polling)
            assert (await bot.http.get("/health")).json()["telegram_polling"] == "ok"
            state.token = "another:token"
            state.add_update(poll={})  # the poll that is open ends
            await state.notify()
            await until(lambda: _polling_fails(bot, "token_refused"))
            metrics = (await bot.http.get("/metrics")).text
            assert 'sphere_telegram_polling_failing_seconds{reason="token_refused"}' in metrics
            assert TELEGRAM_TOKEN not in metrics
            await until(lambda: _telegram_is(bot, "down"))
            state.token = TELEGRAM_TOKEN
            await until(lambda: _telegram_is(bot, "ok"), 90)


async def _polling_fails(bot: Bot, reason: str) -> bool:
    return str((await bot.http.get("/health")).json()["telegram_polling"]).startswith(f"{reason} since ")


async def _telegram_is(bot: Bot, wanted: str) -> bool:
    return bool((await bot.http.get("/health")).json()["telegram"] == wanted)


def test_the_stand_in_for_telegram_never_gives_a_number_twice(tmp_path: Path) -> None:
    file, given = tmp_path / "telegram.json", set()
    for start in range(4):
        if start == 3:
            file.write_text('{"update": 12', "utf-8")  # a disk that was full
        state = State(TELEGRAM_TOKEN, "demo_bot", Counters(file))
        chats = [TelegramChat(number, "Claire", started=True) for number in (1, 2)]
        for number in range(RESERVED + 5 if start == 1 else 3):
            update = state.add_update(message=state.add_message(chats[number % 2], state.me(), text="bonjour"))
            numbers = {("update", update["update_id"]), (chats[number % 2].id, update["message"]["message_id"])}
            if start < 3:  # seconds of the clock come after numbers that were given one a message, not after a thousand a second
                assert not numbers & given
            given |= numbers
    assert file.stat().st_mode & 0o777 == 0o600
    assert Counters().next_update() == 1001, "without a file numbers begin as they always did"
