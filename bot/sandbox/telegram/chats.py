"""Chats of the fake Telegram: private chats, and groups with their topics."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.telegram.errors import BotApiError


@dataclass
class Topic:
    """A topic of a forum supergroup."""

    name: str
    closed: bool = False


@dataclass
class Chat:
    """One chat: a private chat with a user, or a group."""

    id: int
    name: str
    type: str = "private"
    forum: bool = False
    started: bool = False
    blocked: bool = False
    topics: dict[int, Topic] = field(default_factory=dict)
    rights: set[str] = field(default_factory=lambda: {"topics", "delete"})
    """Administrator rights of the bot in a group: to manage topics, to delete messages of others."""
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    last_id: int = 0
    version: int = 0
    """Number that grows with each change that the user can see."""

    def topic(self, thread: Any) -> Topic:
        """Return a topic of the forum. Raises BotApiError 400 where there is none."""
        try:
            return self.topics[int(thread)]
        except (KeyError, TypeError, ValueError):
            raise BotApiError(400, "Bad Request: message thread not found") from None

    def to_json(self) -> dict[str, Any]:
        """Return the chat as updates hold it."""
        named = {"first_name": self.name} if self.type == "private" else {"title": self.name}
        return {"id": self.id, "type": self.type, **named} | ({"is_forum": True} if self.forum else {})
