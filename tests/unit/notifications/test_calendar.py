"""Local hours against instants, quiet windows and digests: over midnight, holidays and both changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.core.clock import PARIS
from bot.notifications.calendar import LONGEST_QUIET, instant, is_holiday, next_digest, quiet_until
from bot.notifications.preferences import EVERY_DAY, HOLIDAY, Preferences, Window, always_quiet
from tests.unit.notifications.strategies import INSTANTS, ZONES, preferences, unhurried

NEW_YORK = ZoneInfo("America/New_York")
MONDAY_TO_FRIDAY = frozenset(range(5))
WEEKEND = frozenset({5, 6})


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS)  # type: ignore[arg-type,misc]


def window(start: int, end: int, days: frozenset[int] = EVERY_DAY) -> Window:
    return Window(days=days, start=time(start), end=time(end))


def quiet(*windows: Window, zone: str = "Europe/Paris") -> Preferences:
    return Preferences(quiet=windows, time_zone=zone)


NIGHT = quiet(window(21, 7))
WHOLE_WEEKEND = quiet(window(0, 0, WEEKEND))


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        (date(2026, 11, 25), time(8), PARIS, datetime(2026, 11, 25, 7, tzinfo=UTC)),
        (date(2026, 7, 14), time(8), PARIS, datetime(2026, 7, 14, 6, tzinfo=UTC)),
        # the clock goes forward: 2h30 is not, 3h is the next that is
        (date(2026, 3, 29), time(1, 59), PARIS, datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        (date(2026, 3, 29), time(2), PARIS, datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (date(2026, 3, 29), time(2, 30), PARIS, datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (date(2026, 3, 29), time(3), PARIS, datetime(2026, 3, 29, 1, tzinfo=UTC)),
        # and back: the first 2h30
        (date(2026, 10, 25), time(2, 30), PARIS, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2026, 10, 25), time(3), PARIS, datetime(2026, 10, 25, 2, tzinfo=UTC)),
        (date(2026, 3, 8), time(2, 30), NEW_YORK, datetime(2026, 3, 8, 7, tzinfo=UTC)),
        (date(2026, 11, 1), time(1, 30), NEW_YORK, datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        # half an hour forward; a whole day that is not
        (date(2026, 10, 4), time(2, 15), ZoneInfo("Australia/Lord_Howe"), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
        (date(2011, 12, 30), time(12), ZoneInfo("Pacific/Apia"), datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ],
)
def test_a_local_time_is_the_first_such_or_the_next_that_exists(day: date, at: time, zone: ZoneInfo, expected: datetime) -> None:
    assert instant(day, at, zone) == expected


@unhurried
@given(st.dates(date(2020, 1, 1), date(2036, 12, 31)), st.times(), st.times(), st.sampled_from(ZONES))
def test_local_times_keep_their_order(day: date, one: time, other: time, zone: str) -> None:
    early, late = sorted((one.replace(second=0, microsecond=0), other.replace(second=0, microsecond=0)))
    first, second = instant(day, early, ZoneInfo(zone)), instant(day, late, ZoneInfo(zone))
    assert first <= second
    assert first.astimezone(ZoneInfo(zone)).replace(tzinfo=None) >= datetime.combine(day, early)
    assert not any(
        before.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == datetime.combine(day, early)
        for before in (first - timedelta(minutes=30), first - timedelta(hours=1))
    )


@pytest.mark.parametrize(
    ("preferences", "at", "end"),
    [
        (NIGHT, paris(2026, 11, 25, 20, 59, 59), None),
        (NIGHT, paris(2026, 11, 25, 21), paris(2026, 11, 26, 7)),
        (NIGHT, paris(2026, 11, 26, 3), paris(2026, 11, 26, 7)),
        (NIGHT, paris(2026, 11, 26, 6, 59, 59), paris(2026, 11, 26, 7)),
        (NIGHT, paris(2026, 11, 26, 7), None),
        # a night of one weekday begins on it and ends on the next
        (quiet(window(21, 7, frozenset({4}))), paris(2026, 11, 28, 6), paris(2026, 11, 28, 7)),
        (quiet(window(21, 7, frozenset({4}))), paris(2026, 11, 27, 6), None),
        (WHOLE_WEEKEND, paris(2026, 11, 27, 23, 59), None),
        (WHOLE_WEEKEND, paris(2026, 11, 28, 0), paris(2026, 11, 30, 0)),
        (WHOLE_WEEKEND, paris(2026, 11, 29, 12), paris(2026, 11, 30, 0)),
        # touching and overlapping windows are one
        (quiet(window(21, 7), window(0, 0, WEEKEND)), paris(2026, 11, 27, 22), paris(2026, 11, 30, 7)),
        (quiet(window(12, 14), window(14, 16), window(15, 18)), paris(2026, 11, 25, 12), paris(2026, 11, 25, 18)),
        (quiet(window(12, 14), window(15, 18)), paris(2026, 11, 25, 12), paris(2026, 11, 25, 14)),
        (quiet(window(8, 8, frozenset({2}))), paris(2026, 11, 26, 7, 59), paris(2026, 11, 26, 8)),
        # the clock goes back: the night lasts an hour more; forward: an hour less
        (NIGHT, datetime(2026, 10, 24, 19, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC)),
        (NIGHT, datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)),
        # a window within the hour that is not; within the hour that is twice, the first
        (quiet(Window(days=EVERY_DAY, start=time(2, 15), end=time(2, 45))), datetime(2026, 3, 29, 1, tzinfo=UTC), None),
        (
            quiet(Window(days=EVERY_DAY, start=time(2, 15), end=time(2, 45))),
            datetime(2026, 10, 25, 0, 20, tzinfo=UTC),
            datetime(2026, 10, 25, 0, 45, tzinfo=UTC),
        ),
        (quiet(Window(days=EVERY_DAY, start=time(2, 15), end=time(2, 45))), datetime(2026, 10, 25, 1, 20, tzinfo=UTC), None),
        # elsewhere: 21h in Réunion is 18h in winter's Paris
        (quiet(window(21, 7), zone="Indian/Reunion"), paris(2026, 11, 25, 18), paris(2026, 11, 26, 4)),
        (quiet(window(21, 7), zone="America/New_York"), datetime(2026, 3, 8, 6, tzinfo=UTC), datetime(2026, 3, 8, 11, tzinfo=UTC)),
    ],
)
def test_the_end_of_a_quiet_time(preferences: Preferences, at: datetime, end: datetime | None) -> None:
    assert quiet_until(preferences, at) == end


@pytest.mark.parametrize(
    ("windows", "at", "end"),
    [
        # Christmas 2026 is a Friday, Whit Monday 25 May, 15 August a Saturday
        ([window(0, 0, frozenset({HOLIDAY}))], paris(2026, 12, 25, 12), paris(2026, 12, 26, 0)),
        ([window(0, 0, frozenset({HOLIDAY}))], paris(2026, 12, 24, 12), None),
        ([window(0, 0, frozenset({HOLIDAY}))], paris(2026, 5, 25, 9), paris(2026, 5, 26, 0)),
        ([window(0, 0, WEEKEND), window(0, 0, frozenset({HOLIDAY}))], paris(2026, 12, 25, 12), paris(2026, 12, 28, 0)),
        ([window(0, 0, WEEKEND), window(9, 10, frozenset({HOLIDAY}))], paris(2026, 8, 15, 12), paris(2026, 8, 17, 0)),
        # the night after a holiday is quiet till morning
        ([window(21, 7), window(0, 0, frozenset({HOLIDAY}))], paris(2026, 12, 25, 12), paris(2026, 12, 26, 7)),
        # without a word about holidays the weekday counts
        ([window(9, 17, MONDAY_TO_FRIDAY)], paris(2026, 12, 25, 12), paris(2026, 12, 25, 17)),
    ],
)
def test_holidays(windows: list[Window], at: datetime, end: datetime | None) -> None:
    assert quiet_until(quiet(*windows), at) == end


def test_french_holidays() -> None:
    days = [date(2026, 1, 1), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 14), date(2026, 7, 14), date(2026, 11, 11)]
    assert all(is_holiday(day) for day in days)
    assert not any(is_holiday(day) for day in (date(2026, 4, 5), date(2026, 12, 26), date(2026, 11, 25)))


@pytest.mark.parametrize(
    ("windows", "refused"),
    [
        ([window(0, 0)], True),
        ([window(8, 8)], True),
        ([window(7, 19), window(19, 7)], True),
        ([window(7, 19, MONDAY_TO_FRIDAY), window(19, 7, MONDAY_TO_FRIDAY), window(7, 7, WEEKEND)], True),
        ([window(7, 19, MONDAY_TO_FRIDAY), window(19, 7, MONDAY_TO_FRIDAY), window(8, 7, WEEKEND)], False),
        ([window(0, 0, MONDAY_TO_FRIDAY), window(0, 0, frozenset({5, HOLIDAY}))], False),
        ([window(0, 23)], False),
        ([], False),
    ],
)
def test_windows_that_leave_nothing_of_the_week_are_refused(windows: list[Window], refused: bool) -> None:
    assert always_quiet(tuple(windows)) is refused
    if refused:
        with pytest.raises(ValidationError, match="no moment of the week"):
            Preferences(quiet=tuple(windows))
    else:
        assert Preferences(quiet=tuple(windows)).quiet == tuple(windows)


def test_free_on_mondays_alone_and_mondays_are_holidays() -> None:
    rest = quiet(window(0, 0, frozenset(range(1, 7)) | {HOLIDAY}))
    # Easter Monday, 6 April 2026
    assert quiet_until(rest, paris(2026, 3, 31, 9)) == paris(2026, 4, 13, 0)
    # 25 December 2028 and 1 January 2029
    assert quiet_until(rest, paris(2028, 12, 19, 9)) == paris(2029, 1, 8, 0)


def test_quiet_that_was_never_checked_ends_all_the_same() -> None:
    forever = Preferences().model_copy(update={"quiet": (window(0, 0),)})
    at = paris(2026, 11, 25, 9)
    assert quiet_until(forever, at) == at + LONGEST_QUIET
    assert next_digest(forever, at) > at


@unhurried
@given(preferences(), INSTANTS)
def test_a_quiet_time_ends_outside_of_it_and_holds_till_then(wanted: Preferences, at: datetime) -> None:
    end = quiet_until(wanted, at)
    if end is None:
        return
    assert at < end <= at + LONGEST_QUIET
    assert quiet_until(wanted, end) is None
    assert quiet_until(wanted, end - timedelta(microseconds=1)) == end
    assert quiet_until(wanted, at + (end - at) / 2) == end


@unhurried
@given(preferences(), INSTANTS)
def test_quiet_is_what_the_windows_say(wanted: Preferences, at: datetime) -> None:
    local = at.astimezone(wanted.zone)
    # apart from the hours in which a clock is changed, where wall time does not tell instants apart
    assume(local.utcoffset() == (local - timedelta(days=1)).utcoffset() == (local + timedelta(days=1)).utcoffset())

    def holds(window: Window) -> bool:
        since, until = window.start, window.end
        kinds = [{day.weekday()} | ({HOLIDAY} if is_holiday(day) else set()) for day in (local.date(), local.date() - timedelta(days=1))]
        today, yesterday = (bool(kind & window.days) for kind in kinds)
        clock = local.time()
        if since < until:
            return today and since <= clock < until
        return (today and clock >= since) or (yesterday and clock < until)

    assert (quiet_until(wanted, at) is not None) is any(holds(window) for window in wanted.quiet)


@pytest.mark.parametrize(
    ("preferences", "after", "expected"),
    [
        (Preferences(), paris(2026, 11, 25, 7), paris(2026, 11, 25, 8)),
        (Preferences(), paris(2026, 11, 25, 8), paris(2026, 11, 25, 14)),
        (Preferences(), paris(2026, 11, 25, 14, 0, 1), paris(2026, 11, 26, 8)),
        (Preferences(digest_hours=(time(18), time(9))), paris(2026, 11, 25, 10), paris(2026, 11, 25, 18)),
        (Preferences(digest_days=frozenset({0})), paris(2026, 11, 25, 10), paris(2026, 11, 30, 8)),
        (Preferences(digest_days=frozenset({2}), digest_hours=(time(8),)), paris(2026, 11, 25, 8), paris(2026, 12, 2, 8)),
        # an hour that is not leaves at the change of the clock; one that is twice leaves once
        (Preferences(digest_hours=(time(2, 30),)), paris(2026, 3, 28, 12), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (Preferences(digest_hours=(time(2, 30),)), datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (Preferences(digest_hours=(time(2, 30),)), datetime(2026, 10, 25, 0, 30, tzinfo=UTC), paris(2026, 10, 26, 2, 30)),
        # 8h is 8h in summer and in winter
        (Preferences(), paris(2026, 3, 28, 15), datetime(2026, 3, 29, 6, tzinfo=UTC)),
        (Preferences(), paris(2026, 10, 24, 15), datetime(2026, 10, 25, 7, tzinfo=UTC)),
        (Preferences(time_zone="Indian/Reunion"), paris(2026, 11, 25, 0), datetime(2026, 11, 25, 4, tzinfo=UTC)),
        # a quiet time holds it back; two digests held back leave as one
        (quiet(window(21, 9)), paris(2026, 11, 25, 20), paris(2026, 11, 26, 9)),
        (quiet(window(7, 15)), paris(2026, 11, 25, 6), paris(2026, 11, 25, 15)),
        # what is made meanwhile leaves with it
        (quiet(window(7, 12)), paris(2026, 11, 25, 10), paris(2026, 11, 25, 12)),
        (quiet(window(7, 12)), paris(2026, 11, 25, 12), paris(2026, 11, 25, 14)),
        (quiet(window(9, 12)), paris(2026, 11, 25, 10), paris(2026, 11, 25, 14)),
        (WHOLE_WEEKEND, paris(2026, 11, 27, 14), paris(2026, 11, 30, 0)),
    ],
)
def test_the_next_digest(preferences: Preferences, after: datetime, expected: datetime) -> None:
    assert next_digest(preferences, after) == expected


@unhurried
@given(preferences(), INSTANTS)
def test_a_digest_leaves_after_and_outside_quiet_times(wanted: Preferences, at: datetime) -> None:
    digest = next_digest(wanted, at)
    assert at < digest <= at + timedelta(days=8) + LONGEST_QUIET
    assert quiet_until(wanted, digest) is None


@unhurried
@given(preferences(quiet_too=False), INSTANTS)
def test_no_digest_is_skipped(wanted: Preferences, at: datetime) -> None:
    digest = next_digest(wanted, at)
    first = at.astimezone(wanted.zone).date() - timedelta(days=1)
    days = [first + timedelta(days=n) for n in range((digest - at).days + 4)]
    hours = [instant(day, hour, wanted.zone) for day in days if day.weekday() in wanted.digest_days for hour in wanted.digest_hours]
    assert digest == min(hour for hour in hours if hour > at)


@unhurried
@given(preferences(), INSTANTS, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_who_asks_later_is_not_told_an_earlier_digest(wanted: Preferences, at: datetime, later: timedelta) -> None:
    assert next_digest(wanted, at) <= next_digest(wanted, at + later)
