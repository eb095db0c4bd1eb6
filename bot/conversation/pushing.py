"""Does on the channels what the outbox says (`bot.conversation.wire`): in order per chat, in parallel across chats.

A row is claimed with a lease, done, and settled. Killed in between, it is done again once the lease has run out: the one message
in flight may then be there twice, never missing. The ids that the channel gave are kept after each part of a long message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from bot.clock import Clock
from bot.conversation.channel import Channel, ChannelUnavailable, Chat, ChatClosed, ChatMoved, MessageRefused, SlowDown
from bot.conversation.privacy import Privacy
from bot.conversation.rendering import render, used_up
from bot.conversation.tables import Conversation, MessageRow
from bot.conversation.transcript import public
from bot.conversation.wire import DELETE, REPLACE
from bot.database import Database
from bot.errors import log_error
from bot.outbox import LEASE, PUSH, OutboxRow, claim, due, postpone, retry_at, settle

POLL_SECONDS = 0.5
AT_ONCE = 100
"""Rows in hand at a time, one a chat."""
PUSH_SECONDS = LEASE.total_seconds() - 10
"""What takes longer is given up for this time, while the row is still ours."""
STOP_SECONDS = 3.0


class Pusher:
    """The workers of one process that speak to the channels."""

    def __init__(self, database: Database, clock: Clock, channels: Mapping[str, Channel], privacy: Privacy, own_url: str) -> None:
        self._database, self._clock, self._channels, self._privacy = database, clock, channels, privacy
        self._own_url = own_url
        self._woken = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None
        self._stopping = False

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

    def wake(self) -> None:
        """Something may have been enqueued: look now."""
        self._woken.set()

    async def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                await self._begin_due()
            except Exception as error:  # the database may be away for a while: the next round tries again
                log_error(error, "looking for what is to be pushed")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)

    async def _begin_due(self) -> None:
        free = AT_ONCE - len(self._tasks)
        now = self._clock.now()
        async with self._database.reading() as session:
            if free <= 0 or await session.scalar(select(OutboxRow.id).where(*due(now, pushes=True)).limit(1)) is None:
                return
        async with self._database.writing() as session:
            rows = await claim(session, pushes=True, now=now, limit=free)
        for row in rows:
            task = asyncio.create_task(self._attempt(row))
            self._tasks.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._woken.set()

    async def _attempt(self, row: OutboxRow) -> None:
        try:
            async with asyncio.timeout(PUSH_SECONDS):
                await self._do(row)
        except SlowDown as slow:
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
            async with self._database.writing() as session:
                await settle(session, row.id, now=self._clock.now())

    async def _do(self, row: OutboxRow) -> None:
        """Do what the row says. Raises the errors of `bot.conversation.channel`."""
        async with self._database.reading() as session:
            conversation = await session.get(Conversation, row.conversation_id)
            message = await session.get(MessageRow, row.payload.get("message", 0))
        channel = self._channels.get(conversation.channel) if conversation else None
        if conversation is None or channel is None or conversation.closed_at is not None:
            raise ChatClosed
        chat = Chat(conversation.address, conversation.reference)
        if row.payload["do"] == DELETE:
            await channel.delete(chat, row.payload["sent"])
        elif message is not None and row.payload["do"] == REPLACE:
            await self._replace(channel, chat, message, row.payload.get("title"))
        elif message is not None:
            await self._send(channel, chat, message)

    async def _send(self, channel: Channel, chat: Chat, row: MessageRow) -> None:
        message = await self._shown(channel, row)
        sent = list(row.sent or [])
        for part in render(message, channel.means, self._own_url)[len(sent) :]:
            sent.append(await channel.send(chat, part))
            async with self._database.writing() as session:
                await session.execute(update(MessageRow).where(MessageRow.id == row.id).values(sent=list(sent)))

    async def _replace(self, channel: Channel, chat: Chat, row: MessageRow, title: str | None) -> None:
        if row.sent and channel.means.edits:
            message = await self._shown(channel, row)
            await channel.replace(chat, str(row.sent[-1]), used_up(message, channel.means, self._own_url, title))

    async def _shown(self, channel: Channel, row: MessageRow) -> dict[str, Any]:
        """The message as the outside may see it: nothing leaves to an external channel but through here."""
        message = public(row)
        return message if channel.means.trusted else await self._privacy.clean_message(row.conversation_id, message)

    async def _put_back(self, row: OutboxRow, error: Exception, seconds: float | None = None) -> None:
        now = self._clock.now()
        until = retry_at(row.attempts, now) if seconds is None else now + timedelta(seconds=seconds)
        if not isinstance(error, SlowDown):
            log_error(error, "pushing a message; given up" if until is None else "pushing a message; it will be tried again")
        async with self._database.writing() as session:
            await postpone(session, row.id, until=until, error=type(error).__name__, now=now, counted=seconds is None)

    async def _give_up(self, row: OutboxRow, error: Exception) -> None:
        log_error(error, "pushing a message; given up")
        async with self._database.writing() as session:
            await postpone(session, row.id, until=None, error=type(error).__name__, now=self._clock.now())

    async def _close(self, row: OutboxRow, error: Exception) -> None:
        """Nothing reaches the chat any more, until its user writes again: what waits for it is over."""
        now = self._clock.now()
        waiting = (OutboxRow.kind == PUSH, OutboxRow.conversation_id == row.conversation_id, OutboxRow.done_at.is_(None))
        dead = {"dead_at": now, "lease_until": None, "last_error": type(error).__name__}
        async with self._database.writing() as session:
            await session.execute(update(OutboxRow).where(*waiting, OutboxRow.dead_at.is_(None)).values(**dead))
            closed = update(Conversation).where(Conversation.id == row.conversation_id, Conversation.closed_at.is_(None))
            await session.execute(closed.values(closed_at=now))

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
