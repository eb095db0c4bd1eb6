"""Times and dates in French words, in Europe/Paris unless another zone is given."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.clock import PARIS, french_hour
from bot.core.written_dates import MONTH_WORDS

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def format_time(at: datetime, zone: ZoneInfo = PARIS) -> str:
    """Return « 14h05 », « 9h » for an aware instant."""
    return french_hour(at.astimezone(zone).time())


def format_day(at: date) -> str:
    """Return « lundi 23 novembre »."""
    number = "1er" if at.day == 1 else str(at.day)
    return f"{DAYS[at.weekday()]} {number} {MONTH_WORDS[at.month - 1]}"


def format_relative_day(at: date, today: date) -> str:
    """Return « aujourd'hui », « hier », « demain » or « lundi 30 novembre », with the year if it is not that of today."""
    near = {0: "aujourd’hui", -1: "hier", 1: "demain"}.get((at - today) // timedelta(days=1))
    return near or (format_day(at) if at.year == today.year else f"{format_day(at)} {at.year}")


def format_moment(at: datetime, now: datetime, zone: ZoneInfo = PARIS) -> str:
    """Return « hier à 14h05 », « demain à 8h », « lundi 30 novembre à 9h »."""
    return f"{format_relative_day(at.astimezone(zone).date(), now.astimezone(zone).date())} à {format_time(at, zone)}"


def format_until(at: datetime, now: datetime, zone: ZoneInfo = PARIS) -> str:
    """Return « jusqu'à 18h » on the same day, « jusqu'à demain à 8h », « jusqu'au lundi 30 novembre à 8h »."""
    today, last = now.astimezone(zone).date(), at.astimezone(zone).date()
    if last == today:
        return f"jusqu’à {format_time(at, zone)}"
    moment = format_moment(at, now, zone)
    return f"jusqu’à {moment}" if last == today + timedelta(days=1) else f"jusqu’au {moment}"
