"""Continuing a conversation of an external channel in the trusted web chat: a single-use link, then a session of its own.

Link and session (`bot.identity.chat_sessions`) are stored as the SHA-256 of their tokens only.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.clock import Clock
from bot.core.database import Database, Table
from bot.identity.chat_sessions import hash_token, open_continued
from bot.jobs.outbox import CHAT, enqueue
from bot.settings import Settings

__all__ = ["LINK_TTL", "SESSION_TTL", "Continuation", "Continuations", "hash_token"]

LINK_TTL = timedelta(minutes=10)
SESSION_TTL = timedelta(hours=1)
"""How long the conversation can be continued in the web chat once the link was opened."""


class Continuation(Table):
    """A link to a conversation's web chat, and the session that opening it started."""

    __tablename__ = "continuations"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(32), index=True)
    expires_at: Mapped[datetime]
    session: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Not None once the link was used; the session itself is a `ChatSession`."""
    session_until: Mapped[datetime | None]


class Continuations:
    """Creates such links, opens them, and sends messages to the chat that they came from."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock = database, clock
        self._page = f"{settings.own_url}/chat#continue="

    async def create_link(self, conversation_id: str) -> str:
        """Return an absolute URL that opens the conversation in the web chat once, within ten minutes."""
        async with self._database.writing() as session:
            return await self.add_link(session, conversation_id)

    async def add_link(self, session: AsyncSession, conversation_id: str) -> str:
        """Create a link as `create_link` does, in the caller's writing transaction; links that are over are deleted."""
        token, now = secrets.token_urlsafe(24), self._clock.now()
        row = Continuation(token=hash_token(token), conversation_id=conversation_id, expires_at=now + LINK_TTL)
        over = (Continuation.expires_at < now, (Continuation.session_until.is_(None)) | (Continuation.session_until < now))
        await session.execute(delete(Continuation).where(*over))
        session.add(row)
        return self._page + token

    async def open(self, token: str) -> tuple[str, str] | None:
        """Use a link up.

        Returns the conversation's id and the token of a new session, or None where the link is unknown, used or too old.
        """
        now = self._clock.now()
        # What marks the link as used is set first: of two browsers that open it at once, one gets a session.
        used = update(Continuation).where(*self._usable(token)).values(session=hash_token(token), session_until=now + SESSION_TTL)
        async with self._database.writing() as session:
            conversation_id = await session.scalar(used.returning(Continuation.conversation_id))
            if conversation_id is None:
                return None
            return conversation_id, await open_continued(session, conversation_id, now=now, life=SESSION_TTL)

    async def conversation_of(self, token: str) -> str | None:
        """Return the id of the conversation that a link would open; nothing is used up. None where it is unknown, used or too old."""
        async with self._database.reading() as session:
            return await session.scalar(select(Continuation.conversation_id).where(*self._usable(token)))

    def _usable(self, token: str) -> tuple[ColumnElement[bool], ...]:
        unused = Continuation.session.is_(None)
        return Continuation.token == hash_token(token), unused, Continuation.expires_at > self._clock.now()

    async def notify(self, conversation_id: str, text: str, *, key: str) -> None:
        """Send a text to the conversation's own chat, once per `key`; the text names no usager."""
        payload: dict[str, Any] = {"text": text, "buttons": [], "link": None}
        async with self._database.writing() as session:
            await enqueue(session, kind=CHAT, key=key, payload=payload, now=self._clock.now(), conversation_id=conversation_id)
