"""What goes where and when: a pure function, asked when an event arrives, when preferences change and when something may go."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.notifications.calendar import next_digest, quiet_until
from bot.notifications.kinds import PASS_MUTES, Category, DeliveryChannel, Mode
from bot.notifications.preferences import Preferences

_CHAIN = (DeliveryChannel.TELEGRAM, DeliveryChannel.TEAMS, DeliveryChannel.MAIL)
"""Who takes over from whom. `SPHERE` neither hands on nor takes."""
_STRENGTH = (Mode.NEVER, Mode.DIGEST, Mode.NOW)


class DropReason(StrEnum):
    """Why nothing goes by a way."""

    NEVER = "never"
    """So said, or so by default."""
    MUTED = "muted"
    """The dossier, or everything, is muted."""
    MOVED = "moved"
    """The person does not have this way; another took its line."""
    CLOSED = "closed"
    """The person does not have this way, and none takes its line: it is in SPHERE's list."""


@dataclass(frozen=True)
class NotificationContext:
    """An event as far as deciding needs it."""

    category: Category
    dossier: str | None
    """Reference; None for what is about no dossier."""
    urgent: bool = False


@dataclass(frozen=True)
class PlannedDelivery:
    """What is decided for one way. Either `at` or `why` is None."""

    mode: Mode
    at: datetime | None = None
    """From when it may go, in UTC, not before `since`; in the past it is due since then. None with `Mode.NEVER` alone."""
    why: DropReason | None = None
    """Why nothing goes."""


def plan(
    happening: NotificationContext, preferences: Preferences, ways: Set[DeliveryChannel], since: datetime, now: datetime
) -> dict[DeliveryChannel, PlannedDelivery]:
    """What goes by each of the four ways, and from when, decided at `now`.

    `ways` are those that the person has at this moment; `SPHERE` is one of everybody's. `since`: from when the notice counts: when it
    was made or, if that is later, when the preferences last changed (so that a digest hour that was not one then is not made up for).
    The rules and their order: docs/dev/notifications.md, *Deciding*.
    """
    held, without = modes(happening.category, preferences, ways)
    if happening.category not in PASS_MUTES and preferences.mute_of(happening.dossier, max(since, now)):
        return {way: PlannedDelivery(Mode.NEVER, why=DropReason.MUTED) for way in DeliveryChannel}
    return {
        way: PlannedDelivery(Mode.NEVER, why=without.get(way, DropReason.NEVER))
        if mode is Mode.NEVER
        else PlannedDelivery(Mode.NOW if happening.urgent else mode, _from(mode, happening.urgent, preferences, since, now))
        for way, mode in held.items()
    }


def modes(
    category: Category, preferences: Preferences, ways: Set[DeliveryChannel]
) -> tuple[dict[DeliveryChannel, Mode], dict[DeliveryChannel, DropReason]]:
    """The mode of each way once the lines of missing ways are handed on, and why the missing have none. Mutes are another matter."""
    held = {way: preferences.mode(category, way) for way in DeliveryChannel}
    without: dict[DeliveryChannel, DropReason] = {}
    for place, way in enumerate(_CHAIN):
        if way in ways or held[way] is Mode.NEVER:
            continue
        takers = (other for other in _CHAIN[place + 1 :] if other in ways and preferences.said(category, other) is not Mode.NEVER)
        taker = next(takers, None)
        # A default handed on does not overrule what was said: who has no chat and wants digests by mail gets digests.
        if taker is not None and (preferences.said(category, way) or not preferences.said(category, taker)):
            held[taker] = max(held[taker], held[way], key=_STRENGTH.index)
        held[way], without[way] = Mode.NEVER, DropReason.CLOSED if taker is None else DropReason.MOVED
    return held, without


def _from(mode: Mode, urgent: bool, preferences: Preferences, since: datetime, now: datetime) -> datetime:
    if urgent:
        return since
    at = next_digest(preferences, since) if mode is Mode.DIGEST else quiet_until(preferences, since) or since
    # It may be late, or preferences have changed: this moment must not be quiet either.
    return at if at > now else quiet_until(preferences, now) or at
