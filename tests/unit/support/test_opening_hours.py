"""Opening hours: working days, public holidays, Paris time over both changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.clock import PARIS, ManualClock, french_hour
from bot.support.opening_hours import OpeningHours

SPEC = "09:30-12:30,13:30-17:30"
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 9h00 in Paris
HOURS = OpeningHours(SPEC, ManualClock(MONDAY))
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 31), timezones=st.just(UTC))


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (paris(2026, 11, 23, 9, 29), False),
        (paris(2026, 11, 23, 9, 30), True),
        (paris(2026, 11, 23, 12, 30), False),
        (paris(2026, 11, 23, 13, 29, 59), False),
        (paris(2026, 11, 23, 17, 29, 59), True),
        (paris(2026, 11, 23, 17, 30), False),
        (paris(2026, 11, 28, 10, 0), False),  # Saturday
        (paris(2026, 5, 1, 10, 0), False),  # Labour Day, a Friday
        (paris(2026, 4, 30, 10, 0), True),
        (paris(2026, 4, 6, 10, 0), False),  # Easter Monday
        (paris(2026, 5, 25, 10, 0), False),  # Whit Monday
        (paris(2026, 12, 25, 10, 0), False),
        (paris(2026, 12, 24, 17, 0), True),
    ],
)
def test_open_or_closed(at: datetime, is_open: bool) -> None:
    assert HOURS.is_open(at) is is_open


def test_a_team_that_works_through_the_nights() -> None:
    nights = OpeningHours("00:00-02:00,20:00-24:00", ManualClock(MONDAY), days="1,2,3,4,5,6,7", public_holidays="none")
    assert nights.closes_at(paris(2026, 11, 23, 23, 59, 59, 999999)) == paris(2026, 11, 24, 2, 0)
    assert nights.closes_at(paris(2026, 11, 24, 0, 0)) == paris(2026, 11, 24, 2, 0)
    assert nights.closes_at(paris(2026, 11, 24, 2, 0)) is None
    assert nights.ranges() == [("0h", "2h"), ("20h", "24h")]
    always = OpeningHours("00:00-24:00", ManualClock(MONDAY), days="1,2,3,4,5,6,7", public_holidays="none")
    closes = always.closes_at(MONDAY)
    assert closes is not None
    assert closes > MONDAY + timedelta(days=6)
    assert always.is_open(paris(2026, 11, 23, 23, 59, 59, 999999))
    assert always.is_open(paris(2026, 11, 24, 0, 0))


@pytest.mark.parametrize(
    ("at", "opening"),
    [
        (paris(2026, 11, 23, 8, 0), paris(2026, 11, 23, 9, 30)),
        (paris(2026, 11, 23, 9, 30), paris(2026, 11, 23, 9, 30)),
        (paris(2026, 11, 23, 10, 0), paris(2026, 11, 23, 13, 30)),
        (paris(2026, 11, 27, 17, 30), paris(2026, 11, 30, 9, 30)),
        (paris(2026, 4, 30, 17, 30), paris(2026, 5, 4, 9, 30)),  # over 1 May and a weekend
        (paris(2026, 12, 24, 18, 0), paris(2026, 12, 28, 9, 30)),
        (paris(2026, 3, 27, 18, 0), paris(2026, 3, 30, 9, 30)),  # clocks go forward on the Sunday
        (paris(2026, 10, 23, 18, 0), paris(2026, 10, 26, 9, 30)),  # and back
    ],
)
def test_next_opening(at: datetime, opening: datetime) -> None:
    assert HOURS.next_opening(at) == opening


def test_nine_thirty_is_nine_thirty_in_summer_and_in_winter() -> None:
    assert HOURS.next_opening(paris(2026, 3, 27, 18, 0)) == datetime(2026, 3, 30, 7, 30, tzinfo=UTC)
    assert HOURS.next_opening(paris(2026, 10, 23, 18, 0)) == datetime(2026, 10, 26, 8, 30, tzinfo=UTC)


def test_without_an_instant_it_is_now() -> None:
    clock = ManualClock(MONDAY)
    hours = OpeningHours(SPEC, clock)
    assert not hours.is_open()
    assert hours.next_opening() == paris(2026, 11, 23, 9, 30)
    clock.advance(timedelta(hours=1))
    assert hours.is_open()
    assert hours.closes_at() == paris(2026, 11, 23, 12, 30)


def test_words_for_a_sentence() -> None:
    at = paris(2026, 4, 30, 18, 0)
    opening = HOURS.describe(HOURS.next_opening(at), at)
    assert (opening.when, opening.day, opening.date, opening.hour) == ("later", "lundi", "lundi 4 mai", "9h30")
    assert HOURS.describe(paris(2026, 5, 1, 9, 0), at).when == "tomorrow"
    assert HOURS.describe(paris(2026, 5, 1, 9, 0), at).date == "vendredi 1er mai"
    assert HOURS.describe(paris(2026, 4, 30, 23, 30), at).when == "today"
    assert HOURS.ranges() == [("9h30", "12h30"), ("13h30", "17h30")]
    assert french_hour(time(9)) == "9h"


@given(INSTANTS)
def test_open_and_closes_at_agree(at: datetime) -> None:
    end = HOURS.closes_at(at)
    assert (end is not None) is HOURS.is_open(at)
    if end is not None:
        assert at < end <= at + timedelta(hours=4)
        assert not HOURS.is_open(end)
        assert HOURS.is_open(end - timedelta(microseconds=1))


@given(INSTANTS)
def test_the_next_opening_opens_and_nothing_opens_before(at: datetime) -> None:
    opening = HOURS.next_opening(at)
    assert at <= opening
    assert HOURS.is_open(opening)
    assert not HOURS.is_open(opening - timedelta(microseconds=1))
    assert opening.astimezone(PARIS).time() in {time(9, 30), time(13, 30)}
    if not HOURS.is_open(at):
        steps = min(int((opening - at) / timedelta(minutes=29)), 60)
        assert not any(HOURS.is_open(at + n * timedelta(minutes=29)) for n in range(steps + 1) if at + n * timedelta(minutes=29) < opening)


@given(st.dates(date(2024, 1, 2), date(2032, 12, 30)))
def test_a_working_day_lasts_seven_hours_and_a_day_off_none(day: date) -> None:
    start = datetime.combine(day, time(0), PARIS).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(0), PARIS).astimezone(UTC)
    quarters = int((end - start) / timedelta(minutes=15))  # 92 and 100 on the days that the clock changes
    open_quarters = sum(HOURS.is_open(start + n * timedelta(minutes=15)) for n in range(quarters))
    assert open_quarters == (28 if HOURS.is_working_day(day) else 0)


@given(st.integers(2024, 2032))
def test_a_day_before_and_after_every_labour_day(year: int) -> None:
    noon = datetime(year, 5, 1, 10, 0, tzinfo=PARIS)
    assert not HOURS.is_open(noon)
    for beside in (noon - timedelta(days=1), noon + timedelta(days=1)):
        assert HOURS.is_open(beside) is (beside.weekday() < 5)


@pytest.mark.parametrize(
    "spec", ["", "9h30", "12:30-09:30", "09:00-12:00,11:00-13:00", "13:00-14:00,09:00-10:00", "09:00-09:00", "25:00-26:00"]
)
def test_nonsense_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="opening hours"):
        OpeningHours(spec, ManualClock(MONDAY))
