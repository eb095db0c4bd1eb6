"""Settling what was pushed: rows that end while a transaction is under way are settled together by the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import bindparam, update

from bot.core.clock import Clock
from bot.core.database import Database, insist
from bot.core.errors import log_error
from bot.jobs.outbox import OutboxRow, postpone, settle_all
from bot.messaging.transcript import MESSAGES
from bot.notifications import delivery_status


@dataclass(frozen=True)
class _End:
    """How a row ended: done, with the channel's ids; put back until an instant; given up (neither)."""

    row: OutboxRow
    settled: asyncio.Future[None]
    done: bool
    sent: list[Any] | None = None
    until: datetime | None = None
    error: str = ""
    counted: bool = True


class AckBatcher:
    """Writes ends down, as many at a time as there are."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._ends: list[_End] = []
        self._writing: asyncio.Task[None] | None = None

    async def settle(self, row: OutboxRow, sent: list[Any] | None) -> None:
        """What the row says was done; `sent`: ids that the channel gave to its message."""
        await self._end(_End(row, asyncio.get_running_loop().create_future(), done=True, sent=sent))

    async def postpone(self, row: OutboxRow, until: datetime | None, error: Exception, *, counted: bool = True) -> None:
        """It is tried again at `until`, or given up for good."""
        future = asyncio.get_running_loop().create_future()
        await self._end(_End(row, future, done=False, until=until, error=type(error).__name__, counted=counted))

    async def _end(self, end: _End) -> None:
        self._ends.append(end)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await asyncio.shield(end.settled)

    async def _write(self) -> None:
        try:
            while self._ends:
                ends, self._ends = self._ends, []
                try:
                    await insist(partial(self._settle, ends), "noting what was pushed")
                except Exception as error:  # the leases run out, and the rows are done again
                    log_error(error, "noting what was pushed; given up")
                for end in ends:
                    end.settled.set_result(None)
        finally:
            self._writing = None

    async def _settle(self, ends: Sequence[_End]) -> None:
        now = self._clock.now()
        done = [end.row.id for end in ends if end.done]
        sent = [{"b_id": end.row.payload["message"], "b_sent": end.sent} for end in ends if end.sent is not None]
        async with self._database.writing() as session:
            if sent:
                kept = update(MESSAGES).where(MESSAGES.c.id == bindparam("b_id")).values(sent=bindparam("b_sent"))
                await (await session.connection()).execute(kept, sent)
            if done:
                await settle_all(session, done, now=now)
                await delivery_status.delivered(
                    session, [end.row.id for end in ends if end.done and delivery_status.is_notice(end.row)], now
                )
            for end in ends:
                if not end.done:
                    await postpone(session, end.row.id, until=end.until, error=end.error, now=now, counted=end.counted)
            dead = [end.row.id for end in ends if not end.done and end.until is None and delivery_status.is_notice(end.row)]
            await delivery_status.failed(session, dead, now, closed=False)
