"""Runs retention once an hour. The scheduler only wakes it up; what is due is in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.jobs.periods import begin_period
from bot.messaging.retention import Retention

FIRST_RUN_AFTER = timedelta(seconds=45)
"""How long after the start it runs first; then once an hour."""


class RetentionJob:
    """Runs retention in one process at a time."""

    def __init__(self, retention: Retention, database: Database, clock: Clock) -> None:
        self._retention, self._database, self._clock = retention, database, clock
        self._scheduler: AsyncIOScheduler | None = None

    def start(self) -> None:
        """Start the schedule."""
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        first = datetime.now(UTC) + FIRST_RUN_AFTER
        self._scheduler.add_job(self._erase, "interval", hours=1, jitter=300, next_run_time=first)
        self._scheduler.start()

    def stop(self) -> None:
        """Stop the schedule; a round that is cut short goes on at the next start."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)

    async def _erase(self) -> None:
        try:
            if await begin_period(self._database, self._clock, "retention"):
                await self._retention.run_due()
        except Exception as error:  # the next round tries again
            log_error(error, "erasing what is not kept any longer")
