"""The digests of one hour leave spread over minutes, each person's at a moment of its own, and never in quiet hours for that."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core.clock import PARIS
from bot.notifications.calendar import digest_delay, next_digest, quiet_until
from bot.notifications.preferences import EVERY_DAY, Preferences, Window
from tests.unit.notifications.strategies import INSTANTS, preferences

SPREAD = timedelta(minutes=10)
DELAYS = st.integers(0, 3600).map(lambda seconds: timedelta(seconds=seconds))


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, 25, hour, minute, second, tzinfo=PARIS).astimezone(UTC)


def test_people_are_spread_evenly_and_each_has_a_moment_of_its_own() -> None:
    delays = {f"practitioner-{number}": digest_delay(f"practitioner-{number}", SPREAD) for number in range(24_000)}
    assert delays == {who: digest_delay(who, SPREAD) for who in delays}
    minutes = Counter(int(delay.total_seconds() // 60) for delay in delays.values())
    assert sorted(minutes) == list(range(10))
    assert max(minutes.values()) < 24_000 / 10 * 1.1
    assert digest_delay("practitioner-1", timedelta()) == timedelta()


def test_what_comes_before_that_moment_leaves_with_the_digest_and_what_comes_after_it_with_the_next() -> None:
    wanted, delay = Preferences(digest_hours=(time(8), time(14))), timedelta(minutes=4)
    assert next_digest(wanted, at(7, 30), delay=delay) == at(8, 4)
    assert next_digest(wanted, at(8, 3, 59), delay=delay) == at(8, 4)
    assert next_digest(wanted, at(8, 4), delay=delay) == at(14, 4)


def test_what_quiet_hours_held_back_is_spread_after_their_end() -> None:
    wanted = Preferences(digest_hours=(time(6),), quiet=(Window(days=EVERY_DAY, start=time(21), end=time(7)),))
    assert next_digest(wanted, at(5), delay=timedelta(minutes=4)) == at(7, 4)


def test_no_digest_is_put_off_into_quiet_hours() -> None:
    wanted = Preferences(digest_hours=(time(8),), quiet=(Window(days=EVERY_DAY, start=time(8, 2), end=time(20)),))
    assert next_digest(wanted, at(7), delay=timedelta(minutes=4)) == at(8)


@given(preferences(), INSTANTS, DELAYS)
def test_whatever_was_said_the_next_digest_is_ahead(wanted: Preferences, after: datetime, delay: timedelta) -> None:
    found = next_digest(wanted, after, delay=delay)
    assert found > after
    assert quiet_until(wanted, found) is None
