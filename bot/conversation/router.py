"""What a user's message becomes: something for Rasa, or a fixed answer of the gateway where a button no longer holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import exists, select, true

from bot.clock import Clock
from bot.conversation.messages import Turn
from bot.conversation.tables import DONE, ButtonRow, InboxRow
from bot.database import Database

ANSWERS = frozenset({"affirm", "deny", "choose", "inform", "correct", "cancel"})
"""Intents of buttons that answer a question: once the dialogue has moved on, they would answer another one."""

COMMANDS = {"/start": "greet", "/aide": "help", "/annuler": "cancel", "/fin": "cancel"}
"""Typed commands and the intent that each stands for. Any other leading slash is plain text."""


TITLE_LENGTH = 120
BUTTONS_LOOKED_AT = 20
"""Typed text is compared with the titles of so many of the newest buttons."""


@dataclass(frozen=True)
class ToRasa:
    """A message for Rasa: a text to understand, or an intent with its entities where nothing has to be."""

    text: str | None = None
    intent: str | None = None
    entities: dict[str, Any] = field(default_factory=dict)
    pressed_message: int | None = None
    """The message whose button was pressed: its buttons are used up when the turn ends."""


@dataclass(frozen=True)
class Refused:
    """A button that no longer holds, with the name of the text that says why."""

    text_name: str


class Router:
    """Decides what each turn becomes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def decide(self, turn: Turn) -> ToRasa | Refused:
        """What to do with `turn`. Nothing is used up yet: that happens in the transaction that ends the turn."""
        if turn.button is not None:
            return await self._press(turn, turn.button)
        text = turn.text or ""
        if intent := _command(text):
            return ToRasa(intent=intent)
        return await self._typed_title(turn, text) or ToRasa(text=text)

    async def _typed_title(self, turn: Turn, text: str) -> ToRasa | None:
        """A button of the last messages whose title was typed rather than pressed, while it may still be pressed."""
        wanted = _folded(text)
        if len(wanted) > TITLE_LENGTH:
            return None
        shown = select(ButtonRow).where(
            ButtonRow.conversation_id == turn.conversation_id, ButtonRow.used_at.is_(None), ButtonRow.expires_at > self._clock.now()
        )
        async with self._database.reading() as session:
            buttons = list(await session.scalars(shown.order_by(ButtonRow.message_id.desc()).limit(BUTTONS_LOOKED_AT)))
        titled = next((button for button in buttons if _folded(button.title) == wanted), None)
        if titled is None:
            return None
        pressed = await self._press(turn, titled.token)
        return pressed if isinstance(pressed, ToRasa) else None

    async def _press(self, turn: Turn, token: str) -> ToRasa | Refused:
        moved_on = exists().where(
            InboxRow.conversation_id == turn.conversation_id,
            InboxRow.id > ButtonRow.turn,
            InboxRow.id < turn.id,
            InboxRow.state == DONE,
            InboxRow.delivered == true(),
        )
        mine = select(ButtonRow, moved_on).where(ButtonRow.token == token, ButtonRow.conversation_id == turn.conversation_id)
        async with self._database.reading() as session:
            found = (await session.execute(mine)).one_or_none()
        if found is None:
            return Refused("button_unknown")
        button, is_stale = found
        if button.used_at is not None:
            return Refused("button_used")
        if button.expires_at <= self._clock.now():
            return Refused("button_expired")
        if button.intent in ANSWERS and is_stale:
            return Refused("button_stale")
        return ToRasa(intent=button.intent, entities=button.entities, pressed_message=button.message_id)


def _folded(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").replace("’", "'").casefold().split()).rstrip(" .!")


def _command(text: str) -> str | None:
    words = text.split(maxsplit=1)
    return COMMANDS.get(words[0].casefold()) if words else None
