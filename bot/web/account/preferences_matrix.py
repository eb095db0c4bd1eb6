"""The matrix of categories and ways as one person has it: what holds on each way that they have, and making it what they want."""

from __future__ import annotations

from collections.abc import Mapping, Set

from bot.notifications.delivery_policy import modes
from bot.notifications.kinds import CHATS, Category, DeliveryChannel, Mode
from bot.notifications.preferences import Preferences

_STRENGTH = (Mode.NEVER, Mode.DIGEST, Mode.NOW)


def modes_of(preferences: Preferences, category: Category, ways: Set[DeliveryChannel]) -> dict[DeliveryChannel, Mode]:
    """What holds on each of these ways while nothing is muted, the lines of missing ways handed on."""
    held, _ = modes(category, preferences, ways)
    return {way: mode for way, mode in held.items() if way in ways}


def with_modes(
    preferences: Preferences, category: Category, wanted: Mapping[DeliveryChannel, str], ways: Set[DeliveryChannel]
) -> Preferences:
    """The preferences by which just this holds on these ways. What holds already stays unsaid; what is no mode is left alone."""
    chosen = {way: Mode(mode) for way, mode in wanted.items() if way in ways and mode in set(Mode)}
    while differing := [way for way, mode in modes_of(preferences, category, ways).items() if chosen.get(way, mode) is not mode]:
        way = differing[0]
        if preferences.said(category, way) is not chosen[way]:
            preferences = _saying(preferences, category, way, chosen[way])
        else:  # what was said for a way that the person does not have any more is handed on: it is to be no stronger itself
            lost = (other for other in CHATS if other not in ways and _is_stronger(preferences.said(category, other), chosen[way]))
            preferences = _saying(preferences, category, next(lost), chosen[way])
    return preferences


def _saying(preferences: Preferences, category: Category, way: DeliveryChannel, mode: Mode) -> Preferences:
    line = {**preferences.matrix.get(category, {}), way: mode}
    return preferences.model_copy(update={"matrix": {**preferences.matrix, category: line}})


def _is_stronger(mode: Mode | None, other: Mode) -> bool:
    return mode is not None and _STRENGTH.index(mode) > _STRENGTH.index(other)
