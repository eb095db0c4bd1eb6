"""The channel sender: delivers proactive messages (`chat` rows of the outbox) and carries out commands for channels (`push` rows).

The rows of one chat are taken in order, one at a time; chats are served in parallel. A row is claimed with a lease, may be refused by the
send-time check, is sent, and settled; rows that end at the same time are settled together. A `chat` row's message is written into the
transcript first, once under its key; where clients fetch the transcript (the web chat) that is the delivery, and settles the row. A
process that is killed in between leaves a row that is claimed again once its lease has run out: the one message in flight may then be on
the channel twice, never missing, and never twice in the transcript.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select, update

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.jobs.outbox import (
    CHAT,
    COMMANDS,
    MESSAGES,
    PUSH,
    RETRY,
    OutboxRow,
    delete_text,
    in_order_per_conversation,
    is_before_an_answer,
    postpone,
    seconds_left,
    settle_all,
)
from bot.jobs.worker import Worker
from bot.messaging.ack_batcher import AckBatcher
from bot.messaging.channel import ChannelUnavailable, ChatClosed, ChatMoved, MessageRefused, RateLimited
from bot.messaging.channel_registry import ChannelRegistry
from bot.messaging.command_executor import CommandExecutor
from bot.messaging.delivery_metrics import CLOSED, GIVEN_UP, RECALLED, RETRIED, SENT, SLOWED, SPAN, count_delivery
from bot.messaging.delivery_tracking import DeliveryTracking
from bot.messaging.outbound_commands import FETCHED
from bot.messaging.proactive_messages import take_back
from bot.messaging.proactive_writer import ProactiveWriter, WrittenMessages, message_key
from bot.messaging.tables import Conversation, MessageRow

MAX_IN_HAND = 100
"""Rows in hand at a time, one a chat."""
LEFT_OVER = timedelta(seconds=10)
"""After so long a command is taken by a process that only delivers: none that serves took it."""
MIN_CLAIM = 10
"""Free places from which rows are claimed again: not a transaction for each row that ends."""
STOP_SECONDS = 3.0
"""How long a stop waits for what is being sent."""


class _Undeliverable(Exception):
    """The row holds no message, or one for no conversation: `error`."""

    def __init__(self, error: Exception) -> None:
        super().__init__(self.__doc__)
        self.error = error


@dataclass(frozen=True)
class _Batch:
    """What became of the messages of one claim."""

    recalled: set[int]
    """Rows that the send-time check refused; they are settled."""
    written: WrittenMessages


class ChannelSender:
    """The channel sender of one process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        registry: ChannelRegistry,
        writer: ProactiveWriter,
        executor: CommandExecutor,
        tracking: DeliveryTracking,
    ) -> None:
        self._database, self._clock, self._registry, self._tracking = database, clock, registry, tracking
        self._writer, self._executor, self._acks = writer, executor, AckBatcher(database, clock, tracking, serves=lambda: self.serves)
        self.serves = self.delivers = True
        """What this process sends: commands, messages (`start`)."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._batches: set[asyncio.Task[_Batch]] = set()
        self._worker = Worker(
            database,
            clock,
            self._begin_due,
            doing="looking for what is to be sent to channels",
            topics=(CHAT, PUSH),
            next_due=self._next_due,
        )

    def start(self, *, serves: bool = True, delivers: bool = True) -> None:
        """Begin to send: commands, for which somebody waits, where chats are served; messages where what nobody waits for is delivered.

        Who delivers alone takes commands that nobody took for `LEFT_OVER`; who serves alone takes the messages that an answer waits for.
        """
        self.serves, self.delivers = serves, delivers
        self._worker.start()

    async def stop(self) -> None:
        """Stop, giving what is being sent a moment; what is dropped is claimed again once its lease has run out."""
        await self._worker.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        for task in (*self._tasks, *self._batches):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._batches, return_exceptions=True)

    async def send_due(self) -> int:
        """Deliver what is due now, one row a chat, to its end. Return how many rows were claimed."""
        claimed = await self._begin_due()
        if self._tasks:
            await asyncio.wait(self._tasks)
        return claimed

    async def _begin_due(self) -> int:
        rows = await self._claim()
        conversations, messages = await self._load(rows)
        channels = {conversation.id: conversation.channel for conversation in conversations.values()}
        batch = self._begin_batch([row for row in rows if row.kind == CHAT or self._tracking.tracks(row)], channels)
        for row in rows:
            message = messages.get(row.payload.get("message", 0)) if row.kind == PUSH else None
            task = asyncio.create_task(self._attempt(row, conversations.get(row.conversation_id or ""), message, batch))
            self._tasks.add(task)
            task.add_done_callback(self._done)
        return len(rows)

    def _begin_batch(self, rows: Sequence[OutboxRow], channels: Mapping[str, str]) -> asyncio.Task[_Batch] | None:
        """Begin to check and write messages: commands, for which somebody waits, need not wait for it."""
        if not rows:
            return None
        batch = asyncio.create_task(self._check_and_write(rows, channels))
        self._batches.add(batch)
        batch.add_done_callback(self._batches.discard)
        return batch

    async def _check_and_write(self, rows: Sequence[OutboxRow], channels: Mapping[str, str]) -> _Batch:
        async with asyncio.timeout(seconds_left(rows[0], self._clock.now())):  # the rows were claimed together
            recalled = await self._recall(rows)
            chat_rows = [row for row in rows if row.kind == CHAT and row.id not in recalled]
            return _Batch(recalled, await self._writer.write(chat_rows, channels) if chat_rows else WrittenMessages())

    async def _claim(self) -> list[OutboxRow]:
        """Lease due rows: commands, for which somebody waits, before messages, of which there may be thousands."""
        free = MAX_IN_HAND - len(self._tasks)
        if free < MIN_CLAIM:
            return []
        wanted, rows = in_order_per_conversation(), list[OutboxRow]()
        if self._registry.channels:
            mine = wanted if self.serves else wanted.where(OutboxRow.created_at <= self._clock.now() - LEFT_OVER)
            rows = await COMMANDS.claim(self._database, self._clock, mine, limit=free)
        else:  # what is for external chats waits for a process that has channels
            wanted = wanted.where(~exists().where(Conversation.id == OutboxRow.conversation_id, Conversation.channel.not_in(FETCHED)))
        if not self.delivers:  # whoever does may be away, or have thousands to send: an answer waits for none of them
            wanted = wanted.where(is_before_an_answer())
        if len(rows) < free and (self.delivers or self._registry.channels):
            rows += await MESSAGES.claim(self._database, self._clock, wanted, limit=free - len(rows))
        return rows

    async def _next_due(self) -> datetime | None:
        if MAX_IN_HAND - len(self._tasks) < MIN_CLAIM:  # the next row that ends wakes the worker
            return None
        now = self._clock.now()
        async with self._database.reading() as session:
            instants = [await queue.next_due(session, now) for queue in (COMMANDS, MESSAGES)]
        return min((instant for instant in instants if instant is not None), default=None)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._worker.wake()

    async def _recall(self, rows: Sequence[OutboxRow]) -> set[int]:
        """Settle the rows that must not be sent at this moment. An earlier attempt may have written their message: it is taken back."""
        late = await self._tracking.not_now(rows)
        if not late:
            return set()
        now, recalled = self._clock.now(), [row for row in rows if row.id in late]
        written = select(MessageRow.id).where(MessageRow.key.in_([message_key(row_id) for row_id in late]))
        async with self._database.writing() as session:
            await settle_all(session, late, now=now)
            await self._tracking.recalled(session, recalled, now)
            message_ids = {row.payload["message"] for row in recalled if row.kind == PUSH} | set(await session.scalars(written))
            await take_back(session, message_ids, now=now)
        await self._acks.pass_on(recalled)
        return late

    async def _load(self, rows: Sequence[OutboxRow]) -> tuple[dict[str, Conversation], dict[int, MessageRow]]:
        """Return the conversations of these rows and the messages that commands name, by their ids."""
        if not rows:
            return {}, {}
        wanted = select(Conversation).where(Conversation.id.in_({row.conversation_id for row in rows}))
        named = select(MessageRow).where(MessageRow.id.in_({row.payload.get("message", 0) for row in rows if row.kind == PUSH}))
        async with self._database.reading() as session:
            conversations = {conversation.id: conversation for conversation in await session.scalars(wanted)}
            return conversations, {message.id: message for message in await session.scalars(named)}

    async def _attempt(
        self,
        row: OutboxRow,
        conversation: Conversation | None,
        message: MessageRow | None,
        batch: asyncio.Task[_Batch] | None,
    ) -> None:
        channel = conversation.channel if conversation is not None else ""
        with SPAN.begun(True, kind=row.kind, channel=channel) as span:
            outcome = await self._outcome(row, conversation, message, batch)
            span.note(outcome=outcome)
        count_delivery(row, channel, outcome, self._clock.now())

    async def _outcome(
        self, row: OutboxRow, conversation: Conversation | None, message: MessageRow | None, batch: asyncio.Task[_Batch] | None
    ) -> str:
        """Attempt to deliver a row, note how it ended, and return that."""
        try:
            async with asyncio.timeout(seconds_left(row, self._clock.now())):
                if batch is not None and (row.kind == CHAT or self._tracking.tracks(row)):
                    done = await asyncio.shield(batch)
                    if row.id in done.recalled:
                        return RECALLED
                    if row.id in done.written.invalid:
                        raise _Undeliverable(done.written.invalid[row.id])
                    if row.id in done.written.postponed:
                        raise done.written.postponed[row.id]
                    message = done.written.to_send.get(row.id, message)
                    if row.kind == CHAT and message is None:  # its channel fetches the transcript: it is delivered and settled
                        return SENT
                sent = await self._executor.execute(row, conversation, message)
        except RateLimited as slow:
            await self._put_back(row, message, slow, seconds=slow.seconds)
            return SLOWED
        except ChatMoved as moved:
            await self._move(row, message, moved)
            return RETRIED
        except ChatClosed as closed:
            await self._close(row, message, closed)
            return CLOSED
        except MessageRefused as refused:
            await self._give_up(row, message, refused)
            return GIVEN_UP
        except _Undeliverable as undeliverable:
            await self._give_up(row, message, undeliverable.error)
            return GIVEN_UP
        except (ChannelUnavailable, TimeoutError) as transient:
            return await self._put_back(row, message, transient)
        except Exception as error:  # ours: one row must not hold up the others
            return await self._put_back(row, message, error)
        await self._acks.settle(row, message.id if message else None, sent)
        return SENT

    async def _put_back(self, row: OutboxRow, message: MessageRow | None, error: Exception, seconds: float | None = None) -> str:
        now = self._clock.now()
        until = RETRY.next_attempt(row.attempts, now) if seconds is None else now + timedelta(seconds=seconds)
        if not isinstance(error, RateLimited):
            log_error(error, "sending a message; given up" if until is None else "sending a message; it will be tried again")
        await self._acks.postpone(row, until, error, message_id=message.id if message else None, counted=seconds is None)
        return GIVEN_UP if until is None else RETRIED

    async def _give_up(self, row: OutboxRow, message: MessageRow | None, error: Exception) -> None:
        log_error(error, "sending a message; given up")
        await self._acks.postpone(row, None, error, message_id=message.id if message else None)

    async def _close(self, row: OutboxRow, message: MessageRow | None, error: Exception) -> None:
        """Close the chat until its user writes again: commands that wait for it are over, and notifications go by another channel."""
        now = self._clock.now()
        waiting = select(OutboxRow).where(
            OutboxRow.kind.in_((CHAT, PUSH)),
            OutboxRow.conversation_id == row.conversation_id,
            OutboxRow.done_at.is_(None),
            OutboxRow.dead_at.is_(None),
        )
        async with self._database.writing() as session:
            found = await session.scalars(waiting.order_by(OutboxRow.id).with_for_update())
            over = [each for each in found if each.id == row.id or each.kind == PUSH or self._tracking.tracks(each)]
            dead = update(OutboxRow).where(OutboxRow.id.in_([each.id for each in over]))
            await session.execute(dead.values(dead_at=now, lease_until=None, last_error=type(error).__name__))
            closed = update(Conversation).where(Conversation.id == row.conversation_id, Conversation.closed_at.is_(None))
            await session.execute(closed.values(closed_at=now))
            if row.kind == CHAT and message is not None:
                await delete_text(session, row)
            await self._tracking.failed(session, over, now, closed=True)

    async def _move(self, row: OutboxRow, message: MessageRow | None, moved: ChatMoved) -> None:
        now = self._clock.now()
        async with self._database.writing() as session:
            channel = select(Conversation.channel).where(Conversation.id == row.conversation_id).scalar_subquery()
            taken = select(Conversation.id).where(Conversation.channel == channel, Conversation.address == moved.address)
            if await session.scalar(taken) is None:
                await session.execute(update(Conversation).where(Conversation.id == row.conversation_id).values(address=moved.address))
                await postpone(session, row.id, until=now, error=type(moved).__name__, now=now)
                return
        await self._close(row, message, moved)  # the chat goes on under its new address already
