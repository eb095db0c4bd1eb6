"""Retry strategies: pauses that double, are bounded, and end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.retry import RetryStrategy

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)
STRATEGY = RetryStrategy(2 * SECOND, 600 * SECOND, give_up_after=timedelta(hours=4))


def test_pauses_double_up_to_the_longest() -> None:
    assert [STRATEGY.pause(attempts) / SECOND for attempts in (1, 2, 3, 9, 10, 11, 10_000)] == [2, 4, 8, 512, 600, 600, 600]
    assert STRATEGY.pause(0) == 2 * SECOND


@given(st.integers(1, 30))
def test_a_retry_is_within_the_jitter_of_its_pause(attempts: int) -> None:
    at = STRATEGY.next_attempt(attempts, NOW)
    if at is not None:
        assert 0.75 <= (at - NOW) / STRATEGY.pause(attempts) <= 1.25


def test_without_a_start_the_time_spent_is_that_of_the_pauses() -> None:
    attempts = 1
    while STRATEGY.next_attempt(attempts, NOW) is not None:
        attempts += 1
    assert sum((STRATEGY.pause(n) for n in range(1, attempts)), timedelta()) < timedelta(hours=4)
    assert sum((STRATEGY.pause(n) for n in range(1, attempts + 1)), timedelta()) >= timedelta(hours=4)
    assert STRATEGY.next_attempt(10_000, NOW) is None


def test_with_a_start_it_is_given_up_when_the_time_is_over() -> None:
    assert STRATEGY.next_attempt(1, NOW, since=NOW - timedelta(hours=4)) is None
    assert STRATEGY.next_attempt(10_000, NOW, since=NOW - timedelta(hours=4) + SECOND) is not None


def test_without_a_limit_it_is_never_given_up() -> None:
    exact = RetryStrategy(SECOND, 60 * SECOND, jitter=0)
    assert exact.next_attempt(10_000, NOW, since=NOW - timedelta(days=999)) == NOW + 60 * SECOND
