"""Telegram's limits on messages per second and per minute."""

from __future__ import annotations

import time
from collections import deque

from bot.sandbox.telegram.chats import Chat
from bot.sandbox.telegram.errors import BotApiError


class RateLimits:
    """Sliding windows: `overall` messages per second, `per_chat` per second to a private chat, `per_group` per minute to a group."""

    def __init__(self, overall: int = 30, per_chat: int = 1, per_group: int = 20) -> None:
        self._limits = {"all": (overall, 1.0), "chat": (per_chat, 1.0), "group": (per_group, 60.0)}
        self._sent: dict[str, deque[float]] = {}
        self.enforced = True

    def count(self, chat: Chat) -> None:
        """Count a message to `chat`. Raises BotApiError 429 where it is one too many."""
        if not self.enforced:
            return
        now = time.monotonic()
        for name, window in (("all", "all"), (str(chat.id), "chat" if chat.type == "private" else "group")):
            limit, seconds = self._limits[window]
            sent = self._sent.setdefault(name, deque())
            while sent and sent[0] <= now - seconds:
                sent.popleft()
            if len(sent) >= limit:
                after = max(1, round(sent[0] + seconds - now))
                raise BotApiError(429, f"Too Many Requests: retry after {after}", retry_after=after)
        for name in ("all", str(chat.id)):
            self._sent[name].append(now)
