"""Updates of Telegram, given to the gateway: in order within a chat, chats in parallel.

What cannot be read is answered (a photo) or ignored (a poll's answer) on purpose.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from bot.channels.telegram.group import CONTENT, TelegramGroup, strip_bot_name
from bot.core.errors import log_error
from bot.messaging.channel import Intake
from bot.messaging.messages import Incoming

CHANNEL = "telegram"
ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
"""Kinds of updates that are asked for; others (polls, reactions, channel posts…) are ignored where they come all the same."""
MAX_TEXT_LENGTH = 4_000
"""Code points of a text, as on every channel."""
_DELETABLE_SECONDS = 47 * 3600
_NAMED_CONTENT = {
    "contact": ("first_name", "last_name", "vcard"),
    "document": ("file_name",),
    "audio": ("title", "file_name"),
    "video": ("file_name",),
    "venue": ("title", "address"),
    "poll": ("question",),
}
"""Content that is called something, with the fields that say what."""
_LEFT_STATUSES = frozenset({"kicked", "left"})
Json = Mapping[str, Any]


class MalformedUpdate(Exception):
    """An update does not have the shape that the Bot API documents."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class UpdateHandler:
    """Stores updates. One that comes twice is stored once: the gateway knows its id.

    Attributes:
        group: the support team's group, whose updates belong to no conversation with the assistant.
    """

    def __init__(self, gateway: Intake, bot_name: str | None = None) -> None:
        self._gateway, self._bot_name = gateway, (bot_name or "").casefold()
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._pending: dict[str, int] = {}
        self.group: TelegramGroup | None = None

    async def handle(self, updates: Sequence[Any]) -> None:
        """Store these updates. Raise what storing raises, so that they come again; log a malformed one and skip it."""
        by_chat: dict[str, list[Json]] = {}
        for update in updates:
            if isinstance(update, Mapping) and isinstance(update.get("update_id"), int):
                by_chat.setdefault(_chat_id(update), []).append(update)
            else:
                log_error(MalformedUpdate(), "reading an update of Telegram")
        await asyncio.gather(*(self._handle_in_order(address, of_chat) for address, of_chat in by_chat.items()))

    async def _handle_in_order(self, address: str, updates: list[Json]) -> None:
        self._pending[address] = self._pending.get(address, 0) + 1
        try:
            async with self._locks[address]:
                for update in updates:
                    await self._handle_one(update)
        finally:
            self._pending[address] -= 1
            if not self._pending[address]:
                del self._pending[address]
                self._locks.pop(address, None)

    async def _handle_one(self, update: Json) -> None:
        if self.group is not None and _chat_id(update) == self.group.address:
            await self.group.handle(update)
            return
        try:
            address, reference, incoming, left = _read(update, self._bot_name)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            log_error(error, "reading an update of Telegram")
            return
        if left:
            await self._gateway.mark_closed(CHANNEL, address)
        elif incoming is not None:
            await self._gateway.receive(await self._gateway.find_or_open(CHANNEL, address, reference), incoming)


def _chat_id(update: Json) -> str:
    for value in update.values():
        if isinstance(value, Mapping):
            message = value.get("message") if isinstance(value.get("message"), Mapping) else value
            chat = message.get("chat") if isinstance(message, Mapping) else None
            if isinstance(chat, Mapping):
                return str(chat.get("id"))
    return ""


def _read(update: Json, bot_name: str) -> tuple[str, dict[str, Any], Incoming | None, bool]:
    """Return address, reference, what was received (None: ignored), and whether the bot left the chat."""
    client_id = f"u{update['update_id']}"
    if (member := update.get("my_chat_member")) is not None:
        return _membership(member, client_id)
    if (query := update.get("callback_query")) is not None:
        return _button_press(query, client_id)
    if (edited := update.get("edited_message")) is not None:
        address, reference = _chat_reference(edited)
        return address, reference, _edited(edited, client_id) if edited["chat"]["type"] == "private" else None, False
    if (message := update.get("message")) is not None:
        address, reference = _chat_reference(message)
        return address, reference, _message(message, client_id, bot_name), False
    return "", {}, None, False


def _chat_reference(message: Json) -> tuple[str, dict[str, Any]]:
    reference = {"thread": message["message_thread_id"]} if message.get("is_topic_message") else {}
    return str(int(message["chat"]["id"])), reference


def _message(message: Json, client_id: str, bot_name: str) -> Incoming | None:
    sender = message.get("from") or {}
    if sender.get("is_bot"):
        return None
    if message["chat"]["type"] != "private":
        return Incoming(client_id, event="group") if _is_for_bot(message, bot_name) else None
    sent_id, text = str(int(message["message_id"])), message.get("text")
    if CONTENT & message.keys() or "forward_origin" in message:
        return Incoming(client_id, event="not_text", text=words_of(message), sent_id=sent_id)
    if not isinstance(text, str) or not text.strip():
        return None  # a service message: somebody joined, a title was changed
    text = strip_bot_name(text)
    if len(text) > MAX_TEXT_LENGTH:
        return Incoming(client_id, event="too_long", text=text, sent_id=sent_id)
    return Incoming(client_id, text=text, sent_id=sent_id)


def _edited(edited: Json, client_id: str) -> Incoming:
    """Return a message that its user changed. Telegram lets nobody delete one that is older than two days."""
    changed_at, written_at = edited.get("edit_date"), edited.get("date")
    old = isinstance(changed_at, int) and isinstance(written_at, int) and changed_at - written_at > _DELETABLE_SECONDS
    sent_id = None if old else str(int(edited["message_id"]))
    return Incoming(client_id, event="edited", text=words_of(edited), sent_id=sent_id)


def words_of(message: Json) -> str | None:
    """Return the words of a message that is not read: text, caption, and what a contact, a file, a poll or a place is called."""
    found = [message.get("text"), message.get("caption")]
    for kind, fields in _NAMED_CONTENT.items():
        if isinstance(content := message.get(kind), Mapping):
            found += [content.get(field) for field in fields]
    poll = message.get("poll")
    options = poll.get("options") if isinstance(poll, Mapping) else None
    found += [option.get("text") for option in options if isinstance(option, Mapping)] if isinstance(options, list) else []
    return "\n".join(word for word in found if isinstance(word, str) and word.strip()) or None


def _is_for_bot(message: Json, bot_name: str) -> bool:
    """Return whether a message in a group is for the bot: a command, a mention, an answer to it, or that it was added."""
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


def _button_press(query: Json, client_id: str) -> tuple[str, dict[str, Any], Incoming | None, bool]:
    message, data = query.get("message") or {}, query.get("data")
    if not isinstance(data, str) or not message or message["chat"]["type"] != "private":
        return "", {}, None, False
    address, reference = _chat_reference(message)
    return address, reference, Incoming(client_id, button=data[:100]), False


def _membership(member: Json, client_id: str) -> tuple[str, dict[str, Any], Incoming | None, bool]:
    address, status = str(int(member["chat"]["id"])), member["new_chat_member"]["status"]
    return address, {}, None, status in _LEFT_STATUSES
