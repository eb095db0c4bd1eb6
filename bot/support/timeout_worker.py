"""The timeout worker: changes the state of tickets whose deadline has come. Nobody took the ticket, or nobody wrote anything."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database
from bot.jobs.worker import Worker
from bot.messaging.conversations import lock_conversation
from bot.messaging.messages import Reply
from bot.messaging.ports import Messaging
from bot.messaging.proactive_messages import ProactiveMessage, add_proactive
from bot.support import tickets
from bot.support.desk_events import TICKETS, DeskEvents
from bot.support.records import TicketEventType, TicketState
from bot.support.support_policy import SupportPolicy
from bot.support.tables import TicketRow
from bot.support.tickets import CLOCK

BATCH_SIZE = 100
"""Tickets that are read at a time."""


class TimeoutWorker:
    """Ends states of tickets whose deadline has come. Any number of processes may do so: each ticket is looked at again when locked."""

    def __init__(self, *, database: Database, clock: Clock, policy: SupportPolicy, events: DeskEvents, messaging: Messaging) -> None:
        self._database, self._clock, self._policy = database, clock, policy
        self._events, self._messaging = events, messaging
        self._worker = Worker(database, clock, self._run_all, doing="ending tickets' states", topics=(TICKETS,), next_due=self.next_due)

    def start(self) -> None:
        """Begin to work."""
        self._worker.start()

    async def stop(self) -> None:
        """Stop working."""
        await self._worker.stop()

    async def run_due(self) -> int:
        """End the states whose deadline has come, of `BATCH_SIZE` tickets at the most, and return how many tickets were found."""
        due = select(TicketRow.id, TicketRow.conversation_id).where(TicketRow.deadline_at <= self._clock.now())
        async with self._database.reading() as session:
            found = (await session.execute(due.order_by(TicketRow.deadline_at).limit(BATCH_SIZE))).all()
        for ticket_id, conversation_id in found:
            await self._end(ticket_id, conversation_id)
        return len(found)

    async def next_due(self) -> datetime | None:
        """Return the next deadline."""
        deadline = func.min(TicketRow.deadline_at)
        async with self._database.reading() as session:
            return await session.scalar(select(deadline).where(TicketRow.deadline_at > self._clock.now()))

    async def _end(self, ticket_id: int, conversation_id: str) -> None:
        now = self._clock.now()
        async with self._database.writing() as session:
            await lock_conversation(session, conversation_id)
            row = await tickets.get_ticket(session, ticket_id)
            if row.deadline_at is None or row.deadline_at > now:
                return  # something happened meanwhile
            announcement = await self._change(session, row, now)
            key = f"support:{row.id}:{row.version}"
            message = ProactiveMessage(conversation_id, announcement, key, self._messaging.button_life, author="system")
            await add_proactive(session, [message], now=now)
        self._events.publish(row)
        self._messaging.message_added(conversation_id)

    async def _change(self, session: AsyncSession, row: TicketRow, now: datetime) -> Reply:
        """Move the ticket to the state that follows, and return the announcement of it."""
        messages, timeouts = self._policy.messages, self._policy.timeouts
        is_open = self._policy.hours.is_open(now)
        state = TicketState(row.state)
        if state is TicketState.WAITING:
            event_type = TicketEventType.TIMED_OUT if is_open else TicketEventType.OFFICE_CLOSED
            await tickets.transition(session, row, TicketState.WRITING, event_type, CLOCK, now=now, timeouts=timeouts)
            return messages.ask_for_message("nobody" if is_open else "office_closed", now, can_wait=is_open)
        if state is TicketState.WRITING and row.unanswered:
            await tickets.transition(session, row, TicketState.LEFT, TicketEventType.TIMED_OUT, CLOCK, now=now, timeouts=timeouts)
            return messages.message_left(row, now, is_open=is_open)
        if state is TicketState.WRITING:
            await tickets.transition(session, row, TicketState.CLOSED, TicketEventType.TIMED_OUT, CLOCK, now=now, timeouts=timeouts)
            return messages.closed(row, TicketEventType.TIMED_OUT, 0)
        if row.unanswered:
            agent = tickets.assignee_of(row)
            await tickets.transition(session, row, TicketState.LEFT, TicketEventType.AGENT_SILENT, CLOCK, now=now, timeouts=timeouts)
            return messages.text_only("agent_silent", row, agent=agent.name if agent else "")
        await tickets.transition(session, row, TicketState.CLOSED, TicketEventType.SILENCE, CLOCK, now=now, timeouts=timeouts)
        return messages.closed(row, TicketEventType.SILENCE, round(timeouts.silence.total_seconds() / 60))

    async def _run_all(self) -> None:
        while await self.run_due() == BATCH_SIZE:
            pass
