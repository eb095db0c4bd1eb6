"""Sessions of the web chat: the bearer token of a client, how long it is good, and how it ends.

A token is known by its SHA-256 only. A session ends when its user signs out, when nobody uses it for a while, after a set time however
much it is used, and when its conversation is no longer linked to the account that it was linked to: what was said to one account is
not shown to another.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database, announce
from bot.identity.chat_links import record_event
from bot.identity.tables import ChatLink, ChatSession, LoginCode, SignIn
from bot.settings import Settings

TOPIC = "chat-sessions"
"""Announced when sessions end, so that open event streams end with them."""
SEEN_INTERVAL = timedelta(minutes=1)
"""The last use of a session is written at most this often: a write for each request would be many."""
ENDED_RETENTION = timedelta(days=1)
"""How long a session that is over is remembered, so that its client can be told why."""
PURGE_BATCH = 100
"""Sessions that are found to be over, and ended, each time that one is opened."""


class Ended(StrEnum):
    """Why a session is over."""

    SIGNED_OUT = "signed_out"
    UNLINKED = "unlinked"
    """The conversation's link to its account ended: its user said so, or it expired, or the account was closed."""
    RENEWED = "renewed"
    """Another token took its place."""
    IDLE = "idle"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    """There is no such session, or it ended long ago."""


@dataclass(frozen=True)
class OpenSession:
    """A session that may be used."""

    token_hash: str
    conversation_id: str
    shared: bool
    continued: bool
    idle: timedelta
    """How long it may stay unused."""
    expires_at: datetime
    linked: bool = False
    """Whether its conversation was linked to an account when the session was found."""


def new_token() -> str:
    """Return a fresh token: 43 characters of `[A-Za-z0-9_-]`, 256 bits."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return the SHA-256 of a token, in hexadecimal."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


async def end_sessions(session: AsyncSession, conversation_id: str, why: Ended, now: datetime) -> None:
    """End every session of a conversation, in the caller's writing transaction."""
    live = (ChatSession.conversation_id == conversation_id, ChatSession.ended_at.is_(None))
    await session.execute(update(ChatSession).where(*live).values(ended_at=now, ended_why=why))
    announce(session, TOPIC)


def _with_link() -> Select[ChatSession, datetime]:
    """Return the query for sessions, each with the end of its conversation's link to an account (None where there is none)."""
    return select(ChatSession, ChatLink.expires_at).outerjoin(ChatLink, ChatLink.conversation_id == ChatSession.conversation_id)


async def is_signed_out(session: AsyncSession, conversation_id: str) -> bool:
    """Return whether a conversation had sessions of the web chat and none of them is open any more."""
    ends = list(await session.scalars(select(ChatSession.ended_at).where(ChatSession.conversation_id == conversation_id)))
    return bool(ends) and all(ended_at is not None for ended_at in ends)


