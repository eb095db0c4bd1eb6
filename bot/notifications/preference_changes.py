"""Changes of preferences, as values: kept in a button or a slot as JSON, applied as a pure function."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.preferences import DEFAULTS, HOLIDAY, Mute, Preferences, TimeOfDay, Window, minutes

_MINUTES = 24 * 60


class _Change(BaseModel):
    model_config = ConfigDict(frozen=True)


class SetMode(_Change):
    """Set the mode of these categories on these channels."""

    do: Literal["mode"] = "mode"
    categories: frozenset[Category]
    ways: frozenset[DeliveryChannel]
    mode: Mode


class SwitchOn(_Change):
    """Deliver what these channels *never* get, in the mode that a chat has by default; the rest stays."""

    do: Literal["on"] = "on"
    categories: frozenset[Category]
    ways: frozenset[DeliveryChannel]


class SetDigest(_Change):
    """Set when digests leave; None changes nothing."""

    do: Literal["digest"] = "digest"
    hours: Annotated[tuple[TimeOfDay, ...], Field(min_length=1)] | None = None
    days: Annotated[frozenset[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1)] | None = None


class AddQuiet(_Change):
    """Add quiet windows.

    A window of the same dossiers and part of the day (within one day, over midnight, a whole day) that contains a new one, or lies
    within it, is replaced on their common days: who says « pas après 21h » after « pas après 19h » means 21h. The dossiers that it let
    pass go on passing, if all of its days are replaced and the new one names none.
    """

    do: Literal["quiet"] = "quiet"
    windows: tuple[Window, ...]


class ClearQuiet(_Change):
    """Remove quiet windows that start on these days; None: all."""

    do: Literal["clear_quiet"] = "clear_quiet"
    days: frozenset[int] | None = None


class PassQuiet(_Change):
    """Let what these dossiers bring through the quiet hours that overlap these windows (none: through all); their own end."""

    do: Literal["pass_quiet"] = "pass_quiet"
    dossiers: frozenset[str]
    windows: tuple[Window, ...] = ()


class NarrowQuiet(_Change):
    """Let the quiet hours that overlap these windows hold for these dossiers alone, where they held for all.

    Those of whole days stay. Where there are none, the windows are added for these dossiers.
    """

    do: Literal["narrow_quiet"] = "narrow_quiet"
    dossiers: frozenset[str]
    windows: tuple[Window, ...]


class SetDossierMode(_Change):
    """Set how what these dossiers bring comes, whatever its category; None: as everything else."""

    do: Literal["dossier_mode"] = "dossier_mode"
    dossiers: frozenset[str]
    mode: Literal[Mode.NOW, Mode.DIGEST] | None


class StartMute(_Change):
    """Mute a dossier (None: everything but `passing`), from an instant (None: now) to an instant (None: until it is undone).

    A mute of the same that overlaps is replaced.
    """

    do: Literal["mute"] = "mute"
    dossier: str | None = None
    passing: frozenset[str] = frozenset()
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class EndMute(_Change):
    """End the current mute of a dossier (None: that of everything); where there is none, those that are to come."""

    do: Literal["unmute"] = "unmute"
    dossier: str | None = None


class EndMutes(_Change):
    """End every mute."""

    do: Literal["unmute_all"] = "unmute_all"


Change = Annotated[
    SetMode | SwitchOn | SetDigest | SetDossierMode | AddQuiet | ClearQuiet | PassQuiet | NarrowQuiet | StartMute | EndMute | EndMutes,
    Field(discriminator="do"),
]
CHANGES: TypeAdapter[tuple[Change, ...]] = TypeAdapter(tuple[Change, ...])
"""`CHANGES.dump_json(changes)` and back."""


def apply(preferences: Preferences, changes: Iterable[Change], now: datetime) -> Preferences:
    """Return the preferences with the changes applied in their order.

    Raise pydantic's ValidationError where the result is not valid: windows that leave no moment of the week
    (`preferences.always_quiet`), more than MOST_WINDOWS, MOST_MUTES or MOST_HOURS.
    """
    for change in changes:
        made = _made(preferences, change, now)
        # Only explicitly set fields are dumped, so that defaults stay unset.
        preferences = Preferences.model_validate(preferences.model_dump(exclude_unset=True) | made)
    return preferences


def _made(preferences: Preferences, change: Change, now: datetime) -> dict[str, Any]:
    match change:
        case SetMode() | SwitchOn():
            return {"matrix": _matrix(preferences, change)}
        case SetDigest():
            hours = {"digest_hours": tuple(sorted(set(change.hours)))} if change.hours else {}
            return hours | ({"digest_days": change.days} if change.days else {})
        case AddQuiet():
            return {"quiet": _with_windows(preferences.quiet, change.windows)}
        case ClearQuiet():
            return {"quiet": tuple(_less_days(preferences.quiet, change.days))}
        case PassQuiet():
            return {"quiet": tuple(_letting_pass(preferences.quiet, change))}
        case NarrowQuiet():
            return {"quiet": _narrowed(preferences.quiet, change)}
        case SetDossierMode():
            others = {dossier: mode for dossier, mode in preferences.dossier_modes.items() if dossier not in change.dossiers}
            return {"dossier_modes": others | (dict.fromkeys(change.dossiers, change.mode) if change.mode else {})}
        case StartMute():
            return {"mutes": _with_mute(preferences.mutes, change, now)}
        case EndMute():
            mine = [mute for mute in preferences.mutes if mute.dossier == change.dossier and not _over(mute, now)]
            ending = [mute for mute in mine if mute.since <= now] or mine
            return {"mutes": tuple(mute for mute in preferences.mutes if mute not in ending)}
        case EndMutes():
            return {"mutes": ()}


def _matrix(preferences: Preferences, change: SetMode | SwitchOn) -> dict[Category, dict[DeliveryChannel, Mode]]:
    matrix = {category: dict(line) for category, line in preferences.matrix.items()}
    for category in change.categories:
        for channel in change.ways:
            if isinstance(change, SetMode):
                matrix.setdefault(category, {})[channel] = change.mode
            elif preferences.mode(category, channel) is Mode.NEVER:
                matrix.setdefault(category, {})[channel] = DEFAULTS[category][DeliveryChannel.TELEGRAM]
    return matrix


def _with_windows(quiet: tuple[Window, ...], windows: tuple[Window, ...]) -> tuple[Window, ...]:
    for window in windows:
        if window.dossiers and any(_covers(old, window) for old in quiet):
            continue
        kept: list[Window] = []
        for old in quiet:
            same = old.dossiers == window.dossiers and _same_part(old, window)
            if same and old.passing and not window.passing and old.days <= window.days:
                window = window.model_copy(update={"passing": old.passing})
            kept.extend(_less_days((old,), window.days) if same else [old])
        quiet = (*kept, window)
    return quiet


def _overlaps(window: Window, windows: tuple[Window, ...]) -> bool:
    return any(minutes(window) & minutes(other) or (window.days & other.days == {HOLIDAY}) for other in windows)


def _letting_pass(quiet: Iterable[Window], change: PassQuiet) -> Iterable[Window]:
    for window in quiet:
        left = window.dossiers - change.dossiers
        if change.windows and not _overlaps(window, change.windows):
            yield window
        elif not window.dossiers:
            yield window.model_copy(update={"passing": window.passing | change.dossiers})
        elif left:
            yield window if left == window.dossiers else window.model_copy(update={"dossiers": left})


def _narrowed(quiet: tuple[Window, ...], change: NarrowQuiet) -> tuple[Window, ...]:
    held = [window for window in quiet if not window.dossiers and window.start != window.end and _overlaps(window, change.windows)]
    if not held:
        own = tuple(window.model_copy(update={"dossiers": change.dossiers}) for window in change.windows)
        return _with_windows(quiet, own)
    narrow = {"dossiers": change.dossiers, "passing": frozenset[str]()}
    return tuple(window.model_copy(update=narrow) if window in held else window for window in quiet)


def _covers(old: Window, window: Window) -> bool:
    """Return whether quiet hours of everything hold already where those of some dossiers shall."""
    same = window.days <= old.days and not minutes(window) & ~minutes(old)
    return same and not old.dossiers and not old.passing & window.dossiers


def _same_part(one: Window, other: Window) -> bool:
    (a, b), (c, d) = _span(one), _span(other)
    return _part(a, b) == _part(c, d) and (a <= c <= d <= b or c <= a <= b <= d)


def _span(window: Window) -> tuple[int, int]:
    """Return its start and end in minutes from the start of the day on which it begins."""
    start, end = (at.hour * 60 + at.minute for at in (window.start, window.end))
    return start, end if start < end else end + _MINUTES


def _part(start: int, end: int) -> str:
    return "whole" if end - start == _MINUTES else "night" if end > _MINUTES else "day"


def _less_days(quiet: Iterable[Window], days: frozenset[int] | None) -> Iterable[Window]:
    for window in quiet:
        left = window.days - days if days is not None else frozenset()
        if left:
            yield window if left == window.days else window.model_copy(update={"days": left})


def _with_mute(mutes: tuple[Mute, ...], change: StartMute, now: datetime) -> tuple[Mute, ...]:
    since = change.since or now
    # What lets nothing pass is dumped as it always was.
    passing = {"passing": change.passing} if change.passing else {}
    new = Mute(dossier=change.dossier, until=change.until, since=since, **passing)
    apart = (mute for mute in mutes if mute.dossier != change.dossier or _over(mute, since) or _over(new, mute.since))
    return (*apart, new)


def _over(mute: Mute, at: datetime) -> bool:
    return mute.until is not None and mute.until <= at
