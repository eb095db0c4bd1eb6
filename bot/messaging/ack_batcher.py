"""Batches acknowledgements: rows whose attempts end while a transaction is under way are settled together by the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import bindparam, update

from bot.core.clock import Clock
from bot.core.database import Database, announce, insist
from bot.core.errors import log_error
from bot.jobs.outbox import CHAT, PUSH, OutboxRow, answers_wait, delete_text, postpone, settle_all
from bot.messaging.delivery_tracking import DeliveryTracking
from bot.messaging.transcript import MESSAGES


@dataclass(frozen=True)
class _Ack:
    """How an attempt ended: done, with the channel's ids; put back until an instant; given up (neither)."""

    row: OutboxRow
    written: asyncio.Future[None]
    done: bool
    message_id: int | None = None
    sent: list[Any] | None = None
    until: datetime | None = None
    error: str = ""
    counted: bool = True

    @property
    def ended(self) -> bool:
        return self.done or self.until is None

    @property
    def given_up(self) -> bool:
        return not self.done and self.until is None


class AckBatcher:
    """Writes the ends of attempts, as many at a time as there are."""

    def __init__(self, database: Database, clock: Clock, tracking: DeliveryTracking, *, serves: Callable[[], bool]) -> None:
        """Make one. `serves`: whether answers leave from this process, which looks for them itself once a row has ended."""
        self._database, self._clock, self._tracking, self._serves = database, clock, tracking, serves
        self._acks: list[_Ack] = []
        self._task: asyncio.Task[None] | None = None

    async def settle(self, row: OutboxRow, message_id: int | None, sent: list[Any] | None) -> None:
        """Mark a row delivered. `sent`: ids that the channel gave to the message `message_id`."""
        await self._add(_Ack(row, asyncio.get_running_loop().create_future(), done=True, message_id=message_id, sent=sent))

    async def postpone(
        self, row: OutboxRow, until: datetime | None, error: Exception, *, message_id: int | None = None, counted: bool = True
    ) -> None:
        """Put a row back until `until`, or give it up where that is None.

        Args:
            message_id: the row's message, where the transcript holds it.
            counted: whether the attempt is spent.
        """
        future, name = asyncio.get_running_loop().create_future(), type(error).__name__
        await self._add(_Ack(row, future, done=False, message_id=message_id, until=until, error=name, counted=counted))

    async def pass_on(self, rows: Sequence[OutboxRow]) -> None:
        """Wake who serves where an answer waited for these rows, which have ended.

        It is called after the commit that ended them: an answer that is written later finds nothing before it.
        """
        conversation_ids = {row.conversation_id for row in rows if row.conversation_id is not None}
        if self._serves() or not conversation_ids:
            return
        try:
            async with self._database.reading() as session:
                if not await answers_wait(session, conversation_ids):
                    return
            async with self._database.writing() as session:
                announce(session, PUSH)
        except Exception as error:  # who serves looks by itself before long
            log_error(error, "waking who sends answers")

    async def _add(self, ack: _Ack) -> None:
        self._acks.append(ack)
        if self._task is None:
            self._task = asyncio.create_task(self._write_all())
        await asyncio.shield(ack.written)

    async def _write_all(self) -> None:
        try:
            while self._acks:
                acks, self._acks = self._acks, []
                try:
                    await insist(partial(self._write, acks), "settling what was sent to channels")
                except Exception as error:  # the leases run out, and the rows are claimed again
                    log_error(error, "settling what was sent to channels; given up")
                else:
                    await self.pass_on([ack.row for ack in acks if ack.ended])
                for ack in acks:
                    ack.written.set_result(None)
        finally:
            self._task = None

    async def _write(self, acks: Sequence[_Ack]) -> None:
        now = self._clock.now()
        done = [ack.row for ack in acks if ack.done]
        sent = [{"b_id": ack.message_id, "b_sent": ack.sent} for ack in acks if ack.message_id is not None and ack.sent is not None]
        async with self._database.writing() as session:
            if sent:
                kept = update(MESSAGES).where(MESSAGES.c.id == bindparam("b_id")).values(sent=bindparam("b_sent"))
                await (await session.connection()).execute(kept, sent)
            if done:
                await settle_all(session, [row.id for row in done], now=now)
                await self._tracking.delivered(session, done, now)
            for ack in acks:
                if not ack.done:
                    await postpone(session, ack.row.id, until=ack.until, error=ack.error, now=now, counted=ack.counted)
                if ack.given_up and ack.row.kind == CHAT and ack.message_id is not None:
                    await delete_text(session, ack.row)
            await self._tracking.failed(session, [ack.row for ack in acks if ack.given_up], now)
