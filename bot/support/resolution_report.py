"""How much the assistant resolves alone.

What is counted is a day, in Paris, of a conversation in which the user wrote to the assistant. It is *not resolved* where a person was
asked for that day, or where the last message was not understood or met an error; *confirmed* where what was asked for was carried out
(access given or taken back, a dossier created, an account asked for) or the user gave thanks; and *presumed* resolved otherwise: the user
got an answer and left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.tables import AccountRequester
from bot.core.clock import PARIS
from bot.core.database import Database
from bot.fhir.operations import DONE as CARRIED_OUT
from bot.fhir.operations import Operation
from bot.messaging.tables import DONE, InboxRow
from bot.support.tables import TicketRow
from bot.support.ticket_report import Period

NOT_UNDERSTOOD = ("nlu_fallback", "out_of_scope")
"""Intents of messages that the assistant could do nothing with."""
THANKS = "thank"
_ROWS = 1_000
Day = tuple[str, date]
"""A conversation (its id) and a day."""


@dataclass(frozen=True)
class ResolutionShare:
    """Days of conversations, by how they ended."""

    confirmed: int
    presumed: int
    handed_over: int
    not_understood: int
    failed: int

    @property
    def all(self) -> int:
        """How many there were."""
        return self.confirmed + self.presumed + self.not_solved

    @property
    def not_solved(self) -> int:
        """How many the assistant did not resolve alone."""
        return self.handed_over + self.not_understood + self.failed


@dataclass
class _ConversationDay:
    last_intent: str | None = None
    last_failed: bool = False
    thanked: bool = False


async def resolution_share(database: Database, period: Period) -> ResolutionShare:
    """Return the share of a period."""
    async with database.reading(transaction=True) as session:
        days = await _conversation_days(session, period)
        handed = await _days(session, TicketRow.conversation_id, TicketRow.opened_at, period)
        done = await _days(session, Operation.conversation_id, Operation.done_at, period, Operation.state == CARRIED_OUT)
        done |= await _days(session, AccountRequester.conversation_id, AccountRequester.at, period)
    counts = {"handed_over": 0, "failed": 0, "not_understood": 0, "confirmed": 0, "presumed": 0}
    for day in days.keys() | handed:
        counts[_verdict(days.get(day, _ConversationDay()), day in handed, day in done)] += 1
    return ResolutionShare(**counts)


def _verdict(day_record: _ConversationDay, handed_over: bool, done: bool) -> str:
    if handed_over:
        return "handed_over"
    if day_record.last_failed:
        return "failed"
    if day_record.last_intent in NOT_UNDERSTOOD:
        return "not_understood"
    return "confirmed" if done or day_record.thanked else "presumed"


async def _conversation_days(session: AsyncSession, period: Period) -> dict[Day, _ConversationDay]:
    """Return what happened day by day in turns that reached the assistant, or should have."""
    columns = (InboxRow.conversation_id, InboxRow.received_at, InboxRow.intent, InboxRow.error_id)
    reached = (InboxRow.state == DONE, (InboxRow.delivered == true()) | InboxRow.error_id.is_not(None))
    wanted = select(*columns).where(*reached, *_within(InboxRow.received_at, period)).order_by(InboxRow.id)
    days: dict[Day, _ConversationDay] = {}
    rows = await session.stream(wanted.execution_options(yield_per=_ROWS))
    async for conversation_id, at, intent, error_id in rows:
        day_record = days.setdefault((conversation_id, _day(at)), _ConversationDay())
        day_record.last_intent, day_record.last_failed = intent, error_id is not None
        day_record.thanked = day_record.thanked or intent == THANKS
    return days


async def _days(session: AsyncSession, conversation: Any, at: Any, period: Period, *more: ColumnElement[bool]) -> set[Day]:
    found = await session.execute(select(conversation, at).where(conversation.is_not(None), *_within(at, period), *more))
    return {(conversation_id, _day(instant)) for conversation_id, instant in found}


def _within(at: Any, period: Period) -> tuple[ColumnElement[bool], ...]:
    return at >= period.start, at < period.end


def _day(at: datetime) -> date:
    return at.astimezone(PARIS).date()
