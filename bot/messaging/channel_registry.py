"""The doors of conversations: which channels there are, what may be said by each, and what they show meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import select

from bot.core.database import Database
from bot.core.errors import log_error
from bot.messaging.channel import Channel, ChannelCapabilities, ChannelError, Chat
from bot.messaging.messages import Turn
from bot.messaging.outbound_commands import FETCHED
from bot.messaging.tables import Conversation

TYPING_AFTER_SECONDS = 0.8
"""An answer that comes sooner needs no « écrit… », which counts against the channel's limits."""


class ChannelRegistry:
    """The channels of one process; filled while the application is put together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.channels: dict[str, Channel] = {}
        self.capabilities: dict[str, ChannelCapabilities] = {}

    def add(self, channel: Channel) -> None:
        """One channel more."""
        self.channels[channel.capabilities.name] = channel
        self.capabilities[channel.capabilities.name] = channel.capabilities

    def trusted(self, channel: str) -> bool:
        """Whether an usager may be named there; a channel that is not known (any more) is external."""
        return channel in FETCHED or (channel in self.capabilities and self.capabilities[channel].trusted)

    def deletes(self, turn: Turn) -> bool:
        """Whether the user's message can be deleted from its chat."""
        return turn.sent_id is not None and turn.channel in self.capabilities and self.capabilities[turn.channel].can_delete

    @contextmanager
    def typing(self, turn: Turn) -> Iterator[None]:
        """Show in the chat that an answer is being prepared, if it takes a while."""
        channel = self.channels.get(turn.channel)
        if channel is None:
            yield
            return
        task = asyncio.create_task(self._type(channel, turn.conversation_id))
        try:
            yield
        finally:
            task.cancel()

    async def show_typing(self, channel: str, conversation_id: str) -> None:
        """Show in a chat, at once, that somebody writes; a courtesy that never fails."""
        if channel in self.channels:
            await self._type(self.channels[channel], conversation_id, after=0)

    async def _type(self, channel: Channel, conversation_id: str, after: float = TYPING_AFTER_SECONDS) -> None:
        await asyncio.sleep(after)
        where = select(Conversation.address, Conversation.reference).where(Conversation.id == conversation_id)
        try:
            async with self._database.reading() as session:
                address, reference = (await session.execute(where)).one()
            with suppress(ChannelError):
                await channel.typing(Chat(address, reference))
        except Exception as error:  # a courtesy: never in the way of the answer
            log_error(error, "showing that an answer is being prepared")
