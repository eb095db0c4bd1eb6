"""The transcript that a user may have of a conversation with agents: what was said to them or by them, and nothing else.

Whoever has its address may read it for an hour: the address is given in the trusted chat alone, and signed, so that nothing is stored for
it. On an external channel the user gets a single-use link to the trusted web chat instead, where the address is.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.keyed_hash import keyed_hash
from bot.settings import Settings
from bot.support.tables import TicketRow
from bot.support.ticket_span import shown_to_agents, ticket_messages
from bot.support.tickets import reference_of

LINK_LIFETIME = timedelta(hours=1)
PATH = "/transcript"
_TOKEN = re.compile(r"(\d{1,9})\.(\d{1,12})\.([0-9a-f]{64})")


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
    """Makes and reads the addresses."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._secret, self._clock, self._base = settings.required("secret"), clock, f"{settings.own_url}{PATH}/"

    def make(self, ticket_id: int) -> str:
        """Return an address that is valid for `LINK_LIFETIME`."""
        until = int((self._clock.now() + LINK_LIFETIME).timestamp())
        return f"{self._base}{ticket_id}.{until}.{self._sign(ticket_id, until)}"

    def read(self, token: str) -> int | None:
        """Return the ticket of a valid address; None for any other."""
        found = _TOKEN.fullmatch(token) if token.isascii() else None
        if found is None:
            return None
        ticket_id, until = int(found[1]), int(found[2])
        if not hmac.compare_digest(self._sign(ticket_id, until), found[3]):
            return None
        return ticket_id if self._clock.now() <= datetime.fromtimestamp(until, UTC) else None

    def _sign(self, ticket_id: int, until: int) -> str:
        return keyed_hash(self._secret, "transcript", str(ticket_id), str(until))


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
