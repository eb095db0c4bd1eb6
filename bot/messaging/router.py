"""Resolves what a user's message becomes: something for Rasa, or a fixed reply of the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Exists, exists, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database
from bot.messaging.channel import ChannelCapabilities
from bot.messaging.commands import COMMANDS, EVENTS, MAX_TEXT_LENGTH_SHOWN, split_command
from bot.messaging.messages import FixedReply, RoutedMessage, Turn
from bot.messaging.ports import Handover, LinkAccount, NoHandover
from bot.messaging.rendering import is_numbered_list
from bot.messaging.tables import DONE, SYSTEM, ButtonRow, InboxRow, MessageRow
from bot.messaging.transcript import public

ANSWERS = frozenset({"affirm", "deny", "choose", "inform", "correct", "cancel"})
"""Intents of buttons that answer a question: once the dialogue has moved on, they would answer another one."""

_EVENT_INTENTS: dict[str, tuple[str, dict[str, str]]] = {
    "welcome": ("greet", {}),
    "linked": ("link_account", {"linked": "1"}),
    "no_account": ("link_account", {"linked": "0"}),
    "continued": ("repeat", {"continued": "1"}),
}
"""Events that the dialogue answers, with intent and entities; the others are answered by the text of their name."""

MAX_TITLE_LENGTH = 120
"""A longer text is not compared with the titles of buttons."""
MAX_BUTTONS_COMPARED = 20
"""A typed text is compared with the titles of so many of the newest buttons."""


class Router:
    """Resolves what each turn becomes."""

    def __init__(
        self, database: Database, clock: Clock, capabilities: Mapping[str, ChannelCapabilities], link_account: LinkAccount
    ) -> None:
        """Take the capabilities of each channel by its name."""
        self._database = database
        self._clock = clock
        self._capabilities = capabilities
        self._link_account = link_account
        self.handover: Handover = NoHandover()

    async def route(self, turn: Turn) -> RoutedMessage | FixedReply:
        """Resolve what `turn` becomes. No button is used up yet: that happens in the transaction that ends the turn."""
        if turn.event is not None:
            return self._event(turn.event)
        if turn.button is not None:
            return await self._press(turn, turn.button)
        if turn.text is None:
            return FixedReply("malformed")
        word, argument = split_command(turn.text)
        if word == "/start" and argument:
            refusal = await self._link_account(turn.conversation_id, argument)
            return FixedReply(refusal, transcript_text=word) if refusal else replace(self._event("linked"), transcript_text=word)
        if word in COMMANDS:
            return RoutedMessage(intent=COMMANDS[word], transcript_text=word)
        return await self._typed_button(turn, turn.text) or self._typed_request(turn.text) or RoutedMessage(text=turn.text)

    async def handled_button(self, turn: Turn) -> RoutedMessage | None:
        """Return the button of an intent that the handover handles, if the turn presses it, or types its title, number or wish."""
        if turn.text is not None:
            pressed: RoutedMessage | FixedReply | None = await self._typed_button(turn, turn.text) or self._typed_request(turn.text)
        else:
            pressed = await self._press(turn, turn.button) if turn.button is not None else None
        if isinstance(pressed, RoutedMessage) and pressed.intent is not None and self.handover.handles_intent(pressed.intent):
            return pressed
        return None

    def _typed_request(self, text: str) -> RoutedMessage | None:
        """Return what the handover is asked for in words that are that and nothing else."""
        intent = self.handover.requested_intent(text)
        return RoutedMessage(intent=intent, transcript_text=text.strip()) if intent is not None else None

    def _event(self, event: str) -> RoutedMessage | FixedReply:
        if event in _EVENT_INTENTS:
            intent, entities = _EVENT_INTENTS[event]
            return RoutedMessage(intent=intent, entities=entities)
        values = {"limit": MAX_TEXT_LENGTH_SHOWN} if event == "too_long" else {}
        return FixedReply(event if event in EVENTS else "malformed", values=values)

    async def _typed_button(self, turn: Turn, text: str) -> RoutedMessage | None:
        """Return a button of the last messages whose title, or number in a list, was typed while it may still be pressed.

        Buttons of the dialogue come first: what the system announced in between (a notice) is no question that « 1 » would answer.
        """
        typed = _normalized(text)
        if len(typed) > MAX_TITLE_LENGTH:
            return None
        async with self._database.reading() as session:
            asked, announced = await self._live_buttons(session, turn)
            matching = next((button for button in asked if _normalized(button.title) == typed), None)
            if matching is None and typed.isdecimal() and asked:
                matching = await self._numbered_button(session, turn.channel, asked[0].message_id, int(typed))
            if matching is None:
                shown = [button for button in asked if button.message_id == asked[0].message_id]
                matching = next((button for button in shown if self.handover.means_button(text, button.intent)), None)
                if matching is not None and await self._has_moved_on(session, turn, matching):  # under the question just asked alone
                    matching = None
            if matching is None and not typed.isdecimal():
                matching = next((button for button in announced if _normalized(button.title) == typed), None)
        if matching is None:
            return None
        pressed = await self._press(turn, matching.token)
        return replace(pressed, transcript_text=matching.title) if isinstance(pressed, RoutedMessage) else None

    async def _live_buttons(self, session: AsyncSession, turn: Turn) -> tuple[list[ButtonRow], list[ButtonRow]]:
        """Return the newest buttons that may still be pressed: those of the dialogue, and those that the system announced."""
        is_announced = MessageRow.author == SYSTEM
        place = func.row_number().over(partition_by=is_announced, order_by=(ButtonRow.message_id.desc(), ButtonRow.token))
        live = select(ButtonRow.token, is_announced.label("announced"), place.label("place"))
        live = live.join(MessageRow, MessageRow.id == ButtonRow.message_id).where(
            ButtonRow.conversation_id == turn.conversation_id,
            ButtonRow.used_at.is_(None),
            ButtonRow.expires_at > self._clock.now(),
            MessageRow.channel == turn.channel,  # what was shown in the web chat is not pressed, nor named, elsewhere
        )
        newest = live.subquery()
        wanted = select(ButtonRow, newest.c.announced).join(newest, newest.c.token == ButtonRow.token)
        wanted = wanted.where(newest.c.place <= MAX_BUTTONS_COMPARED).order_by(ButtonRow.message_id.desc())
        rows = [(row[0], bool(row[1])) for row in await session.execute(wanted)]
        return [button for button, announced in rows if not announced], [button for button, announced in rows if announced]

    async def _numbered_button(self, session: AsyncSession, channel: str, message_id: int, number: int) -> ButtonRow | None:
        """Return the button of that number, where the channel shows the message's buttons as a numbered list."""
        message = await session.get(MessageRow, message_id)
        capabilities = self._capabilities.get(channel)
        if capabilities is None or message is None or not 1 <= number <= len(message.buttons):
            return None
        if not is_numbered_list(public(message), capabilities):
            return None
        return await session.get(ButtonRow, message.buttons[number - 1]["token"])

    async def _has_moved_on(self, session: AsyncSession, turn: Turn, button: ButtonRow) -> bool:
        """Return whether something else was said since the button was shown."""
        return bool(await session.scalar(select(_moved_on(turn)).where(ButtonRow.token == button.token)))

    async def _press(self, turn: Turn, token: str) -> RoutedMessage | FixedReply:
        wanted = select(ButtonRow, _moved_on(turn), MessageRow.author).join(MessageRow, MessageRow.id == ButtonRow.message_id)
        wanted = wanted.where(ButtonRow.token == token, ButtonRow.conversation_id == turn.conversation_id)
        async with self._database.reading() as session:
            found = (await session.execute(wanted)).one_or_none()
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
            button_message_id=button.message_id,
            button_token=token if author == SYSTEM else None,
            button_title=button.title,
        )


def _moved_on(turn: Turn) -> Exists:
    """Return whether a turn of the assistant was over between a button's and this one."""
    return exists().where(
        InboxRow.conversation_id == turn.conversation_id,
        InboxRow.id > ButtonRow.turn,
        InboxRow.id < turn.id,
        InboxRow.state == DONE,
        InboxRow.delivered == true(),
    )


def _normalized(text: str) -> str:
    """Return a text without letter case, end punctuation, and the differences between apostrophes and between spaces."""
    return " ".join(text.replace("\u00a0", " ").replace("’", "'").casefold().split()).rstrip(" .!")
