"""Where conversations are kept on one machine: Rasa's SQL store on SQLite, with commits that do not wait for the disk."""

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

DAYS = int(os.environ.get("RETENTION_DAYS") or 90)
"""Days, in Paris, that what was said is kept."""
BATCH_SIZE = 500
EVERY_SECONDS = 600.0
"""How often a save looks for what is older; it deletes the oldest rows alone, so that no turn waits for long."""
_OLDEST = sqlalchemy.text("DELETE FROM events WHERE timestamp < :before AND id IN (SELECT id FROM events ORDER BY id LIMIT :at_once)")
_PARIS = ZoneInfo("Europe/Paris")


class SqliteTrackerStore(SQLTrackerStore):
    """Rasa's own store. A write-ahead log survives a killed process; only a power cut may cost the last turns."""

    def __init__(self, domain: Any = None, event_broker: Any = None, db: str = "rasa.db", **kwargs: Any) -> None:
        kwargs.pop("host", None)
        super().__init__(domain, dialect="sqlite", db=db, event_broker=event_broker, **kwargs)
        sqlalchemy.event.listen(self.engine, "connect", _write_ahead)
        self._looked_at = float("-inf")

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Save, and now and then delete what is not kept any longer: sessions end after an hour, so no running one is as old."""
        await super().save(tracker)
        if time.monotonic() - self._looked_at > EVERY_SECONDS:
            self._looked_at = time.monotonic()
            try:
                self.purge(time.time())
            except sqlalchemy.exc.SQLAlchemyError as error:  # the turn is saved: the next round tries again
                logger.error("Erasing what is not kept any longer: %s", type(error).__name__)

    def purge(self, now: float) -> int:
        """Delete some of what is older than `DAYS` days in Paris at `now` (seconds since the epoch); how many events."""
        today = datetime.fromtimestamp(now, _PARIS).replace(hour=0, minute=0, second=0, microsecond=0)
        before = (today - timedelta(days=DAYS)).timestamp()
        with self.engine.begin() as connection:
            deleted = int(connection.execute(_OLDEST, {"before": before, "at_once": BATCH_SIZE}).rowcount)
        if deleted == BATCH_SIZE:  # there may be more: the next save goes on
            self._looked_at = float("-inf")
        return deleted


def _write_ahead(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
