"""The form of a person's notification preferences: what it shows, and what was typed into it. Pure: no database, no clock.

A `Draft` holds texts as they are in the fields, valid or not, so that a form with a mistake comes back as it was sent.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import available_timezones

from bot.notifications.calendar import instant
from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.preferences import MOST_DOSSIERS, MOST_HOURS, MOST_MUTES, MOST_WINDOWS, Mute, Preferences, Window, always_quiet
from bot.web.account.preferences_matrix import modes_of, with_modes

Fields = Mapping[str, Sequence[str]]
"""Fields of a form, each with its values in order."""
DEFAULT_MUTE_HOUR = "08:00"
"""The hour at which a mute ends, unless another is typed."""
_DOSSIER = re.compile(r"SPH[\s-]?(\d{4})[\s-]?(\d{6})", re.IGNORECASE)
_MAX_LENGTH = 40
"""Characters of a field that are kept."""
_MAX_DOSSIERS_LENGTH = 4000
"""Characters of a list of references that are kept."""


class InvalidForm(ValueError):
    """Something in the form is invalid: `errors` says in which field and why, in codes of the template."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(sorted(errors)))
        self.errors = dict(errors)


@dataclass(frozen=True)
class WindowDraft:
    """Quiet hours as typed: days ("0" Monday to "6", "7" public holidays), hours as HH:MM, lists of references."""

    days: frozenset[str] = frozenset()
    start: str = ""
    end: str = ""
    dossiers: str = ""
    """The only dossiers that they are of; "": of all."""
    passing: str = ""

    @property
    def blank(self) -> bool:
        """Whether nothing was filled in."""
        return not (self.days or self.start or self.end or self.dossiers or self.passing)


@dataclass(frozen=True)
class MuteDraft:
    """A new mute as typed: `what` is "dossier", "all" or "", `day` is YYYY-MM-DD."""

    what: str = ""
    dossier: str = ""
    day: str = ""
    hour: str = DEFAULT_MUTE_HOUR

    @property
    def blank(self) -> bool:
        """Whether nothing was filled in."""
        return not (self.what or self.dossier or self.day)


@dataclass(frozen=True)
class Draft:
    """The whole form as typed."""

    modes: Mapping[str, str] = field(default_factory=dict)
    """By "category.channel": "now", "digest" or "never"."""
    hours: tuple[str, ...] = ()
    days: frozenset[str] = frozenset()
    zone: str = ""
    windows: tuple[WindowDraft, ...] = ()
    new_window: WindowDraft = WindowDraft()
    mute: MuteDraft = MuteDraft()
    dossier_modes: Mapping[str, str] = field(default_factory=dict)
    """By reference: "now", "digest", or "" as all others."""


def draft_of(preferences: Preferences, channels: Iterable[DeliveryChannel]) -> Draft:
    """Return the form as it shows these preferences to somebody who can be reached by these channels."""
    channels = frozenset(channels)
    shown = {
        f"{category}.{channel}": mode.value for category in Category for channel, mode in modes_of(preferences, category, channels).items()
    }
    return Draft(
        modes={name: mode for name, mode in shown.items() if name.partition(".")[2] in channels},
        hours=tuple(_format_time(at) for at in sorted(preferences.digest_hours)),
        days=frozenset(map(str, preferences.digest_days)),
        zone=preferences.time_zone,
        windows=tuple(_window_draft(window) for window in preferences.quiet),
        dossier_modes={dossier: mode.value for dossier, mode in sorted(preferences.dossier_modes.items())},
    )


def _window_draft(window: Window) -> WindowDraft:
    days, lists = frozenset(map(str, window.days)), (", ".join(sorted(some)) for some in (window.dossiers, window.passing))
    return WindowDraft(days, _format_time(window.start), _format_time(window.end), *lists)


def read_draft(form: Fields, channels: Iterable[DeliveryChannel]) -> Draft:
    """Return the form as it was sent, for somebody who can be reached by these channels."""
    names = [f"{category}.{channel}" for category in Category for channel in channels]
    indexes = range(min(MOST_WINDOWS, sum(name.endswith(".start") for name in form)))
    return Draft(
        modes={name: _first(form, f"mode.{name}") for name in names},
        hours=tuple(hour[:_MAX_LENGTH] for hour in form.get("hour", ()) if hour.strip())[: MOST_HOURS + 1],
        days=frozenset(form.get("day", ())) & frozenset("0123456"),
        zone=_first(form, "zone"),
        windows=tuple(_window(form, f"window.{n}") for n in indexes if f"window.{n}.start" in form),
        new_window=_window(form, "window.new"),
        mute=MuteDraft(_first(form, "mute.what"), _first(form, "mute.dossier"), _first(form, "mute.day"), _first(form, "mute.hour")),
        dossier_modes={name.removeprefix("dossier."): _first(form, name) for name in form if name.startswith("dossier.")},
    )


