"""What Rasa keeps of conversations goes with the rest of what was said, the oldest first, a little at a time."""

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

from nlu import trackers
from nlu.tracker_store import SqliteTrackerStore

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 25, 10, tzinfo=PARIS).timestamp()
EDGE = datetime(2026, 8, 27, tzinfo=PARIS).timestamp()


def said(store: SqliteTrackerStore, sender: str, at: float, count: int = 1) -> None:
    events = [UserUttered("Jeanne Durand", timestamp=at), ActionExecuted("action_listen", timestamp=at)]
    asyncio.run(store.save(DialogueStateTracker.from_events(sender, events * count)))


def kept(store: SqliteTrackerStore) -> list[str]:
    with store.engine.connect() as connection:
        return [row[0] for row in connection.execute(sqlalchemy.text("SELECT DISTINCT sender_id FROM events ORDER BY sender_id"))]


@pytest.fixture
def store(tmp_path: Path) -> SqliteTrackerStore:
    made = SqliteTrackerStore(Domain.empty(), db=str(tmp_path / "rasa.db"))
    made._looked_at = float("inf")  # nothing is looked for by itself
    return made


def test_a_day_in_paris_is_kept_whole_until_ninety_have_followed(store: SqliteTrackerStore) -> None:
    said(store, "before", EDGE - 1)
    said(store, "after", EDGE)
    assert store.purge(NOW) == 2
    assert kept(store) == ["after"]
    assert store.purge(NOW) == 0


def test_a_little_at_a_time(store: SqliteTrackerStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trackers, "BATCH_SIZE", 3)
    said(store, "old", EDGE - 1, 4)
    assert [store.purge(NOW) for _ in range(4)] == [3, 3, 2, 0]


def test_a_save_looks_for_what_is_old(store: SqliteTrackerStore) -> None:
    said(store, "old", 1_000_000_000.0)
    store._looked_at = float("-inf")
    said(store, "new", 32_000_000_000.0)
    assert kept(store) == ["new"]
