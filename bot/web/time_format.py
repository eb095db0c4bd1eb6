"""Instants as a page writes them for somebody in a time zone; the words are in the templates (`words.html`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class RelativeTime:
    """The parts of « demain à 8h » or « lundi 30 novembre à 8h30 »."""

    days_from_today: int
    """0 today, 1 tomorrow, negative in the past."""
    weekday: int
    """Monday (0) to Sunday (6)."""
    day: int
    month: int
    year: int
    hour: int
    minute: int
    this_year: bool


def relative_time(at: datetime, zone: ZoneInfo, now: datetime) -> RelativeTime:
    """Return an instant as it is written at `now` for somebody in this time zone."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    return RelativeTime(
        days_from_today=(local.date() - today).days,
        weekday=local.weekday(),
        day=local.day,
        month=local.month,
        year=local.year,
        hour=local.hour,
        minute=local.minute,
        this_year=local.year == today.year,
    )
