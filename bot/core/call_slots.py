"""Slots for calls to an outside service that allows so many a second: all processes of an installation share them, in the database.

A slot is taken before a call leaves and is free again one window after its answer came. The service counts the call somewhere in between,
so whatever the network does to the pace, it never counts more in a window than there are slots (as `bot.channels.outbound_rate_limit`
does within a process). A slot is a row of `limit_counters` whose window is open; where there is no row, it is free.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime, timedelta

from sqlalchemy import case, select, update

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.limits import LimitCounter
from bot.core.upsert import upsert

WINDOW = timedelta(seconds=1.1)
"""A second, and what the clocks of machines may differ by."""
LEASE = timedelta(seconds=35)
"""How long a slot stays taken whose process died: longer than any call."""
_MIN_WAIT_SECONDS, _MAX_WAIT_SECONDS = 0.02, 1.0


class CallSlots:
    """So many calls of one service in a second, by everybody together; work in the background leaves some to those who wait."""

    def __init__(self, database: Database, clock: Clock, name: str, slots: int, *, kept_for_turns: int = 0) -> None:
        """Make the slots of one service.

        Args:
            database: what the processes share.
            clock: the present; machines' clocks agree within a tenth of a second.
            name: of the service, at most 40 characters.
            slots: calls that it allows in a second.
            kept_for_turns: of these, how many work in the background never takes.
        """
        self._database, self._clock = database, clock
        self._subjects = [f"{name}:slot:{number}" for number in range(slots)]
        self._in_background = self._subjects[kept_for_turns:]
        self._pause = f"{name}:pause"
        self._queues = {False: asyncio.Lock(), True: asyncio.Lock()}
        """First come, first served, within a process; by whether it is work in the background."""

    async def acquire(self, *, background: bool = False) -> str:
        """Wait for a free slot, take it and return it. The caller limits the wait."""
        subjects = self._in_background if background else self._subjects
        async with self._queues[background]:
            while (found := await self._take(subjects)) is None or isinstance(found, timedelta):
                seconds = found.total_seconds() if found is not None else 0.0
                await asyncio.sleep(min(max(seconds, _MIN_WAIT_SECONDS), _MAX_WAIT_SECONDS))
            return found

    async def release(self, slot: str, after: timedelta = WINDOW) -> None:
        """Free a slot after so long, counted from now: its call was answered."""
        async with self._database.writing() as session:
            until = self._clock.now() + after
            await session.execute(update(LimitCounter).where(LimitCounter.subject == slot).values(until=until))

    async def pause(self, duration: timedelta) -> None:
        """Let nobody call for so long: the service asked for it."""
        until = self._clock.now() + duration
        async with self._database.writing() as session:
            statement = upsert(session, LimitCounter).values(subject=self._pause, hits=1, until=until)
            later = case((LimitCounter.until > until, LimitCounter.until), else_=until)
            await session.execute(statement.on_conflict_do_update(index_elements=[LimitCounter.subject], set_={"until": later}))

    async def _take(self, subjects: list[str]) -> str | timedelta | None:
        """Return the slot that was taken, else how long until one may be free; None: somebody else was quicker."""
        now = self._clock.now()
        async with self._database.reading() as session:
            columns = select(LimitCounter.subject, LimitCounter.until).where(LimitCounter.subject.in_([*subjects, self._pause]))
            taken: dict[str, datetime] = {subject: until for subject, until in await session.execute(columns) if until > now}
        if self._pause in taken:
            return taken[self._pause] - now
        free = [subject for subject in subjects if subject not in taken]
        if not free:
            return min(taken.values()) - now
        slot = secrets.choice(free)  # not the first: two processes would always want the same one
        async with self._database.writing() as session:
            now = self._clock.now()
            insert = upsert(session, LimitCounter).values(subject=slot, hits=1, until=now + LEASE)
            taking = insert.on_conflict_do_update(
                index_elements=[LimitCounter.subject], set_={"until": now + LEASE, "hits": 1}, where=LimitCounter.until <= now
            )
            got: str | None = await session.scalar(taking.returning(LimitCounter.subject))
            return got
