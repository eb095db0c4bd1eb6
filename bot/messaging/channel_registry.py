"""The channels of one process: which there are, what each can do, and their typing indicators."""

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
        """Channels by name."""
        self.capabilities: dict[str, ChannelCapabilities] = {}
        """Their capabilities, by name."""

    def add(self, channel: Channel) -> None:
        """Add a channel."""
        self.channels[channel.capabilities.name] = channel
        self.capabilities[channel.capabilities.name] = channel.capabilities

    def is_trusted(self, channel: str) -> bool:
        """Return whether an usager may be named on a channel; one that is not known (any more) is external."""
        return channel in FETCHED or (channel in self.capabilities and self.capabilities[channel].trusted)

    def can_delete(self, turn: Turn) -> bool:
        """Return whether the user's message can be deleted from its chat."""
        return turn.sent_id is not None and turn.channel in self.capabilities and self.capabilities[turn.channel].can_delete

    @contextmanager
    def typing_indicator(self, turn: Turn) -> Iterator[None]:
        """Show the typing indicator in the chat, if the answer that is prepared takes a while."""
        channel = self.channels.get(turn.channel)
        if channel is None:
            yield
            return
        task = asyncio.create_task(self._show_typing(channel, turn.conversation_id))
        try:
            yield
        finally:
            task.cancel()

    async def send_typing(self, channel: str, conversation_id: str) -> None:
        """Show the typing indicator in a chat at once. Never raises."""
        if channel in self.channels:
            await self._show_typing(self.channels[channel], conversation_id, after=0)

    async def _show_typing(self, channel: Channel, conversation_id: str, after: float = TYPING_AFTER_SECONDS) -> None:
        await asyncio.sleep(after)
        wanted = select(Conversation.address, Conversation.reference).where(Conversation.id == conversation_id)
        try:
            async with self._database.reading() as session:
                address, reference = (await session.execute(wanted)).one()
            with suppress(ChannelError):
                await channel.typing(Chat(address, reference))
        except Exception as error:  # a courtesy: it must not prevent the answer
            log_error(error, "showing that an answer is being prepared")
