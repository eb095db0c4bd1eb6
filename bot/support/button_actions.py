"""Acts on support's own buttons (leave a message, wait, end, rate, reopen) in the transaction that ends the turn."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.messaging.messages import Outcome, Reply, RoutedMessage, Turn
from bot.messaging.tables import MessageRow
from bot.support import tickets
from bot.support.records import HANDED_OVER, QUEUED, SupportRequest, TicketEventType, TicketState
from bot.support.support_policy import SupportPolicy
from bot.support.system_messages import (
    ADD,
    DROP,
    END,
    KEEP,
    LEAVE,
    RATE,
    REOPEN,
    REQUEST_AGENT,
    TRANSCRIPT,
    WAIT,
    WEB_CHAT,
    WITHDRAW,
)
from bot.support.tables import TicketEventRow, TicketRow
from bot.support.ticket_span import last_message_id
from bot.support.tickets import USER, TicketOrigin
from bot.support.transcript_replies import TranscriptReplies

WORDED = 10
"""Words from which a typed request for a person says something to the team by itself."""


class ButtonActions:
    """What each button does. Given the conversation's open ticket, returns the announcement, and the ticket if it was changed."""

    def __init__(self, policy: SupportPolicy, transcripts: TranscriptReplies) -> None:
        self._policy, self._messages, self._transcripts = policy, policy.messages, transcripts

    async def press(
        self, session: AsyncSession, turn: Turn, pressed: RoutedMessage, row: TicketRow | None, now: datetime
    ) -> tuple[Reply, TicketRow | None]:
        """Do what the button says, if the state of the ticket still allows it; otherwise tell the status."""
        if pressed.intent == RATE:
            return await self._rate(session, pressed, now)
        if pressed.intent == TRANSCRIPT:
            ticket_id = pressed.entities.get("ticket")
            return await self._transcripts.reply(session, turn, ticket_id if isinstance(ticket_id, int) else None), None
        if pressed.intent == WEB_CHAT:
            return await self._transcripts.link_to_web_chat(session, turn, row), None
        if pressed.intent == REOPEN:
            return await self._reopen(session, pressed, row, now)
        if pressed.intent == REQUEST_AGENT and not tickets.is_handed_over(row):
            return await self.request_agent(session, turn, SupportRequest.parse(pressed.entities), row, now)
        if pressed.intent in {LEAVE, ADD}:
            return await self._ask_for_message(session, turn, SupportRequest.parse(pressed.entities), row, now)
        if pressed.intent == KEEP:
            return await self._keep_message(session, turn, pressed, row, now)
        if pressed.intent == DROP and not tickets.is_handed_over(row):
            return self._messages.dropped(pressed.entities), None
        if pressed.intent == WAIT and row is not None and TicketState(row.state) is TicketState.WRITING:
            return await self._wait(session, row, now)
        if pressed.intent == END and tickets.is_handed_over(row):
            assert row is not None
            return await self.end(session, row, now), row
        if pressed.intent == WITHDRAW and row is not None and row.id == pressed.entities.get("ticket"):
            return await self._withdraw(session, row, now)
        return await self.status(session, row, now), None

    async def request_agent(
        self, session: AsyncSession, turn: Turn, request: SupportRequest, row: TicketRow | None, now: datetime
    ) -> tuple[Reply, TicketRow | None]:
        """Open a ticket and tell its place in the queue; out of hours offer to leave a message, without a ticket yet."""
        if not self._policy.hours.is_open(now):
            return self._messages.closed_offer(request, row, now), None
        typed = turn.text is not None
        if row is None:
            row = await self._open(session, turn, request, TicketState.WAITING, now, unanswered=typed)
        else:
            tickets.update_request(row, request, unanswered=typed)
            await self._transition(session, row, TicketState.WAITING, TicketEventType.REQUESTED, now)
        if turn.text is not None and len(turn.text.split()) >= WORDED:
            row.context = row.context | {"worded": True}
        return await self._messages.queued(session, row, now), row

    async def end(self, session: AsyncSession, row: TicketRow, now: datetime, *, gives_up: bool = False, keeps: bool = False) -> Reply:
        """End the conversation with the agents as its user wishes.

        What was said to the team is kept, as a message left, where nobody has taken it: leaving the wait gives nothing up.

        Args:
            session: the caller's writing transaction.
            row: the ticket.
            now: the present.
            gives_up: the user wants no answer any more: a wait is closed.
            keeps: the request stays with the team whatever was said.
        """
        if TicketState(row.state) is TicketState.WRITING and await _came_from_left(session, row):
            await self._transition(session, row, TicketState.LEFT, TicketEventType.USER_ENDED, now)
            return self._messages.message_left(row, now, is_open=self._policy.hours.is_open(now))
        waits = TicketState(row.state) is not TicketState.AGENT
        said = waits and await _says_something(session, row)
        if waits and not gives_up and (keeps or said):
            await self._transition(session, row, TicketState.LEFT, TicketEventType.USER_ENDED, now)
            return self._messages.kept(row)
        await self._transition(session, row, TicketState.CLOSED, TicketEventType.USER_ENDED, now)
        return self._messages.withdrawn(row) if said else self._messages.closed(row, TicketEventType.USER_ENDED, 0)

    async def _withdraw(self, session: AsyncSession, row: TicketRow, now: datetime) -> tuple[Reply, TicketRow | None]:
        """Close a request that stays with the team, unless somebody of the team answers it by now."""
        if TicketState(row.state) not in QUEUED:
            return await self.status(session, row, now), None
        await self._transition(session, row, TicketState.CLOSED, TicketEventType.USER_ENDED, now)
        return self._messages.withdrawn(row), row

    async def leave_message(self, session: AsyncSession, turn: Turn, row: TicketRow, now: datetime) -> Reply:
        """Keep the message that was asked for."""
        await tickets.record_event(session, row, TicketEventType.SAID, USER, now=now, timeouts=self._policy.timeouts, subject_id=turn.id)
        await self._transition(session, row, TicketState.LEFT, TicketEventType.LEFT_MESSAGE, now)
        return self._messages.message_left(row, now, is_open=self._policy.hours.is_open(now))

    async def status(self, session: AsyncSession, row: TicketRow | None, now: datetime) -> Reply:
        """Return the status of the ticket, for a question, a button or a command that changes nothing."""
        state = TicketState(row.state) if row is not None else TicketState.CLOSED
        if row is None:
            return self._messages.text_only("no_ticket")
        if state not in HANDED_OVER:
            return self._messages.kept(row)
        if state is TicketState.AGENT:
            return self._messages.text_only("still_agent", row, agent=row.agent_name)
        if state is TicketState.WRITING:
            return self._messages.text_only("still_writing", row)
        return await self._messages.queued(session, row, now, "still_waiting", since=self._messages.texts.since(row.queued_at, now))

    async def _ask_for_message(
        self, session: AsyncSession, turn: Turn, request: SupportRequest, row: TicketRow | None, now: datetime
    ) -> tuple[Reply, TicketRow | None]:
        if row is None:
            row = await self._open(session, turn, request, TicketState.WRITING, now, unanswered=False)
        elif TicketState(row.state) in {TicketState.LEFT, TicketState.WAITING}:
            await self._transition(session, row, TicketState.WRITING, TicketEventType.REQUESTED, now)
        else:
            return await self._already_open(session, row, now), None
        return self._messages.ask_for_message("write", now), row

    async def _keep_message(
        self, session: AsyncSession, turn: Turn, pressed: RoutedMessage, row: TicketRow | None, now: datetime
    ) -> tuple[Reply, TicketRow]:
        """Leave what was written before it was asked whether to: the message begins with the first of its turns."""
        turns = [int(each) for each in pressed.entities["turns"]]
        if row is None:
            first = select(func.min(MessageRow.id)).where(MessageRow.turn.in_(turns), MessageRow.author == USER)
            request, before = SupportRequest.parse(pressed.entities), (await session.scalar(first) or 1) - 1
            row = await self._open(session, turn, request, TicketState.WRITING, now, unanswered=False, after=before)
        elif TicketState(row.state) is TicketState.LEFT:
            await self._transition(session, row, TicketState.WRITING, TicketEventType.REQUESTED, now)
        for each in turns:
            said, timeouts = TicketEventType.SAID, self._policy.timeouts
            await tickets.record_event(session, row, said, USER, now=now, timeouts=timeouts, subject_id=each)
        if TicketState(row.state) is not TicketState.WRITING:  # a person is asked for, or answers, by now: they read it
            return await self._already_open(session, row, now), row
        await self._transition(session, row, TicketState.LEFT, TicketEventType.LEFT_MESSAGE, now)
        return self._messages.message_left(row, now, is_open=self._policy.hours.is_open(now)), row

    async def _wait(self, session: AsyncSession, row: TicketRow, now: datetime) -> tuple[Reply, TicketRow | None]:
        if not self._policy.hours.is_open(now):
            return self._messages.ask_for_message("no_wait", now), None
        await self._transition(session, row, TicketState.WAITING, TicketEventType.REQUESTED, now)
        return await self._messages.queued(session, row, now), row

    async def _rate(self, session: AsyncSession, pressed: RoutedMessage, now: datetime) -> tuple[Reply, TicketRow]:
        row = await tickets.get_ticket(session, int(pressed.entities["ticket"]))
        row.rating = int(pressed.entities["rating"])
        await tickets.record_event(session, row, TicketEventType.RATED, USER, now=now, timeouts=self._policy.timeouts)
        return self._messages.rated(row), row

    async def _reopen(
        self, session: AsyncSession, pressed: RoutedMessage, open_ticket: TicketRow | None, now: datetime
    ) -> tuple[Reply, TicketRow | None]:
        if open_ticket is not None:
            return await self._already_open(session, open_ticket, now), None
        row = await tickets.get_ticket(session, int(pressed.entities["ticket"]))
        if row.closed_at is None or now - row.closed_at > self._policy.timeouts.reopen_within:
            return self._messages.text_only("too_late"), None
        to = TicketState.WAITING if self._policy.hours.is_open(now) else TicketState.WRITING
        await self._transition(session, row, to, TicketEventType.REOPENED, now)
        if to is TicketState.WAITING:
            return await self._messages.queued(session, row, now, "reopened"), row
        return self._messages.ask_for_message("write", now), row

    async def _already_open(self, session: AsyncSession, row: TicketRow, now: datetime) -> Reply:
        return await self.status(session, row, now) if tickets.is_handed_over(row) else self._messages.text_only("already_open")

    async def _open(
        self,
        session: AsyncSession,
        turn: Turn,
        request: SupportRequest,
        to: TicketState,
        now: datetime,
        *,
        unanswered: bool,
        after: int | None = None,
    ) -> TicketRow:
        """Open a ticket, which begins after the message `after`; by default after the last one."""
        last = after if after is not None else await last_message_id(session, turn.conversation_id)
        origin = TicketOrigin(turn.conversation_id, turn.home, self._policy.queues[0], last, unanswered=unanswered)
        return await tickets.open_ticket(session, origin, request, to, now=now, timeouts=self._policy.timeouts)

    async def _transition(self, session: AsyncSession, row: TicketRow, to: TicketState, event_type: TicketEventType, now: datetime) -> None:
        await tickets.transition(session, row, to, event_type, USER, now=now, timeouts=self._policy.timeouts)


