"""Opens tickets and changes their state in the caller's writing transaction, and records each event.

The caller has locked the conversation before it reads a ticket: whatever happens to one conversation happens one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.database import announce
from bot.support.desk_events import TICKETS
from bot.support.errors import IllegalTransition, UnknownTicket
from bot.support.queue import queue_place
from bot.support.records import (
    HANDED_OVER,
    TRANSITIONS,
    Agent,
    Outcome,
    Reason,
    SupportRequest,
    Ticket,
    TicketEvent,
    TicketEventType,
    TicketState,
)
from bot.support.tables import TicketEventRow, TicketRow
from bot.support.ticket_span import last_message_id
from bot.support.timeouts import Timeouts

USER, CLOCK = "user", "clock"
"""Actors of events, besides agents (`Agent.actor`)."""


@dataclass(frozen=True)
class TicketOrigin:
    """Where a ticket is opened."""

    conversation_id: str
    channel: str
    """The channel that the user is answered on."""
    queue: str
    opened_message: int = 0
    """Id of the conversation's last message."""
    unanswered: bool = field(default=False, kw_only=True)
    """Whether the user asked in words of their own, which somebody is to read."""


async def open_ticket_of(session: AsyncSession, conversation_id: str) -> TicketRow | None:
    """Return the conversation's open ticket, or None."""
    return await session.scalar(select(TicketRow).where(TicketRow.open_conversation_id == conversation_id))


async def handed_over(session: AsyncSession, conversation_ids: Sequence[str]) -> set[str]:
    """Return the conversations among these in which the assistant is silent."""
    wanted = select(TicketRow.open_conversation_id).where(
        TicketRow.open_conversation_id.in_(conversation_ids), TicketRow.state.in_(HANDED_OVER)
    )
    return {found for found in await session.scalars(wanted) if found is not None}


async def get_ticket(session: AsyncSession, ticket_id: int) -> TicketRow:
    """Return the ticket as it is now. Raise UnknownTicket."""
    row = await session.get(TicketRow, ticket_id, populate_existing=True)
    if row is None:
        raise UnknownTicket
    return row


def is_handed_over(row: TicketRow | None) -> bool:
    """Return whether the assistant is silent."""
    return row is not None and TicketState(row.state) in HANDED_OVER


async def open_ticket(
    session: AsyncSession, origin: TicketOrigin, request: SupportRequest, to: TicketState, *, now: datetime, timeouts: Timeouts
) -> TicketRow:
    """Add a ticket in state `to` (waiting or writing); the conversation has no open one."""
    row = TicketRow(
        conversation_id=origin.conversation_id,
        open_conversation_id=origin.conversation_id,
        state=to,
        queue=origin.queue,
        reason=request.reason,
        context=_context(request),
        channel=origin.channel,
        opened_message=origin.opened_message,
        dossier=request.dossier,
        tags=[],
        opened_at=now,
        queued_at=now,
        unanswered=origin.unanswered,
        last_user_at=now,
        version=0,
    )
    session.add(row)
    await session.flush()
    await _enter_state(session, row, None, to, now=now, timeouts=timeouts)
    await _add_event(session, row, None, to, USER, TicketEventType.REQUESTED, now)
    return row


def update_request(row: TicketRow, request: SupportRequest, *, unanswered: bool) -> None:
    """Note what a second request for a person says, while the message that was left waits for an answer."""
    row.context = _context(request)
    row.reason = request.reason
    row.dossier = request.dossier or row.dossier
    row.unanswered = row.unanswered or unanswered


async def transition(
    session: AsyncSession,
    row: TicketRow,
    to: TicketState,
    event_type: TicketEventType,
    actor: str,
    *,
    now: datetime,
    timeouts: Timeouts,
    detail: str | None = None,
) -> None:
    """Change the state. Raise IllegalTransition for a change that `TRANSITIONS` does not have."""
    from_state = TicketState(row.state)
    if (from_state, to) not in TRANSITIONS:
        raise IllegalTransition
    row.state = to
    row.open_conversation_id = None if to is TicketState.CLOSED else row.conversation_id
    await _enter_state(session, row, from_state, to, now=now, timeouts=timeouts)
    turning = TicketState.CLOSED in {from_state, to}
    last_message = await last_message_id(session, row.conversation_id) if turning else None
    await _add_event(session, row, from_state, to, actor, event_type, now, detail, last_message)


