"""The gateway's own buttons: leave a message, wait, end, rate, reopen. In the transaction that ends the turn."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.conversation.announcing import ADD, ASK, END, LEAVE, RATE, REOPEN, WAIT, Announcer
from bot.conversation.doors import Doors
from bot.conversation.messages import Outcome, Reply, Turn
from bot.conversation.minutes import MinutesLinks, last_ticket
from bot.conversation.router import TRANSCRIPT, ToRasa
from bot.conversation.support import Support
from bot.conversation.tables import SYSTEM, MessageRow
from bot.conversation.transcript import add_replies
from bot.identity.continuations import Continuations
from bot.support import tickets
from bot.support.records import HELD, State, Why
from bot.support.tables import MoveRow, TicketRow
from bot.support.tickets import USER, Origin, Request

WEB = "web"
"""The trusted web chat."""


class Transcripts:
    """Gives the transcript of a ticket to its user: in a trusted chat its address, elsewhere the way to the trusted web chat."""

    def __init__(self, doors: Doors, links: MinutesLinks, continuations: Continuations, clock: Clock, button_life: timedelta) -> None:
        self._button_life = button_life
        self._doors, self._links, self._continuations, self._clock = doors, links, continuations, clock

    async def give(self, session: AsyncSession, turn: Turn, asked: int | None, say: Announcer) -> Reply:
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
        return say.transcript_elsewhere(row, await self._continuations.add(session, turn.conversation_id))


class Pressing:
    """What each button does: given the conversation's open ticket, what is announced, and the ticket that was changed."""

    def __init__(self, support: Support, transcripts: Transcripts) -> None:
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
            return await self.begin(session, turn, Request.of(pressed.entities), row, now)
        if pressed.intent in {LEAVE, ADD}:
            return await self._write(session, turn, Request.of(pressed.entities), row, now)
        if pressed.intent == WAIT and row is not None and State(row.state) is State.WRITING:
            return await self._wait(session, row, now)
        if pressed.intent == END and tickets.holds(row):
            assert row is not None
            return await self.end(session, row, now), row
        return self.stands(row), None

    async def begin(
        self, session: AsyncSession, turn: Turn, request: Request, row: TicketRow | None, now: datetime
    ) -> tuple[Reply, TicketRow | None]:
        """A person is asked for: the ticket, and its place; out of hours the offer to leave a message, and no ticket yet."""
        if not self._support.hours.is_open(now):
            return self._say.offer(request, row, now), None
        said = turn.text is not None
        if row is None:
            row = await self._open(session, turn, request, State.WAITING, now, said=said)
        else:
            tickets.ask_again(row, request, said=said)
            await tickets.move(session, row, State.WAITING, Why.REQUESTED, USER, now=now, terms=self._support.terms)
        return await self._say.queued(session, row, now), row

    async def end(self, session: AsyncSession, row: TicketRow, now: datetime) -> Reply:
        """The user ends it; a message that was left before is kept."""
        terms = self._support.terms
        if State(row.state) is State.WRITING and await _came_from_left(session, row):
            await tickets.move(session, row, State.LEFT, Why.USER_ENDED, USER, now=now, terms=terms)
            return self._say.left(row, now, is_open=self._support.hours.is_open(now))
        await tickets.move(session, row, State.CLOSED, Why.USER_ENDED, USER, now=now, terms=terms)
        return self._say.closed(row, Why.USER_ENDED, 0)

    async def leave(self, session: AsyncSession, turn: Turn, row: TicketRow, now: datetime) -> Reply:
        """The message that was asked for is there."""
        terms = self._support.terms
        await tickets.happened(session, row, Why.SAID, USER, now=now, terms=terms, about=turn.id)
        await tickets.move(session, row, State.LEFT, Why.LEFT_MESSAGE, USER, now=now, terms=terms)
        return self._say.left(row, now, is_open=self._support.hours.is_open(now))

    def stands(self, row: TicketRow | None) -> Reply:
        """How things stand, where a button or a command changes nothing."""
        state = State(row.state) if row is not None else State.CLOSED
        if row is None or state not in HELD:
            return self._say.say("user_ended")
        if state is State.AGENT:
            return self._say.say("still_agent", row, agent=row.agent_name)
        return self._say.say("still_writing" if state is State.WRITING else "still_waiting", row)

    async def _write(
        self, session: AsyncSession, turn: Turn, request: Request, row: TicketRow | None, now: datetime
    ) -> tuple[Reply, TicketRow | None]:
        if row is None:
            row = await self._open(session, turn, request, State.WRITING, now, said=False)
        elif State(row.state) in {State.LEFT, State.WAITING}:
            await tickets.move(session, row, State.WRITING, Why.REQUESTED, USER, now=now, terms=self._support.terms)
        else:
            return self.stands(row) if tickets.holds(row) else self._say.say("already_open"), None
        return self._say.write("write", now), row

    async def _wait(self, session: AsyncSession, row: TicketRow, now: datetime) -> tuple[Reply, TicketRow | None]:
        if not self._support.hours.is_open(now):
            return self._say.write("no_wait", now), None
        await tickets.move(session, row, State.WAITING, Why.REQUESTED, USER, now=now, terms=self._support.terms)
        return await self._say.queued(session, row, now), row

    async def _rate(self, session: AsyncSession, turn: Turn, pressed: ToRasa, now: datetime) -> tuple[Reply, TicketRow]:
        row = await tickets.get(session, int(pressed.entities["ticket"]))
        row.rating = int(pressed.entities["rating"])
        await tickets.happened(session, row, Why.RATED, USER, now=now, terms=self._support.terms)
        return self._say.rated(row), row

    async def _reopen(
        self, session: AsyncSession, turn: Turn, pressed: ToRasa, live: TicketRow | None, now: datetime
    ) -> tuple[Reply, TicketRow | None]:
        if live is not None:
            return self.stands(live) if tickets.holds(live) else self._say.say("already_open"), None
        row = await tickets.get(session, int(pressed.entities["ticket"]))
        if row.closed_at is None or now - row.closed_at > self._support.terms.reopening:
            return self._say.say("too_late"), None
        to = State.WAITING if self._support.hours.is_open(now) else State.WRITING
        await tickets.move(session, row, to, Why.REOPENED, USER, now=now, terms=self._support.terms)
        if to is State.WAITING:
            return await self._say.queued(session, row, now, "reopened"), row
        return self._say.write("write", now), row

    async def _open(self, session: AsyncSession, turn: Turn, request: Request, to: State, now: datetime, *, said: bool) -> TicketRow:
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
    entered = select(MoveRow.was).where(MoveRow.ticket_id == row.id, MoveRow.state == State.WRITING, MoveRow.was != State.WRITING)
    return await session.scalar(entered.order_by(MoveRow.id.desc()).limit(1)) == State.LEFT
