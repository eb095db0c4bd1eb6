"""The tracker store on one machine: Rasa's SQL store on SQLite, with commits that do not wait for the disk."""

from __future__ import annotations

import logging
import os
import time
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.trackers import DialogueStateTracker

logger = logging.getLogger(__name__)

RETENTION_DAYS = int(os.environ.get("RETENTION_DAYS") or 90)
"""How many days, in Paris, events are kept."""
BATCH_SIZE = 500
"""How many events a purge deletes at most, the oldest first, so that no turn waits for long."""
PURGE_INTERVAL = 600.0
"""Seconds between two purges."""
_DELETE_OLDEST = sqlalchemy.text("DELETE FROM events WHERE timestamp < :before AND id IN (SELECT id FROM events ORDER BY id LIMIT :limit)")
_PARIS = ZoneInfo("Europe/Paris")


class SqliteTrackerStore(SQLTrackerStore):
    """Rasa's SQL store with a write-ahead log, which survives a killed process; only a power cut may cost the last turns."""

    def __init__(self, domain: Any = None, event_broker: Any = None, db: str = "rasa.db", **kwargs: Any) -> None:
        kwargs.pop("host", None)
        super().__init__(domain, dialect="sqlite", db=db, event_broker=event_broker, **kwargs)
        sqlalchemy.event.listen(self.engine, "connect", _enable_write_ahead_log)
        self._last_purge = float("-inf")

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Save the tracker, and purge old events now and then; sessions end after an hour, so no running one is that old."""
        await super().save(tracker)
        if time.monotonic() - self._last_purge > PURGE_INTERVAL:
            self._last_purge = time.monotonic()
            try:
                self.purge(time.time())
            except sqlalchemy.exc.SQLAlchemyError as error:  # the turn is saved; the next purge tries again
                logger.error("Purging old events failed: %s", type(error).__name__)

    def purge(self, now: float) -> int:
        """Delete a batch of the events that are older than `RETENTION_DAYS` days in Paris at `now` (seconds since the epoch).

        Returns:
            How many events were deleted.
        """
        today = datetime.fromtimestamp(now, _PARIS).replace(hour=0, minute=0, second=0, microsecond=0)
        before = (today - timedelta(days=RETENTION_DAYS)).timestamp()
        with self.engine.begin() as connection:
            deleted = int(connection.execute(_DELETE_OLDEST, {"before": before, "limit": BATCH_SIZE}).rowcount)
        if deleted == BATCH_SIZE:  # there may be more: the next save goes on
            self._last_purge = float("-inf")
        return deleted


def _enable_write_ahead_log(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
