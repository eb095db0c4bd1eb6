"""What a user's message becomes: something for Rasa, or a fixed answer of the gateway where a button no longer holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import exists, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database
from bot.messaging.channel import ChannelCapabilities
from bot.messaging.messages import Turn
from bot.messaging.rendering import is_numbered_list
from bot.messaging.tables import DONE, SYSTEM, ButtonRow, InboxRow, MessageRow
from bot.messaging.transcript import public

ANSWERS = frozenset({"affirm", "deny", "choose", "inform", "correct", "cancel"})
"""Intents of buttons that answer a question: once the dialogue has moved on, they would answer another one."""

COMMANDS = {"/start": "greet", "/aide": "help", "/annuler": "cancel", "/fin": "cancel", "/notifications": "manage_notifications"}
"""Typed commands and the intent that each stands for. Any other leading slash is plain text."""


EVENTS = frozenset({"not_text", "edited", "group", "too_long", "welcome", "linked", "no_account", "continued"})
"""What else than texts and buttons a channel or a page may give: something that is not read (a photo, an edited message, words in a
group, a text that is too long), a first contact, a chat that was just linked to an account, or that is taken up in the web chat."""
_MEANT: dict[str, tuple[str, dict[str, str]]] = {
    "welcome": ("greet", {}),
    "linked": ("link_account", {"linked": "1"}),
    "no_account": ("link_account", {"linked": "0"}),
    "continued": ("repeat", {"continued": "1"}),
}
"""Events that the dialogue answers; the others are answered by the text of their name."""

OWN = "support."
"""Beginning of the intents that the gateway acts on itself (`bot.support.handover`): Rasa knows none of them."""

TRANSCRIPT = OWN + "transcript"
"""Asks for the transcript of a conversation with the team; the one of these that may also be asked for in words."""

LONGEST_TEXT = "4\u00a0000"
"""Characters of a user's message, as they are told."""
TITLE_LENGTH = 120
BUTTONS_LOOKED_AT = 20
"""Typed text is compared with the titles of so many of the newest buttons."""


@dataclass(frozen=True)
class RoutedMessage:
    """A message for Rasa: a text to understand, or an intent with its entities where nothing has to be."""

    text: str | None = None
    intent: str | None = None
    entities: dict[str, Any] = field(default_factory=dict)
    pressed_message: int | None = None
    """The message whose button was pressed: its buttons are used up when the turn ends."""
    pressed_alone: str | None = None
    """Token of the button, where only it is: what the system announced has buttons that each stand on their own."""
    pressed_title: str | None = None
    shown: str | None = None
    """What the transcript keeps of the user's message, where that is known beforehand: a command without its token, a title."""


@dataclass(frozen=True)
class FixedReply:
    """What the gateway answers itself, with the name of the text: a button that no longer holds, something that it does not read."""

    text_name: str
    shown: str | None = None
    values: dict[str, str] = field(default_factory=dict)


Redeem = Callable[[str, str], Awaitable[str | None]]
"""Links a conversation by the token of a deep link; None, or the name of the text that says why not."""


