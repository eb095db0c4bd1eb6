"""Opens conversations, finds them again, and locks them so that their messages are written in order."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.database import Database, random_id
from bot.core.upsert import upsert
from bot.messaging.tables import Conversation

MAX_CACHED = 20_000
"""Addresses kept in memory: a conversation is never deleted nor given another address while the bot runs."""


class Conversations:
    """The conversations of every channel."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ids: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._channels: OrderedDict[str, str] = OrderedDict()

    async def open(self, channel: str, address: str, now: datetime) -> str:
        """Start a conversation with `address`, which must be new on that channel, and return its id."""
        conversation = Conversation(id=random_id(), channel=channel, address=address, created_at=now, last_seen_at=now)
        async with self._database.writing() as session:
            session.add(conversation)
        self._remember(channel, address, conversation.id)
        return conversation.id

    async def find(self, channel: str, address: str) -> str | None:
        """Return the id of the conversation with `address`, or None."""
        if known := self._ids.get((channel, address)):
            self._ids.move_to_end((channel, address))
            return known
        async with self._database.reading() as session:
            found = await session.scalar(select(Conversation.id).where(Conversation.channel == channel, Conversation.address == address))
        if found is not None:
            self._remember(channel, address, found)
        return found

    async def find_or_open(self, channel: str, address: str, reference: dict[str, Any], now: datetime) -> str:
        """Return the id of the conversation with `address`, opened where there is none, and reachable from now on by `reference`."""
        values: dict[str, Any] = {"id": random_id(), "channel": channel, "address": address, "reference": reference}
        values |= {"created_at": now, "last_seen_at": now}
        async with self._database.reading() as session:
            wanted = select(Conversation).where(Conversation.channel == channel, Conversation.address == address)
            found = await session.scalar(wanted)
            if found is not None and found.closed_at is None and found.reference == reference:
                return found.id
        async with self._database.writing() as session:
            written = upsert(session, Conversation).values(**values)
            written = written.on_conflict_do_update(index_elements=["channel", "address"], set_={"reference": reference, "closed_at": None})
            conversation_id: str = (await session.execute(written.returning(Conversation.id))).scalar_one()
        return conversation_id

    async def mark_closed(self, channel: str, address: str, now: datetime) -> None:
        """Note that the chat cannot be written to any more."""
        is_open = (Conversation.channel == channel, Conversation.address == address, Conversation.closed_at.is_(None))
        async with self._database.writing() as session:
            await session.execute(update(Conversation).where(*is_open).values(closed_at=now))

    async def channel_of(self, conversation_id: str) -> str:
        """Return the channel that the conversation was opened on. Raises KeyError where there is no such conversation."""
        return (await self.channels_of([conversation_id]))[conversation_id]

    async def channels_of(self, conversation_ids: Collection[str]) -> dict[str, str]:
        """Return the channels that these conversations were opened on, by id; those that do not exist are absent."""
        found = {
            conversation_id: self._channels[conversation_id] for conversation_id in conversation_ids if conversation_id in self._channels
        }
        unknown = [conversation_id for conversation_id in conversation_ids if conversation_id not in found]
        if unknown:
            wanted = select(Conversation.id, Conversation.channel).where(Conversation.id.in_(unknown))
            async with self._database.reading() as session:
                read = {row[0]: row[1] for row in await session.execute(wanted)}
            self._channels |= read
            found |= read
            while len(self._channels) > MAX_CACHED:
                self._channels.popitem(last=False)
        return found

    def _remember(self, channel: str, address: str, conversation_id: str) -> None:
        self._ids[channel, address] = conversation_id
        while len(self._ids) > MAX_CACHED:
            self._ids.popitem(last=False)


async def lock_conversation(session: AsyncSession, conversation_id: str, also: Any = None) -> Any:
    """Make every other writer to this conversation wait until the transaction ends.

    Message ids are then committed in their order within a conversation, so that "everything after this id" never misses one. On SQLite
    a writing transaction already holds the only write lock.

    Return the value of the scalar expression `also`, read in the same round trip: as it was before the wait for the lock.
    """
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    if is_sqlite:
        return None if also is None else await session.scalar(select(also))
    wanted = select(Conversation.id if also is None else also).where(Conversation.id == conversation_id)
    found = await session.scalar(wanted.with_for_update(of=Conversation))
    return None if also is None else found
