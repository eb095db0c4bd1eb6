"""The channels that conversations are tested by, and the installation that each of them has."""

from __future__ import annotations

from dataclasses import dataclass, field

TELEGRAM = {"TELEGRAM": "fake", "TELEGRAM_PER_SECOND": "1000", "TELEGRAM_PER_CHAT": "1000"}
"""Settings with the stand-in for Telegram, without the limits that make one wait."""


ALWAYS_OPEN = {"SUPPORT_HOURS": "00:00-24:00", "SUPPORT_DAYS": "1,2,3,4,5,6,7", "SUPPORT_HOLIDAYS": "none"}
"""Whenever the tests run, the SPHERE team is there."""


@dataclass(frozen=True)
class ChannelSetup:
    """A channel that conversations are held by: its name in test ids, and the settings of its installation."""

    name: str
    settings: dict[str, str] = field(default_factory=dict)


SETUPS = {
    setup.name: setup
    for setup in (
        ChannelSetup("web", ALWAYS_OPEN),
        ChannelSetup("telegram", {**ALWAYS_OPEN, **TELEGRAM, "TELEGRAM_MODE": "polling"}),
        ChannelSetup("webhook", {**ALWAYS_OPEN, **TELEGRAM, "TELEGRAM_MODE": "webhook"}),
        ChannelSetup("teams", {**ALWAYS_OPEN, "TEAMS": "fake"}),
    )
}
