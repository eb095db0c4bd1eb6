"""Hours and dates as people read them in French, in Europe/Paris. Words come from the domain's calendar phrases."""

from __future__ import annotations

from datetime import date, datetime

from bot.clock import PARIS
from bot.support.hours import french_hour

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre")


def clock_hour(at: datetime) -> str:
    """« 14h05 », « 9h » of an aware instant."""
    return french_hour(at.astimezone(PARIS).time())


def day(at: date) -> str:
    """« lundi 23 novembre »."""
    number = "1er" if at.day == 1 else str(at.day)
    return f"{DAYS[at.weekday()]} {number} {MONTHS[at.month - 1]}"


def numeric(at: date) -> str:
    """« 12/03/1948 »."""
    return f"{at.day:02d}/{at.month:02d}/{at.year}"
