"""The gateway's side of support: what a user's message becomes while a person is asked for or answers.

While the assistant is silent nothing goes to Rasa, whatever it looks like. Who has the word is read and changed in the transaction that
ends the turn, the conversation being locked: an agent, the clock and the user come one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database
from bot.messaging.channel_registry import ChannelRegistry
from bot.messaging.inbox import Completed, Inbox, Step
from bot.messaging.messages import Button, Outcome, Reply, Turn
from bot.messaging.router import RoutedMessage
from bot.messaging.texts import Texts
from bot.support import tickets
from bot.support.agent_mode_input import AgentModeInput, AgentModeReader
from bot.support.button_actions import ButtonActions, TranscriptLinks, outcome_of
from bot.support.desk_events import DeskEvents
from bot.support.records import HELD, TicketEventType, TicketState
from bot.support.support_policy import SupportPolicy
from bot.support.tables import TicketRow
from bot.support.tickets import USER, SupportRequest


class _NotHeld(Exception):
    """The assistant has the word again."""


@dataclass(frozen=True)
class Held:
    """The turn was not the assistant's: it is over; None where another process has it."""

    completed: Completed | None


class Handover:
    """Keeps the assistant silent, and gives it the word back."""

    def __init__(
        self,
        *,
        database: Database,
        inbox: Inbox,
        support: SupportPolicy,
        hearing: AgentModeReader,
        doors: ChannelRegistry,
        texts: Texts,
        changes: DeskEvents,
        clock: Clock,
        transcripts: TranscriptLinks,
    ) -> None:
        self._database, self._inbox, self._support, self._hearing = database, inbox, support, hearing
        self._doors, self._texts, self._changes, self._clock = doors, texts, changes, clock
        self._pressing = ButtonActions(support, transcripts)

    async def hold(self, turn: Turn) -> Held | Turn:
        """Take the turn in while the assistant is silent; else the turn, for the assistant."""
        held = select(TicketRow.id).where(TicketRow.live == turn.conversation_id, TicketRow.state.in_(HELD))
        async with self._database.reading() as session:
            if await session.scalar(held) is None:
                return turn
        heard = await self._hearing.hear(turn)
        touched: list[TicketRow] = []

        async def step(session: AsyncSession) -> Outcome:
            row = await tickets.live(session, turn.conversation_id)
            if row is None or not tickets.holds(row):
                raise _NotHeld
            touched.append(row)
            return await self._take_in(session, row, heard, touched)

        try:
            return Held(await self._complete(turn, step, touched))
        except _NotHeld:
            return heard.turn

    async def end(self, turn: Turn, outcome: Outcome) -> Completed | None:
        """End a turn of the assistant, which hands over where that was asked for."""
        touched: list[TicketRow] = []

        async def step(session: AsyncSession) -> Outcome:
            row = await tickets.live(session, turn.conversation_id)
            if outcome.handover is None or (row is not None and TicketState(row.state) is TicketState.JOINING):
                return await self._make_room(session, turn, row, outcome, touched)
            announcement, changed = await self._pressing.begin(session, turn, SupportRequest.of(outcome.handover), row, self._clock.now())
            touched.extend([changed] if changed is not None else [])
            return replace(outcome, announcements=(*outcome.announcements, announcement))

        return await self._complete(turn, step, touched)

    async def press(self, turn: Turn, pressed: RoutedMessage) -> Completed | None:
        """End a turn that pressed a button of the gateway's own while the assistant has the word."""
        touched: list[TicketRow] = []

        async def step(session: AsyncSession) -> Outcome:
            row = await tickets.live(session, turn.conversation_id)
            announcement, changed = await self._pressing.press(session, turn, pressed, row, self._clock.now())
            touched.extend([changed] if changed is not None else [])
            return await self._make_room(session, turn, row, outcome_of(pressed, announcement), touched)

        return await self._complete(turn, step, touched)

    def asks(self, error_id: str) -> Button:
        """Offered where the assistant failed."""
        return self._support.announcer.asks(error_id)

    def mark(self, reply: Reply) -> Reply:
        """A message that arrives while the assistant is silent, as the notice that it is."""
        return reply.model_copy(update={"text": self._support.announcer.words.say("notice", text=reply.text)})

    async def _complete(self, turn: Turn, step: Step, touched: list[TicketRow]) -> Completed | None:
        completed = await self._inbox.complete(turn, step, self._clock.now())
        if completed is not None:
            for row in touched:
                self._changes.tell(row)
        return completed

    async def _make_room(
        self, session: AsyncSession, turn: Turn, row: TicketRow | None, outcome: Outcome, touched: list[TicketRow]
    ) -> Outcome:
        """An agent who waited for the end of the assistant's turn joins now."""
        if row is None or TicketState(row.state) is not TicketState.JOINING:
            return outcome
        now, terms = self._clock.now(), self._support.terms
        await tickets.transition(session, row, TicketState.AGENT, TicketEventType.TAKEN, f"agent:{row.agent_id}", now=now, terms=terms)
        touched.append(row)
        joined = self._support.announcer.joined(row, trusted=self._doors.trusted(turn.home), left=True)
        return replace(outcome, announcements=(*outcome.announcements, joined))

    async def _take_in(self, session: AsyncSession, row: TicketRow, heard: AgentModeInput, touched: list[TicketRow]) -> Outcome:
        """What the message does to the ticket; the user's words stand in the transcript, where agents read them."""
        now, state = self._clock.now(), TicketState(row.state)
        if heard.pressed is not None:
            announcement, changed = await self._pressing.press(session, heard.turn, heard.pressed, row, now)
            touched.extend([changed] if changed is not None else [])
            return outcome_of(heard.pressed, announcement)
        if heard.told is not None:
            return self._outcome(heard, Reply(text=heard.told))
        if heard.still or (state is TicketState.WRITING and heard.text is None):
            return self._outcome(heard, self._pressing.stands(row))
        if heard.text is not None and self._support.announcer.words.wants_end(heard.text, with_agent=state is TicketState.AGENT):
            return self._outcome(heard, await self._pressing.end(session, row, now))
        if heard.is_command:
            return self._outcome(heard, self._pressing.stands(row))
        if state is TicketState.WRITING:
            return self._outcome(heard, await self._pressing.leave(session, heard.turn, row, now))
        await tickets.record_event(session, row, TicketEventType.SAID, USER, now=now, terms=self._support.terms, about=heard.turn.id)
        return self._outcome(heard)

    def _outcome(self, heard: AgentModeInput, *announcements: Reply) -> Outcome:
        if heard.masked:
            told = "masked_deleted" if self._doors.deletes(heard.turn) else "masked"
            announcements = (Reply(text=self._texts.say(told)), *announcements)
        return Outcome((), delivered=False, announcements=announcements, text=heard.shown, masked=heard.masked)
