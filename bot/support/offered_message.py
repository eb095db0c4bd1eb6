"""What is typed where leaving a message was offered, support being closed: it is the message, left once its user has seen it and says so.

Nothing of it is left unconfirmed, and nothing is lost: what was meant for the assistant is handed to it by a button. What clearly is
something else (an emergency, giving up, thanks, the wish for a person) is heard as that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import FromClause, Join, and_, func, select

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.messaging.commands import COMMANDS, split_command
from bot.messaging.messages import MAX_TURN_ATTEMPTS, Reply, RoutedMessage, Turn
from bot.messaging.pii.codes import mask_codes
from bot.messaging.ports import AssistantUnavailable, IntentReading, Messaging
from bot.messaging.tables import DONE, SYSTEM, ButtonRow, InboxRow, MessageRow
from bot.support.agent_mode_input import AgentModeInput, AgentModeReader
from bot.support.system_messages import ADD, DROP, KEEP, LEAVE, REDIRECT, SystemMessages
from bot.support.texts import normalized

EMERGENCY = "emergency"
ELSEWHERE = frozenset({"contact_support", "support_hours", "help", "thank", "goodbye", "unlink_account", "link_account", "repeat"})
"""Intents that a few words may have which are no message for the team."""
YES, NO = frozenset({"affirm"}), frozenset({"deny", "cancel"})
SURE, SURE_OF_EMERGENCY = 0.75, 0.4
"""Confidence from which a few words are heard as that; a message taken for an emergency too easily is still there to be sent again."""
_SENTENCE_END = re.compile(r"(?<=[.!?…;])(?<!\bdr\.)(?<!\bpr\.)(?<!\bm\.)(?<!\bmr\.)(?<!\bmme\.)(?<!\bst\.)\s+|\n+", re.IGNORECASE)
FEW_WORDS = 6
"""More words than that say something to the team, whatever they begin with."""


@dataclass(frozen=True)
class Offer:
    """The system's last message, which offers to leave a message, or asks whether to leave what was written."""

    message_id: int
    intent: str
    """That of its button which takes the offer: `LEAVE`, `ADD` or `KEEP`."""
    entities: dict[str, Any]
    titles: frozenset[str]
    """Titles of all its buttons, normalized."""
    turns: tuple[int, ...] = ()
    """The turns that were written so far."""


@dataclass(frozen=True)
class OfferAnswer:
    """What the user answers to an offer."""

    offer: Offer
    read: AgentModeInput
    pressed: RoutedMessage | None = None
    """The button of support's own that the words mean."""
    confirmation: Reply | None = None
    """Otherwise: the question whether to leave what was written."""


def _offer(button: ButtonRow, shown: list[Any]) -> Offer | None:
    if button.intent == ADD and not button.entities.get("offered"):  # under a message that was left: the assistant has the word
        return None
    titles = frozenset(normalized(each["title"]) for each in shown)
    return Offer(button.message_id, button.intent, button.entities, titles, tuple(button.entities.get("turns") or ()))


