"""Waking across processes: on PostgreSQL, what one process announces wakes the workers of all others (LISTEN/NOTIFY).

`Database.writing` sends the topics announced in a transaction with `pg_notify`, so that they arrive once it is committed and never
before. Nothing relies on it: a notification that is lost costs the safety poll of the worker (`bot.jobs.worker`).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psycopg

from bot.core.database import NOTIFY_CHANNEL, Database
from bot.core.errors import log_error
from bot.core.postgres import connect_options

RECONNECT_SECONDS = 2.0
"""Pause before another try where the connection cannot be made or was lost."""


class Listener:
    """Passes what other processes announce to the workers of this one. Does nothing on SQLite, which has no such thing."""

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
        options = {name: str(value) for name, value in connect_options(self._database.url).items()}
        url = self._database.url.set(drivername="postgresql").update_query_dict(options).render_as_string(hide_password=False)
        while True:
            try:
                await self._listen(url)
            except Exception as error:
                log_error(error, "listening to other processes; it is tried again")
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self, url: str) -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute(f"LISTEN {NOTIFY_CHANNEL}")
            self._database.wake_all()  # for whatever was announced while nobody listened
            async for notification in connection.notifies():
                sender, *topics = notification.payload.split()
                if sender != self._database.process_id:
                    self._database.wake(topics)
