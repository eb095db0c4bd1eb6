"""What a user's message is while the assistant is silent: words for the team, a wish to end, a button of the gateway's own, a command."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.core.errors import log_error
from bot.messaging.channel_registry import ChannelRegistry
from bot.messaging.messages import Turn
from bot.messaging.pii.pii_detection import mask_text
from bot.messaging.pii.redaction import Redaction
from bot.messaging.rasa import RasaClient, RasaError
from bot.messaging.router import COMMANDS, LONGEST_TEXT, Redeem, Router, RoutedMessage, split_command
from bot.messaging.texts import Texts
from bot.support.texts import SupportTexts

MOST_ATTEMPTS = 5
"""A message during which the process died this often is taken in without being looked at."""
_TOLD = {"linked": "linked", "no_account": "not_linked", "not_text": "not_text", "edited": "edited"}
"""Events and the announcement that answers each."""
_STILL = frozenset({"welcome", "continued"})
"""Events that are answered by how things stand."""


@dataclass(frozen=True)
class AgentModeInput:
    """A message, looked at before the transaction that takes it in."""

    turn: Turn
    """The turn as the assistant is to have it, should it have the word again by then."""
    text: str | None = None
    """What the user says to the team, as it may be kept."""
    masked: bool = False
    """Whether what identifies an usager was taken out of it."""
    shown: str | None = None
    """What the transcript keeps of the message, where that is not what was typed."""
    pressed: RoutedMessage | None = None
    """A button of the gateway's own."""
    told: str | None = None
    """What is answered, whatever the state is: nothing of this is for the team."""
    is_command: bool = False
    """Whether it is a known command: one that does not end anything is answered by how things stand."""
    still: bool = False
    """Whether it is answered by how things stand: nothing of this is for the team."""


class AgentModeReader:
    """Looks at messages; has usagers masked where the channel is external, and links by the token of a deep link."""

    def __init__(
        self,
        router: Router,
        privacy: Redaction,
        rasa: RasaClient,
        doors: ChannelRegistry,
        words_of_support: SupportTexts,
        texts: Texts,
        redeem: Redeem,
    ) -> None:
        self._router, self._privacy, self._rasa, self._doors = router, privacy, rasa, doors
        self._words, self._texts, self._redeem = words_of_support, texts, redeem

    async def hear(self, turn: Turn) -> AgentModeInput:
        """What the turn's message is."""
        if turn.attempts > MOST_ATTEMPTS:
            return AgentModeInput(turn, text=self._texts.say("unread_message"))
        if turn.event is not None:
            return self._event(turn, turn.event)
        if turn.button is None and turn.text is None:
            return AgentModeInput(turn, told=self._texts.say("malformed"))
        pressed = await self._router.own_button(turn)
        if pressed is not None or turn.text is None:
            shown = pressed.shown or pressed.pressed_title if pressed and turn.text else None
            return AgentModeInput(turn, pressed=pressed, shown=shown)
        word, argument = split_command(turn.text)
        if word == "/start" and argument:
            return await self._link(turn, argument)
        if word in COMMANDS:
            return AgentModeInput(turn, text=word, is_command=True, shown=word)
        return await self._words_for_the_team(turn, turn.text)

    def _event(self, turn: Turn, event: str) -> AgentModeInput:
        if event in _STILL:
            return AgentModeInput(turn, still=True)
        if event in _TOLD:
            return AgentModeInput(turn, told=self._words.say(_TOLD[event]))
        return AgentModeInput(turn, told=self._texts.say(event, **({"limit": LONGEST_TEXT} if event == "too_long" else {})))

    async def _link(self, turn: Turn, token: str) -> AgentModeInput:
        refusal = await self._redeem(turn.conversation_id, token)
        if refusal:
            return AgentModeInput(turn, told=self._texts.say(refusal), shown="/start")
        return AgentModeInput(replace(turn, text=None, event="linked"), told=self._words.say("linked"), shown="/start")

    async def _words_for_the_team(self, turn: Turn, text: str) -> AgentModeInput:
        if self._doors.trusted(turn.channel):
            return AgentModeInput(turn, text=text)
        spans = await self._privacy.spans(turn.conversation_id, text)
        try:  # an usager whom nobody knows yet is named there all the same
            kept = await self._rasa.masked(text, spans)
        except RasaError as error:
            log_error(error, "asking what is to be masked in a message for the team")
            kept = mask_text(text, spans)
        return AgentModeInput(turn, text=kept, masked=kept != text, shown=kept)
