"""Links that open a chat on another channel and link it to an account, by a single-use token."""

from __future__ import annotations

from datetime import timedelta

from bot.settings import Settings

LINK_LIFE = timedelta(minutes=10)
"""Of a link that is given in a chat."""


def other_channels(settings: Settings, channel: str) -> list[str]:
    """The channels, besides this one, that a link can open a chat on."""
    configured = {"web": True, "telegram": settings.telegram_token is not None and settings.telegram_bot is not None}
    return [name for name, there in configured.items() if there and name != channel]


def deep_link(settings: Settings, channel: str, token: str) -> str:
    """The absolute URL that opens a chat on this channel with the token. Raises KeyError for a channel without such links."""
    return {
        "web": f"{settings.own_url}/chat#start={token}",
        "telegram": f"{settings.telegram_link_url.rstrip('/')}/{settings.telegram_bot}?start={token}",
    }[channel]
