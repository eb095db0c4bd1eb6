"""Taking a conversation of an external channel up in the trusted web chat: a single-use link, then a session of its own.

The link and the session are known by the SHA-256 of their tokens only.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.clock import Clock
from bot.core.database import Database, Table
from bot.jobs.outbox import CHAT, enqueue
from bot.settings import Settings

LINK_TTL = timedelta(minutes=10)
SESSION_TTL = timedelta(hours=1)
"""How long the conversation can be gone on with in the web chat once the link was opened."""


class Continuation(Table):
    """A link to a conversation's web chat, and the session that opening it began."""

    __tablename__ = "continuations"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(32), index=True)
    expires_at: Mapped[datetime]
    session: Mapped[str | None] = mapped_column(String(64), unique=True)
    session_until: Mapped[datetime | None]


class Continuations:
    """Makes such links, opens them, and tells the chat that they came from."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock = database, clock
        self._page = f"{settings.own_url}/chat#continue="

    async def make(self, conversation_id: str) -> str:
        """A link, as an absolute URL, that opens the conversation in the web chat once, within ten minutes."""
        async with self._database.writing() as session:
            return await self.add(session, conversation_id)

    async def add(self, session: AsyncSession, conversation_id: str) -> str:
        """The same in the caller's writing transaction."""
        token, now = secrets.token_urlsafe(24), self._clock.now()
        row = Continuation(token=hash_token(token), conversation_id=conversation_id, expires_at=now + LINK_TTL)
        over = (Continuation.expires_at < now, (Continuation.session_until.is_(None)) | (Continuation.session_until < now))
        await session.execute(delete(Continuation).where(*over))
        session.add(row)
        return self._page + token

    async def open(self, token: str) -> tuple[str, str] | None:
        """Use a link up: the conversation's id and the token of a new session; None where it is unknown, used or too old."""
        begun, now = secrets.token_urlsafe(32), self._clock.now()
        usable = (Continuation.token == hash_token(token), Continuation.session.is_(None), Continuation.expires_at > now)
        used = update(Continuation).where(*usable).values(session=hash_token(begun), session_until=now + SESSION_TTL)
        async with self._database.writing() as session:
            found = await session.scalar(used.returning(Continuation.conversation_id))
        return None if found is None else (found, begun)

    async def session(self, hashed: str) -> str | None:
        """The conversation of a session that still runs, by the SHA-256 of its token."""
        wanted = select(Continuation.conversation_id).where(Continuation.session == hashed, Continuation.session_until > self._clock.now())
        async with self._database.reading() as session:
            return await session.scalar(wanted)

    async def tell(self, conversation_id: str, text: str, *, key: str) -> None:
        """Tell the conversation's own chat something, once per `key`; the text names no usager."""
        payload: dict[str, Any] = {"text": text, "buttons": [], "link": None}
        async with self._database.writing() as session:
            await enqueue(session, kind=CHAT, key=key, payload=payload, now=self._clock.now(), conversation_id=conversation_id)


def hash_token(token: str) -> str:
    """The SHA-256 of a token, in hexadecimal."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
