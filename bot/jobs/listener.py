"""Waking across processes: on PostgreSQL, what one process announces wakes the workers of all others (LISTEN/NOTIFY).

`Database.writing` sends the topics announced in a transaction with `pg_notify`, so that they are heard once it is committed and never
before. Nothing relies on it: a notification that is lost costs the safety poll of the worker (`bot.jobs.worker`).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psycopg
import stamina

from bot.core.database import NOTIFY_CHANNEL, Database
from bot.core.errors import log_error


class Listener:
    """Passes what other processes announce to the listeners of this one. Does nothing on SQLite, which has no such thing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen, on a connection of its own."""
        if not self._database.is_sqlite:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        url = self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            try:
                async for attempt in stamina.retry_context(on=psycopg.Error, attempts=None, timeout=None, wait_max=5.0):
                    with attempt:
                        await self._listen(url)
            except Exception as error:
                log_error(error, "listening to other processes; it is tried again")
                await asyncio.sleep(1.0)

    async def _listen(self, url: str) -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute(f"LISTEN {NOTIFY_CHANNEL}")
            self._database.wake_all()  # whatever was announced while nobody listened
            async for notification in connection.notifies():
                self._database.wake(notification.payload.split())
