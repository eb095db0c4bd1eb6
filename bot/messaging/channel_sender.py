"""Does on the channels what the outbox says (`bot.messaging.outbound_commands`): in order per chat, in parallel across chats.

A row is claimed with a lease, done, and settled, rows that end at the same time together. Killed in between, it is done again once the
lease has run out: the one message in flight may then be there twice, never missing. The ids that the channel gave are kept after each
part of a long message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.jobs.outbox import PUSH, OutboxRow, anything_due, claim, postpone, retry_at, seconds_left, settle_all
from bot.messaging.ack_batcher import AckBatcher
from bot.messaging.channel import Channel, ChannelUnavailable, Chat, ChatClosed, ChatMoved, MessageRefused, RateLimited
from bot.messaging.outbound_commands import DELETE, REPLACE, SEND
from bot.messaging.pii.redaction import Redaction
from bot.messaging.ports import SendTimeCheck
from bot.messaging.rendering import render, without_buttons, without_pressed_buttons
from bot.messaging.tables import ButtonRow, Conversation, MessageRow
from bot.messaging.transcript import public, take_back
from bot.notifications import delivery_status

POLL_SECONDS = 2.0
"""How soon what nobody told of is seen: what another process left."""
AT_ONCE = 100
"""Rows in hand at a time, one a chat."""
CLAIMED_AT_LEAST = 10
"""Rows that are claimed together, where there are so many."""
STOP_SECONDS = 3.0


class ChannelSender:
    """The workers of one process that speak to the channels."""

    def __init__(self, database: Database, clock: Clock, channels: Mapping[str, Channel], privacy: Redaction, own_url: str) -> None:
        self._database, self._clock, self._channels, self._privacy = database, clock, channels, privacy
        self._own_url = own_url
        self.notices: SendTimeCheck | None = None
        self._woken = asyncio.Event()
        database.on_announced(PUSH, self._woken.set)
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None
        self._stopping = False
        self._settling = AckBatcher(database, clock)

    def start(self) -> None:
        """Begin; without channels there is nothing to do."""
        if self._channels:
            self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop, giving what is being sent a moment; what is dropped is taken again once its lease has run out."""
        self._stopping = True
        self._woken.set()
        if self._loop is not None:
            await self._loop
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                await self._begin_due()
            except Exception as error:  # the database may be away for a while: the next round tries again
                log_error(error, "looking for what is to be pushed")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)

    async def push_due(self) -> int:
        """Do what is due now, one row a chat, to its end; gives how many rows were taken."""
        taken = await self._begin_due()
        if self._tasks:
            await asyncio.wait(self._tasks)
        return taken

    async def _begin_due(self) -> int:
        free = AT_ONCE - len(self._tasks)
        if free < CLAIMED_AT_LEAST:  # not a transaction for each row that ends
            return 0
        now = self._clock.now()
        async with self._database.reading() as session:
            if not await anything_due(session, PUSH, now):
                return 0
        async with self._database.writing() as session:  # which may have to wait: the lease runs from when it is given
            rows = await claim(session, PUSH, now=self._clock.now(), limit=free)
        recalled = await self._recall(rows)
        rows = [row for row in rows if row.id not in recalled]
        conversations, messages = await self._load(rows)
        for row in rows:
            message = messages.get(row.payload.get("message", 0))
            task = asyncio.create_task(self._attempt(row, conversations.get(row.conversation_id or ""), message))
            self._tasks.add(task)
            task.add_done_callback(self._done)
        return len(rows) + len(recalled)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._woken.set()

    async def _recall(self, rows: list[OutboxRow]) -> set[int]:
        """Take back notices that must not be told at this moment; they never were in the chat."""
        if self.notices is None or not (late := await self.notices.not_now(rows)):
            return set()
        now = self._clock.now()
        async with self._database.writing() as session:
            await settle_all(session, late, now=now)
            await delivery_status.recall(session, late, now)
            await take_back(session, [row.payload["message"] for row in rows if row.id in late], now=now)
        self._woken.set()
        return late

    async def _load(self, rows: list[OutboxRow]) -> tuple[dict[str, Conversation], dict[int, MessageRow]]:
        """The chats and messages of these rows."""
        chats = select(Conversation).where(Conversation.id.in_({row.conversation_id for row in rows}))
        said = select(MessageRow).where(MessageRow.id.in_({row.payload.get("message", 0) for row in rows}))
        async with self._database.reading() as session:
            conversations = {conversation.id: conversation for conversation in await session.scalars(chats)}
            return conversations, {message.id: message for message in await session.scalars(said)}

    async def _attempt(self, row: OutboxRow, conversation: Conversation | None, message: MessageRow | None) -> None:
        try:
            async with asyncio.timeout(seconds_left(row, self._clock.now())):
                sent = await self._do(row, conversation, message)
        except RateLimited as slow:
            await self._put_back(row, slow, seconds=slow.seconds)
        except ChatMoved as moved:
            await self._move(row, moved)
        except ChatClosed as closed:
            await self._close(row, closed)
        except MessageRefused as refused:
            await self._give_up(row, refused)
        except (ChannelUnavailable, TimeoutError) as transient:
            await self._put_back(row, transient)
        except Exception as error:  # ours: what one row does must not hold up the others
            await self._put_back(row, error)
        else:
            await self._settling.settle(row, sent)

    async def _do(self, row: OutboxRow, conversation: Conversation | None, message: MessageRow | None) -> list[Any] | None:
        """Do what the row says; of a message, the channel's ids that are to be kept. Raises the errors of `bot.messaging.channel`."""
        channel = self._channels.get(conversation.channel) if conversation else None
        if conversation is None or channel is None or conversation.closed_at is not None:
            raise ChatClosed
        chat = Chat(conversation.address, conversation.reference)
        if row.payload["do"] == DELETE:
            await channel.delete(chat, row.payload["sent"])
        elif message is not None and row.payload["do"] == REPLACE:
            await self._replace(channel, chat, message, row.payload)
        elif message is not None and row.payload["do"] == SEND:
            return await self._send(channel, chat, message, delivery_status.about(row))
        return None

    async def _send(self, channel: Channel, chat: Chat, row: MessageRow, about: Collection[str] | None) -> list[Any]:
        message = await self._shown(channel, row, about)
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
        message = await self._shown(channel, row)
        if "title" in payload:
            part = without_buttons(message, channel.capabilities, self._own_url, payload["title"])
        else:
            part = without_pressed_buttons(message, channel.capabilities, self._own_url, await self._used(row))
        await channel.replace(chat, str(row.sent[-1]), part)

    async def _used(self, row: MessageRow) -> list[str]:
        """Tokens of the message's buttons that were pressed, in their order."""
        used = select(ButtonRow.token).where(ButtonRow.message_id == row.id, ButtonRow.used_at.is_not(None))
        async with self._database.reading() as session:
            return list(await session.scalars(used.order_by(ButtonRow.used_at)))

    async def _shown(self, channel: Channel, row: MessageRow, about: Collection[str] | None = None) -> dict[str, Any]:
        """The message as the outside may see it: nothing leaves to an external channel but through here."""
        message = public(row)
        return message if channel.capabilities.trusted else await self._privacy.clean_message(row.conversation_id, message, about)

    async def _put_back(self, row: OutboxRow, error: Exception, seconds: float | None = None) -> None:
        now = self._clock.now()
        until = retry_at(row.attempts, now) if seconds is None else now + timedelta(seconds=seconds)
        if not isinstance(error, RateLimited):
            log_error(error, "pushing a message; given up" if until is None else "pushing a message; it will be tried again")
        await self._settling.postpone(row, until, error, counted=seconds is None)
        if until is not None:
            asyncio.get_running_loop().call_later(max(0.0, (until - self._clock.now()).total_seconds()), self._woken.set)

    async def _give_up(self, row: OutboxRow, error: Exception) -> None:
        log_error(error, "pushing a message; given up")
        await self._settling.postpone(row, None, error)

    async def _close(self, row: OutboxRow, error: Exception) -> None:
        """Nothing reaches the chat any more, until its user writes again: what waits for it is over, notices go by another way."""
        now = self._clock.now()
        waiting = (OutboxRow.kind == PUSH, OutboxRow.conversation_id == row.conversation_id, OutboxRow.done_at.is_(None))
        dead = {"dead_at": now, "lease_until": None, "last_error": type(error).__name__}
        async with self._database.writing() as session:
            over = update(OutboxRow).where(*waiting, OutboxRow.dead_at.is_(None)).values(**dead).returning(OutboxRow.id)
            ids = list(await session.scalars(over.execution_options(synchronize_session=False)))
            closed = update(Conversation).where(Conversation.id == row.conversation_id, Conversation.closed_at.is_(None))
            await session.execute(closed.values(closed_at=now))
            ids += await delivery_status.unsaid(session, row.conversation_id or "")
            await session.execute(update(OutboxRow).where(OutboxRow.id.in_(ids)).values(**dead))
            await delivery_status.failed(session, ids, now, closed=True)

    async def _move(self, row: OutboxRow, moved: ChatMoved) -> None:
        now = self._clock.now()
        async with self._database.writing() as session:
            channel = select(Conversation.channel).where(Conversation.id == row.conversation_id).scalar_subquery()
            taken = select(Conversation.id).where(Conversation.channel == channel, Conversation.address == moved.address)
            if await session.scalar(taken) is None:
                await session.execute(update(Conversation).where(Conversation.id == row.conversation_id).values(address=moved.address))
                await postpone(session, row.id, until=now, error=type(moved).__name__, now=now)
                return
        await self._close(row, moved)  # the chat goes on under its new address already
