"""A short notation of preference changes and questions, for tables: « documents·mail=digest », « quiet 0-6@21:00-07:00 »."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time

from bot.core.clock import PARIS
from bot.notifications.kinds import Category
from bot.notifications.preference_changes import AddQuiet, Change, ClearQuiet, EndMute, EndMutes, SetDigest, SetMode, StartMute, SwitchOn
from bot.notifications.preference_parser import PreferenceRequest, Question

_ALL = frozenset(Category)
_DOSSIERS = _ALL - {Category.ACCOUNT, Category.SERVICE}
_SETS = {_ALL: "all", _DOSSIERS: "dossiers"}
_DAYS = {frozenset(range(7)): "daily", frozenset(range(5)): "mo-fr", frozenset({5, 6}): "weekend"}
_NAMES = ("mo", "tu", "we", "th", "fr", "sa", "su", "holidays")


def notation(result: PreferenceRequest | Question | None) -> str:
    """Return what was parsed, in the short notation."""
    if result is None:
        return "nothing"
    if isinstance(result, Question):
        about = f"? {result.about}" + (f" « {result.value} »" if result.value else "")
        return " ".join([about, *(choice.value or choice.name for choice in result.choices)])
    return ", ".join(_change(change) for change in result.changes)


def _change(change: Change) -> str:
    match change:
        case SetMode():
            return f"{_categories(change.categories)}·{_sorted(change.ways)}={change.mode}"
        case SwitchOn():
            return f"{_categories(change.categories)}·{_sorted(change.ways)}=on"
        case SetDigest():
            return " ".join(["digest", *(_hour(hour) for hour in change.hours or ()), *([_days(change.days)] if change.days else [])])
        case AddQuiet():
            return "quiet " + " ".join(f"{_days(each.days)}@{_hour(each.start)}-{_hour(each.end)}" for each in change.windows)
        case ClearQuiet():
            return f"no quiet {_days(change.days)}" if change.days else "no quiet"
        case StartMute():
            return " ".join(["mute", *filter(None, [change.dossier]), f"{_at(change.since)}→{_at(change.until)}"])
        case EndMute():
            return f"unmute {change.dossier or 'everything'}"
        case EndMutes():
            return "unmute all"


def _categories(categories: frozenset[Category]) -> str:
    return _SETS.get(categories) or _sorted(categories)


def _sorted(words: Iterable[str]) -> str:
    return "+".join(sorted(words))


def _days(days: frozenset[int]) -> str:
    return _DAYS.get(days) or "+".join(_NAMES[day] for day in sorted(days))


def _hour(at: time) -> str:
    return f"{at.hour}h{at.minute:02d}" if at.minute else f"{at.hour}h"


def _at(at: datetime | None) -> str:
    if at is None:
        return ""
    local = at.astimezone(PARIS)
    return f"{local:%Y-%m-%d}" + (f" {_hour(local.time())}" if local.hour or local.minute else "")
