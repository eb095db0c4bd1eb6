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
        return ToRasa(text=text)

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


def _command(text: str) -> str | None:
    words = text.split(maxsplit=1)
    return COMMANDS.get(words[0].casefold()) if words else None
