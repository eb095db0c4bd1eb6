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
MOST_WINDOWS, MOST_MUTES, MOST_HOURS = 30, 200, 12
_DAY = 24 * 60
"""In minutes."""

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


class Window(BaseModel):
    """Quiet hours that come back every week. Where `end` is not after `start` they end on the next day; equal: a whole day."""

    model_config = ConfigDict(frozen=True)

    days: Annotated[frozenset[Annotated[int, Field(ge=0, le=HOLIDAY)]], Field(min_length=1)]
    """Days on which it starts: Monday (0) to Sunday (6), and `HOLIDAY` for public holidays, whatever their day of the week."""
    start: TimeOfDay
    end: TimeOfDay


def always_quiet(windows: tuple[Window, ...]) -> bool:
    """Return whether an ordinary week has no minute outside these windows: what waits would wait for ever."""
    covered = 0  # a bit a minute
    for window in windows:
        start, end = (at.hour * 60 + at.minute for at in (window.start, window.end))
        minutes = (1 << ((end - start) % _DAY or _DAY)) - 1
        for day in window.days - {HOLIDAY}:
            covered |= minutes << (day * _DAY + start)
    week = (1 << 7 * _DAY) - 1
    return (covered | covered >> 7 * _DAY) & week == week


class Mute(BaseModel):
    """No notifications for a while."""

    model_config = ConfigDict(frozen=True)

    dossier: str | None = None
    """Reference of the only dossier that is muted; None: everything."""
    until: AwareDatetime | None = None
    """None: until it is undone."""
    since: AwareDatetime


class Preferences(BaseModel):
    """How one person set their notifications."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    matrix: dict[Category, dict[DeliveryChannel, Mode]] = Field(default_factory=dict)
    digest_hours: Annotated[tuple[TimeOfDay, ...], Field(min_length=1, max_length=MOST_HOURS)] = (time(8), time(14))
    digest_days: Annotated[frozenset[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1)] = EVERY_DAY
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "Europe/Paris"
    quiet: Annotated[tuple[Window, ...], Field(max_length=MOST_WINDOWS)] = ()
    mutes: Annotated[tuple[Mute, ...], Field(max_length=MOST_MUTES)] = ()

    @field_validator("quiet")
    @classmethod
    def _leaves_a_moment(cls, windows: tuple[Window, ...]) -> tuple[Window, ...]:
        if always_quiet(windows):
            raise ValueError("no moment of the week is left for notices")
        return windows

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
        holding = (m for m in self.mutes if m.dossier in (None, dossier) and (m.until is None or m.until > at) and m.since <= at)
        return next(holding, None)
