"""The transcript that a user may have of a conversation with agents: what was said to them or by them, and nothing else.

It is read by a link that is given in the trusted chat alone: opened once, within ten minutes, then read for a quarter of an hour in the
browser that opened it, as long as the conversation stays linked to the account that it was linked to and nobody signed out of it. On an
external channel the user gets a single-use link to the trusted web chat instead, where the link is.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core import audit
from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.keyed_hash import keyed_hash
from bot.identity.chat_sessions import is_signed_out
from bot.identity.tables import ChatLink
from bot.messaging.tables import Conversation
from bot.settings import Settings
from bot.support.tables import TicketRow, TranscriptLinkRow
from bot.support.ticket_span import shown_to_agents, ticket_messages
from bot.support.tickets import reference_of

LINK_LIFETIME = timedelta(minutes=10)
"""How long a link may be opened."""
READING_LIFETIME = timedelta(minutes=15)
"""How long the browser that opened it may read."""
PATH = "/transcript"


@dataclass(frozen=True)
class TranscriptLine:
    """Something that was said."""

    at: datetime
    author: str
    """`user`, `assistant`, `agent` or `system`."""
    agent: str | None
    text: str


@dataclass(frozen=True)
class TicketTranscript:
    """The transcript of one ticket; notes are no part of it."""

    reference: str
    opened_at: datetime
    closed_at: datetime | None
    lines: Sequence[TranscriptLine]


class TicketTranscriptLinks:
    """Makes the links, opens them, and tells what their readers may read. Link and reader are known by keyed hashes of their tokens."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._secret, self._database, self._clock = settings.required("secret"), database, clock
        self._base = f"{settings.own_url}{PATH}/"

    async def make(self, session: AsyncSession, row: TicketRow) -> str:
        """Return an address that opens the transcript of a ticket once, in the caller's writing transaction."""
        token, now = secrets.token_urlsafe(24), self._clock.now()
        over = (TranscriptLinkRow.expires_at < now, TranscriptLinkRow.reading_until.is_(None) | (TranscriptLinkRow.reading_until < now))
        await session.execute(delete(TranscriptLinkRow).where(*over))
        link = await session.get(ChatLink, row.conversation_id)
        session.add(
            TranscriptLinkRow(
                token_hash=self._hash("link", token),
                ticket_id=row.id,
                account_id=link.account_id if link is not None and link.expires_at > now else None,
                expires_at=now + LINK_LIFETIME,
            )
        )
        return self._base + token

    async def is_usable(self, token: str) -> bool:
        """Return whether `open` would succeed; nothing is used up, since chat platforms open links to preview them."""
        async with self._database.reading() as session:
            row = await session.get(TranscriptLinkRow, self._hash("link", token))
            return row is not None and await self._is_new(session, row)

    async def open(self, token: str) -> str | None:
        """Use a link up; return the secret of the browser that may read. None where it is unknown, used, too old or signed out of."""
        reader, now = new_secret(), self._clock.now()
        async with self._database.writing() as session:
            row = await session.get(TranscriptLinkRow, self._hash("link", token), with_for_update=True)
            if row is None or not await self._is_new(session, row):
                return None
            row.reader_hash, row.reading_until = self._hash("reader", reader), now + READING_LIFETIME
            await audit.record(
                session,
                now=now,
                actor=row.account_id,
                action="support.transcript",
                subject=reference_of(row.ticket_id),
                channel="web",
                outcome="opened",
            )
        return reader

    async def ticket_of(self, reader: str) -> int | None:
        """Return the ticket whose transcript this browser may read now; None where there is none."""
        async with self._database.reading() as session:
            row = await session.scalar(select(TranscriptLinkRow).where(TranscriptLinkRow.reader_hash == self._hash("reader", reader)))
            if row is None or row.reading_until is None or row.reading_until <= self._clock.now():
                return None
            return row.ticket_id if await self._is_still_theirs(session, row) else None

    async def _is_new(self, session: AsyncSession, row: TranscriptLinkRow) -> bool:
        return row.reader_hash is None and row.expires_at > self._clock.now() and await self._is_still_theirs(session, row)

    async def _is_still_theirs(self, session: AsyncSession, row: TranscriptLinkRow) -> bool:
        """Return whether the conversation is still that of whom the link was given to."""
        ticket = await session.get(TicketRow, row.ticket_id)
        if ticket is None or not await is_shown(session, ticket) or await is_signed_out(session, ticket.conversation_id):
            return False
        link = await session.get(ChatLink, ticket.conversation_id)
        account_id = link.account_id if link is not None and link.expires_at > self._clock.now() else None
        return row.account_id is None or account_id == row.account_id

    def _hash(self, what: str, token: str) -> str:
        return keyed_hash(self._secret, "transcript", what, token)


async def is_shown(session: AsyncSession, row: TicketRow) -> bool:
    """Return whether a ticket may still be shown in its chat: none from before the end of the chat's link to an account is."""
    hidden = await session.scalar(select(Conversation.history_from).where(Conversation.id == row.conversation_id))
    return not hidden or row.opened_message > hidden


def new_secret() -> str:
    """Return a fresh secret: 43 characters of `[A-Za-z0-9_-]`, 256 bits."""
    return secrets.token_urlsafe(32)


async def last_ticket(session: AsyncSession, conversation_id: str) -> TicketRow | None:
    """Return the conversation's newest ticket, whose transcript is given where none is named."""
    newest = select(TicketRow).where(TicketRow.conversation_id == conversation_id).order_by(TicketRow.id.desc())
    return await session.scalar(newest.limit(1))


async def transcript_of(database: Database, ticket_id: int) -> TicketTranscript | None:
    """Return the transcript; None where there is no such ticket, or its texts are erased.

    What is said to the assistant while the ticket is closed is no part of it, nor is a code that the user typed.
    """
    async with database.reading() as session:
        row = await session.get(TicketRow, ticket_id)
        if row is None:
            return None
        messages = await ticket_messages(session, row, after=row.opened_message, context=False)
        lines = [TranscriptLine(found.at, found.author, found.agent, shown_to_agents(found)["text"]) for found in messages]
    return TicketTranscript(reference_of(row.id), row.opened_at, row.closed_at, lines) if lines else None
