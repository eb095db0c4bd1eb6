"""How a search compares dates, instants and periods: as ranges of time. Source: FHIR R4, "Search", 3.1.1.4.7."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

Range = tuple[datetime, datetime]
"""From the first instant to the first one behind."""

_ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_DATE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)(?:T(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<part>\d{1,9}))?)?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?"
)
_COMPARISONS: dict[str, Callable[[Range, Range], bool]] = {
    "eq": lambda own, wanted: wanted[0] <= own[0] and own[1] <= wanted[1],
    "ne": lambda own, wanted: not (wanted[0] <= own[0] and own[1] <= wanted[1]),
    "gt": lambda own, wanted: own[1] > wanted[1],
    "lt": lambda own, wanted: own[0] < wanted[0],
    "ge": lambda own, wanted: own[1] > wanted[0],
    "le": lambda own, wanted: own[0] < wanted[1],
    "sa": lambda own, wanted: own[0] >= wanted[1],
    "eb": lambda own, wanted: own[1] <= wanted[0],
}


def date_predicate(wanted: str) -> Callable[[Any], bool]:
    """Return the comparison that a value of a search asks for, of dates as text and of periods. Raises ValueError where it is none."""
    prefix, text = (wanted[:2], wanted[2:]) if wanted[:2] in _COMPARISONS else ("eq", wanted)
    compare, asked = _COMPARISONS[prefix], date_range(text)
    return lambda value: compare(_period(value) if isinstance(value, dict) else date_range(str(value)), asked)


def date_range(text: str) -> Range:
    """Return the range of time that a date of any precision is; without an offset it is meant in UTC. Raises ValueError."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError("not a date")
    year, month, day = int(found["year"]), int(found["month"] or 1), int(found["day"] or 1)
    hour, minute, second = int(found["hour"] or 0), int(found["minute"] or 0), int(found["second"] or 0)
    microsecond = int((found["part"] or "0").ljust(6, "0")[:6])
    try:
        start = datetime(year, month, day, hour, minute, second, microsecond, UTC) - _offset(found["zone"])
    except OverflowError:
        raise ValueError("a date out of bounds") from None
    if found["month"] is None:
        return start, _after(start, months=12)
    if found["day"] is None:
        return start, _after(start, months=1)
    if found["hour"] is None:
        return start, _after(start, timedelta(days=1))
    if found["second"] is None:
        return start, _after(start, timedelta(minutes=1))
    return start, _after(start, timedelta(seconds=1) / 10 ** min(len(found["part"] or ""), 6))


def _after(start: datetime, width: timedelta = timedelta(), *, months: int = 0) -> datetime:
    """Return the end of a range; registers write 9999 where there is none."""
    try:
        year, month = divmod(start.month - 1 + months, 12)
        return start.replace(year=start.year + year, month=month + 1) + width
    except (ValueError, OverflowError):
        return _ALWAYS[1]


def _period(period: dict[str, Any]) -> Range:
    start, end = period.get("start"), period.get("end")
    return date_range(start)[0] if start else _ALWAYS[0], date_range(end)[1] if end else _ALWAYS[1]


def _offset(zone: str | None) -> timedelta:
    if zone in (None, "Z"):
        return timedelta()
    assert zone is not None
    size = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:]))
    return size if zone[0] == "+" else -size
