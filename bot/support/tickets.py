"""Tickets in the caller's writing transaction: opened, moved from state to state, and each move told.

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
from bot.support.errors import IllegalMove, UnknownTicket
from bot.support.queue import place_of
from bot.support.records import HELD, TRANSITIONS, Agent, Outcome, Reason, Ticket, TicketEvent, TicketEventType, TicketState
from bot.support.tables import TicketEventRow, TicketRow
from bot.support.timeouts import Timeouts

USER, CLOCK = "user", "clock"
"""Who moves tickets, beside agents."""
MOST_TRIED = 10


@dataclass(frozen=True)
class SupportRequest:
    """That a person is asked for, with what the dialogue knows: references, never an identity."""

    reason: Reason = Reason.ASKED
    task: str | None = None
    """What the user was doing, in words: « associer un partenaire »."""
    dossier: str | None = None
    error_ids: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    resumes: bool = False
    """Whether the dialogue put the task aside, to be taken up afterwards."""

    @classmethod
    def of(cls, values: dict[str, Any]) -> SupportRequest:
        """From what an action or a button says of it; what is not well written is left out."""
        reason = str(values.get("reason") or "")
        ids = values.get("error_ids") or ()
        tried = values.get("tried") or ()
        return cls(
            Reason(reason) if reason in set(Reason) else Reason.ASKED,
            str(values["task"])[:100] if values.get("task") else None,
            str(values["dossier"])[:32] if values.get("dossier") else None,
            tuple(str(one)[:32] for one in ids) if isinstance(ids, list | tuple) else (),
            tuple(str(one)[:100] for one in tried)[-MOST_TRIED:] if isinstance(tried, list | tuple) else (),
            values.get("resumes") is True,
        )

    @property
    def values(self) -> dict[str, Any]:
        """As a button carries it."""
        values = {"reason": self.reason.value, "task": self.task, "dossier": self.dossier, "error_ids": list(self.error_ids)}
        return values | {"tried": list(self.tried), "resumes": self.resumes}


@dataclass(frozen=True)
class Origin:
    """Where a ticket is opened."""

    conversation_id: str
    channel: str
    """The channel that the user is answered on."""
    queue: str
    opened_message: int = 0
    said: bool = field(default=False, kw_only=True)
    """Whether the user asked in words of their own, which somebody is to read."""


async def live(session: AsyncSession, conversation_id: str) -> TicketRow | None:
    """The conversation's open ticket."""
    return await session.scalar(select(TicketRow).where(TicketRow.live == conversation_id))


async def held(session: AsyncSession, conversation_ids: Sequence[str]) -> set[str]:
    """The conversations among these in which the assistant is silent."""
    silent = select(TicketRow.live).where(TicketRow.live.in_(conversation_ids), TicketRow.state.in_(HELD))
    return {found for found in await session.scalars(silent) if found is not None}


async def get(session: AsyncSession, ticket_id: int) -> TicketRow:
    """The ticket, as it is now. Raises UnknownTicket."""
    row = await session.get(TicketRow, ticket_id, populate_existing=True)
    if row is None:
        raise UnknownTicket
    return row


def holds(row: TicketRow | None) -> bool:
    """Whether the assistant is silent."""
    return row is not None and TicketState(row.state) in HELD


async def open_ticket(
    session: AsyncSession, origin: Origin, request: SupportRequest, to: TicketState, *, now: datetime, terms: Timeouts
) -> TicketRow:
    """A new ticket in state `to` (waiting or writing); the conversation has no open one."""
    row = TicketRow(
        conversation_id=origin.conversation_id,
        live=origin.conversation_id,
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
        unanswered=origin.said,
        last_user_at=now,
        version=0,
    )
    session.add(row)
    await session.flush()
    await _enter(session, row, None, to, now=now, terms=terms)
    await _tell(session, row, None, to, USER, TicketEventType.REQUESTED, now)
    return row


def ask_again(row: TicketRow, request: SupportRequest, *, said: bool) -> None:
    """What is known anew where a person is asked for again while a message waits."""
    row.context = _context(request)
    row.reason = request.reason
    row.dossier = request.dossier or row.dossier
    row.unanswered = row.unanswered or said


