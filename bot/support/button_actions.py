"""The gateway's own buttons: leave a message, wait, end, rate, reopen. In the transaction that ends the turn."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.identity.continuations import Continuations
from bot.messaging.channel_registry import ChannelRegistry
from bot.messaging.messages import Outcome, Reply, Turn
from bot.messaging.router import TRANSCRIPT, ToRasa
from bot.messaging.tables import SYSTEM, MessageRow
from bot.messaging.transcript import add_replies
from bot.support import tickets
from bot.support.records import HELD, TicketEventType, TicketState
from bot.support.support_policy import SupportPolicy
from bot.support.system_messages import ADD, ASK, END, LEAVE, RATE, REOPEN, WAIT, SystemMessages
from bot.support.tables import TicketEventRow, TicketRow
from bot.support.ticket_transcript import TicketTranscriptLinks, last_ticket
from bot.support.tickets import USER, Origin, SupportRequest

WEB = "web"
"""The trusted web chat."""


class TranscriptLinks:
    """Gives the transcript of a ticket to its user: in a trusted chat its address, elsewhere the way to the trusted web chat."""

    def __init__(
        self, doors: ChannelRegistry, links: TicketTranscriptLinks, continuations: Continuations, clock: Clock, button_life: timedelta
    ) -> None:
        self._button_life = button_life
        self._doors, self._links, self._continuations, self._clock = doors, links, continuations, clock

    async def give(self, session: AsyncSession, turn: Turn, asked: int | None, say: SystemMessages) -> Reply:
        """What is answered. `asked`: id of the ticket; None: the conversation's last one.

        Where the answer goes to an external channel, the address is said in the web chat of the same conversation.
        """
        row = await (last_ticket(session, turn.conversation_id) if asked is None else session.get(TicketRow, asked))
        if row is None or row.conversation_id != turn.conversation_id or row.erased_at is not None:
            return say.say("no_transcript")
        told = say.transcript(row, self._links.make(row.id))
        if self._doors.trusted(turn.channel):
            return told
        await add_replies(
            session,
            turn.conversation_id,
            [told],
            channel=WEB,
            now=self._clock.now(),
            button_life=self._button_life,
            turn=None,
            shown_after=0,
            author=SYSTEM,
        )
        return say.transcript_elsewhere(row, await self._continuations.add_link(session, turn.conversation_id))


class ButtonActions:
    """What each button does: given the conversation's open ticket, what is announced, and the ticket that was changed."""

    def __init__(self, support: SupportPolicy, transcripts: TranscriptLinks) -> None:
        self._support, self._say, self._transcripts = support, support.announcer, transcripts

    async def press(
        self, session: AsyncSession, turn: Turn, pressed: ToRasa, row: TicketRow | None, now: datetime
    ) -> tuple[Reply, TicketRow | None]:
        """Do what the button says, as far as things still stand so."""
        if pressed.intent == RATE:
            return await self._rate(session, turn, pressed, now)
        if pressed.intent == TRANSCRIPT:
            asked = pressed.entities.get("ticket")
            return await self._transcripts.give(session, turn, asked if isinstance(asked, int) else None, self._say), None
        if pressed.intent == REOPEN:
            return await self._reopen(session, turn, pressed, row, now)
        if pressed.intent == ASK and not tickets.holds(row):
            return await self.begin(session, turn, SupportRequest.of(pressed.entities), row, now)
        if pressed.intent in {LEAVE, ADD}:
            return await self._write(session, turn, SupportRequest.of(pressed.entities), row, now)
        if pressed.intent == WAIT and row is not None and TicketState(row.state) is TicketState.WRITING:
            return await self._wait(session, row, now)
        if pressed.intent == END and tickets.holds(row):
            assert row is not None
            return await self.end(session, row, now), row
        return self.stands(row), None

    async def begin(
        self, session: AsyncSession, turn: Turn, request: SupportRequest, row: TicketRow | None, now: datetime
    ) -> tuple[Reply, TicketRow | None]:
        """A person is asked for: the ticket, and its place; out of hours the offer to leave a message, and no ticket yet."""
        if not self._support.hours.is_open(now):
            return self._say.offer(request, row, now), None
        said = turn.text is not None
        if row is None:
            row = await self._open(session, turn, request, TicketState.WAITING, now, said=said)
        else:
            tickets.ask_again(row, request, said=said)
            await tickets.transition(session, row, TicketState.WAITING, TicketEventType.REQUESTED, USER, now=now, terms=self._support.terms)
        return await self._say.queued(session, row, now), row

    async def end(self, session: AsyncSession, row: TicketRow, now: datetime) -> Reply:
        """The user ends it; a message that was left before is kept."""
        terms = self._support.terms
        if TicketState(row.state) is TicketState.WRITING and await _came_from_left(session, row):
            await tickets.transition(session, row, TicketState.LEFT, TicketEventType.USER_ENDED, USER, now=now, terms=terms)
            return self._say.left(row, now, is_open=self._support.hours.is_open(now))
        await tickets.transition(session, row, TicketState.CLOSED, TicketEventType.USER_ENDED, USER, now=now, terms=terms)
        return self._say.closed(row, TicketEventType.USER_ENDED, 0)

    async def leave(self, session: AsyncSession, turn: Turn, row: TicketRow, now: datetime) -> Reply:
        """The message that was asked for is there."""
        terms = self._support.terms
        await tickets.record_event(session, row, TicketEventType.SAID, USER, now=now, terms=terms, about=turn.id)
        await tickets.transition(session, row, TicketState.LEFT, TicketEventType.LEFT_MESSAGE, USER, now=now, terms=terms)
        return self._say.left(row, now, is_open=self._support.hours.is_open(now))

    def stands(self, row: TicketRow | None) -> Reply:
        """How things stand, where a button or a command changes nothing."""
        state = TicketState(row.state) if row is not None else TicketState.CLOSED
        if row is None or state not in HELD:
            return self._say.say("user_ended")
        if state is TicketState.AGENT:
            return self._say.say("still_agent", row, agent=row.agent_name)
        return self._say.say("still_writing" if state is TicketState.WRITING else "still_waiting", row)

    async def _write(
        self, session: AsyncSession, turn: Turn, request: SupportRequest, row: TicketRow | None, now: datetime
    ) -> tuple[Reply, TicketRow | None]:
        if row is None:
            row = await self._open(session, turn, request, TicketState.WRITING, now, said=False)
        elif TicketState(row.state) in {TicketState.LEFT, TicketState.WAITING}:
            await tickets.transition(session, row, TicketState.WRITING, TicketEventType.REQUESTED, USER, now=now, terms=self._support.terms)
        else:
            return self.stands(row) if tickets.holds(row) else self._say.say("already_open"), None
        return self._say.write("write", now), row

    async def _wait(self, session: AsyncSession, row: TicketRow, now: datetime) -> tuple[Reply, TicketRow | None]:
        if not self._support.hours.is_open(now):
            return self._say.write("no_wait", now), None
        await tickets.transition(session, row, TicketState.WAITING, TicketEventType.REQUESTED, USER, now=now, terms=self._support.terms)
        return await self._say.queued(session, row, now), row

    async def _rate(self, session: AsyncSession, turn: Turn, pressed: ToRasa, now: datetime) -> tuple[Reply, TicketRow]:
        row = await tickets.get(session, int(pressed.entities["ticket"]))
        row.rating = int(pressed.entities["rating"])
        await tickets.record_event(session, row, TicketEventType.RATED, USER, now=now, terms=self._support.terms)
        return self._say.rated(row), row

    async def _reopen(
        self, session: AsyncSession, turn: Turn, pressed: ToRasa, live: TicketRow | None, now: datetime
    ) -> tuple[Reply, TicketRow | None]:
        if live is not None:
            return self.stands(live) if tickets.holds(live) else self._say.say("already_open"), None
        row = await tickets.get(session, int(pressed.entities["ticket"]))
        if row.closed_at is None or now - row.closed_at > self._support.terms.reopening:
            return self._say.say("too_late"), None
        to = TicketState.WAITING if self._support.hours.is_open(now) else TicketState.WRITING
        await tickets.transition(session, row, to, TicketEventType.REOPENED, USER, now=now, terms=self._support.terms)
        if to is TicketState.WAITING:
            return await self._say.queued(session, row, now, "reopened"), row
        return self._say.write("write", now), row

    async def _open(
        self, session: AsyncSession, turn: Turn, request: SupportRequest, to: TicketState, now: datetime, *, said: bool
    ) -> TicketRow:
        newest = select(func.max(MessageRow.id)).where(MessageRow.conversation_id == turn.conversation_id)
        last = await session.scalar(newest) or 0
        origin = Origin(turn.conversation_id, turn.home, self._support.queues[0], last, said=said)
        return await tickets.open_ticket(session, origin, request, to, now=now, terms=self._support.terms)


def outcome_of(pressed: ToRasa, announcement: Reply) -> Outcome:
    """The end of a turn that pressed a button: its message is used up, but by asking for the transcript."""
    return Outcome(
        (),
        delivered=False,
        announcements=(announcement,),
        consumed_message=None if pressed.intent == TRANSCRIPT else pressed.pressed_message,
        consumed_title=pressed.pressed_title,
        text=pressed.shown,
    )


async def _came_from_left(session: AsyncSession, row: TicketRow) -> bool:
    entered = select(TicketEventRow.was).where(
        TicketEventRow.ticket_id == row.id, TicketEventRow.state == TicketState.WRITING, TicketEventRow.was != TicketState.WRITING
    )
    return await session.scalar(entered.order_by(TicketEventRow.id.desc()).limit(1)) == TicketState.LEFT
