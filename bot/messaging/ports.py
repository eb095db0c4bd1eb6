"""What capabilities may import of messaging: where chats are, and which of them are fetched rather than sent to."""

from __future__ import annotations

from bot.messaging.outbound_commands import FETCHED
from bot.messaging.tables import Conversation

__all__ = ["FETCHED", "Conversation"]
