"""Where conversations are kept on one machine: Rasa's SQL store on SQLite, with commits that do not wait for the disk."""

from __future__ import annotations

from typing import Any

import sqlalchemy
from rasa.core.tracker_store import SQLTrackerStore


class SqliteTrackerStore(SQLTrackerStore):
    """Rasa's own store. A write-ahead log survives a killed process; only a power cut may cost the last turns."""

    def __init__(self, domain: Any = None, event_broker: Any = None, db: str = "rasa.db", **kwargs: Any) -> None:
        kwargs.pop("host", None)
        super().__init__(domain, dialect="sqlite", db=db, event_broker=event_broker, **kwargs)
        sqlalchemy.event.listen(self.engine, "connect", _write_ahead)


def _write_ahead(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
