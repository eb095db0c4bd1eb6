"""The templates of every page: one Jinja environment, which compiles each once in a process and escapes all that is put in.

Its filters format instants and durations in French, with no-break spaces, in Paris.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from bot.core.clock import PARIS, french_hour
from bot.web.assets import HERE

NBSP = "\u00a0"

TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


@pass_context
def format_age(context: Context, since: datetime) -> str:
    """Return how long `since` is before the template's `now`: « 3 min », « 2 h 05 », « 4 j »."""
    return format_duration(context["now"] - since)


def format_duration(duration: timedelta) -> str:
    """Return a duration in whole minutes: « moins d’une minute », « 3 min », « 2 h 05 », « 4 j »."""
    minutes = max(0, int(duration.total_seconds() // 60))
    if minutes < 1:
        return f"moins d’une{NBSP}minute"
    if minutes < 60:
        return f"{minutes}{NBSP}min"
    if minutes < 24 * 60:
        return f"{minutes // 60}{NBSP}h{NBSP}{minutes % 60:02d}"
    return f"{minutes // (24 * 60)}{NBSP}j"


def format_seconds(seconds: float) -> str:
    """Return a duration of so many seconds: « 45 s », « 3 min », « 2 h 05 », « 4 j »."""
    return f"{round(seconds)}{NBSP}s" if seconds < 60 else format_duration(timedelta(seconds=seconds))


def format_datetime(at: datetime) -> str:
    """Return « 25/11/2026 à 14h05 »."""
    return f"{format_date(at)} à {format_time(at)}"


def format_date(at: datetime) -> str:
    """Return « 25/11/2026 »."""
    return f"{at.astimezone(PARIS):%d/%m/%Y}"


def format_time(at: datetime) -> str:
    """Return « 14h05 », « 9h »."""
    return french_hour(at.astimezone(PARIS).time())


TEMPLATES.filters |= {
    "age": format_age,
    "day": format_datetime,
    "hour": format_time,
    "day_only": format_date,
    "duration": format_seconds,
}
