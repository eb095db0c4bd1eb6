"""Opening a conversation, finding it again, and the lock under which its messages get their order."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.database import Database, random_id
from bot.messaging.tables import Conversation

_REMEMBERED = 20_000
"""Addresses kept in memory: a conversation is never deleted nor given another address while the bot runs."""


class Conversations:
    """The conversations of every channel."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._homes: OrderedDict[str, str] = OrderedDict()

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

    async def enter(self, channel: str, address: str, reference: dict[str, Any], now: datetime) -> str:
        """The conversation with `address`, opened where there is none, reachable from now on by `reference`; gives its id."""
        values: dict[str, Any] = {"id": random_id(), "channel": channel, "address": address, "reference": reference}
        values |= {"created_at": now, "last_seen_at": now}
        insert = (sqlite if self._database.is_sqlite else postgresql).insert(Conversation)
        async with self._database.reading() as session:
            mine = select(Conversation).where(Conversation.channel == channel, Conversation.address == address)
            found = await session.scalar(mine)
            if found is not None and found.closed_at is None and found.reference == reference:
                return found.id
        upsert = insert.values(**values).on_conflict_do_update(
            index_elements=["channel", "address"], set_={"reference": reference, "closed_at": None}
        )
        async with self._database.writing() as session:
            entered: str = (await session.execute(upsert.returning(Conversation.id))).scalar_one()
        return entered

    async def left(self, channel: str, address: str, now: datetime) -> None:
        """The chat cannot be written to any more."""
        mine = (Conversation.channel == channel, Conversation.address == address, Conversation.closed_at.is_(None))
        async with self._database.writing() as session:
            await session.execute(update(Conversation).where(*mine).values(closed_at=now))

    async def home(self, conversation_id: str) -> str:
        """The channel that the conversation was opened on. Raises KeyError where there is no such conversation."""
        return (await self.homes([conversation_id]))[conversation_id]

    async def homes(self, conversation_ids: Collection[str]) -> dict[str, str]:
        """The channels that these conversations were opened on, by id; those that do not exist are not there."""
        found = {conversation_id: self._homes[conversation_id] for conversation_id in conversation_ids if conversation_id in self._homes}
        unknown = [conversation_id for conversation_id in conversation_ids if conversation_id not in found]
        if unknown:
            wanted = select(Conversation.id, Conversation.channel).where(Conversation.id.in_(unknown))
            async with self._database.reading() as session:
                asked = {row[0]: row[1] for row in await session.execute(wanted)}
            self._homes |= asked
            found |= asked
            while len(self._homes) > _REMEMBERED:
                self._homes.popitem(last=False)
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
