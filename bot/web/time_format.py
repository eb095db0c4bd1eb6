"""Instants as a page says them: which parts a sentence needs; the words are in the templates (`words.html`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Moment:
    """« demain à 8 h », « lundi 30 novembre à 8 h 30 »: days from today, and the local date and hour."""

    away: int
    """Days from today: 0 today, 1 tomorrow, negative in the past."""
    weekday: int
    """Monday (0) to Sunday (6)."""
    day: int
    month: int
    year: int
    hour: int
    minute: int
    this_year: bool


def moment(at: datetime, zone: ZoneInfo, now: datetime) -> Moment:
    """An instant, as it is said at `now` to somebody in this time zone."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    return Moment(
        away=(local.date() - today).days,
        weekday=local.weekday(),
        day=local.day,
        month=local.month,
        year=local.year,
        hour=local.hour,
        minute=local.minute,
        this_year=local.year == today.year,
    )
