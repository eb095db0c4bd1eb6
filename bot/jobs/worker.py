"""Workers: loops that do what is due, woken when something may be due, and polling now and then to be safe."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.jobs.queue import Queue

STOP_SECONDS = 2.0
"""How long a round that is under way may go on at a stop, unless the worker says otherwise."""
LOCAL_POLL_SECONDS = 2.0
"""Safety poll on SQLite, where other processes (action server, command line) cannot wake this one."""
SHARED_POLL_SECONDS = 15.0
"""Safety poll on PostgreSQL, which wakes workers by LISTEN/NOTIFY (`bot.jobs.listener`)."""
LEAST_PAUSE_SECONDS = 0.05
"""Between two rounds at the least where jobs become due one after the other."""


class Worker:
    """One loop of one process; each round calls `run_due`, which does what is due until nothing is left.

    A round begins at the start, when one of the topics is announced (`bot.core.database.announce`), when the next job becomes due, and
    by the safety poll. An exception of a round is logged and the next round tries again: the database may be away for a while.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock | None,
        run_due: Callable[[], Awaitable[object]],
        *,
        doing: str,
        topics: tuple[str, ...] = (),
        next_due: Callable[[], Awaitable[datetime | None]] | None = None,
        poll_seconds: float | None = None,
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        """Make a worker, which begins with `start`.

        Args:
            database: whose announcements wake it.
            clock: tells how long the next job has to wait; None without `next_due`.
            run_due: does what is due.
            doing: fixed phrase for the log.
            topics: what wakes it.
            next_due: when the next job that is not due yet becomes due; None: there is none.
            poll_seconds: how long it sleeps at the most; None: the safety poll of the database at hand.
            stop_seconds: how long a round that is under way may go on at a stop.
        """
        self._clock, self._run_due, self._next_due, self._doing = clock, run_due, next_due, doing
        self._poll_seconds = poll_seconds or (LOCAL_POLL_SECONDS if database.is_sqlite else SHARED_POLL_SECONDS)
        self._stop_seconds = stop_seconds
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.stopping = False
        """Whether the process stops: a long round ends at its next opportunity."""
        for topic in topics:
            database.on_announced(topic, self.wake)

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Begin a round at once, or another one after the round that is under way: something may be due."""
        self._woken.set()

    async def stop(self) -> None:
        """Stop. A round that is under way is given `stop_seconds` and cancelled after them; leases that it held run out."""
        self.stopping = True
        self.wake()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=self._stop_seconds)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while not self.stopping:
            self._woken.clear()
            try:
                await self._run_due()
                seconds = await self._seconds_until_next()
            except Exception as error:
                log_error(error, self._doing)
                seconds = min(self._poll_seconds, LOCAL_POLL_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):  # wait_for would lose a cancellation that comes with a wake
                    await self._woken.wait()

    async def _seconds_until_next(self) -> float:
        at = await self._next_due() if self._next_due is not None else None
        if at is None or self._clock is None:
            return self._poll_seconds
        return min(max((at - self._clock.now()).total_seconds(), LEAST_PAUSE_SECONDS), self._poll_seconds)


def queue_worker(database: Database, clock: Clock, queue: Queue, run_due: Callable[[], Awaitable[object]], *, doing: str) -> Worker:
    """Return a worker that is woken by the topic of `queue` and when its next job becomes due. `doing`: fixed phrase for the log."""

    async def next_due() -> datetime | None:
        async with database.reading() as session:
            return await queue.next_due(session, clock.now())

    return Worker(database, clock, run_due, doing=doing, topics=(queue.name,), next_due=next_due)
