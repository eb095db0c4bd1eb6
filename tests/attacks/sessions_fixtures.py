"""What attacks on sessions share: a bot with the demo platform, chats that are linked to its accounts, and another process beside it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.container import Container
from bot.core.clock import ManualClock
from bot.identity.chat_sessions import hash_token
from bot.identity.tables import ChatSession
from tests.unit.messaging.running_bot import Bot, Chat, open_chat, running_bot
from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox

CLAIRE, KARIM = "claire.moreau@sphere.example", "karim.benali@sphere.example"
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ROUTES = (
    ("GET", "/chat/messages", None),
    ("POST", "/chat/messages", {"id": "x", "text": "bonjour"}),
    ("POST", "/chat/typing", None),
    ("GET", "/chat/events", None),
    ("GET", "/chat/notifications", None),
    ("POST", "/chat/notifications/read", {"all": True}),
    ("GET", "/chat/session", None),
    ("POST", "/chat/session", {"shared": False}),
    ("POST", "/chat/session/renew", None),
    ("DELETE", "/chat/session", None),
)
"""Every route that a bearer token opens."""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The platform, which no attack changes."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


class Site:
    """A running bot, the demo platform, a clock of the test's own, and the action server as another process over the same database."""

    def __init__(self, bot: Bot, clock: ManualClock) -> None:
        self.bot, self.clock = bot, clock
        self.other_process = Container(bot.settings, clock)

    async def account_id(self, email: str) -> str:
        account = await self.other_process.registry.by_email(email)
        assert account is not None
        return account.id

    async def start_token(self, email: str) -> str:
        """The token of a link that links a chat to this account."""
        return await self.other_process.identity.new_link_token(await self.account_id(email), timedelta(minutes=10))

    async def chat(self, email: str | None = None) -> Chat:
        """A chat, linked to this account."""
        chat = await open_chat(self.bot.http)
        if email is not None:
            await chat.say(f"/start {await self.start_token(email)}")
        return chat

    async def conversation_of(self, chat: Chat) -> str:
        async with self.other_process.database.reading() as session:
            row = await session.get(ChatSession, hash_token(chat.token))
        assert row is not None
        return row.conversation_id

    async def linked(self, chat: Chat) -> str | None:
        return await self.other_process.identity.linked_account_id(await self.conversation_of(chat))

    async def ask(self, method: str, path: str, chat: Chat | None = None, body: Any = None, **headers: str) -> httpx.Response:
        return await self.bot.http.request(method, path, json=body, headers={**(chat.headers if chat else {}), **headers})

    async def assert_shut(self, chat: Chat, reason: str) -> None:
        """Every route refuses the chat's token, and says why."""
        for method, path, body in ROUTES:
            answer = await self.ask(method, path, chat, body)
            assert (answer.status_code, answer.json().get("reason")) == (401, reason), path

    async def preview(self, link: dict[str, str], chat: Chat | None = None) -> httpx.Response:
        return await self.ask("POST", "/chat/links", chat, link)


@asynccontextmanager
async def running_site(folder: Path, sandbox: Sandbox, **changes: Any) -> AsyncIterator[Site]:
    clock = ManualClock(NOW)
    platform = {"PLATFORM_URL": sandbox.fhir, "PLATFORM_TOKEN": sandbox.token}
    async with running_bot(folder, clock=clock, **platform, **changes) as bot:
        site = Site(bot, clock)
        try:
            yield site
        finally:
            await site.other_process.aclose()


async def until_end(events: AsyncIterator[tuple[str, str | None, Any]]) -> list[tuple[str, Any]]:
    """What a stream says until it ends by itself."""
    found: list[tuple[str, Any]] = []
    async with asyncio.timeout(30):
        with contextlib.suppress(httpx.RemoteProtocolError):
            async for event, _, data in events:
                found.append((event, data))
    return found
