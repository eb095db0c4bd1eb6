"""The Teams channel: activities in (signed by the Bot Framework), Adaptive Cards out. See docs/dev/teams.md."""

from __future__ import annotations

from bot.messaging.channel import Channel, ChannelContext


def create(context: ChannelContext) -> Channel | None:
    """Return the channel, or None where there is no TEAMS_APP_ID. Raise SettingsError, naming the variable that is missing or wrong."""
    if context.settings.teams_app_id is None:
        return None
    from bot.channels.teams.channel import TeamsChannel  # the SDK takes a second and 60 MB: only where Teams is configured

    return TeamsChannel(context)
