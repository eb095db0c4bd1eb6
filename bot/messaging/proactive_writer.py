"""Writes the messages of `chat` rows of the outbox into the transcript, as their channels may show them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select

from bot.core.clock import Clock
from bot.core.database import Database
from bot.jobs.outbox import OutboxRow, settle_all
from bot.messaging.delivery_tracking import DeliveryTracking
from bot.messaging.hub import Hub
from bot.messaging.messages import Reply
from bot.messaging.outbound_commands import FETCHED
from bot.messaging.pii.outgoing_filter import OutgoingFilter
from bot.messaging.ports import AssistantUnavailable, Handover, NoHandover
from bot.messaging.proactive_messages import ProactiveMessage, write_proactive
from bot.messaging.tables import SYSTEM, MessageRow

NOTIFICATION_BUTTON_LIFE = timedelta(days=30)
"""How long the buttons under a notification work, which may be read long after it came."""


@dataclass
class WrittenMessages:
    """What became of a batch of rows."""

    to_send: dict[int, MessageRow] = field(default_factory=dict)
    """Messages, by the id of their row, that are still to be sent to their channel."""
    invalid: dict[int, Exception] = field(default_factory=dict)
    """Why rows can never be delivered, by their id."""
    postponed: dict[int, Exception] = field(default_factory=dict)
    """Why rows have to wait, by their id. A row in none of the three is delivered and settled: its channel fetches the transcript."""


def message_key(row_id: int) -> str:
    """Return the key of the message that a row becomes in the transcript."""
    return f"outbox:{row_id}"


class ProactiveWriter:
    """Writes the messages of claimed rows, each once under its key."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        outgoing_filter: OutgoingFilter,
        hub: Hub,
        tracking: DeliveryTracking,
        *,
        is_trusted: Callable[[str], bool],
        button_life: timedelta,
    ) -> None:
        """`is_trusted`: whether an usager may be named on this channel."""
        self._database, self._clock, self._filter, self._hub, self._tracking = database, clock, outgoing_filter, hub, tracking
        self._is_trusted, self._button_life = is_trusted, button_life
        self.handover: Handover = NoHandover()
        """Marks what arrives while a human agent has the conversation."""

    async def write(self, rows: Sequence[OutboxRow], channels: Mapping[str, str]) -> WrittenMessages:
        """Write the messages of rows, at most one a conversation, in one transaction that also settles the rows of fetched channels.

        A message whose key is known was written by an attempt that was cut short.

        Args:
            channels: the channel of each conversation that exists.
        """
        written = WrittenMessages()
        keys = {message_key(row.id): row for row in rows}
        async with self._database.reading() as session:
            known = set(await session.scalars(select(MessageRow.key).where(MessageRow.key.in_(keys))))
        new = [row for key, row in keys.items() if key not in known]
        prepared = await asyncio.gather(*(self._prepare(row, channels) for row in new), return_exceptions=True)
        messages = []
        for row, outcome in zip(new, prepared, strict=True):
            if isinstance(outcome, (ValueError, KeyError)):
                written.invalid[row.id] = outcome
            elif isinstance(outcome, AssistantUnavailable):  # nobody can say now whom its words name
                written.postponed[row.id] = outcome
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                messages.append(outcome)
        valid = [row for row in rows if row.id not in written.invalid and row.id not in written.postponed]
        fetched = [row for row in valid if channels[row.conversation_id or ""] in FETCHED]
        to_send = {message_key(row.id): row.id for row in valid if channels[row.conversation_id or ""] not in FETCHED}
        now = self._clock.now()
        async with self._database.writing() as session:
            if messages:
                await write_proactive(session, messages, now=now, handover=self.handover)
            if fetched:
                await settle_all(session, [row.id for row in fetched], now=now)
                await self._tracking.delivered(session, fetched, now)
            for stored in await session.scalars(select(MessageRow).where(MessageRow.key.in_(to_send))):
                written.to_send[to_send[stored.key or ""]] = stored
        for message in messages:
            self._hub.message_added(message.conversation_id)
        return written

    async def _prepare(self, row: OutboxRow, channels: Mapping[str, str]) -> ProactiveMessage:
        """Return the message of a row, filtered where its channel is external. Raise ValueError, KeyError or AssistantUnavailable."""
        conversation_id = row.conversation_id or ""
        reply = Reply.model_validate(row.payload)
        if reply.blank:
            raise ValueError("the outbox row holds no message to show")
        if not self._is_trusted(channels[conversation_id]):
            reply = await self._filter.clean(conversation_id, reply, self._tracking.dossiers(row))
        if self._tracking.tracks(row):
            return ProactiveMessage(conversation_id, reply, message_key(row.id), NOTIFICATION_BUTTON_LIFE, author=SYSTEM)
        return ProactiveMessage(conversation_id, reply, message_key(row.id), self._button_life)