class OfferedMessages:
    """Reads what is typed right after an offer."""

    def __init__(self, database: Database, clock: Clock, messaging: Messaging, reader: AgentModeReader, messages: SystemMessages) -> None:
        self._database, self._clock, self._messaging = database, clock, messaging
        self._reader, self._messages = reader, messages

    async def read(self, turn: Turn, found: tuple[ButtonRow, list[Any]] | None) -> OfferAnswer | Turn:
        """Return what a turn answers to an offer; the turn for the assistant, where there is none or it is about something else.

        Args:
            turn: what was said.
            found: the button of the offer and all buttons of its message, as `join_pending` finds them; None: there is none.
        """
        if turn.event is not None or turn.attempts > MAX_TURN_ATTEMPTS:
            return turn
        if turn.text is None:
            return await self.redirected(turn) if turn.button is not None else turn
        offer = None if found is None else _offer(*found)
        return turn if offer is None else await self._answer(turn, turn.text, offer)

    async def _answer(self, turn: Turn, text: str, offer: Offer) -> OfferAnswer | Turn:
        if self._messages.texts.wants_end(text, with_agent=False):
            return await self._pressed(turn, offer, DROP)
        if await self._messaging.handled_button(turn) is not None:
            return await self.redirected(turn)
        if split_command(text)[0] in COMMANDS or normalized(text) in offer.titles or _is_datum(text):
            return turn
        reading = await self._reading(text)
        few = len(text.split()) <= FEW_WORDS and reading.confidence >= SURE
        if (reading.intent == EMERGENCY and reading.confidence >= SURE_OF_EMERGENCY) or (few and reading.intent in ELSEWHERE):
            return turn
        if few and reading.intent in YES | NO:
            return await self._pressed(turn, offer, offer.intent if reading.intent in YES else DROP)
        return await self._confirm(turn, offer)

    async def _confirm(self, turn: Turn, offer: Offer) -> OfferAnswer:
        """Ask whether to leave what was written, earlier parts of it included."""
        read = await self._reader.read(turn)
        before = await self._texts(offer.turns)
        text = "\n".join([*before, mask_codes(read.text or "")])
        question = self._messages.confirm_message(text, offer.entities | {"turns": [*offer.turns, turn.id]})
        return OfferAnswer(offer, read, confirmation=question)

    async def _pressed(self, turn: Turn, offer: Offer, intent: str) -> OfferAnswer:
        pressed = RoutedMessage(intent=intent, entities=offer.entities, button_message_id=offer.message_id)
        return OfferAnswer(offer, await self._reader.read(turn), pressed=pressed)

    async def redirected(self, turn: Turn) -> Turn:
        """Return the turn with the words that its button hands to the assistant; the turn as it is for any other button."""
        pressed = await self._messaging.handled_button(turn)
        if pressed is None or pressed.intent != REDIRECT:
            return turn
        written = "\n".join(await self._texts(tuple(pressed.entities.get("turns") or ())))
        sentence, sentences = pressed.entities.get("sentence"), sentences_of(written)
        if isinstance(sentence, int) and 0 <= sentence < len(sentences):
            written = sentences[sentence]
        return replace(turn, text=written, button=None, pressed=pressed) if written else turn

    async def _reading(self, text: str) -> IntentReading:
        try:
            return await self._messaging.read_intent(text)
        except AssistantUnavailable as error:  # whatever it is, it is asked whether to leave it
            log_error(error, "asking what a message for the team is")
            return IntentReading()

    def join_pending(self, turn: Turn, beside: FromClause) -> Join:
        """Return `beside` joined with the button, and its message, of the offer that the turn follows at once where it was written."""
        last = select(func.max(InboxRow.id)).where(
            InboxRow.conversation_id == turn.conversation_id, InboxRow.id < turn.id, InboxRow.state == DONE
        )
        shown = select(MessageRow.id).where(
            MessageRow.turn == last.scalar_subquery(), MessageRow.author == SYSTEM, MessageRow.channel == turn.channel
        )
        pending = (
            ButtonRow.conversation_id == turn.conversation_id,
            ButtonRow.intent.in_({LEAVE, ADD, KEEP}),
            ButtonRow.used_at.is_(None),
            ButtonRow.expires_at > self._clock.now(),
            ButtonRow.message_id.in_(shown),
        )
        return beside.outerjoin(ButtonRow, and_(*pending)).outerjoin(MessageRow, MessageRow.id == ButtonRow.message_id)

    async def _texts(self, turns: tuple[int, ...]) -> list[str]:
        """Return what was written in these turns, as the transcript keeps it."""
        if not turns:
            return []
        wanted = select(MessageRow.text).where(MessageRow.turn.in_(turns), MessageRow.author == "user", MessageRow.erased_at.is_(None))
        async with self._database.reading() as session:
            return list(await session.scalars(wanted.order_by(MessageRow.id)))


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a message, in their order."""
    return [sentence for part in _SENTENCE_END.split(text) if (sentence := part.strip())]


def _is_datum(text: str) -> bool:
    """Return whether a text is but a number, a code, a reference or an address: an answer to another question."""
    words = text.split()
    return len(words) == 1 and any(letter.isdigit() or letter == "@" for letter in words[0])
