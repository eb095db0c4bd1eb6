"""FHIR Periods and dateTimes: a bound is read at the precision at which it is written, in Paris. Source: FHIR R4, "Period"."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from bot.core.clock import PARIS

_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def midnight(day: date) -> datetime:
    """Return the instant, in UTC, at which a day begins in Paris."""
    return datetime.combine(day, time(0), PARIS).astimezone(UTC)


def has_begun(period: Mapping[str, object], now: datetime) -> bool:
    """Return whether the start of a FHIR Period has come; False where it cannot be read."""
    start = period.get("start")
    first = bounds_of(str(start)) if start else None
    return not start or (first is not None and first[0] <= now)


def is_over(period: Mapping[str, object], now: datetime) -> bool:
    """Return whether the end of a FHIR Period has come; True where it cannot be read: nobody keeps an access by that."""
    end = period.get("end")
    last = bounds_of(str(end)) if end else None
    return bool(end) and (last is None or last[1] <= now)


def period_of(element: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the period of an element; an empty one, which always holds, where it has none."""
    period = element.get("period")
    return period if isinstance(period, dict) else {}


def is_current(element: Mapping[str, Any], now: datetime) -> bool:
    """Return whether a name, an address or an identifier holds now: it is not marked as old, and its period holds this instant."""
    period = period_of(element)
    return element.get("use") != "old" and has_begun(period, now) and not is_over(period, now)


def instant_of(text: object) -> datetime | None:
    """Return the first instant, in UTC, of a FHIR dateTime; None without one, or where it cannot be read."""
    bounds = bounds_of(str(text)) if text else None
    return bounds[0] if bounds else None


def bounds_of(text: str) -> tuple[datetime, datetime] | None:
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
