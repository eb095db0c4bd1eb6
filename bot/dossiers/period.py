"""The period of an access: from which day until which day somebody takes part in a dossier, in Paris, both days included.

On the platform it is the `period` of a participant. A bound is a FHIR date, which is a whole day, or an instant; what was written is kept
as it was written. Source: FHIR R4, "Period": an end covers all of the time that its precision names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.core.clock import PARIS
from bot.core.mail import render_text
from bot.dossiers.errors import EndBeforeStart, PeriodOver
from bot.fhir.periods import bounds_of, has_begun, instant_of, is_over, midnight

__all__ = ["ALWAYS", "AccessPeriod", "day_words", "first_day", "has_begun", "instant_of", "is_over", "last_day", "midnight", "paris_day"]


@dataclass(frozen=True)
class AccessPeriod:
    """First and last day of an access; None: from now on, without end."""

    start: date | None = None
    end: date | None = None

    @classmethod
    def read(cls, start: str | None, end: str | None) -> AccessPeriod:
        """Return the period between two ISO dates, or none of them. Raises ValueError."""
        return cls(date.fromisoformat(start) if start else None, date.fromisoformat(end) if end else None)

    @property
    def given(self) -> dict[str, str]:
        """The dates that were given, as an operation's payload has them: ISO dates."""
        start, end = self.iso
        return {name: day for name, day in (("from", start), ("until", end)) if day}

    @property
    def iso(self) -> tuple[str | None, str | None]:
        """Both days as ISO dates."""
        return (self.start.isoformat() if self.start else None), (self.end.isoformat() if self.end else None)

    @property
    def code(self) -> str | None:
        """The period as the audit trail keeps it, « 2026-12-15/2027-01-02 », an open side as « .. » (ISO 8601-2); None: no dates."""
        start, end = self.iso
        return f"{start or '..'}/{end or '..'}" if start or end else None

    def checked(self, today: date) -> AccessPeriod:
        """Return the period without a first day that has come already. Raises EndBeforeStart and PeriodOver."""
        if self.end is not None and self.end < today:
            raise PeriodOver
        if self.start is not None and self.end is not None and self.end < self.start:
            raise EndBeforeStart
        return AccessPeriod(None, self.end) if self.start is not None and self.start <= today else self

    def begins_later(self, today: date) -> bool:
        """Return whether the access does not begin today."""
        return self.start is not None and self.start > today

    def words(self, today: date) -> str:
        """Return « à partir du 15 décembre, jusqu’au 2 janvier inclus »; "" where there is nothing to say, days that have come left out."""
        start = day_words(self.start, today) if self.start and self.begins_later(today) else ""
        end = day_words(self.end, today) if self.end else ""
        return render_text("dossiers/period", start=start, end=end)


ALWAYS = AccessPeriod()
"""From now on, without end."""


def paris_day(at: datetime) -> date:
    """Return the day of an instant in Paris."""
    return at.astimezone(PARIS).date()


def day_words(day: date, today: date) -> str:
    """Return « 15 décembre », « 1er janvier 2027 »: with the year where it is not that of today."""
    return render_text("dossiers/day", day=day.day, month=day.month, year=0 if day.year == today.year else day.year)


def last_day(end: str | None) -> date | None:
    """Return the last day, in Paris, of a FHIR Period that has this end; None without one, or where it cannot be read."""
    bounds = bounds_of(end) if end else None
    return paris_day(bounds[1] - timedelta(microseconds=1)) if bounds else None


def first_day(start: str | None) -> date | None:
    """Return the first day, in Paris, of a FHIR Period that has this start; None without one, or where it cannot be read."""
    bounds = bounds_of(start) if start else None
    return paris_day(bounds[0]) if bounds else None
