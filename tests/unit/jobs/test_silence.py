"""Leases that nobody renews any more are told from the others by watching, without comparing clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.jobs.silence import SilenceWatch

UNTIL = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Monotonic:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_lease_that_stays_the_same_is_abandoned_and_one_that_is_renewed_is_not() -> None:
    clock = Monotonic()
    watch = SilenceWatch(3.0, clock)
    found = []
    for second in range(5):
        clock.now = float(second)
        found.append(watch.abandoned({1: UNTIL, 2: UNTIL + timedelta(seconds=second)}))
    assert found == [{}, {}, {}, {1: UNTIL}, {1: UNTIL}]


def test_the_clock_that_wrote_the_lease_does_not_matter() -> None:
    clock = Monotonic()
    watch = SilenceWatch(3.0, clock)
    leases = {1: UNTIL - timedelta(days=1), 2: UNTIL + timedelta(days=1)}
    for second in range(3):
        clock.now = float(second)
        assert watch.abandoned(leases) == {}
    clock.now = 3.0
    assert watch.abandoned(leases) == leases


def test_nobody_is_blamed_for_a_time_in_which_nobody_looked() -> None:
    clock = Monotonic()
    watch = SilenceWatch(3.0, clock)
    watch.abandoned({1: UNTIL})
    clock.now = 2.0
    watch.abandoned({1: UNTIL})
    clock.now = 30.0  # the database was away
    assert watch.abandoned({1: UNTIL}) == {}
    clock.now = 32.0
    assert watch.abandoned({1: UNTIL}) == {}
    clock.now = 33.0
    assert watch.abandoned({1: UNTIL}) == {1: UNTIL}


def test_a_job_that_comes_back_counts_anew() -> None:
    clock = Monotonic()
    watch = SilenceWatch(3.0, clock)
    for second, leases in enumerate([{1: UNTIL}, {1: UNTIL}, {}, {1: UNTIL}, {1: UNTIL}]):
        clock.now = float(second)
        assert watch.abandoned(leases) == {}