def apply(draft: Draft, current: Preferences, channels: Iterable[DeliveryChannel], now: datetime) -> Preferences:
    """Return the current preferences, changed where the form differs from them. Raise InvalidForm with all that is invalid."""
    errors: dict[str, str] = {}
    changed = current
    channels = frozenset(channels)
    for category in Category:
        known = {channel: draft.modes.get(f"{category}.{channel}", "") for channel in channels}
        changed = with_modes(changed, category, known, channels)
    values: dict[str, Any] = {
        "digest_hours": _hours(draft.hours, errors),
        "digest_days": frozenset(map(int, draft.days)),
        "time_zone": draft.zone,
        "quiet": _quiet(draft, errors),
    }
    if not draft.days:
        errors["days"] = "no_day"
    if draft.zone not in available_timezones():
        errors["zone"] = "unknown"
    own = {dossier: Mode(mode) for dossier, mode in draft.dossier_modes.items() if mode in (Mode.NOW, Mode.DIGEST)}
    values["dossier_modes"] = {dossier: own[dossier] for dossier in current.dossier_modes if dossier in own}
    mutes = _mutes(draft.mute, current, draft.zone, now, errors)
    if errors:
        raise InvalidForm(errors)
    values["mutes"] = mutes
    return changed.model_copy(update={name: value for name, value in values.items() if value != getattr(current, name)})


def fingerprint(preferences: Preferences, channels: Iterable[DeliveryChannel]) -> str:
    """Return a digest of what a form shows: one that was shown something else must not overwrite it."""
    shown = [preferences.model_dump(), sorted(channels)]
    plain = json.dumps(shown, default=lambda value: sorted(value) if isinstance(value, frozenset) else str(value), sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def _first(form: Fields, name: str, most: int = _MAX_LENGTH) -> str:
    return next(iter(form.get(name, ())), "").strip()[:most]


def _window(form: Fields, name: str) -> WindowDraft:
    days = frozenset(form.get(f"{name}.day", ())) & frozenset("01234567")
    lists = (_first(form, f"{name}.{which}", _MAX_DOSSIERS_LENGTH) for which in ("dossiers", "passing"))
    return WindowDraft(days, _first(form, f"{name}.start"), _first(form, f"{name}.end"), *lists)


def _references(typed: str) -> frozenset[str] | None:
    """Return the references of a list; None where it holds anything else."""
    if re.sub(r"[\s,;]+", "", _DOSSIER.sub("", typed)):
        return None
    return frozenset(f"SPH-{year}-{number}" for year, number in _DOSSIER.findall(typed))


def _format_time(at: time) -> str:
    return at.strftime("%H:%M")


def _parse_time(text: str) -> time | None:
    """Return a local time as browsers send it, or as people type it (8:00, 08h00, 8h); None for anything else."""
    match = re.fullmatch(r"(\d{1,2})\s*(?:[:hH]\s*(\d{2})?)(?::00)?", text.strip())
    if not match or int(match[1]) > 23 or int(match[2] or 0) > 59:
        return None
    return time(int(match[1]), int(match[2] or 0))


def _hours(typed: Sequence[str], errors: dict[str, str]) -> tuple[time, ...]:
    values = [_parse_time(hour) for hour in typed]
    if not typed:
        errors["hours"] = "none"
    elif None in values:
        errors["hours"] = "malformed"
    elif len(set(values)) > MOST_HOURS:
        errors["hours"] = "many"
    return tuple(sorted({at for at in values if at is not None}))


def _quiet(draft: Draft, errors: dict[str, str]) -> tuple[Window, ...]:
    named = [*((str(n), window) for n, window in enumerate(draft.windows)), ("new", draft.new_window)]
    windows = []
    for name, window in named:
        start, end = _parse_time(window.start), _parse_time(window.end)
        dossiers, passing = _references(window.dossiers), _references(window.passing)
        if name == "new" and window.blank:
            continue
        if start is None or end is None:
            errors[f"window.{name}"] = "hours"
        elif not window.days:
            errors[f"window.{name}"] = "no_day"
        elif dossiers is None or passing is None or max(len(dossiers), len(passing)) > MOST_DOSSIERS:
            errors[f"window.{name}"] = "dossiers"
        else:
            scope = {"dossiers": dossiers, "passing": passing}
            days = frozenset(map(int, window.days))
            windows.append(Window(days=days, start=start, end=end, **{name: some for name, some in scope.items() if some}))
    if len(windows) > MOST_WINDOWS:
        errors["quiet"] = "many"
    elif always_quiet(tuple(windows)):
        errors["quiet"] = "always"
    return tuple(dict.fromkeys(windows))


def _mutes(typed: MuteDraft, current: Preferences, zone: str, now: datetime, errors: dict[str, str]) -> tuple[Mute, ...]:
    if typed.blank:
        return current.mutes
    dossier, until = None, None
    if typed.what != "all":
        match = _DOSSIER.fullmatch(typed.dossier.strip())
        if match is None:
            errors["mute"] = "dossier" if typed.dossier or typed.what else "what"
            return current.mutes
        dossier = f"SPH-{match[1]}-{match[2]}"
    if typed.day:
        day, hour = _parse_date(typed.day), _parse_time(typed.hour or DEFAULT_MUTE_HOUR)
        if day is None or hour is None:
            errors["mute"] = "day"
            return current.mutes
        if zone in available_timezones():
            until = instant(day, hour, current.model_copy(update={"time_zone": zone}).zone)
            if until <= now:
                errors["mute"] = "past"
    others = tuple(mute for mute in current.mutes if mute.dossier != dossier)
    if len(others) >= MOST_MUTES:
        errors["mute"] = "many"
    return (*others, Mute(dossier=dossier, until=until, since=now))


def _parse_date(text: str) -> date | None:
    """Return a day as browsers send it, or as people type it (30/11/2026); None for anything else."""
    match = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    try:
        return date(int(match[3]), int(match[2]), int(match[1])) if match else date.fromisoformat(text)
    except ValueError:
        return None