async def transition(
    session: AsyncSession,
    row: TicketRow,
    to: TicketState,
    why: TicketEventType,
    who: str,
    *,
    now: datetime,
    terms: Timeouts,
    detail: str | None = None,
) -> None:
    """Change the state. Raises IllegalMove for a change that `TRANSITIONS` does not have."""
    was = TicketState(row.state)
    if (was, to) not in TRANSITIONS:
        raise IllegalMove
    row.state = to
    row.live = None if to is TicketState.CLOSED else row.conversation_id
    await _enter(session, row, was, to, now=now, terms=terms)
    await _tell(session, row, was, to, who, why, now, detail)


async def record_event(
    session: AsyncSession,
    row: TicketRow,
    why: TicketEventType,
    who: str,
    *,
    now: datetime,
    terms: Timeouts,
    detail: str | None = None,
    about: int | None = None,
) -> None:
    """Something that leaves the state as it is; words of either side begin the silence anew. `about`: as `TicketEventRow` has it."""
    state = TicketState(row.state)
    if why is TicketEventType.SAID:
        row.unanswered, row.last_user_at = True, now
    elif why is TicketEventType.REPLIED:
        row.unanswered, row.last_agent_at = False, now
        row.first_reply_at = row.first_reply_at or now
    if state is TicketState.AGENT and why in {TicketEventType.SAID, TicketEventType.REPLIED, TicketEventType.TRANSFERRED}:
        row.deadline_at = terms.deadline(state, now)
    await _tell(session, row, state, state, who, why, now, detail, about)


def give_to(row: TicketRow, agent: Agent | None) -> None:
    """Whose it is from now on."""
    row.agent_id, row.agent_name = (agent.id, agent.name) if agent else (None, None)


def agent_of(row: TicketRow) -> Agent | None:
    """Whose it is."""
    return Agent(row.agent_id, row.agent_name or "") if row.agent_id else None


def reference_of(ticket_id: int) -> str:
    """« SUP-000123 »."""
    return f"SUP-{ticket_id:06d}"


def as_ticket(row: TicketRow, *, trusted: bool) -> Ticket:
    """The row as a plain value."""
    return Ticket(
        id=row.id,
        reference=reference_of(row.id),
        conversation_id=row.conversation_id,
        state=TicketState(row.state),
        queue=row.queue,
        reason=Reason(row.reason),
        agent=agent_of(row),
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


async def moves_of(session: AsyncSession, ticket_id: int) -> Sequence[TicketEvent]:
    """What happened to a ticket, oldest first."""
    rows = await session.scalars(select(TicketEventRow).where(TicketEventRow.ticket_id == ticket_id).order_by(TicketEventRow.id))
    return [_as_move(row) for row in rows]


def _as_move(row: TicketEventRow) -> TicketEvent:
    was = TicketState(row.was) if row.was else None
    return TicketEvent(row.id, row.at, row.ticket_id, was, TicketState(row.state), row.who, TicketEventType(row.why), row.detail)


def _context(request: SupportRequest) -> dict[str, Any]:
    values = request.values
    del values["reason"]
    return values


async def _enter(
    session: AsyncSession, row: TicketRow, was: TicketState | None, to: TicketState, *, now: datetime, terms: Timeouts
) -> None:
    """What coming into a state changes beside it."""
    row.deadline_at = terms.deadline(to, now)
    if to is TicketState.WAITING:
        give_to(row, None)
        if was is not TicketState.WRITING:  # who was asked to write and waits on keeps the place in the queue
            row.queued_at, row.taken_at = now, None
            row.place = await place_of(session, row)
    elif to is TicketState.LEFT:
        give_to(row, None)
        if was is not TicketState.JOINING:
            row.queued_at, row.taken_at, row.place = now, None, None
    elif to in {TicketState.AGENT, TicketState.JOINING}:
        row.taken_at = row.taken_at or now
    row.closed_at = now if to is TicketState.CLOSED else None
    if was is TicketState.CLOSED:
        row.outcome = None


async def _tell(
    session: AsyncSession,
    row: TicketRow,
    was: TicketState | None,
    state: TicketState,
    who: str,
    why: TicketEventType,
    now: datetime,
    detail: str | None = None,
    about: int | None = None,
) -> None:
    told = TicketEventRow(ticket_id=row.id, at=now, was=was, state=state, who=who, why=why, detail=detail, about=about)
    session.add(told)
    await session.flush()
    row.version = told.id
    announce(session, TICKETS)
