"""Where a user's requests to the team stand, as the assistant tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.accounts.request_messages import AccountChats
from bot.core.clock import Clock
from bot.core.database import Database
from bot.support.records import TicketState
from bot.support.tables import TicketRow
from bot.support.tickets import reference_of

MAX_LISTED = 20
"""Tickets, the newest, that are told at most."""


@dataclass(frozen=True)
class TicketStatus:
    """A ticket as its user may know it."""

    reference: str
    state: TicketState
    since: datetime
    """When it was opened, taken or closed: what the state says."""
    agent: str
    """Name of whoever answers or answered; empty for nobody."""


class TicketStatuses:
    """Reads the tickets of a conversation, and of the other chats of its account."""

    def __init__(self, database: Database, clock: Clock, chats: AccountChats) -> None:
        self._database, self._clock, self._chats = database, clock, chats

    async def of(self, conversation_id: str, account_id: str | None) -> list[TicketStatus]:
        """Return the tickets of whoever has this chat now, newest first; what was erased of them is not told."""
        async with self._database.reading() as session:
            linked = await self._chats.linked(session, account_id, self._clock.now()) if account_id else []
            wanted = select(TicketRow).where(TicketRow.conversation_id.in_({conversation_id, *linked}), TicketRow.erased_at.is_(None))
            rows = await session.scalars(wanted.order_by(TicketRow.id.desc()).limit(MAX_LISTED))
            return [_status_of(row) for row in rows]


def _status_of(row: TicketRow) -> TicketStatus:
    state = TicketState(row.state)
    since = {TicketState.CLOSED: row.closed_at, TicketState.AGENT: row.taken_at, TicketState.JOINING: row.taken_at}.get(state)
    return TicketStatus(reference_of(row.id), state, since or row.opened_at, row.agent_name or "")
