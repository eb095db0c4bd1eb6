"""The delivery policy: what is delivered on which channel, and when.

A pure function, applied when an event arrives, when preferences change, and before sending.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.notifications.calendar import next_digest, quiet_until
from bot.notifications.kinds import PASS_MUTES, Category, DeliveryChannel, Mode
from bot.notifications.preferences import Preferences

_FALLBACK_ORDER = (DeliveryChannel.TELEGRAM, DeliveryChannel.TEAMS, DeliveryChannel.MAIL)
"""Which channel takes over from a missing one. `SPHERE` neither gives nor takes."""
_STRENGTH = (Mode.NEVER, Mode.DIGEST, Mode.NOW)


class DropReason(StrEnum):
    """Why nothing is delivered on a channel."""

    NEVER = "never"
    """Set so, or so by default."""
    MUTED = "muted"
    """The dossier, or everything, is muted."""
    MOVED = "moved"
    """The person does not have this channel; another took its settings over."""
    CLOSED = "closed"
    """The person does not have this channel, and none takes its settings over: it is in SPHERE's list."""


@dataclass(frozen=True)
class NotificationContext:
    """An event, as far as the policy needs it."""

    category: Category
    dossier: str | None
    """Reference; None for what is about no dossier."""
    urgent: bool = False


@dataclass(frozen=True)
class PlannedDelivery:
    """The decision for one channel. Either `at` or `reason` is None."""

    mode: Mode
    at: datetime | None = None
    """From when it may be sent, in UTC, not before `since`; in the past: due since then. None with `Mode.NEVER` alone."""
    reason: DropReason | None = None
    """Why nothing is delivered."""


def plan(
    context: NotificationContext,
    preferences: Preferences,
    channels: Set[DeliveryChannel],
    since: datetime,
    now: datetime,
    digest_delay: timedelta = timedelta(),
) -> dict[DeliveryChannel, PlannedDelivery]:
    """Return what is delivered on each of the four channels, and from when, decided at `now`.

    The rules and their order: docs/dev/notifications.md, *Delivery policy*.

    Args:
        channels: those that the person has at this moment; `SPHERE` is one of everybody's.
        since: from when the notification counts: when it was created or, if that is later, when the preferences last changed, so that
            a digest hour that was none then is not made up for.
        now: when it is decided.
        digest_delay: how long after the hour the person's digests leave (`bot.notifications.calendar.digest_delay`).
    """
    effective, missing = modes(context.category, preferences, channels)
    own = preferences.dossier_modes.get(context.dossier) if context.dossier is not None else None
    if own is not None:
        effective = {channel: mode if mode is Mode.NEVER else own for channel, mode in effective.items()}
    if context.category not in PASS_MUTES and preferences.mute_of(context.dossier, max(since, now)):
        return {channel: PlannedDelivery(Mode.NEVER, reason=DropReason.MUTED) for channel in DeliveryChannel}
    return {
        channel: PlannedDelivery(Mode.NEVER, reason=missing.get(channel, DropReason.NEVER))
        if mode is Mode.NEVER
        else PlannedDelivery(Mode.NOW if context.urgent else mode, _send_at(mode, context, preferences, since, now, digest_delay))
        for channel, mode in effective.items()
    }


def modes(
    category: Category, preferences: Preferences, channels: Set[DeliveryChannel]
) -> tuple[dict[DeliveryChannel, Mode], dict[DeliveryChannel, DropReason]]:
    """Return the mode of each channel after fallback from missing ones, and why the missing have none. Mutes are not applied."""
    effective = {channel: preferences.mode(category, channel) for channel in DeliveryChannel}
    missing: dict[DeliveryChannel, DropReason] = {}
    for place, channel in enumerate(_FALLBACK_ORDER):
        if channel in channels or effective[channel] is Mode.NEVER:
            continue
        takers = (
            other for other in _FALLBACK_ORDER[place + 1 :] if other in channels and preferences.said(category, other) is not Mode.NEVER
        )
        taker = next(takers, None)
        # A default that falls back does not overrule an explicit setting: who has no chat and wants digests by mail gets digests.
        if taker is not None and (preferences.said(category, channel) or not preferences.said(category, taker)):
            effective[taker] = max(effective[taker], effective[channel], key=_STRENGTH.index)
        effective[channel], missing[channel] = Mode.NEVER, DropReason.CLOSED if taker is None else DropReason.MOVED
    return effective, missing


def _send_at(
    mode: Mode, context: NotificationContext, preferences: Preferences, since: datetime, now: datetime, digest_delay: timedelta
) -> datetime:
    if context.urgent:
        return since
    dossier = context.dossier
    if mode is Mode.DIGEST:
        at = next_digest(preferences, since, dossier, digest_delay)
    else:
        at = quiet_until(preferences, since, dossier) or since
    # It may be late, or preferences have changed: this moment must not lie in quiet hours either.
    return at if at > now else quiet_until(preferences, now, dossier) or at
