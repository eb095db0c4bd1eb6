"""Hours and dates as people read them in French, in Europe/Paris. Words come from the domain's calendar phrases."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.clock import PARIS
from bot.support.hours import french_hour

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre")


def clock_hour(at: datetime, zone: ZoneInfo = PARIS) -> str:
    """« 14h05 », « 9h » of an aware instant."""
    return french_hour(at.astimezone(zone).time())


def day(at: date) -> str:
    """« lundi 23 novembre »."""
    number = "1er" if at.day == 1 else str(at.day)
    return f"{DAYS[at.weekday()]} {number} {MONTHS[at.month - 1]}"


def numeric(at: date) -> str:
    """« 12/03/1948 »."""
    return f"{at.day:02d}/{at.month:02d}/{at.year}"


def dated(at: date, today: date) -> str:
    """« aujourd'hui », « hier », « demain », « lundi 30 novembre », with the year where it is another one."""
    near = {0: "aujourd'hui", -1: "hier", 1: "demain"}.get((at - today) // timedelta(days=1))
    return near or (day(at) if at.year == today.year else f"{day(at)} {at.year}")


def moment(at: datetime, now: datetime, zone: ZoneInfo = PARIS) -> str:
    """« hier à 14h05 », « demain à 8h », « lundi 30 novembre à 9h »."""
    return f"{dated(at.astimezone(zone).date(), now.astimezone(zone).date())} à {clock_hour(at, zone)}"


def until(at: datetime, now: datetime, zone: ZoneInfo = PARIS) -> str:
    """« jusqu'à 18h » of the same day, « jusqu'à demain à 8h », « jusqu'au lundi 30 novembre à 8h »."""
    today, last = now.astimezone(zone).date(), at.astimezone(zone).date()
    if last == today:
        return f"jusqu'à {clock_hour(at, zone)}"
    said = moment(at, now, zone)
    return f"jusqu'à {said}" if last == today + timedelta(days=1) else f"jusqu'au {said}"
