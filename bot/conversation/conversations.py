"""Opening a conversation, finding it again, and the lock under which its messages get their order."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversation.tables import Conversation
from bot.database import Database, random_id

_REMEMBERED = 20_000
"""Addresses kept in memory: a conversation is never deleted nor given another address while the bot runs."""


class Conversations:
    """The conversations of every channel."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def open(self, channel: str, address: str, now: datetime) -> str:
        """Start a conversation with `address`, which must be new on that channel; gives its id."""
        conversation = Conversation(id=random_id(), channel=channel, address=address, created_at=now, last_seen_at=now)
        async with self._database.writing() as session:
            session.add(conversation)
        self._remember(channel, address, conversation.id)
        return conversation.id

    async def find(self, channel: str, address: str) -> str | None:
        """The id of the conversation with `address`, or None."""
        if known := self._known.get((channel, address)):
            self._known.move_to_end((channel, address))
            return known
        async with self._database.reading() as session:
            found = await session.scalar(select(Conversation.id).where(Conversation.channel == channel, Conversation.address == address))
        if found is not None:
            self._remember(channel, address, found)
        return found

    def _remember(self, channel: str, address: str, conversation_id: str) -> None:
        self._known[channel, address] = conversation_id
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


async def lock_conversation(session: AsyncSession, conversation_id: str) -> None:
    """Make every other writer to this conversation wait until the transaction ends.

    Message ids are then committed in their order within a conversation, so that "everything after
    this id" never misses one. On SQLite a writing transaction already holds the only write lock.
    """
    if session.get_bind().dialect.name != "sqlite":
        await session.execute(select(Conversation.id).where(Conversation.id == conversation_id).with_for_update())
