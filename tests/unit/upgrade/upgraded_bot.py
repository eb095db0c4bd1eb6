"""Today's bot on a data folder that an older version left behind, killed with work in hand (folder_0007/README.md)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bot.container import Container
from bot.core.clock import ManualClock
from bot.identity.service import Identity
from bot.sandbox.telegram.app import create_app as create_telegram
from bot.sandbox.telegram.chats import Chat as TelegramChat
from bot.sandbox.telegram.chats import Topic
from bot.sandbox.telegram.state import State as TelegramState
from bot.support.desk import Desk
from tests.unit.messaging.running_bot import Bot, Chat, StandInRasa, running_bot, served, until
from tests.unit.sandbox.sandbox_server import TOKEN, Sandbox

FOLDER = Path(__file__).with_name("folder_0007")
TELEGRAM_TOKEN, LAST_MESSAGE = "4242:fake", 1000
LEASES = timedelta(minutes=3)
"""Longer than any lease that the killed processes held."""


@cache
def facts() -> dict[str, Any]:
    """What the fixture says of itself."""
    known: dict[str, Any] = json.loads((FOLDER / "facts.json").read_text("utf-8"))
    return known


def load_database(folder: Path) -> Path:
    """The database of the dump, as the old code left it, in a data folder."""
    file = folder / "sphere.db"
    with closing(sqlite3.connect(file)) as database:
        database.executescript((FOLDER / "sphere.sql").read_text("utf-8"))
    return file


class UpgradedBot:
    """The bot of today on the folder of before."""

    def __init__(self, bot: Bot, clock: ManualClock, telegram: TelegramState, sandbox: Sandbox, file: Path) -> None:
        self.bot, self.clock, self.telegram, self.sandbox, self.file = bot, clock, telegram, sandbox, file
        self.desk: Desk = bot.parts.support.desk

    def chat(self, name: str) -> Chat:
        """A web chat of before, resumed with its token."""
        chat = Chat(self.bot.http, facts()["sessions"][name]["token"])
        chat._sent = 1000
        return chat

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.file, timeout=30)) as database:
            return database.execute(query, values).fetchall()

    def sent_texts(self, chat_id: str | int) -> list[str]:
        """The texts that Telegram was given for a chat, in order."""
        calls = [call for call in self.telegram.calls if call["method"] == "sendMessage" and call["status"] == 200]
        return [str(call["arguments"]["text"]) for call in calls if str(call["chat"]) == str(chat_id)]

    def mails(self) -> list[dict[str, Any]]:
        """Mails that arrived, oldest first."""
        found: list[dict[str, Any]] = self.sandbox.http.get(f"{self.sandbox.url}/mailbox").json()["mails"]
        return found[::-1]

    def mailed(self, to: str) -> list[str]:
        return [mail["subject"] for mail in self.mails() if mail["to"] == [to]]

    async def pass_time(self, by: timedelta) -> None:
        """The clock moves; workers find what is due then."""
        self.clock.advance(by)
        self.bot.parts.database.wake_all()

    async def until_rows(self, expected: Any, query: str, *values: Any) -> None:
        """Wait until a query gives one value."""

        def there() -> bool:
            return self.rows(query, *values) == [(expected,)]

        await until(there)

    async def until_idle(self) -> None:
        """Wait until nothing that is due is left: inbox, outbox, events, operations."""
        now = f"{self.clock.now():%Y-%m-%d %H:%M:%S.%f}"
        open_ = (
            "SELECT (SELECT count(*) FROM inbox WHERE state = 'received')"
            " + (SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL)"
            " + (SELECT count(*) FROM events WHERE fanned_out_at IS NULL)"
            " + (SELECT count(*) FROM operations WHERE state = 'pending')"
            " + (SELECT count(*) FROM notice_sends WHERE state = 'waiting' AND due_at <= ?)"
        )

        async def idle() -> bool:
            await self._pass_pause()
            return self.rows(open_, now) == [(0,)]

        await until(idle)

    async def _pass_pause(self) -> None:
        """Move the clock to when what could not be sent is tried again: it had been claimed as the clock was moved."""
        query = "SELECT min(not_before) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL AND lease_until IS NULL AND attempts > 0"
        ((due,),) = self.rows(query)
        if due is not None and (pause := datetime.fromisoformat(due).replace(tzinfo=UTC) - self.clock.now()) > timedelta():
            await self.pass_time(pause)


def telegram_with_chats() -> TelegramState:
    """Telegram with the chats of before, and the forum with its topics."""
    state = TelegramState(TELEGRAM_TOKEN, "sphere_demo_bot")
    state.limits.enforced = False
    for session in facts()["sessions"].values():
        if session["channel"] == "telegram":
            number = int(session["address"])
            blocked = session["conversation"] in facts()["closed_chats"]
            state.chats[number] = TelegramChat(number, "Testeur", started=True, blocked=blocked, last_id=LAST_MESSAGE)
    for thread in facts()["threads"]:
        if thread["channel"] == "telegram":
            group = int(thread["address"])
            forum = state.chats.setdefault(group, TelegramChat(group, "Équipe", "supergroup", True, True, last_id=LAST_MESSAGE))
            forum.topics[int(thread["thread"])] = Topic(f"SUP-{thread['ticket_id']:06d}", closed=not thread["open"])
    return state


@asynccontextmanager
async def running_upgraded_bot(
    folder: Path, sandbox: Sandbox, rasa: StandInRasa, telegram: TelegramState, clock: ManualClock
) -> AsyncIterator[UpgradedBot]:
    """The bot on the folder."""
    known = facts()
    group = next(thread["address"] for thread in known["threads"] if thread["channel"] == "telegram")
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(served(create_telegram(telegram)))
        changes = {
            **{name: known["settings"][name] for name in ("SUPPORT_HOURS", "SUPPORT_DAYS", "SUPPORT_HOLIDAYS", "DESK_UNDO", "SECRET")},
            "EVENTS_TOKEN": known["secrets"]["events_token"],
            "PLATFORM_URL": sandbox.fhir,
            "PLATFORM_TOKEN": TOKEN,
            "SMTP_PORT": sandbox.smtp_port,
            "TELEGRAM_TOKEN": TELEGRAM_TOKEN,
            "TELEGRAM_BOT": "sphere_demo_bot",
            "TELEGRAM_API_URL": url,
            "TELEGRAM_LINK_URL": url,
            "TELEGRAM_PER_CHAT": 1000,
            "TELEGRAM_PER_SECOND": 1000,
            "SUPPORT_TELEGRAM_GROUP": group,
        }
        bot = await stack.enter_async_context(running_bot(folder, rasa=rasa, clock=clock, **changes))
        bot.parts.groups.views["telegram"].gather_seconds = 0.1
        yield UpgradedBot(bot, clock, telegram, sandbox, folder / "sphere.db")


def identity_of(upgraded: UpgradedBot) -> Identity:
    """Who chats are, over the bot's database: another process of the same installation."""
    return Container(upgraded.bot.settings, upgraded.clock, upgraded.bot.parts.database).identity
