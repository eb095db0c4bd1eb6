"""Metrics of a process: whatever code gives as a label, only declared values become one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.exposition import generate_latest
from sqlalchemy import text

from bot.core import metrics, pool_metrics
from bot.core.database import Database, sqlite_url
from bot.core.errors import ERRORS, log_error
from bot.core.metrics import BOUNDED, OTHER, PROCESS, Count, Duration, Level
from bot.messaging.rasa_metrics import REQUESTS
from tests.unit.messaging.running_bot import until

COUNT = Count("sphere_test_things", "Things of a test.", {"kind": ("a", "b"), "outcome": ("ok",)})
DURATION = Duration("sphere_test_seconds", "Times of a test.", {"kind": ("a",)})
LEVEL = Level("sphere_test_level", "A level of a test.", {"kind": ("a",)})


def value(name: str, /, **labels: str) -> float | None:
    return PROCESS.get_sample_value(name, labels)


@settings(deadline=None)
@given(kind=st.text() | st.sampled_from(["a", "b"]), outcome=st.text())
def test_nothing_but_declared_values_becomes_a_label(kind: str, outcome: str) -> None:
    COUNT.add(kind=kind, outcome=outcome)
    DURATION.observe(1.0, kind=kind)
    with LEVEL.held(kind=kind):
        LEVEL.set(1, kind=kind)
    for family in PROCESS.collect():
        if family.name.startswith("sphere_test_"):
            declared = BOUNDED[family.name].values
            assert all(sample.labels[label] in values for sample in family.samples for label, values in declared.items())


def test_series_are_there_before_the_first_time() -> None:
    assert value("sphere_test_things_total", kind="b", outcome="ok") is not None
    assert value(f"{REQUESTS.name}_total", call="messages", outcome="timeout") is not None


def test_a_value_that_is_allowed_later_is_taken_as_it_is() -> None:
    actions = Count("sphere_test_late", "Things whose names are known later.", {"name": ()})
    actions.add(name="action_x")
    actions.allow("name", "action_x")
    actions.add(name="action_x")
    assert (value("sphere_test_late_total", name=OTHER), value("sphere_test_late_total", name="action_x")) == (1, 1)


def test_no_time_is_below_zero() -> None:
    DURATION.observe(-5.0, kind="a")
    assert (value("sphere_test_seconds_sum", kind="a") or 0) >= 0


def test_errors_with_an_id_are_counted() -> None:
    before = value("sphere_errors_total") or 0
    log_error(ValueError("Jeanne Durand"))
    assert value("sphere_errors_total") == before + 1
    assert b"Durand" not in generate_latest(PROCESS)


def test_names_have_base_units() -> None:
    for name, metric in BOUNDED.items():
        if isinstance(metric, Duration):
            assert name.endswith("_seconds")
        assert not name.endswith("_total")  # the library adds it
    assert ERRORS.name == "sphere_errors"
    assert metrics.OTHER == "other"


async def test_the_pool_tells_who_works_and_who_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.core.database._SQLITE_OPTIONS", {"pool_size": 1, "max_overflow": 0})
    others = value("sphere_database_connections_in_use") or 0
    database = Database(sqlite_url(tmp_path / "pool.db"))
    try:
        async with database.reading() as session:
            await session.execute(text("SELECT 1"))
            assert value("sphere_database_connections_in_use") == others + 1

            async def second() -> None:
                async with database.reading() as waiting:
                    await waiting.execute(text("SELECT 1"))

            task = asyncio.create_task(second())
            await until(lambda: value("sphere_database_connections_waiting"))
        await task
        assert value("sphere_database_connections_waiting") == 0
        assert (value("sphere_database_connections_max") or 0) >= 1
    finally:
        await database.close()
    assert pool_metrics.WAIT.name in BOUNDED
