"""Fetches from the national directory what changed since the import, and puts it over the index (`bot.directory.overlay`)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.core.clock import Clock
from bot.core.errors import log_error
from bot.directory.errors import panics_as_failures
from bot.directory.live.national import NationalDirectory
from bot.directory.overlay import REMEMBERED, Overlay, OverlayBusy, OverlayState, OverlayWriter

POLL_SECONDS = 60.0
"""How often it is looked whether changes are due."""
OVERLAP = timedelta(hours=2)
"""How far before the last fetch the next one begins: their clock is not ours, and what changes while pages are read is on none of them."""
RETRY = timedelta(minutes=10)
"""After a fetch that failed."""
_log = logging.getLogger(__name__)


class Refresh:
    """Keeps the overlay of one index folder up to date; processes that share a folder take turns."""

    def __init__(self, national: NationalDirectory, index_dir: Path, clock: Clock, *, every: timedelta) -> None:
        self._national, self._overlay, self._clock, self._every = national, Overlay(index_dir), clock, every
        self._failed_until = clock.now()
        self._failed_at: datetime | None = None

    async def run_due(self) -> bool:
        """Fetch changes where that is due. Return whether all of them were.

        Whatever goes wrong (the service, the disk, an answer that nobody foresaw) is logged, told by the health report and tried again
        after `RETRY`: at once, it would ask for the same two thousand pages every other second.
        """
        now = self._clock.now()
        if now < self._failed_until:
            return False
        try:
            with panics_as_failures():
                done = await self._run(now)
        except Exception as error:
            self._failed_until, self._failed_at = now + RETRY, now
            log_error(error, "fetching changes of the national directory")
            return False
        self._failed_at = None if done else self._failed_at
        return done

    async def health_lines(self) -> Mapping[str, str]:
        """Return that changes cannot be fetched, since the last attempt failed."""
        return {"annuaire_sante_changes": f"failed at {self._failed_at:%Y-%m-%dT%H:%MZ}"} if self._failed_at else {}

    async def _run(self, now: datetime) -> bool:
        state = await asyncio.to_thread(self._overlay.state, now)
        if state is None or (state.checked_at is not None and now < state.checked_at + self._every):
            return False
        with ExitStack() as stack:
            try:
                writer = stack.enter_context(self._overlay.writing())
            except OverlayBusy:
                return False
            await self._fetch(state, writer)
        return True

    async def _fetch(self, state: OverlayState, writer: OverlayWriter) -> None:
        started = self._clock.now()
        if state.checked_at is None:
            await asyncio.to_thread(writer.begin_anew, state)
        elif state.since < started - REMEMBERED:
            state = replace(state, has_gap=True)
        if state.has_gap:
            _log.warning("the imported directory is older than what the national directory tells changes of: import its file again")
        withdrawn = set(state.withdrawn)
        async for changes in self._national.changes(max(state.since, started - REMEMBERED)):
            withdrawn = (withdrawn | set(changes.withdrawn)) - {person.key for person in changes.people}
            await asyncio.to_thread(writer.add, changes.people, changes.withdrawn)
        done = replace(state, since=started - OVERLAP, checked_at=started, withdrawn=frozenset(withdrawn))
        await asyncio.to_thread(writer.save, done)
