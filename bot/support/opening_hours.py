"""When the SPHERE team answers: hours of working days in Europe/Paris, without French public holidays and exceptional closures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

import holidays

from bot.core.clock import MIDNIGHT, PARIS, Clock, french_hour, read_hour
from bot.settings import Settings, SettingsError

_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre")
_SEARCH_DAYS = 366
"""No run of days off is longer."""
_LONGEST_DAYS = 8
"""How far the end of a period is looked for, where a team works through the nights."""
WORKING_WEEK = "1,2,3,4,5"
"""ISO weekdays, Monday to Friday."""


@dataclass(frozen=True)
class Moment:
    """An instant as values for a sentence: « lundi 23 novembre », « 9h30 », and how far it is from now."""

    when: Literal["today", "tomorrow", "later"]
    day: str
    date: str
    hour: str


class OpeningHours:
    """Opening hours such as "09:30-12:30,13:30-17:30", the same on each working day. Instants come in aware and go out in UTC."""

    def __init__(
        self, spec: str, clock: Clock, *, days: str = WORKING_WEEK, public_holidays: Literal["FR", "none"] = "FR", closures: str = ""
    ) -> None:
        """Raise ValueError, saying how it is written, for what is not well written.

        Args:
            spec: rising, separate periods: "09:30-12:30,13:30-17:30".
            clock: the time now.
            days: ISO weekdays of working days, "1,2,3,4,5".
            public_holidays: those of which country are days off.
            closures: exceptional ones, first and last day included: "2026-12-24,2026-12-28/2027-01-02".
        """
        self.periods = _periods(spec)
        self._days = _weekdays(days)
        self._closures = _closures(closures)
        self._clock = clock
        self._holidays = holidays.country_holidays("FR") if public_holidays == "FR" else frozenset[date]()

    def is_working_day(self, day: date) -> bool:
        """Return whether `day` (in Paris) is a day of the working week, and neither a public holiday nor an exceptional closure."""
        return day.isoweekday() in self._days and day not in self._holidays and not any(a <= day <= b for a, b in self._closures)

    def is_open(self, at: datetime | None = None) -> bool:
        """Return whether the team answers at this instant (now by default). The end of a period is closed already."""
        return self.closes_at(at) is not None

    def closes_at(self, at: datetime | None = None) -> datetime | None:
        """Return the end of the period that this instant is in, with those that follow without a break; None when closed."""
        instant = at or self._clock.now()
        today, closes = instant.astimezone(PARIS).date(), None
        for day in (today + timedelta(days=n) for n in range(_LONGEST_DAYS)):
            for start, end in self._on(day):
                if start <= (closes or instant) < end:
                    closes = end
        return closes

    def next_opening(self, at: datetime | None = None) -> datetime:
        """Return the start of the next period, at this instant or after it; the present one, if open, does not count."""
        instant = at or self._clock.now()
        first = instant.astimezone(PARIS).date()
        for day in (first + timedelta(days=n) for n in range(_SEARCH_DAYS)):
            for start, _ in self._on(day):
                if start >= instant:
                    return start
        raise ValueError("a year without a working day: SUPPORT_DAYS and SUPPORT_CLOSURES leave none")

    def describe(self, moment: datetime, at: datetime | None = None) -> Moment:
        """Return what a sentence about `moment`, said at `at` (now by default), needs."""
        local, today = moment.astimezone(PARIS), (at or self._clock.now()).astimezone(PARIS).date()
        away = (local.date() - today).days
        day = _DAYS[local.weekday()]
        return Moment(
            when="today" if away == 0 else "tomorrow" if away == 1 else "later",
            day=day,
            date=f"{day} {'1er' if local.day == 1 else local.day} {_MONTHS[local.month - 1]}",
            hour=french_hour(local.time()),
        )

    def ranges(self) -> list[tuple[str, str]]:
        """Return the periods of a working day as people read them: [("9h30", "12h30"), ("13h30", "17h30")]."""
        return [(french_hour(start), french_hour(end)) for start, end in self.periods]

    def _on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        if self.is_working_day(day):
            for start, end in self.periods:
                last = datetime.combine(day + timedelta(days=1), time.min, PARIS) if end == MIDNIGHT else datetime.combine(day, end, PARIS)
                yield datetime.combine(day, start, PARIS).astimezone(UTC), last.astimezone(UTC)


def _periods(spec: str) -> tuple[tuple[time, time], ...]:
    try:
        bounds = [[read_hour(written) for written in period.split("-")] for period in spec.split(",")]
        periods = tuple((start, end) for start, end in bounds)
    except ValueError:
        raise ValueError("opening hours are written as 09:30-12:30,13:30-17:30 (a day ends at 24:00)") from None
    flat = [bound for period in periods for bound in period]
    if flat != sorted(set(flat)) or any(bound.tzinfo for bound in flat):
        raise ValueError("opening hours are periods that rise and do not touch")
    return periods


def _weekdays(days: str) -> frozenset[int]:
    try:
        found = frozenset(int(day) for day in days.split(","))
    except ValueError:
        found = frozenset()
    if not found or not found <= frozenset(range(1, 8)):
        raise ValueError("working days are written as 1,2,3,4,5 (Monday is 1)")
    return found


def _closures(spec: str) -> tuple[tuple[date, date], ...]:
    try:
        ranges = [[date.fromisoformat(day.strip()) for day in closure.split("/")] for closure in spec.split(",") if closure.strip()]
        closures = tuple((days[0], days[-1]) for days in ranges)
    except ValueError:
        raise ValueError("exceptional closures are written as 2026-12-24,2026-12-28/2027-01-02") from None
    if any(len(days) > 2 for days in ranges) or any(first > last for first, last in closures):
        raise ValueError("exceptional closures are days, or first and last days")
    return closures


def load_hours(settings: Settings, clock: Clock) -> OpeningHours:
    """Return the opening hours of an installation. Raise SettingsError."""
    days, public_holidays, closures = settings.support_days, settings.support_holidays, settings.support_closures
    try:
        return OpeningHours(settings.support_hours, clock, days=days, public_holidays=public_holidays, closures=closures)
    except ValueError as error:
        raise SettingsError(f"SUPPORT_HOURS, SUPPORT_DAYS or SUPPORT_CLOSURES: {error}") from None
