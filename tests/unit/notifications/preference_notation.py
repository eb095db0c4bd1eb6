"""A short notation of preference changes and questions, for tables: « documents·mail=digest », « quiet 0-6@21:00-07:00 »."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time

from bot.core.clock import PARIS
from bot.notifications.kinds import Category
from bot.notifications.preference_changes import (
    AddQuiet,
    Change,
    ClearQuiet,
    EndMute,
    EndMutes,
    NarrowQuiet,
    PassQuiet,
    SetDigest,
    SetDossierMode,
    SetMode,
    StartMute,
    SwitchOn,
)
from bot.notifications.preference_parser import PreferenceRequest, Question
from bot.notifications.preferences import Window

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
            return "quiet " + _windows(change.windows)
        case PassQuiet() | NarrowQuiet():
            verb = "pass" if isinstance(change, PassQuiet) else "narrow"
            return " ".join(filter(None, [verb, _sorted(change.dossiers), _windows(change.windows)]))
        case SetDossierMode():
            return f"{_sorted(change.dossiers)}={change.mode}"
        case ClearQuiet():
            return f"no quiet {_days(change.days)}" if change.days else "no quiet"
        case StartMute():
            return " ".join(["mute", *filter(None, [change.dossier, _but(change.passing)]), f"{_at(change.since)}→{_at(change.until)}"])
        case EndMute():
            return f"unmute {change.dossier or 'everything'}"
        case EndMutes():
            return "unmute all"


def _windows(windows: Iterable[Window]) -> str:
    return " ".join(
        f"{_days(each.days)}@{_hour(each.start)}-{_hour(each.end)}"
        + (f"={_sorted(each.dossiers)}" if each.dossiers else "")
        + _but(each.passing)
        for each in windows
    )


def _but(passing: frozenset[str]) -> str:
    return f"-{_sorted(passing)}" if passing else ""


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
