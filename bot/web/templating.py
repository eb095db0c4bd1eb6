"""The templates of every page: one Jinja environment, which compiles each of them once in a process and escapes all that is put in.

Beside it, how pages write instants and durations, which templates know as filters.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from bot.core.clock import PARIS
from bot.web.assets import HERE

NBSP = "\u00a0"

TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


@pass_context
def age(context: Context, since: datetime) -> str:
    """How long before the template's `now`, in words: « 3 min », « 2 h 05 », « 4 j »."""
    return spell(context["now"] - since)


def spell(lasted: timedelta) -> str:
    """A duration in words, with no-break spaces."""
    minutes = max(0, int(lasted.total_seconds() // 60))
    if minutes < 1:
        return f"moins d’une{NBSP}minute"
    if minutes < 60:
        return f"{minutes}{NBSP}min"
    if minutes < 24 * 60:
        return f"{minutes // 60}{NBSP}h{NBSP}{minutes % 60:02d}"
    return f"{minutes // (24 * 60)}{NBSP}j"


def lasted(seconds: float) -> str:
    """A duration of so many seconds: « 45 s », « 3 min », « 2 h 05 », « 4 j »."""
    return f"{round(seconds)}{NBSP}s" if seconds < 60 else spell(timedelta(seconds=seconds))


def day(at: datetime) -> str:
    """« 25/11/2026 à 14 h 05 », in Paris."""
    local = at.astimezone(PARIS)
    return f"{local:%d/%m/%Y} à {local.hour}{NBSP}h{NBSP}{local:%M}"


def day_only(at: datetime) -> str:
    """« 25/11/2026 », in Paris."""
    return f"{at.astimezone(PARIS):%d/%m/%Y}"


def hour(at: datetime) -> str:
    """« 14 h 05 », in Paris."""
    local = at.astimezone(PARIS)
    return f"{local.hour}{NBSP}h{NBSP}{local:%M}"


TEMPLATES.filters |= {"age": age, "day": day, "hour": hour, "day_only": day_only, "lasted": lasted}
