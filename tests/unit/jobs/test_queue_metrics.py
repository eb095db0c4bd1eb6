"""The states of queues as operators see them, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import bot.migrations.tables  # noqa: F401 - declares every table
from bot.core.clock import ManualClock
from bot.core.database import Database
from bot.jobs.outbox import MAIL, OutboxRow
from bot.jobs.queue import RETRIES
from bot.jobs.queue_metrics import QueueStates
from bot.watched_queues import WATCHED
from tests.databases import fresh_database

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with fresh_database(request.param, tmp_path) as found:
        yield found


def row(key: str, **values: Any) -> OutboxRow:
    given = {"payload": {}, "created_at": NOW, "not_before": NOW - SECOND, "attempts": 0} | values
    return OutboxRow(kind=MAIL, key=key, **given)


async def test_jobs_by_state_the_oldest_and_the_dead(database: Database) -> None:
    async with database.writing() as session:
        session.add_all(
            [
                row("due", not_before=NOW - 90 * SECOND),
                row("failed before", attempts=2, not_before=NOW - 5 * SECOND),
                row("later", attempts=1, not_before=NOW + 60 * SECOND),
                row("in hand", attempts=1, not_before=NOW - 500 * SECOND, lease_until=NOW + SECOND),
                row("lease over", attempts=1, lease_until=NOW - SECOND),
                row("done", done_at=NOW),
                row("dead", dead_at=NOW, attempts=9),
            ]
        )
    states = {state.name: state for state in await QueueStates(database, ManualClock(NOW), WATCHED).read()}
    mails = states["mail"]
    assert mails.jobs == {"queued": 3, "delayed": 1, "running": 1, "retried": 3}
    assert (mails.oldest_seconds, mails.dead) == (90.0, 1)
    assert states["turns"].jobs == {"queued": 0, "delayed": 0, "running": 0, "retried": 0}
    assert all(state.oldest_seconds == 0 for name, state in states.items() if name != "mail")


async def test_labels_are_names_of_queues_and_states(database: Database) -> None:
    collector = await QueueStates(database, ManualClock(NOW), WATCHED).collector()
    families = {family.name: family for family in collector.collect()}
    assert set(families) == {"sphere_jobs", "sphere_jobs_oldest_seconds", "sphere_jobs_dead"}
    assert {sample.labels["queue"] for sample in families["sphere_jobs"].samples} <= RETRIES.values["queue"]