class Router:
    """Decides what each turn becomes."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        capabilities: Mapping[str, ChannelCapabilities],
        redeem: Redeem,
        wants_transcript: Callable[[str], bool],
    ) -> None:
        """`wants_transcript`: whether a whole message asks for the transcript of a conversation with the team."""
        self._wants_transcript = wants_transcript
        self._database = database
        self._clock = clock
        self._capabilities = capabilities
        self._redeem = redeem

    async def decide(self, turn: Turn) -> RoutedMessage | FixedReply:
        """What to do with `turn`. Nothing is used up yet: that happens in the transaction that ends the turn."""
        if turn.event is not None:
            return self._event(turn.event)
        if turn.button is not None:
            return await self._press(turn, turn.button)
        if turn.text is None:
            return FixedReply("malformed")
        word, argument = split_command(turn.text)
        if word == "/start" and argument:
            refusal = await self._redeem(turn.conversation_id, argument)
            return FixedReply(refusal, shown=word) if refusal else replace(self._event("linked"), shown=word)
        if word in COMMANDS:
            return RoutedMessage(intent=COMMANDS[word], shown=word)
        return await self._typed_choice(turn, turn.text) or self._wish(turn.text) or RoutedMessage(text=turn.text)

    async def own_button(self, turn: Turn) -> RoutedMessage | None:
        """The button of the gateway's own that the turn presses, or types the title or number of; nothing for any other message."""
        if turn.text is not None:
            pressed: RoutedMessage | FixedReply | None = await self._typed_choice(turn, turn.text) or self._wish(turn.text)
        else:
            pressed = await self._press(turn, turn.button) if turn.button is not None else None
        return pressed if isinstance(pressed, RoutedMessage) and (pressed.intent or "").startswith(OWN) else None

    def _wish(self, text: str) -> RoutedMessage | None:
        """What is the gateway's to do, in words that are that and nothing else."""
        return RoutedMessage(intent=TRANSCRIPT, shown=text.strip()) if self._wants_transcript(text) else None

    def _event(self, event: str) -> RoutedMessage | FixedReply:
        if event in _MEANT:
            intent, entities = _MEANT[event]
            return RoutedMessage(intent=intent, entities=entities)
        return FixedReply(event if event in EVENTS else "malformed", values={"limit": LONGEST_TEXT} if event == "too_long" else {})

    async def _typed_choice(self, turn: Turn, text: str) -> RoutedMessage | None:
        """A button of the last messages whose title, or number in a list, was typed rather than pressed, while it may still be pressed.

        Those of the dialogue first: what the system announced in between (a notice) is no question that « 1 » would answer.
        """
        wanted = _folded(text)
        if len(wanted) > TITLE_LENGTH:
            return None
        async with self._database.reading() as session:
            asked = await self._live_buttons(session, turn, announced=False)
            titled = next((button for button in asked if _folded(button.title) == wanted), None)
            if titled is None and wanted.isdecimal() and asked:
                titled = await self._numbered(session, turn.channel, asked[0].message_id, int(wanted))
            if titled is None and not wanted.isdecimal():
                announced = await self._live_buttons(session, turn, announced=True)
                titled = next((button for button in announced if _folded(button.title) == wanted), None)
        if titled is None:
            return None
        pressed = await self._press(turn, titled.token)
        return replace(pressed, shown=titled.title) if isinstance(pressed, RoutedMessage) else None

    async def _live_buttons(self, session: AsyncSession, turn: Turn, *, announced: bool) -> list[ButtonRow]:
        """The newest buttons that may still be pressed, of what the system announced or of all the rest."""
        shown = select(ButtonRow).where(
            ButtonRow.conversation_id == turn.conversation_id, ButtonRow.used_at.is_(None), ButtonRow.expires_at > self._clock.now()
        )
        here = select(MessageRow.id).where(MessageRow.conversation_id == turn.conversation_id, MessageRow.channel == turn.channel)
        here = here.where((MessageRow.author == SYSTEM) == announced)
        shown = shown.where(ButtonRow.message_id.in_(here))  # what was shown in the web chat is not pressed, nor named, elsewhere
        return list(await session.scalars(shown.order_by(ButtonRow.message_id.desc()).limit(BUTTONS_LOOKED_AT)))

    async def _numbered(self, session: AsyncSession, channel: str, message_id: int, number: int) -> ButtonRow | None:
        """The button of that number, where the channel shows the buttons of the message as a numbered list."""
        message = await session.get(MessageRow, message_id)
        capabilities = self._capabilities.get(channel)
        if capabilities is None or message is None or not 1 <= number <= len(message.buttons) or not is_numbered_list(public(message), capabilities):
            return None
        return await session.get(ButtonRow, message.buttons[number - 1]["token"])

    async def _press(self, turn: Turn, token: str) -> RoutedMessage | FixedReply:
        moved_on = exists().where(
            InboxRow.conversation_id == turn.conversation_id,
            InboxRow.id > ButtonRow.turn,
            InboxRow.id < turn.id,
            InboxRow.state == DONE,
            InboxRow.delivered == true(),
        )
        mine = select(ButtonRow, moved_on, MessageRow.author).join(MessageRow, MessageRow.id == ButtonRow.message_id)
        mine = mine.where(ButtonRow.token == token, ButtonRow.conversation_id == turn.conversation_id)
        async with self._database.reading() as session:
            found = (await session.execute(mine)).one_or_none()
        if found is None:
            return FixedReply("button_unknown")
        button, is_stale, author = found
        if button.used_at is not None:
            return FixedReply("button_used")
        if button.expires_at <= self._clock.now():
            return FixedReply("button_expired")
        if button.intent in ANSWERS and is_stale:
            return FixedReply("button_stale")
        return RoutedMessage(
            intent=button.intent,
            entities=button.entities,
            pressed_message=button.message_id,
            pressed_alone=token if author == SYSTEM else None,
            pressed_title=button.title,
        )


def _folded(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").replace("’", "'").casefold().split()).rstrip(" .!")


def split_command(text: str) -> tuple[str, str]:
    """The first word of a text, folded, and what follows it."""
    word, _, rest = text.strip().partition(" ")
    return word.casefold(), rest.strip()
