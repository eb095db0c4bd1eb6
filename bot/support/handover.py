"""The handover between the assistant and human agents (`bot.messaging.ports.Handover`).

While the assistant is silent no turn goes to Rasa, whatever it looks like; during the wait for a person, what is plainly no message for the
team is answered by the system (`waiting_messages.py`). Who answers is read and changed in the transaction that ends
the turn, the conversation being locked: an agent, the clock and the user come one after the other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database
from bot.messaging.conversations import lock_conversation
from bot.messaging.messages import Button, Outcome, Reply, RoutedMessage, Turn
from bot.messaging.ports import Messaging, Response, TurnReturned
from bot.messaging.proactive_messages import ProactiveMessage, add_proactive
from bot.messaging.tables import SYSTEM, ButtonRow, MessageRow
from bot.support import tickets
from bot.support.agent_mode_input import AgentModeInput, AgentModeReader
from bot.support.button_actions import ButtonActions, outcome_of_button
from bot.support.desk_events import DeskEvents
from bot.support.offered_message import OfferAnswer, OfferedMessages
from bot.support.records import HANDED_OVER, SupportRequest, TicketEventType, TicketState
from bot.support.support_policy import SupportPolicy
from bot.support.system_messages import CONTACT_SUPPORT, HANDLED_PREFIX, REDIRECT, TRANSCRIPT
from bot.support.tables import TicketRow
from bot.support.tickets import USER
from bot.support.waiting_messages import Waiting, WaitingWish, is_acknowledged, read_waiting


class Handover:
    """Keeps the assistant silent while a person is asked for or answers, and lets it answer again afterwards."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        messaging: Messaging,
        policy: SupportPolicy,
        reader: AgentModeReader,
        buttons: ButtonActions,
        events: DeskEvents,
    ) -> None:
        self._database, self._clock, self._messaging, self._policy = database, clock, messaging, policy
        self._reader, self._buttons, self._events = reader, buttons, events
        self._offers = OfferedMessages(database, clock, messaging, reader, policy.messages)

    async def respond(self, turn: Turn) -> Response | Turn:
        """Take the turn in while the assistant is silent, or where it answers an offer; otherwise return it for the assistant."""
        state, offer = await self._state_and_offer(turn)
        if state is None:
            answer = await self._offers.read(turn, offer)
            return answer if isinstance(answer, Turn) else self._respond_to_offer(turn, answer)
        read, waiting = await self._reader.read(turn), Waiting()
        if state is TicketState.WAITING:
            handed = await self._for_assistant(turn, read.pressed)
            if handed is None and read.text is not None and turn.text is not None and not read.is_command and not self._ends(read.text):
                waiting = await read_waiting(turn.text, self._messaging)
                handed = replace(turn, text=waiting.rest) if waiting.rest else None
            if handed is not None and await self._leave_wait(turn):
                return handed

        async def outcome(session: AsyncSession, changed: list[TicketRow]) -> Outcome:
            row = await tickets.open_ticket_of(session, turn.conversation_id)
            if row is None or not tickets.is_handed_over(row):
                raise TurnReturned(read.turn)
            changed.append(row)
            return await self._take_in(session, row, read, waiting, changed)

        return self._response(outcome)

    def _respond_to_offer(self, turn: Turn, answer: OfferAnswer) -> Response:
        """Do what the words mean, or ask whether they are to be left; where an agent answers by now, they are for them."""

        async def outcome(session: AsyncSession, changed: list[TicketRow]) -> Outcome:
            row = await tickets.open_ticket_of(session, turn.conversation_id)
            if row is not None and tickets.is_handed_over(row):
                changed.append(row)
                return await self._take_in(session, row, answer.read, Waiting(), changed)
            reply, ticket = answer.confirmation, None
            if reply is None:
                assert answer.pressed is not None
                reply, ticket = await self._buttons.press(session, turn, answer.pressed, row, self._clock.now())
            changed.extend([ticket] if ticket is not None else [])
            used = answer.offer.message_id if answer.pressed is not None or answer.offer.turns else None
            taken_in = replace(self._outcome(answer.read, reply), consumed_message=used)
            return await self._let_agent_join(session, turn, row, taken_in, changed)

        return self._response(outcome)

    def finish_turn(self, turn: Turn, outcome: Outcome) -> Response:
        """End a turn of the assistant: open a ticket where its outcome asks for a person."""
        if turn.pressed is not None and outcome.delivered:  # the button that handed the words to the assistant
            outcome = replace(
                outcome, consumed_message=turn.pressed.button_message_id, consumed_button=None, consumed_title=turn.pressed.button_title
            )

        async def with_handover(session: AsyncSession, changed: list[TicketRow]) -> Outcome:
            row = await tickets.open_ticket_of(session, turn.conversation_id)
            if outcome.handover is None or (row is not None and TicketState(row.state) is TicketState.JOINING):
                return await self._let_agent_join(session, turn, row, outcome, changed)
            request = SupportRequest.parse(outcome.handover)
            announcement, ticket = await self._buttons.request_agent(session, turn, request, row, self._clock.now())
            changed.extend([ticket] if ticket is not None else [])
            return replace(outcome, announcements=(*outcome.announcements, announcement))

        return self._response(with_handover)

    def press_button(self, turn: Turn, pressed: RoutedMessage) -> Response:
        """End a turn that pressed one of support's own buttons while the assistant answers."""

        async def outcome(session: AsyncSession, changed: list[TicketRow]) -> Outcome:
            row = await tickets.open_ticket_of(session, turn.conversation_id)
            announcement, ticket = await self._buttons.press(session, turn, pressed, row, self._clock.now())
            changed.extend([ticket] if ticket is not None else [])
            return await self._let_agent_join(session, turn, row, outcome_of_button(pressed, announcement), changed)

        return self._response(outcome)

    def handles_intent(self, intent: str) -> bool:
        """Return whether a button of this intent is support's own."""
        return intent.startswith(HANDLED_PREFIX)

    def requested_intent(self, text: str) -> str | None:
        """Return the intent that asks for the transcript, if the whole message does."""
        return TRANSCRIPT if self._policy.messages.texts.wants_transcript(text) else None

    def means_button(self, text: str, intent: str) -> bool:
        """Return whether the words ask the team, as the button that was just shown does: « oui, prévenez l'équipe »."""
        return intent == CONTACT_SUPPORT and self._policy.messages.texts.asks_team(text)

    def help_button(self, error_id: str) -> Button:
        """Return the button that asks for a person where the assistant failed."""
        return self._policy.messages.help_button(error_id)

    async def held_conversations(self, session: AsyncSession, conversation_ids: Sequence[str]) -> set[str]:
        """Return the conversations among these in which the assistant is silent."""
        return await tickets.handed_over(session, conversation_ids)

    def mark_notice(self, reply: Reply) -> Reply:
        """Return a message that arrives while the assistant is silent, marked as the notice that it is."""
        return reply.model_copy(update={"text": self._policy.messages.texts.render("notice", text=reply.text)})

    async def user_typing(self, conversation_id: str) -> None:
        """Show the desks that the user is writing. Nothing is read while no desk listens."""
        if not self._events.has_subscribers:
            return
        ticket_id = await self._handed_over_ticket(conversation_id)
        if ticket_id is not None:
            self._events.publish_typing(ticket_id, conversation_id)

    async def _handed_over_ticket(self, conversation_id: str) -> int | None:
        wanted = select(TicketRow.id).where(TicketRow.open_conversation_id == conversation_id, TicketRow.state.in_(HANDED_OVER))
        async with self._database.reading() as session:
            return await session.scalar(wanted)

    async def _state_and_offer(self, turn: Turn) -> tuple[TicketState | None, tuple[ButtonRow, list[Any]] | None]:
        """Return the state of the ticket that keeps the assistant silent, and the offer that the turn follows, in one round trip."""
        held = select(TicketRow.state).where(TicketRow.open_conversation_id == turn.conversation_id, TicketRow.state.in_(HANDED_OVER))
        state = select(held.scalar_subquery().label("state")).subquery()
        wanted = select(state.c.state, ButtonRow, MessageRow.buttons).select_from(self._offers.join_pending(turn, state))
        async with self._database.reading() as session:
            found, button, shown = (await session.execute(wanted.limit(1))).one()
        return TicketState(found) if found is not None else None, (button, shown) if button is not None else None

    def _ends(self, text: str) -> bool:
        return self._policy.messages.texts.wants_end(text, with_agent=False)

    async def _for_assistant(self, turn: Turn, pressed: RoutedMessage | None) -> Turn | None:
        """Return the turn with the words of the wait that its button hands to the assistant; None for any other turn."""
        redirected = await self._offers.redirected(turn) if pressed is not None and pressed.intent == REDIRECT else turn
        return redirected if redirected is not turn else None

    async def _leave_wait(self, turn: Turn) -> bool:
        """Leave the request with the team, so that the assistant may answer; return whether nobody of the team has taken it yet.

        It is committed before the assistant answers: an agent who takes the ticket meanwhile joins once it has.
        """
        now = self._clock.now()
        async with self._database.writing() as session:
            await lock_conversation(session, turn.conversation_id)
            row = await tickets.open_ticket_of(session, turn.conversation_id)
            if row is None or TicketState(row.state) is not TicketState.WAITING:
                return not tickets.is_handed_over(row)
            announcement = await self._buttons.end(session, row, now, keeps=True)
            key, life = f"support:{row.id}:{row.version}", self._messaging.button_life
            await add_proactive(session, [ProactiveMessage(turn.conversation_id, announcement, key, life, author=SYSTEM)], now=now)
        self._events.publish(row)
        self._messaging.message_added(turn.conversation_id)
        return True

    def _response(self, outcome: Callable[[AsyncSession, list[TicketRow]], Awaitable[Outcome]]) -> Response:
        """Return a response whose changed tickets the desks are told of once it is committed."""
        changed: list[TicketRow] = []

        async def resolve(session: AsyncSession) -> Outcome:
            changed.clear()
            return await outcome(session, changed)

        def publish() -> None:
            for row in changed:
                self._events.publish(row)

        return Response(resolve, publish)

    async def _let_agent_join(
        self, session: AsyncSession, turn: Turn, row: TicketRow | None, outcome: Outcome, changed: list[TicketRow]
    ) -> Outcome:
        """Let an agent join who waited for the end of the assistant's turn."""
        if row is None or TicketState(row.state) is not TicketState.JOINING:
            return outcome
        now, timeouts, actor = self._clock.now(), self._policy.timeouts, f"agent:{row.agent_id}"
        await tickets.transition(session, row, TicketState.AGENT, TicketEventType.TAKEN, actor, now=now, timeouts=timeouts)
        changed.append(row)
        joined = self._policy.messages.joined(row, trusted=self._messaging.is_trusted(turn.home), left=True)
        return replace(outcome, announcements=(*outcome.announcements, joined))

    async def _take_in(
        self, session: AsyncSession, row: TicketRow, read: AgentModeInput, waiting: Waiting, changed: list[TicketRow]
    ) -> Outcome:
        """Return what the message does to the ticket; the user's words stand in the transcript, where agents read them."""
        now, state = self._clock.now(), TicketState(row.state)
        if read.pressed is not None:
            announcement, ticket = await self._buttons.press(session, read.turn, read.pressed, row, now)
            changed.extend([ticket] if ticket is not None else [])
            return outcome_of_button(read.pressed, announcement)
        if read.fixed_reply is not None:
            return self._outcome(read, Reply(text=read.fixed_reply))
        if read.asks_status or (state is TicketState.WRITING and read.text is None):
            return self._outcome(read, await self._buttons.status(session, row, now))
        texts, waits = self._policy.messages.texts, state is TicketState.WAITING
        if read.text is not None and texts.wants_end(read.text, with_agent=state is TicketState.AGENT):
            return self._outcome(read, await self._buttons.end(session, row, now, gives_up=texts.gives_up(read.text)))
        if waits and waiting.wish is WaitingWish.BACK:
            return self._outcome(read, await self._buttons.end(session, row, now))
        if read.is_command:
            return self._outcome(read, await self._buttons.status(session, row, now))
        if state is TicketState.WRITING:
            return self._outcome(read, await self._buttons.leave_message(session, read.turn, row, now))
        if waits and waiting.alone:
            return self._outcome(read, await self._buttons.status(session, row, now))
        replies = await self._acknowledgement(session, row, read.turn, waiting, now) if waits else ()
        await tickets.record_event(
            session, row, TicketEventType.SAID, USER, now=now, timeouts=self._policy.timeouts, subject_id=read.turn.id
        )
        return self._outcome(read, *replies)

    async def _acknowledgement(
        self, session: AsyncSession, row: TicketRow, turn: Turn, waiting: Waiting, now: datetime
    ) -> tuple[Reply, ...]:
        """Return what is said of words that nobody of the team reads yet: once for a burst, and whenever they ask for something."""
        messages = self._policy.messages
        status = (await self._buttons.status(session, row, now),) if waiting.wish is WaitingWish.STATUS else ()
        if waiting.wish is WaitingWish.ASSISTANT or waiting.sentence is not None:
            sentence = {} if waiting.sentence is None else {"sentence": waiting.sentence}
            return (*status, messages.added("added_redirect" if not sentence else "added_part", row, {"turns": [turn.id], **sentence}))
        if status:
            return status
        if waiting.wish in {WaitingWish.GO_ON, WaitingWish.EMERGENCY}:
            return (messages.added(f"added_{waiting.wish}", row),)
        due, first = await is_acknowledged(session, row, now)
        return (messages.added("added_first" if first else "added", row),) if due else ()

    def _outcome(self, read: AgentModeInput, *announcements: Reply) -> Outcome:
        if read.masked:
            kept = "masked" if read.turn.event is None else "nothing_kept"
            name = "masked_deleted" if self._messaging.can_delete(read.turn) else kept
            announcements = (Reply(text=self._messaging.text(name)), *announcements)
        return Outcome((), delivered=False, announcements=announcements, text=read.transcript_text, masked=read.masked)
