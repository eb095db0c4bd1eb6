"""Old events are purged, the oldest first and in batches."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from nlu import tracker_store
from nlu.tracker_store import SqliteTrackerStore

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 25, 10, tzinfo=PARIS).timestamp()
RETENTION_LIMIT = datetime(2026, 8, 27, tzinfo=PARIS).timestamp()


def save_events(store: SqliteTrackerStore, sender: str, at: float, count: int = 1) -> None:
    """Save `count` turns of two events each, all at the time `at`."""
    events = [UserUttered("Jeanne Durand", timestamp=at), ActionExecuted("action_listen", timestamp=at)]
    asyncio.run(store.save(DialogueStateTracker.from_events(sender, events * count)))


def list_senders(store: SqliteTrackerStore) -> list[str]:
    """Return the senders of whom events are left."""
    with store.engine.connect() as connection:
        return [row[0] for row in connection.execute(sqlalchemy.text("SELECT DISTINCT sender_id FROM events ORDER BY sender_id"))]


@pytest.fixture
def store(tmp_path: Path) -> SqliteTrackerStore:
    """Return an empty store."""
    store = SqliteTrackerStore(Domain.empty(), db=str(tmp_path / "rasa.db"))
    store._last_purge = float("inf")  # no purge by itself
    return store


def test_a_day_in_paris_is_kept_whole_until_ninety_have_followed(store: SqliteTrackerStore) -> None:
    save_events(store, "before", RETENTION_LIMIT - 1)
    save_events(store, "after", RETENTION_LIMIT)
    assert store.purge(NOW) == 2
    assert list_senders(store) == ["after"]
    assert store.purge(NOW) == 0


def test_a_purge_deletes_a_batch(store: SqliteTrackerStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracker_store, "BATCH_SIZE", 3)
    save_events(store, "old", RETENTION_LIMIT - 1, 4)
    assert [store.purge(NOW) for _ in range(4)] == [3, 3, 2, 0]


def test_a_save_purges_old_events(store: SqliteTrackerStore) -> None:
    save_events(store, "old", 1_000_000_000.0)
    store._last_purge = float("-inf")
    save_events(store, "new", 32_000_000_000.0)
    assert list_senders(store) == ["new"]
