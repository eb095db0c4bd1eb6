"""Local hours and days of a person against instants: quiet hours and digests, across clock changes and public holidays.

Instants come in aware and go out in UTC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from bot.notifications.preferences import HOLIDAY, Preferences

LONGEST_QUIET = timedelta(weeks=5)
"""Upper bound of quiet hours. `Preferences` leave a free moment in every ordinary week; public holidays, and a local hour that does not
exist, can take it away in a few consecutive weeks, not in five."""
_DAY = timedelta(days=1)
_DIGEST_SEARCH_DAYS = 15
"""A single digest day comes back on the eighth day at the latest; the week more is for zones that once skipped a date."""


@lru_cache(maxsize=4096)
def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the instant of a local time: the first where it exists twice, the next that exists where it does not."""
    local = datetime.combine(day, at.replace(fold=0))
    # In a gap, the offset of before (fold 0) gives an instant after the change, that of after (fold 1) one before it.
    known = local.replace(tzinfo=zone).astimezone(UTC)
    if known.astimezone(zone).replace(tzinfo=None) == local:
        return known
    early = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    offset = known.astimezone(zone).utcoffset()
    while known - early > timedelta(seconds=1):
        middle = early + (known - early) // 2
        early, known = (early, middle) if middle.astimezone(zone).utcoffset() == offset else (middle, known)
    return known.replace(microsecond=0)


def is_holiday(day: date) -> bool:
    """Return whether a day is a public holiday in France."""
    return day in _holidays(day.year)


@lru_cache(maxsize=128)
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FR", years=year))


def quiet_until(preferences: Preferences, at: datetime, dossier: str | None = None) -> datetime | None:
    """Return the end of the quiet hours that `at` lies in, windows that touch or overlap taken as one; None outside any.

    `dossier`: what the notification is about; None: no dossier, for which windows of single dossiers do not hold.
    Never later than `LONGEST_QUIET` after `at`.
    """
    end = at
    while end - at < LONGEST_QUIET:
        later = max((until for since, until in _windows(preferences, end, dossier) if since <= end < until), default=None)
        if later is None:
            break
        end = later
    return None if end == at else min(end, at + LONGEST_QUIET).astimezone(UTC)


def digest_delay(account_id: str, spread: timedelta) -> timedelta:
    """Return how long after the hour a person's digests leave, within `spread`: always the same, and as even as a hash over many people."""
    share = int.from_bytes(hashlib.sha256(account_id.encode()).digest()[:4]) / 2**32
    return timedelta(seconds=int(share * spread.total_seconds()))


def quiet_for_some(preferences: Preferences, at: datetime) -> bool:
    """Return whether some quiet window holds at an instant, be it for a single dossier."""
    scopes = (None, *(dossier for window in preferences.quiet for dossier in window.dossiers))
    return any(quiet_until(preferences, at, dossier) is not None for dossier in dict.fromkeys(scopes))


def next_digest(preferences: Preferences, after: datetime, dossier: str | None = None, delay: timedelta = timedelta()) -> datetime:
    """Return when the first digest leaves after an instant: a digest hour, or the end of the quiet hours that it lies in.

    A digest that is being held back by quiet hours at `after` counts: it is the next. `delay`: how long after that the person's leave
    (`digest_delay`), unless it were quiet then.
    """
    if delay:
        late = next_digest(preferences, after - delay, dossier) + delay
        if quiet_until(preferences, late, dossier) is None:
            return late
    quiet = quiet_until(preferences, after, dossier)
    if quiet is not None:
        last = next(hour for hour in _digest_hours(preferences, after, back=True) if hour <= after)
        if quiet_until(preferences, last, dossier) == quiet:
            return quiet
    following = next(hour for hour in _digest_hours(preferences, after) if hour > after)
    return quiet_until(preferences, following, dossier) or following


def _windows(preferences: Preferences, at: datetime, dossier: str | None) -> Iterator[tuple[datetime, datetime]]:
    """Yield the quiet windows, as instants, that start on the local day of `at` or the day before: no other can contain `at`."""
    if not preferences.quiet:
        return
    zone = preferences.zone
    today = at.astimezone(zone).date()
    for day in (today - _DAY, today):
        kinds = {day.weekday(), HOLIDAY} if is_holiday(day) else {day.weekday()}
        for window in preferences.quiet:
            if kinds & window.days and window.holds_for(dossier):
                last = day if window.start < window.end else day + _DAY
                yield instant(day, window.start, zone), instant(last, window.end, zone)


def _digest_hours(preferences: Preferences, around: datetime, *, back: bool = False) -> Iterator[datetime]:
    """Yield the digest hours from the local day of `around` on, or backwards from there."""
    zone = preferences.zone
    today = around.astimezone(zone).date()
    step = -_DAY if back else _DAY
    for day in (today + n * step for n in range(_DIGEST_SEARCH_DAYS)):
        if day.weekday() in preferences.digest_days:
            for hour in sorted(preferences.digest_hours, reverse=back):
                yield instant(day, hour, zone)