async def record_event(
    session: AsyncSession,
    row: TicketRow,
    event_type: TicketEventType,
    actor: str,
    *,
    now: datetime,
    timeouts: Timeouts,
    detail: str | None = None,
    subject_id: int | None = None,
) -> None:
    """Record something that leaves the state as it is. A message of either side starts the silence timeout again.

    Args:
        session: the caller's writing transaction.
        row: the ticket.
        event_type: what happened.
        actor: `USER`, `CLOCK` or an agent's.
        now: when it happened.
        timeouts: those of the installation.
        detail: the agent or the queue that it was given to.
        subject_id: as `TicketEventRow` has it.
    """
    state = TicketState(row.state)
    if event_type is TicketEventType.SAID:
        row.unanswered, row.last_user_at = True, now
    elif event_type is TicketEventType.REPLIED:
        row.unanswered, row.last_agent_at = False, now
        row.first_reply_at = row.first_reply_at or now
    if state is TicketState.AGENT and event_type in {TicketEventType.SAID, TicketEventType.REPLIED, TicketEventType.TRANSFERRED}:
        row.deadline_at = timeouts.deadline(state, now)
    await _add_event(session, row, state, state, actor, event_type, now, detail, subject_id)


def assign(row: TicketRow, agent: Agent | None) -> None:
    """Set the assignee."""
    row.agent_id, row.agent_name = (agent.id, agent.name) if agent else (None, None)


def assignee_of(row: TicketRow) -> Agent | None:
    """Return the assignee."""
    return Agent(row.agent_id, row.agent_name or "") if row.agent_id else None


def reference_of(ticket_id: int) -> str:
    """Return the reference that user and agents call a ticket by: « SUP-000123 »."""
    return f"SUP-{ticket_id:06d}"


def to_ticket(row: TicketRow, *, trusted: bool) -> Ticket:
    """Return the row as a plain value."""
    return Ticket(
        id=row.id,
        reference=reference_of(row.id),
        conversation_id=row.conversation_id,
        state=TicketState(row.state),
        queue=row.queue,
        reason=Reason(row.reason),
        agent=assignee_of(row),
        channel=row.channel,
        trusted=trusted,
        dossier=row.dossier,
        tags=tuple(row.tags),
        outcome=Outcome(row.outcome) if row.outcome else None,
        rating=row.rating,
        opened_at=row.opened_at,
        queued_at=row.queued_at,
        taken_at=row.taken_at,
        first_reply_at=row.first_reply_at,
        last_user_at=row.last_user_at,
        last_agent_at=row.last_agent_at,
        closed_at=row.closed_at,
        unanswered=row.unanswered,
        version=row.version,
    )


async def events_of(session: AsyncSession, ticket_id: int) -> Sequence[TicketEvent]:
    """Return the events of a ticket, oldest first."""
    rows = await session.scalars(select(TicketEventRow).where(TicketEventRow.ticket_id == ticket_id).order_by(TicketEventRow.id))
    return [_to_event(row) for row in rows]


def _to_event(row: TicketEventRow) -> TicketEvent:
    from_state = TicketState(row.from_state) if row.from_state else None
    return TicketEvent(row.id, row.at, row.ticket_id, from_state, TicketState(row.state), row.actor, TicketEventType(row.type), row.detail)


def _context(request: SupportRequest) -> dict[str, Any]:
    values = request.values
    del values["reason"]
    return values


async def _enter_state(
    session: AsyncSession, row: TicketRow, from_state: TicketState | None, to: TicketState, *, now: datetime, timeouts: Timeouts
) -> None:
    """Change what goes with entering a state: deadline, assignee, place in the queue, instants."""
    row.deadline_at = timeouts.deadline(to, now)
    if to is TicketState.WAITING:
        assign(row, None)
        if from_state is not TicketState.WRITING:  # a user who was asked to write, and waits on, keeps the place in the queue
            row.queued_at, row.taken_at = now, None
            row.place = await queue_place(session, row)
    elif to is TicketState.LEFT:
        assign(row, None)
        if from_state is not TicketState.JOINING:
            row.queued_at, row.taken_at, row.place = now, None, None
    elif to in {TicketState.AGENT, TicketState.JOINING}:
        row.taken_at = row.taken_at or now
    row.closed_at = now if to is TicketState.CLOSED else None
    if from_state is TicketState.CLOSED:
        row.outcome = None


async def _add_event(
    session: AsyncSession,
    row: TicketRow,
    from_state: TicketState | None,
    state: TicketState,
    actor: str,
    event_type: TicketEventType,
    now: datetime,
    detail: str | None = None,
    subject_id: int | None = None,
) -> None:
    event = TicketEventRow(
        ticket_id=row.id,
        at=now,
        from_state=from_state,
        state=state,
        actor=actor,
        type=event_type,
        detail=detail,
        subject_id=subject_id,
    )
    session.add(event)
    await session.flush()
    row.version = event.id
    announce(session, TICKETS)
