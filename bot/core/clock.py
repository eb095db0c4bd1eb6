"""Time, injected: nothing else in the project asks the machine what time it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
"""Where dates and hours that people read, and opening hours, are decided."""


class Clock(Protocol):
    """Tells what time it is."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that only moves when told to, for tests and simulations."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("start must be an aware datetime")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The instant it was last moved to, aware, in UTC."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move by `by`, which may be negative: machines' clocks do go back."""
        self._now += by
