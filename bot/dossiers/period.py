"""The period of an access: from which day until which day somebody takes part in a dossier, in Paris, both days included.

On the platform it is the `period` of a participant. A bound is a FHIR date, which is a whole day, or an instant; what was written is kept
as it was written. Source: FHIR R4, "Period": an end covers all of the time that its precision names.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.core.clock import PARIS
from bot.core.mail import render_text
from bot.dossiers.errors import EndBeforeStart, PeriodOver

_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


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


def midnight(day: date) -> datetime:
    """Return the instant, in UTC, at which a day begins in Paris."""
    return datetime.combine(day, time(0), PARIS).astimezone(UTC)


def day_words(day: date, today: date) -> str:
    """Return « 15 décembre », « 1er janvier 2027 »: with the year where it is not that of today."""
    return render_text("dossiers/day", day=day.day, month=day.month, year=0 if day.year == today.year else day.year)


def has_begun(period: dict[str, object], now: datetime) -> bool:
    """Return whether the start of a FHIR Period has come; False where it cannot be read."""
    start = period.get("start")
    first = _bounds(str(start)) if start else None
    return not start or (first is not None and first[0] <= now)


def is_over(period: dict[str, object], now: datetime) -> bool:
    """Return whether the end of a FHIR Period has come; True where it cannot be read: nobody keeps an access by that."""
    end = period.get("end")
    last = _bounds(str(end)) if end else None
    return bool(end) and (last is None or last[1] <= now)


def last_day(end: str | None) -> date | None:
    """Return the last day, in Paris, of a FHIR Period that has this end; None without one, or where it cannot be read."""
    bounds = _bounds(end) if end else None
    return paris_day(bounds[1] - timedelta(microseconds=1)) if bounds else None


def first_day(start: str | None) -> date | None:
    """Return the first day, in Paris, of a FHIR Period that has this start; None without one, or where it cannot be read."""
    bounds = _bounds(start) if start else None
    return paris_day(bounds[0]) if bounds else None


def instant_of(text: object) -> datetime | None:
    """Return the first instant, in UTC, of a FHIR dateTime; None without one, or where it cannot be read."""
    bounds = _bounds(str(text)) if text else None
    return bounds[0] if bounds else None


def _bounds(text: str) -> tuple[datetime, datetime] | None:
    """Return the first instant of a FHIR dateTime, and the one at which it is over: the next day, month or year, or itself."""
    found = _PARTIAL.fullmatch(text)
    try:
        if found is None:
            at = datetime.fromisoformat(text)
            at = at if at.tzinfo else at.replace(tzinfo=PARIS)
            return at.astimezone(UTC), at.astimezone(UTC)
        year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
        first = date(year, month, day)
        last = first if found[3] else date(year, int(found[2] or 12), calendar.monthrange(year, int(found[2] or 12))[1])
        return midnight(first), midnight(last + timedelta(days=1))
    except (ValueError, OverflowError):
        return None
