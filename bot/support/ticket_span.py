"""Which messages of a conversation belong to a ticket: those from its opening to its closing, with what was said before as its context.

What is said to the assistant while a ticket is closed is no part of it, also once it is reopened. The events that close and reopen a
ticket keep the id of the conversation's last message (`TicketEventRow.subject_id`); for older events the instants decide.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.messaging.messages import Message
from bot.messaging.pii.codes import mask_codes
from bot.messaging.tables import RECEIVED, SYSTEM, InboxRow, MessageRow
from bot.messaging.transcript import PAGE, public
from bot.support.records import TicketEventType, TicketState
from bot.support.tables import TicketEventRow, TicketRow

USER = "user"


@dataclass(frozen=True)
class _Gap:
    """A time in which the ticket was closed: ids of the last message before it and, once it is over, of the last one in it."""

    last_before: int
    last_in: int | None
    since: datetime


async def last_message_id(session: AsyncSession, conversation_id: str) -> int:
    """Return the id of the conversation's last message, 0 for none."""
    newest = select(func.max(MessageRow.id)).where(MessageRow.conversation_id == conversation_id)
    return await session.scalar(newest) or 0


async def ticket_messages(session: AsyncSession, row: TicketRow, *, after: int | None = None, context: bool = True) -> list[MessageRow]:
    """Return messages of the ticket, oldest first, at most `PAGE`.

    Args:
        session: a transaction.
        row: the ticket.
        after: those after this id; None for the latest.
        context: with what was said before the ticket was opened.
    """
    wanted = select(MessageRow).where(MessageRow.conversation_id == row.conversation_id, MessageRow.erased_at.is_(None))
    wanted = wanted.where(*await _within(session, row))
    if not context:
        wanted = wanted.where(MessageRow.id > row.opened_message)
    if after is not None:
        wanted = wanted.where(MessageRow.id > after)
        return list(await session.scalars(wanted.order_by(MessageRow.id).limit(PAGE)))
    return list(await session.scalars(wanted.order_by(MessageRow.id.desc()).limit(PAGE)))[::-1]


async def last_words(session: AsyncSession, tickets: Collection[TicketRow]) -> dict[int, str]:
    """Return, by ticket id, what its user said last to the team; before that, what they asked for a person with."""
    ids = [row.id for row in tickets]
    said = select(TicketEventRow.ticket_id, func.max(TicketEventRow.subject_id)).where(
        TicketEventRow.ticket_id.in_(ids), TicketEventRow.type == TicketEventType.SAID
    )
    turns: dict[int | None, int] = {
        turn: ticket_id for ticket_id, turn in await session.execute(said.group_by(TicketEventRow.ticket_id)) if turn is not None
    }
    texts = select(MessageRow.turn, MessageRow.text).where(MessageRow.turn.in_(turns), MessageRow.author == USER)
    found = {turns[turn]: mask_codes(text) for turn, text in await session.execute(texts)}
    asked = (
        select(TicketRow.id, func.max(MessageRow.id))
        .join(MessageRow, (MessageRow.conversation_id == TicketRow.conversation_id) & (MessageRow.id <= TicketRow.opened_message))
        .where(TicketRow.id.in_([ticket_id for ticket_id in ids if ticket_id not in found]), MessageRow.author == USER)
        .group_by(TicketRow.id)
    )
    messages = {row[0]: row[1] for row in await session.execute(asked)}
    texts_asked = select(MessageRow.id, MessageRow.text).where(MessageRow.id.in_(set(messages.values())))
    by_message = {row[0]: row[1] for row in await session.execute(texts_asked)}
    return found | {ticket_id: mask_codes(by_message[message_id]) for ticket_id, message_id in messages.items()}


def shown_to_agents(row: MessageRow) -> Message:
    """Return a message as agents and groups may read it: without the codes that its user typed."""
    message = public(row)
    return {**message, "text": mask_codes(row.text)} if row.author == USER else message


async def _within(session: AsyncSession, row: TicketRow) -> list[ColumnElement[bool]]:
    """Return the conditions that leave out what was said while the ticket was closed."""
    conditions: list[ColumnElement[bool]] = []
    own = MessageRow.key.startswith(f"support:{row.id}:")  # that it is closed, announced a moment after
    for gap in await _gaps(session, row):
        pending = select(InboxRow.id).where(
            InboxRow.conversation_id == row.conversation_id, or_(InboxRow.state == RECEIVED, InboxRow.done_at > gap.since)
        )
        before = (MessageRow.conversation_id == row.conversation_id, MessageRow.id <= gap.last_before)
        taken_in = select(MessageRow.turn).where(
            *before, MessageRow.author == USER, MessageRow.turn.is_not(None), MessageRow.turn.not_in(pending)
        )
        announced = (MessageRow.author == SYSTEM) & MessageRow.turn.in_(taken_in)
        outside = [MessageRow.id <= gap.last_before, own, announced]
        conditions.append(or_(*outside, *([MessageRow.id > gap.last_in] if gap.last_in is not None else [])))
        # written before it was closed, but answered by the assistant afterwards
        late = (MessageRow.id <= gap.last_before) & (MessageRow.author == USER) & MessageRow.turn.in_(pending)
        conditions.append(~late)
    return conditions


async def _gaps(session: AsyncSession, row: TicketRow) -> Sequence[_Gap]:
    turning = (TicketEventRow.state == TicketState.CLOSED) | (TicketEventRow.from_state == TicketState.CLOSED)
    changed = TicketEventRow.from_state != TicketEventRow.state
    wanted = select(TicketEventRow).where(TicketEventRow.ticket_id == row.id, turning, changed).order_by(TicketEventRow.id)
    gaps: list[_Gap] = []
    for event in await session.scalars(wanted):
        last = event.subject_id if event.subject_id is not None else await _last_at(session, row, event.at)
        if event.state == TicketState.CLOSED:
            gaps.append(_Gap(last, None, event.at))
        elif gaps:
            gaps[-1] = _Gap(gaps[-1].last_before, last, gaps[-1].since)
    return gaps


async def _last_at(session: AsyncSession, row: TicketRow, at: datetime) -> int:
    newest = select(func.max(MessageRow.id)).where(MessageRow.conversation_id == row.conversation_id, MessageRow.at <= at)
    return await session.scalar(newest) or 0
