"""Where and when a conversation began: what a page may say of a chat that it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.core.database import Database
from bot.messaging.tables import Conversation


@dataclass(frozen=True)
class ConversationOrigin:
    """The channel on which a conversation was opened, and the instant."""

    channel: str
    opened_at: datetime


async def find_origin(database: Database, conversation_id: str) -> ConversationOrigin | None:
    """Return where and when the conversation began; None where there is no such conversation."""
    columns = select(Conversation.channel, Conversation.created_at).where(Conversation.id == conversation_id)
    async with database.reading() as session:
        row = (await session.execute(columns)).one_or_none()
    return ConversationOrigin(row.channel, row.created_at) if row is not None else None