def outcome_of_button(pressed: RoutedMessage, announcement: Reply) -> Outcome:
    """Return the end of a turn that pressed a button: it uses up the button's message, unless it asks for the transcript or a link."""
    return Outcome(
        (),
        delivered=False,
        announcements=(announcement,),
        consumed_message=None if pressed.intent in {TRANSCRIPT, WEB_CHAT} else pressed.button_message_id,
        consumed_title=pressed.button_title,
        text=pressed.transcript_text,
    )


async def _says_something(session: AsyncSession, row: TicketRow) -> bool:
    """Return whether the team can answer the ticket: its user wrote to it, or asked for something that they name."""
    context = row.context
    if context.get("worded") or (context.get("task") and not context.get("resumes")):
        return True
    said = select(TicketEventRow.id).where(TicketEventRow.ticket_id == row.id, TicketEventRow.type == TicketEventType.SAID)
    return row.unanswered and await session.scalar(said.limit(1)) is not None


async def _came_from_left(session: AsyncSession, row: TicketRow) -> bool:
    """Return whether the user was completing a message that had been left."""
    entered = select(TicketEventRow.from_state).where(
        TicketEventRow.ticket_id == row.id, TicketEventRow.state == TicketState.WRITING, TicketEventRow.from_state != TicketState.WRITING
    )
    return await session.scalar(entered.order_by(TicketEventRow.id.desc()).limit(1)) == TicketState.LEFT
