"""Links to the page of one's notifications: opened once, soon, from a chat that is still linked; then a session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import delete

from bot.core.clock import ManualClock
from bot.core.database import Database, sqlite_url
from bot.identity.tables import ChatLink
from bot.notifications.page_links import LINK_LIFE, SESSION_LIFE, PageLinks, Visit, make_page_link
from bot.settings import Settings

SETTINGS = Settings(secret="s" * 32, public_url="https://sphere.example/assistant")


class Pages:
    """Links over a database of their own, where the chat « chat » is Claire's."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "sphere.db"
        self.database = Database(sqlite_url(self.file))
        self.clock = ManualClock(datetime(2026, 11, 25, 9, tzinfo=UTC))
        self.links = PageLinks(self.database, self.clock, SETTINGS)

    async def start(self) -> None:
        await self.database.create_tables()
        now = self.clock.now()
        async with self.database.writing() as session:
            session.add(ChatLink(conversation_id="chat", account_id="claire", linked_at=now, expires_at=now + timedelta(days=90)))

    async def token(self, conversation_id: str | None = "chat") -> str:
        link = await make_page_link(self.database, self.clock, SETTINGS, "claire", conversation_id=conversation_id)
        assert link.startswith("https://sphere.example/assistant/account?t=")
        return parse_qs(urlsplit(link).query)["t"][0]

    async def opened(self) -> str:
        begun = await self.links.open(await self.token())
        assert begun is not None
        return begun


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[Pages]:
    made = Pages(tmp_path)
    await made.start()
    yield made
    await made.database.close()


async def test_a_link_opens_once(pages: Pages) -> None:
    token = await pages.token()
    assert await pages.links.usable(token)
    begun = await pages.links.open(token)
    assert begun is not None
    assert await pages.links.visit(begun) == Visit("claire", "chat")
    assert not await pages.links.usable(token)
    assert await pages.links.open(token) is None
    assert await pages.links.open("unknown") is None
    assert await pages.links.visit(token) is None


async def test_of_many_at_once_one_opens(pages: Pages) -> None:
    token = await pages.token()
    begun = await asyncio.gather(*(pages.links.open(token) for _ in range(5)))
    assert len([one for one in begun if one]) == 1


async def test_a_link_lives_ten_minutes_and_a_session_an_hour(pages: Pages) -> None:
    late, begun = await pages.token(), await pages.opened()
    pages.clock.advance(LINK_LIFE)
    assert not await pages.links.usable(late)
    assert await pages.links.open(late) is None
    assert await pages.links.visit(begun) is not None
    for _ in range(2):
        pages.clock.advance((SESSION_LIFE - LINK_LIFE) / 3)  # used before it is idle for too long
        assert await pages.links.visit(begun) is not None
    pages.clock.advance((SESSION_LIFE - LINK_LIFE) / 3 - timedelta(seconds=1))
    assert await pages.links.visit(begun) is not None
    pages.clock.advance(timedelta(seconds=1))
    assert await pages.links.visit(begun) is None


async def test_making_another_clears_away_what_is_over_and_no_session(pages: Pages) -> None:
    begun = await pages.opened()
    pages.clock.advance(LINK_LIFE + timedelta(seconds=1))
    await pages.token()
    assert await pages.links.visit(begun) is not None


async def test_a_chat_that_is_unlinked_takes_links_and_session_along(pages: Pages) -> None:
    waiting, begun, by_operator = await pages.token(), await pages.opened(), await pages.token(None)
    async with pages.database.writing() as session:
        await session.execute(delete(ChatLink))
    assert not await pages.links.usable(waiting)
    assert await pages.links.open(waiting) is None
    assert await pages.links.visit(begun) is None
    assert await pages.links.open(by_operator) is not None


async def test_a_session_can_be_left(pages: Pages) -> None:
    begun, other = await pages.opened(), await pages.opened()
    await pages.links.leave(begun)
    assert await pages.links.visit(begun) is None
    assert await pages.links.visit(other) is not None


async def test_no_token_is_kept(pages: Pages) -> None:
    token = await pages.token()
    begun = await pages.links.open(token)
    assert begun is not None
    await pages.database.close()
    stored = b"".join(file.read_bytes() for file in pages.file.parent.glob("sphere.db*"))
    assert b"claire" in stored
    assert token.encode() not in stored
    assert begun.encode() not in stored
