"""The matrix of categories and channels of one person: which mode is in force by each channel that reaches them, and changing it."""

from __future__ import annotations

from collections.abc import Mapping, Set

from bot.notifications.delivery_policy import modes
from bot.notifications.kinds import CHATS, Category, DeliveryChannel, Mode
from bot.notifications.preferences import Preferences

_STRENGTH = (Mode.NEVER, Mode.DIGEST, Mode.NOW)


def modes_of(preferences: Preferences, category: Category, channels: Set[DeliveryChannel]) -> dict[DeliveryChannel, Mode]:
    """Return the mode in force by each of these channels while nothing is muted; those that are missing hand their mode on."""
    in_force, _ = modes(category, preferences, channels)
    return {channel: mode for channel, mode in in_force.items() if channel in channels}


def with_modes(
    preferences: Preferences, category: Category, wanted: Mapping[DeliveryChannel, str], channels: Set[DeliveryChannel]
) -> Preferences:
    """Return preferences by which the wanted modes are in force by these channels.

    What is in force already stays unset; what is no mode is ignored.
    """
    chosen = {channel: Mode(mode) for channel, mode in wanted.items() if channel in channels and mode in set(Mode)}
    while differing := [
        channel for channel, mode in modes_of(preferences, category, channels).items() if chosen.get(channel, mode) is not mode
    ]:
        channel = differing[0]
        if preferences.said(category, channel) is not chosen[channel]:
            preferences = _with_mode(preferences, category, channel, chosen[channel])
        else:  # what was set for a channel that does not reach the person any more is handed on: it must be no stronger
            lost = (other for other in CHATS if other not in channels and _is_stronger(preferences.said(category, other), chosen[channel]))
            preferences = _with_mode(preferences, category, next(lost), chosen[channel])
    return preferences


def _with_mode(preferences: Preferences, category: Category, channel: DeliveryChannel, mode: Mode) -> Preferences:
    line = {**preferences.matrix.get(category, {}), channel: mode}
    return preferences.model_copy(update={"matrix": {**preferences.matrix, category: line}})


def _is_stronger(mode: Mode | None, other: Mode) -> bool:
    return mode is not None and _STRENGTH.index(mode) > _STRENGTH.index(other)
