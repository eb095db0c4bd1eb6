"""The Teams channel: activities in (signed by the Bot Framework), Adaptive Cards out. See docs/dev/teams.md."""

from __future__ import annotations

from bot.messaging.channel import Channel, ChannelContext


def create(wiring: ChannelContext) -> Channel | None:
    """The channel, or None where there is no TEAMS_APP_ID. Raises SettingsError, naming the variable that is missing or wrong."""
    if wiring.settings.teams_app_id is None:
        return None
    from bot.channels.teams.channel import TeamsChannel  # a second and 60 MB, which only those with Teams pay

    return TeamsChannel(wiring)
