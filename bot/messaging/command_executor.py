"""Carries out commands on a channel: sends messages, replaces and deletes them. Nothing leaves to an external channel but through here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select, update

from bot.core.database import Database
from bot.jobs.outbox import CHAT, OutboxRow
from bot.messaging.channel import Channel, Chat, ChatClosed
from bot.messaging.delivery_tracking import DeliveryTracking
from bot.messaging.messages import Message
from bot.messaging.outbound_commands import DELETE, REPLACE, SEND
from bot.messaging.pii.outgoing_filter import OutgoingFilter
from bot.messaging.rendering import render, without_buttons, without_pressed_buttons
from bot.messaging.tables import ButtonRow, Conversation, MessageRow
from bot.messaging.transcript import public


class CommandExecutor:
    """Does on the channels what rows of the outbox say."""

    def __init__(
        self, database: Database, channels: Mapping[str, Channel], outgoing_filter: OutgoingFilter, tracking: DeliveryTracking, own_url: str
    ) -> None:
        self._database, self._channels, self._filter, self._tracking = database, channels, outgoing_filter, tracking
        self._own_url = own_url

    async def execute(self, row: OutboxRow, conversation: Conversation | None, message: MessageRow | None) -> list[Any] | None:
        """Do what the row says. Return the channel's ids of a message that was sent, to be kept with it.

        Raise the errors of `bot.messaging.channel`; ChatClosed also where the conversation is closed or its channel does not run.
        """
        channel = self._channels.get(conversation.channel) if conversation else None
        if conversation is None or channel is None or conversation.closed_at is not None:
            raise ChatClosed
        chat = Chat(conversation.address, conversation.reference)
        command = SEND if row.kind == CHAT else row.payload["do"]
        if command == DELETE:
            await channel.delete(chat, row.payload["sent"])
        elif message is not None and command == REPLACE:
            await self._replace(channel, chat, message, row.payload)
        elif message is not None and command == SEND:
            return await self._send(channel, chat, message, self._tracking.dossiers(row))
        return None

    async def _send(self, channel: Channel, chat: Chat, row: MessageRow, dossiers: Collection[str] | None) -> list[Any]:
        message = await self._redacted(channel, row, dossiers)
        sent = list(row.sent or [])
        parts = render(message, channel.capabilities, self._own_url)[len(sent) :]
        for number, part in enumerate(parts, 1):
            sent.append(await channel.send(chat, part))
            if number < len(parts):  # the last one is kept as the row is settled
                async with self._database.writing() as session:
                    await session.execute(update(MessageRow).where(MessageRow.id == row.id).values(sent=list(sent)))
        return sent

    async def _replace(self, channel: Channel, chat: Chat, row: MessageRow, payload: Mapping[str, Any]) -> None:
        if not row.sent or not channel.capabilities.can_edit:
            return
        message = await self._redacted(channel, row)
        if "title" in payload:
            part = without_buttons(message, channel.capabilities, self._own_url, payload["title"])
        else:
            part = without_pressed_buttons(message, channel.capabilities, self._own_url, await self._pressed_tokens(row))
        await channel.replace(chat, str(row.sent[-1]), part)

    async def _pressed_tokens(self, row: MessageRow) -> list[str]:
        """Return the tokens of the message's buttons that were pressed, in their order."""
        used = select(ButtonRow.token).where(ButtonRow.message_id == row.id, ButtonRow.used_at.is_not(None))
        async with self._database.reading() as session:
            return list(await session.scalars(used.order_by(ButtonRow.used_at)))

    async def _redacted(self, channel: Channel, row: MessageRow, dossiers: Collection[str] | None = None) -> Message:
        """Return the message as the channel may show it."""
        message = public(row)
        return message if channel.capabilities.trusted else await self._filter.clean_message(row.conversation_id, message, dossiers)
