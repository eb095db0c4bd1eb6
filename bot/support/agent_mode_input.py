"""Reads a user's message while the assistant is silent: words for the agents, a wish to end, a button of support's own, a command."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.core.errors import log_error
from bot.messaging.commands import COMMANDS, MAX_TEXT_LENGTH_SHOWN, split_command
from bot.messaging.messages import MAX_TURN_ATTEMPTS, RoutedMessage, Turn
from bot.messaging.pii.outgoing_filter import OutgoingFilter
from bot.messaging.pii.spans import mask_text
from bot.messaging.pii.unread_text import UnreadText
from bot.messaging.ports import AssistantUnavailable, Messaging
from bot.support.texts import SupportTexts

_EVENT_TEXTS = {"linked": "linked", "no_account": "not_linked", "not_text": "not_text", "edited": "edited"}
"""Events, with the name of the announcement that answers each."""
_STATUS_EVENTS = frozenset({"welcome", "continued"})
"""Events that are answered by the status of the ticket."""


@dataclass(frozen=True)
class AgentModeInput:
    """A message, read before the transaction that takes it in."""

    turn: Turn
    """The turn as the assistant is to get it, should it answer again by then."""
    text: str | None = None
    """What the user says to the agents, as it may be kept."""
    masked: bool = False
    """Whether what identifies an usager was taken out of it."""
    transcript_text: str | None = None
    """What the transcript keeps of the message, where that is not what was typed."""
    pressed: RoutedMessage | None = None
    """A button of support's own."""
    fixed_reply: str | None = None
    """What is answered, whatever the state is; nothing of this is for the agents."""
    is_command: bool = False
    """Whether it is a known command: one that does not end anything is answered by the status."""
    asks_status: bool = False
    """Whether it is answered by the status of the ticket; nothing of this is for the agents."""


class AgentModeReader:
    """Reads messages: masks usagers where the channel is external, and links the chat by the token of a deep link."""

    def __init__(self, messaging: Messaging, outgoing_filter: OutgoingFilter, texts: SupportTexts) -> None:
        self._messaging, self._filter, self._texts = messaging, outgoing_filter, texts
        self._unread_text = UnreadText(outgoing_filter, messaging.mask_names)

    async def read(self, turn: Turn) -> AgentModeInput:
        """Return what the turn's message is."""
        if turn.attempts > MAX_TURN_ATTEMPTS:
            return AgentModeInput(turn, text=self._messaging.text("unread_message"))
        if turn.event is not None:
            read = self._read_event(turn, turn.event)
            return replace(read, masked=await self._unread_text.may_name_usager(turn))
        if turn.button is None and turn.text is None:
            return AgentModeInput(turn, fixed_reply=self._messaging.text("malformed"))
        pressed = await self._messaging.handled_button(turn)
        if pressed is not None or turn.text is None:
            typed = pressed.transcript_text or pressed.button_title if pressed and turn.text else None
            return AgentModeInput(turn, pressed=pressed, transcript_text=typed)
        word, argument = split_command(turn.text)
        if word == "/start" and argument:
            return await self._link(turn, argument)
        if word in COMMANDS:
            return AgentModeInput(turn, text=word, is_command=True, transcript_text=word)
        return await self._read_text(turn, turn.text)

    def _read_event(self, turn: Turn, event: str) -> AgentModeInput:
        if event in _STATUS_EVENTS:
            return AgentModeInput(turn, asks_status=True)
        if event in _EVENT_TEXTS:
            return AgentModeInput(turn, fixed_reply=self._texts.render(_EVENT_TEXTS[event]))
        values = {"limit": MAX_TEXT_LENGTH_SHOWN} if event == "too_long" else {}
        return AgentModeInput(turn, fixed_reply=self._messaging.text(event, **values))

    async def _link(self, turn: Turn, token: str) -> AgentModeInput:
        refusal = await self._messaging.link_account(turn.conversation_id, token)
        if refusal:
            return AgentModeInput(turn, fixed_reply=self._messaging.text(refusal), transcript_text="/start")
        linked = replace(turn, text=None, event="linked")
        return AgentModeInput(linked, fixed_reply=self._texts.render("linked"), transcript_text="/start")

    async def _read_text(self, turn: Turn, text: str) -> AgentModeInput:
        if self._messaging.is_trusted(turn.channel):
            return AgentModeInput(turn, text=text)
        spans = await self._filter.spans(turn.conversation_id, text)
        try:  # an usager whom nobody knows yet may be named there
            kept = await self._messaging.mask_names(text, spans)
        except AssistantUnavailable as error:
            log_error(error, "asking what is to be masked in a message for the team")
            kept = mask_text(text, spans)
        return AgentModeInput(turn, text=kept, masked=kept != text, transcript_text=kept)
