"""What the fake Telegram remembers: chats with their messages, updates that are not confirmed, calls of the bot."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any

from bot.sandbox.telegram.chats import Chat
from bot.sandbox.telegram.counters import Counters
from bot.sandbox.telegram.errors import BotApiError
from bot.sandbox.telegram.rate_limits import RateLimits

BOT_ID = 4242


class State:
    """Everything that the fake Telegram knows of one bot. Waiters wait on `changed`."""

    def __init__(self, token: str, bot_name: str, counters: Counters | None = None) -> None:
        self.token, self.bot_name = token, bot_name
        self.chats: dict[int, Chat] = {}
        self.updates: deque[dict[str, Any]] = deque()
        self.counters = counters or Counters()
        self.callback_queries: dict[str, bool] = {}  # id → whether it was answered
        self.webhook: dict[str, Any] = {"url": "", "secret": "", "allowed": None}
        self.refused_webhooks = 0
        self.commands: list[dict[str, str]] = []
        self.calls: list[dict[str, Any]] = []
        self.faults: list[dict[str, Any]] = []
        self.limits = RateLimits()
        self.changed = asyncio.Condition()
        self.polling = False  # whether a getUpdates request is open

    def me(self) -> dict[str, Any]:
        """Return the bot as a `User` of the Bot API."""
        return {"id": BOT_ID, "is_bot": True, "first_name": "SPHERE", "username": self.bot_name}

    def chat(self, chat_id: Any, *, write: bool = True) -> Chat:
        """Return the chat; with `write`, check that the bot may write there. Raises BotApiError 400 or 403."""
        try:
            chat = self.chats[int(chat_id)]
        except (KeyError, TypeError, ValueError):
            raise BotApiError(400, "Bad Request: chat not found") from None
        if write and chat.blocked:
            raise BotApiError(403, "Forbidden: bot was blocked by the user")
        if write and chat.type == "private" and not chat.started:
            raise BotApiError(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    def add_message(self, chat: Chat, sender: dict[str, Any], **content: Any) -> dict[str, Any]:
        """Add a message to a chat and return it."""
        chat.last_id = self.counters.next_message(chat.last_id)
        chat.version += 1
        message = {"message_id": chat.last_id, "from": sender, "chat": chat.to_json(), "date": int(time.time()), **content}
        chat.messages[chat.last_id] = message
        return message

    def add_update(self, **content: Any) -> dict[str, Any]:
        """Queue an update for the bot and return it."""
        update = {"update_id": self.counters.next_update(), **content}
        self.updates.append(update)
        return update

    async def notify(self) -> None:
        """Wake all that wait for a change."""
        async with self.changed:
            self.changed.notify_all()
