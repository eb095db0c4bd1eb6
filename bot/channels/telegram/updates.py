"""Updates of Telegram, given to the gateway: in order within a chat, chats side by side.

What is not read is answered or ignored on purpose.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bot.channels.telegram.group import CONTENT, TelegramGroup, command_of
from bot.core.errors import log_error
from bot.messaging.messages import Incoming

CHANNEL = "telegram"
ALLOWED = ["message", "edited_message", "callback_query", "my_chat_member"]
"""Kinds of updates that are asked for; others (polls, reactions, channel posts…) are ignored where they come all the same."""
LONGEST_TEXT = 4_000
"""Code points of a text, as on every channel."""
_OUT = frozenset({"kicked", "left"})
Json = Mapping[str, Any]


class Gate(Protocol):
    """The part of the gateway that receiving needs."""

    async def find_or_open(self, channel: str, address: str, reference: Mapping[str, Any] | None = None) -> str:
        """The conversation of a chat."""

    async def mark_closed(self, channel: str, address: str) -> None:
        """The chat cannot be written to any more."""

    async def receive(self, conversation_id: str, incoming: Incoming) -> Any:
        """Store something received."""


class Malformed(Exception):
    """An update has not the shape that the Bot API documents."""

    def __init__(self) -> None:
        super().__init__("an update has not the shape that the Bot API documents")


class Receiver:
    """Stores updates. Done twice, an update is stored once: the gateway knows its id."""

    def __init__(self, gateway: Gate, bot_name: str | None = None) -> None:
        self._gateway, self._bot_name = gateway, (bot_name or "").casefold()
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._users: dict[str, int] = {}
        self.group: TelegramGroup | None = None
        """The team's, whose updates are no conversation of the assistant's."""

    async def take(self, updates: Sequence[Any]) -> None:
        """Store these updates; raises what storing raises, so that they come again. A malformed one is logged and passed over."""
        by_chat: dict[str, list[Json]] = {}
        for update in updates:
            if isinstance(update, Mapping) and isinstance(update.get("update_id"), int):
                by_chat.setdefault(_chat_of(update), []).append(update)
            else:
                log_error(Malformed(), "reading an update of Telegram")
        await asyncio.gather(*(self._in_order(address, some) for address, some in by_chat.items()))

    async def _in_order(self, address: str, updates: list[Json]) -> None:
        self._users[address] = self._users.get(address, 0) + 1
        try:
            async with self._locks[address]:
                for update in updates:
                    await self._one(update)
        finally:
            self._users[address] -= 1
            if not self._users[address]:
                del self._users[address]
                self._locks.pop(address, None)

    async def _one(self, update: Json) -> None:
        if self.group is not None and _chat_of(update) == self.group.address:
            await self.group.take(update)
            return
        try:
            address, reference, incoming, gone = _read(update, self._bot_name)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            log_error(error, "reading an update of Telegram")
            return
        if gone:
            await self._gateway.mark_closed(CHANNEL, address)
        elif incoming is not None:
            await self._gateway.receive(await self._gateway.find_or_open(CHANNEL, address, reference), incoming)


def _chat_of(update: Json) -> str:
    for value in update.values():
        if isinstance(value, Mapping):
            message = value.get("message") if isinstance(value.get("message"), Mapping) else value
            chat = message.get("chat") if isinstance(message, Mapping) else None
            if isinstance(chat, Mapping):
                return str(chat.get("id"))
    return ""


def _read(update: Json, bot_name: str) -> tuple[str, dict[str, Any], Incoming | None, bool]:
    """Address, reference, what was received (None: ignored), and whether the chat is closed to us."""
    client_id = f"u{update['update_id']}"
    if (member := update.get("my_chat_member")) is not None:
        return _membership(member, client_id)
    if (query := update.get("callback_query")) is not None:
        return _pressed(query, client_id)
    if (edited := update.get("edited_message")) is not None:
        address, reference = _where(edited)
        private = edited["chat"]["type"] == "private"
        return address, reference, Incoming(client_id, event="edited") if private else None, False
    if (message := update.get("message")) is not None:
        address, reference = _where(message)
        return address, reference, _message(message, client_id, bot_name), False
    return "", {}, None, False


def _where(message: Json) -> tuple[str, dict[str, Any]]:
    reference = {"thread": message["message_thread_id"]} if message.get("is_topic_message") else {}
    return str(int(message["chat"]["id"])), reference


def _message(message: Json, client_id: str, bot_name: str) -> Incoming | None:
    sender = message.get("from") or {}
    if sender.get("is_bot"):
        return None
    if message["chat"]["type"] != "private":
        return Incoming(client_id, event="group") if _addressed(message, bot_name) else None
    sent_id, text = str(int(message["message_id"])), message.get("text")
    if CONTENT & message.keys() or "forward_origin" in message:
        return Incoming(client_id, event="not_text", sent_id=sent_id)
    if not isinstance(text, str) or not text.strip():
        return None  # a service message: somebody joined, a title was changed
    text = command_of(text)
    if len(text) > LONGEST_TEXT:
        return Incoming(client_id, event="too_long", sent_id=sent_id)
    return Incoming(client_id, text=text, sent_id=sent_id)


def _addressed(message: Json, bot_name: str) -> bool:
    """Whether words in a group are for the bot: a command, a mention, an answer to it, or its being added."""
    if any(member.get("is_bot") for member in message.get("new_chat_members") or ()):
        return True
    answered = (message.get("reply_to_message") or {}).get("from") or {}
    if answered.get("is_bot"):
        return True
    text = str(message.get("text") or message.get("caption") or "").casefold()
    named = bool(bot_name) and f"@{bot_name}" in text.split()
    word = (text.split() or [""])[0]
    command = word.startswith("/") and ("@" not in word or word.endswith(f"@{bot_name}"))
    return named or command


def _pressed(query: Json, client_id: str) -> tuple[str, dict[str, Any], Incoming | None, bool]:
    message, data = query.get("message") or {}, query.get("data")
    if not isinstance(data, str) or not message or message["chat"]["type"] != "private":
        return "", {}, None, False
    address, reference = _where(message)
    return address, reference, Incoming(client_id, button=data[:100]), False


def _membership(member: Json, client_id: str) -> tuple[str, dict[str, Any], Incoming | None, bool]:
    address, status = str(int(member["chat"]["id"])), member["new_chat_member"]["status"]
    return address, {}, None, status in _OUT
