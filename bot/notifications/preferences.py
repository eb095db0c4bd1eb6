"""Preferences: how one person wants to be notified, a document kept as JSON and changed as a whole.

It holds only what the person set; the rest is decided by `DEFAULTS`, so that better defaults reach everybody.
"""

from __future__ import annotations

from datetime import datetime, time
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from bot.notifications.kinds import Category, DeliveryChannel, Mode

HOLIDAY = 7
"""Number of the day that a public holiday is, beside its day of the week."""
EVERY_DAY = frozenset(range(7))
"""Monday (0) to Sunday (6)."""
MOST_WINDOWS, MOST_MUTES, MOST_HOURS, MOST_DOSSIERS = 30, 200, 12, 200
_DAY = 24 * 60
_WEEK = 7 * _DAY
"""Both in minutes."""

DEFAULTS: dict[Category, dict[DeliveryChannel, Mode]] = {
    Category.ACCESS: {DeliveryChannel.TELEGRAM: Mode.NOW, DeliveryChannel.SPHERE: Mode.NOW},
    Category.TEAM: {DeliveryChannel.TELEGRAM: Mode.DIGEST, DeliveryChannel.SPHERE: Mode.NOW},
    Category.DOCUMENTS: {DeliveryChannel.TELEGRAM: Mode.NOW, DeliveryChannel.SPHERE: Mode.NOW},
    Category.MESSAGES: {DeliveryChannel.TELEGRAM: Mode.NOW, DeliveryChannel.SPHERE: Mode.NOW},
    Category.APPOINTMENTS: {DeliveryChannel.TELEGRAM: Mode.NOW, DeliveryChannel.SPHERE: Mode.NOW},
    Category.ACCOUNT: {DeliveryChannel.TELEGRAM: Mode.NOW, DeliveryChannel.MAIL: Mode.NOW, DeliveryChannel.SPHERE: Mode.NOW},
    Category.SERVICE: {DeliveryChannel.TELEGRAM: Mode.NOW, DeliveryChannel.SPHERE: Mode.NOW},
}
"""Modes where nothing was set; a channel that is not named is *never*. The next channel takes over from one that the person does not
have (`bot.notifications.delivery_policy`), so this reads: in one's chat, or by mail where there is no chat."""


@cache  # reading the list takes longer than all the rest
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("an unknown time zone")
    return name


def _local(at: time) -> time:
    if at.tzinfo is not None or at.second or at.microsecond:
        raise ValueError("a local time to the minute")
    return at


TimeOfDay = Annotated[time, AfterValidator(_local)]
"""A local time of day, to the minute."""


Dossiers = Annotated[frozenset[str], Field(max_length=MOST_DOSSIERS)]
"""References of dossiers."""


class _Scoped(BaseModel):
    """What holds for all notifications, but for those of the dossiers that pass."""

    model_config = ConfigDict(frozen=True)

    passing: Dossiers = frozenset()
    """Dossiers that it does not hold for."""


class Window(_Scoped):
    """Quiet hours that come back every week. Where `end` is not after `start` they end on the next day; equal: a whole day."""

    days: Annotated[frozenset[Annotated[int, Field(ge=0, le=HOLIDAY)]], Field(min_length=1)]
    """Days on which it starts: Monday (0) to Sunday (6), and `HOLIDAY` for public holidays, whatever their day of the week."""
    start: TimeOfDay
    end: TimeOfDay
    dossiers: Dossiers = frozenset()
    """The only dossiers that it holds for; none: it holds for all, and for what is about no dossier."""

    def holds_for(self, dossier: str | None) -> bool:
        """Return whether it holds for what is about a dossier (None: about none)."""
        return dossier not in self.passing and (not self.dossiers or dossier in self.dossiers)


def minutes(window: Window) -> int:
    """Return the minutes of an ordinary week that lie in a window, a bit each; public holidays left out."""
    start, end = (at.hour * 60 + at.minute for at in (window.start, window.end))
    length = (1 << ((end - start) % _DAY or _DAY)) - 1
    covered = 0
    for day in window.days - {HOLIDAY}:
        covered |= length << (day * _DAY + start)
    return (covered | covered >> _WEEK) & (1 << _WEEK) - 1


def always_quiet(windows: tuple[Window, ...]) -> bool:
    """Return whether an ordinary week has no minute outside these windows, for some dossier: what waits would wait for ever."""
    named = frozenset[str]().union(*(window.dossiers for window in windows))
    return any(_always_quiet(tuple(window for window in windows if window.holds_for(dossier))) for dossier in (None, *named))


def _always_quiet(windows: tuple[Window, ...]) -> bool:
    covered = 0
    for window in windows:
        covered |= minutes(window)
    return covered == (1 << _WEEK) - 1


class Mute(_Scoped):
    """No notifications for a while."""

    dossier: str | None = None
    """Reference of the only dossier that is muted; None: everything."""
    until: AwareDatetime | None = None
    """None: until it is undone."""
    since: AwareDatetime

    def holds_for(self, dossier: str | None) -> bool:
        """Return whether it holds for what is about a dossier (None: about none)."""
        return self.dossier in (None, dossier) and dossier not in self.passing


class Preferences(BaseModel):
    """How one person set their notifications."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    matrix: dict[Category, dict[DeliveryChannel, Mode]] = Field(default_factory=dict)
    digest_hours: Annotated[tuple[TimeOfDay, ...], Field(min_length=1, max_length=MOST_HOURS)] = (time(8), time(14))
    digest_days: Annotated[frozenset[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1)] = EVERY_DAY
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "Europe/Paris"
    quiet: Annotated[tuple[Window, ...], Field(max_length=MOST_WINDOWS)] = ()
    mutes: Annotated[tuple[Mute, ...], Field(max_length=MOST_MUTES)] = ()
    dossier_modes: Annotated[dict[str, Mode], Field(max_length=MOST_DOSSIERS)] = Field(default_factory=dict)
    """Whether what a dossier brings comes at once or in digests, whatever its category; by reference. Not *never*: that is a mute."""

    @field_validator("quiet")
    @classmethod
    def _leaves_a_moment(cls, windows: tuple[Window, ...]) -> tuple[Window, ...]:
        if always_quiet(windows):
            raise ValueError("no moment of the week is left for notices")
        return windows

    @field_validator("dossier_modes")
    @classmethod
    def _never_is_a_mute(cls, modes: dict[str, Mode]) -> dict[str, Mode]:
        if Mode.NEVER in modes.values():
            raise ValueError("a dossier that is never wanted is muted")
        return modes

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that hours and days are in."""
        return ZoneInfo(self.time_zone)

    def said(self, category: Category, channel: DeliveryChannel) -> Mode | None:
        """Return the mode that the person set, None where they set none."""
        return self.matrix.get(category, {}).get(channel)

    def mode(self, category: Category, channel: DeliveryChannel) -> Mode:
        """Return the mode in force: what was set, else the default."""
        return self.said(category, channel) or DEFAULTS[category].get(channel, Mode.NEVER)

    def mute_of(self, dossier: str | None, at: datetime) -> Mute | None:
        """Return the mute of a dossier (None: of notifications without one) at an instant, None where there is none."""
        holding = (m for m in self.mutes if m.holds_for(dossier) and (m.until is None or m.until > at) and m.since <= at)
        return next(holding, None)
