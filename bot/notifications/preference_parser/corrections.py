"""A correction of hours right after a setting: « j'avais dit 21h et 7h30, pas 22h et 7h »."""

from __future__ import annotations

import re
from datetime import time

from bot.notifications.preference_changes import AddQuiet, Change
from bot.notifications.preference_parser.categories import Kind
from bot.notifications.preference_parser.spelling_correction import canonical
from bot.notifications.preference_parser.tokens import tokenize
from bot.notifications.preferences import Window

_SAID = re.compile(
    r"(?:(?:mais|non|euh|pardon|attention|ah|si|,) )*"
    r"(?:j|je) (?:vous |t )?(?:avais |ai |disais |demandais )(?:(?:bien|pourtant|deja) )*(?:dit|demande|ecrit|mis|tape|precise)\b|"
    r"(?:(?:mais|non|euh|pardon) )*je (?:vous )?(?:disais|demandais)\b"
)
_HALF_DAY = 12 * 60


def corrected_hours(text: str) -> tuple[time, ...]:
    """Return the one or two hours that a text says were meant; none where it corrects no hours. « pas 22h » is what was not meant."""
    reading = canonical(text).text
    if not _SAID.match(reading):
        return ()
    hours: list[time] = []
    for atom in tokenize(reading):
        if atom.kind is Kind.NEVER:
            break
        if atom.kind is Kind.RANGE and atom.value is not None:
            hours += atom.value
        elif atom.kind in (Kind.AT, Kind.AFTER, Kind.BEFORE) and atom.value is not None:
            hours.append(atom.value)
        elif atom.kind not in (Kind.BREAK, Kind.BUT, Kind.PART, Kind.THING, Kind.QUIET):
            return ()
    return tuple(hours) if len(hours) in (1, 2) else ()


def with_hours(changes: tuple[Change, ...], hours: tuple[time, ...]) -> tuple[Change, ...]:
    """Return changes with other hours in their one quiet window: both, or the one that is nearer; none where there is no such window."""
    windows = [window for change in changes if isinstance(change, AddQuiet) for window in change.windows]
    if len(windows) != 1 or not hours:
        return ()
    (window,) = windows
    first, last = hours[0], hours[-1]
    if len(hours) == 2:
        bounds = {"start": first, "end": last}
    else:
        bounds = {"start" if _apart(first, window.start) <= _apart(first, window.end) else "end": first}
    corrected: Window = window.model_copy(update=bounds)
    return tuple(AddQuiet(windows=(corrected,)) if isinstance(change, AddQuiet) else change for change in changes)


def _apart(one: time, other: time) -> int:
    """Return the minutes between two times of day, by the shorter way round."""
    minutes = abs((one.hour - other.hour) * 60 + one.minute - other.minute)
    return min(minutes, 2 * _HALF_DAY - minutes)
