"""The assistant as a responder: asks Rasa for the answer to a turn, and finds words where it fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.clock import Clock
from bot.core.errors import log_error
from bot.messaging.channel_registry import ChannelRegistry
from bot.messaging.messages import MAX_TURN_ATTEMPTS, FixedReply, Outcome, Reply, RoutedMessage, Turn
from bot.messaging.pii.outgoing_filter import OutgoingFilter
from bot.messaging.pii.unread_text import UnreadText
from bot.messaging.ports import Handover, NoHandover, Response
from bot.messaging.rasa import RasaClient, RasaError, RasaRefused, TurnContext
from bot.messaging.router import Router
from bot.messaging.texts import Texts
from bot.messaging.turn_metrics import ANSWERED, FAILED, FIXED, REFUSED, UNAVAILABLE, asking_rasa, note_outcome


class TurnGivenUp(Exception):
    """The process died too often while answering this turn."""

    def __init__(self) -> None:
        super().__init__("the process died too often while answering this turn")


class Assistant:
    """Answers every turn that it is given, always with something to say."""

    def __init__(
        self,
        *,
        router: Router,
        rasa: RasaClient,
        texts: Texts,
        clock: Clock,
        turn_seconds: float,
        registry: ChannelRegistry,
        outgoing_filter: OutgoingFilter,
    ) -> None:
        self._router, self._rasa, self._texts, self._clock = router, rasa, texts, clock
        self._registry, self._filter = registry, outgoing_filter
        self._unread_text = UnreadText(outgoing_filter, rasa.mask_names)
        self._turn_life = timedelta(seconds=turn_seconds)
        self._started_at = clock.now()
        self.handover: Handover = NoHandover()

    def start(self) -> None:
        """Count the time of the turns that waited while no bot ran from now on."""
        self._started_at = self._clock.now()

    async def respond(self, turn: Turn) -> Response:
        """Answer a turn; the handover ends it, and acts on the buttons of its own intents."""
        outcome = await self._outcome(turn)
        if isinstance(outcome, RoutedMessage):
            return self.handover.press_button(turn, outcome)
        return self.handover.finish_turn(turn, outcome)

    async def _outcome(self, turn: Turn) -> Outcome | RoutedMessage:
        """Return how `turn` ends, or the button that it presses if the handover handles its intent."""
        routed: RoutedMessage | FixedReply | None = None
        try:
            if turn.attempts > MAX_TURN_ATTEMPTS:
                raise TurnGivenUp
            routed = await self._router.route(turn)
            if isinstance(routed, RoutedMessage) and routed.intent is not None and self.handover.handles_intent(routed.intent):
                return routed
            if isinstance(routed, FixedReply):
                note_outcome(FIXED)
                return await self._fixed(turn, routed)
            return await self._ask_rasa(turn, routed)
        except RasaError as error:
            return await self._protected(turn, self._failure(error, reached=error.reached, routed=routed))
        except Exception as error:  # whatever it is, the user gets an answer and the log an id
            return self._failure(error, reached=True, routed=routed)

    async def _fixed(self, turn: Turn, routed: FixedReply) -> Outcome:
        """Return a fixed reply; what came beside an event is deleted from the chat where it may name an usager."""
        reply = Reply(text=self._texts.render(routed.text_name, **routed.values))
        outcome = Outcome((reply,), delivered=False, text=routed.transcript_text)
        if await self._unread_text.may_name_usager(turn):
            return self._deleted(turn, outcome, "nothing_kept")
        return outcome

    async def _protected(self, turn: Turn, outcome: Outcome) -> Outcome:
        """Return the outcome of a turn that failed: what was typed is not kept, and deleted where an usager whom one knows is named."""
        typed = turn.event is None and turn.text and not self._registry.is_trusted(turn.channel)
        if typed and await self._filter.spans(turn.conversation_id, turn.text or ""):
            return self._deleted(turn, outcome, "nothing_kept")
        return outcome

    def _deleted(self, turn: Turn, outcome: Outcome, otherwise: str) -> Outcome:
        """Return the outcome with the user's message deleted from the chat; where it cannot be, the text `otherwise` asks the user to."""
        name = "masked_deleted" if self._registry.can_delete(turn) else otherwise
        return replace(outcome, replies=(Reply(text=self._texts.render(name)), *outcome.replies), masked=True)

    async def _ask_rasa(self, turn: Turn, routed: RoutedMessage) -> Outcome:
        """Return Rasa's answer; on an external channel nothing that identifies an usager passes in either direction."""
        trusted = self._registry.is_trusted(turn.channel)
        masks = await self._filter.spans(turn.conversation_id, routed.text) if routed.text and not trusted else ()
        context = TurnContext(turn.channel, turn.home, trusted, masks)
        with self._registry.typing_indicator(turn), asking_rasa():
            answer = await self._rasa.deliver(turn.conversation_id, turn.id, routed, context, seconds=self._seconds_left(turn))
        note_outcome(ANSWERED)
        replies = answer.replies
        if not trusted:
            replies = tuple([await self._filter.clean(turn.conversation_id, reply) for reply in replies])
        outcome = Outcome(
            replies,
            delivered=True,
            consumed_message=routed.button_message_id,
            consumed_button=routed.button_token,
            consumed_title=routed.button_title,
            text=routed.transcript_text or answer.text,
            handover=answer.handover,
            intent=answer.intent,
        )
        return self._deleted(turn, outcome, "masked") if answer.masked else outcome

    def _failure(self, error: Exception, *, reached: bool, routed: RoutedMessage | FixedReply | None) -> Outcome:
        error_id = log_error(error, f"answering a turn ({error})" if isinstance(error, RasaError) else "answering a turn")
        note_outcome(REFUSED if isinstance(error, RasaRefused) else FAILED if reached else UNAVAILABLE)
        if isinstance(error, RasaRefused):
            return Outcome((Reply(text=self._texts.render("malformed")),), delivered=False, error_id=error_id)
        text = self._texts.render("failed" if reached else "unavailable", error_id=error_id)
        button = self.handover.help_button(error_id)
        reply = Reply(text=text, buttons=(button,) if button is not None else ())
        if not reached or not isinstance(routed, RoutedMessage):
            return Outcome((reply,), delivered=reached, error_id=error_id)
        return Outcome(
            (reply,),
            delivered=True,
            consumed_message=routed.button_message_id,
            consumed_button=routed.button_token,
            consumed_title=routed.button_title,
            error_id=error_id,
        )

    def _seconds_left(self, turn: Turn) -> float:
        """Return how long to go on trying; what waited while no bot ran counts from the start of this one."""
        since: datetime = max(turn.received_at, self._started_at)
        return (since + self._turn_life - self._clock.now()).total_seconds()
