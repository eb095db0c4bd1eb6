"""Periodic tasks, run at set times. The scheduler only starts them; what is due is in the database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.core.errors import log_error

FIRST_RUN = timedelta(seconds=30)
"""How long after the start hourly tasks run for the first time."""
JITTER_SECONDS = 300
"""How far apart several processes may run the same hourly task: they must not all run it at once."""


class Schedule:
    """The periodic tasks of one process."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    def every_minute(self, task: Callable[[], object]) -> None:
        """Call `task` in the first second of each minute: digest hours and the ends of quiet hours are to the minute."""
        self._scheduler.add_job(task, "cron", second=0, misfire_grace_time=None, coalesce=True)

    def hourly(self, task: Callable[[], Awaitable[object]], doing: str) -> None:
        """Run `task` once an hour. What it raises is logged under the fixed phrase `doing`; the next run tries again."""

        async def run() -> None:
            try:
                await task()
            except Exception as error:
                log_error(error, doing)

        self._scheduler.add_job(run, "interval", hours=1, jitter=JITTER_SECONDS, next_run_time=datetime.now(UTC) + FIRST_RUN)

    def start(self) -> None:
        """Begin to run tasks."""
        self._scheduler.start()

    def stop(self) -> None:
        """Run no task any more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