class ChatSessions:
    """Opens, finds, renews and ends the sessions of the web chat."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock = database, clock
        self._all_shared = settings.shared_machines
        self._idle = {False: timedelta(hours=settings.chat_idle_hours), True: timedelta(minutes=settings.shared_idle_minutes)}
        self._life = {False: timedelta(days=settings.chat_session_days), True: timedelta(hours=settings.shared_session_hours)}

    async def open(self, conversation_id: str, token: str, *, shared: bool = False) -> None:
        """Open a session with a token that `new_token` made. Sessions that are found to be over are ended."""
        now, shared = self._clock.now(), shared or self._all_shared
        await self._purge(now)
        async with self._database.writing() as session:
            session.add(self._row(token, conversation_id, shared, now, now + self._life[shared]))

    async def find(self, token: str, *, used: bool) -> OpenSession | Ended:
        """Return the session of a token, or why there is none; one that is found to be over ends.

        Args:
            token: as the client shows it.
            used: whether a person did something; else the session is only looked at, as by a page that refreshes itself.
        """
        now, hashed = self._clock.now(), hash_token(token)
        async with self._database.reading() as session:
            found = (await session.execute(_with_link().where(ChatSession.token_hash == hashed))).one_or_none()
        if found is None:
            return Ended.UNKNOWN
        row, linked_until = found
        if row.ended_at is not None:
            return Ended(row.ended_why or Ended.UNKNOWN)
        if (why := self._over(row, now, linked_until)) is not None:
            await self._end(hashed, why)
            return why
        if used and row.seen_at + SEEN_INTERVAL <= now:
            still = (ChatSession.token_hash == hashed, ChatSession.ended_at.is_(None))
            async with self._database.writing() as session:
                await session.execute(update(ChatSession).where(*still).values(seen_at=now))
        return self._open(row, linked=linked_until is not None)

    async def renew(self, current: OpenSession) -> str | None:
        """Return a new token that takes the place of the session's, whose own is worth nothing from now on.

        Done once somebody identified, so that whoever had the token before does not have it after. None where the session just ended.
        """
        now, token = self._clock.now(), new_token()
        async with self._database.writing() as session:
            row = await session.get(ChatSession, current.token_hash, with_for_update=True)
            if row is None or row.ended_at is not None:
                return None
            row.ended_at, row.ended_why = now, Ended.RENEWED
            renewed = self._row(token, row.conversation_id, row.shared, now, row.expires_at)
            renewed.continued, renewed.created_at = row.continued, row.created_at
            session.add(renewed)
            announce(session, TOPIC)
        return token

    async def set_shared(self, current: OpenSession, shared: bool) -> OpenSession | None:
        """Shorten a session for a machine that several people use; return it, None where it just ended.

        Once shortened it stays so: who would lengthen it may be the next person who sat down. The next session is as its user says.
        """
        now = self._clock.now()
        async with self._database.writing() as session:
            row = await session.get(ChatSession, current.token_hash, with_for_update=True)
            if row is None or row.ended_at is not None:
                return None
            row.shared, row.seen_at = row.shared or shared or self._all_shared, now
            if row.shared:
                row.expires_at = min(row.expires_at, now + self._life[True])
        return self._open(row)

    async def sign_out(self, current: OpenSession) -> None:
        """End a session, and what identifies its conversation. A chat of another channel stays linked: only this browser leaves it."""
        await self._end(current.token_hash, Ended.SIGNED_OUT)

    async def ended(self, token_hashes: Collection[str]) -> dict[str, Ended]:
        """Return those of these sessions that are over, and why."""
        now = self._clock.now()
        async with self._database.reading() as session:
            rows = list(await session.execute(_with_link().where(ChatSession.token_hash.in_(token_hashes))))
        over = {row.token_hash: Ended(row.ended_why or Ended.UNKNOWN) for row, _ in rows if row.ended_at is not None}
        for row, linked_until in rows:
            if row.ended_at is None and (why := self._over(row, now, linked_until)) is not None:
                await self._end(row.token_hash, why)
                over[row.token_hash] = why
        return over | dict.fromkeys(set(token_hashes) - {row.token_hash for row, _ in rows}, Ended.UNKNOWN)

    async def _end(self, token_hash: str, why: Ended) -> None:
        now = self._clock.now()
        async with self._database.writing() as session:
            row = await session.get(ChatSession, token_hash, with_for_update=True)
            if row is None or row.ended_at is not None:
                return
            row.ended_at, row.ended_why = now, why
            announce(session, TOPIC)
            if row.continued:
                return
            conversation_id = row.conversation_id
            await session.execute(delete(LoginCode).where(LoginCode.conversation_id == conversation_id))
            await session.execute(delete(SignIn).where(SignIn.conversation_id == conversation_id))
            link = await session.get(ChatLink, conversation_id)
            if link is not None:
                await session.delete(link)
                await record_event(session, link.account_id, "identity.unlink", conversation_id, why, now)

    async def _purge(self, now: datetime) -> None:
        """End sessions that nobody came back to, and forget those that ended a day ago."""
        unused = (ChatSession.shared.is_(False) & (ChatSession.seen_at <= now - self._idle[False])) | (
            ChatSession.shared.is_(True) & (ChatSession.seen_at <= now - self._idle[True])
        )
        over = select(ChatSession).where(ChatSession.ended_at.is_(None), unused | (ChatSession.expires_at <= now))
        async with self._database.reading() as session:
            found = list(await session.scalars(over.limit(PURGE_BATCH)))
        for row in found:
            await self._end(row.token_hash, self._over(row, now) or Ended.EXPIRED)
        async with self._database.writing() as session:
            await session.execute(delete(ChatSession).where(ChatSession.ended_at < now - ENDED_RETENTION))

    def _over(self, row: ChatSession, now: datetime, linked_until: datetime | None = None) -> Ended | None:
        if row.expires_at <= now:
            return Ended.EXPIRED
        if linked_until is not None and linked_until <= now:
            return Ended.UNLINKED
        return Ended.IDLE if row.seen_at + self._idle[row.shared] <= now else None

    def _open(self, row: ChatSession, *, linked: bool = False) -> OpenSession:
        idle = self._idle[row.shared]
        return OpenSession(row.token_hash, row.conversation_id, row.shared, row.continued, idle, row.expires_at, linked)

    def _row(self, token: str, conversation_id: str, shared: bool, now: datetime, expires_at: datetime) -> ChatSession:
        return ChatSession(
            token_hash=hash_token(token),
            conversation_id=conversation_id,
            shared=shared,
            continued=False,
            created_at=now,
            seen_at=now,
            expires_at=expires_at,
        )


async def open_continued(session: AsyncSession, conversation_id: str, *, now: datetime, life: timedelta) -> str:
    """Open a session that goes on with a conversation of another channel, in the caller's writing transaction; return its token."""
    token = new_token()
    row = ChatSession(token_hash=hash_token(token), conversation_id=conversation_id, continued=True, created_at=now, seen_at=now)
    row.expires_at = now + life
    session.add(row)
    return token
