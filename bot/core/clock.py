"""Clocks, which are injected: nothing else in the project reads the machine's time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
"""The time zone of dates and times that people read, and of opening hours."""


MIDNIGHT = time.max
"""The end of a day, as the end of a period: written 24:00."""


def read_hour(written: str) -> time:
    """Return the time of day that is written as 09:30, or 24:00 for `MIDNIGHT`. Raise ValueError."""
    return MIDNIGHT if written == "24:00" else time.fromisoformat(written)


def french_hour(hour: time) -> str:
    """Return an hour as the SPHERE guide writes it: « 9h », « 9h30 », « 24h »."""
    if hour == MIDNIGHT:
        return "24h"
    return f"{hour.hour}h{hour.minute:02d}" if hour.minute else f"{hour.hour}h"


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that only moves when it is advanced, for tests and simulations. Raises ValueError for a naive start."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("start must be an aware datetime")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant to which the clock was last moved, aware, in UTC."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move the clock by `by`, which may be negative: machines' clocks do go back."""
        self._now += by
