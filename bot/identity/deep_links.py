"""Deep links: they open a chat on another channel and link it to an account by a single-use token."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from bot.settings import Settings

LINK_TTL = timedelta(minutes=10)
"""Lifetime of a link that is given in a chat."""
INVITATION_TTL = timedelta(days=7)
"""Lifetime of the links in an invitation e-mail."""


def link_channels(settings: Settings) -> list[str]:
    """Return the channels on which a link can open a chat, as they are named in the database.

    Telegram is known by its bot's name: not every process is given the token.
    """
    configured = {"telegram": settings.telegram_bot is not None, "teams": settings.teams_app_id is not None, "web": True}
    return [name for name, is_configured in configured.items() if is_configured]


def other_channels(settings: Settings, channel: str) -> list[str]:
    """Return `link_channels` without this channel."""
    return [name for name in link_channels(settings) if name != channel]


def deep_link(settings: Settings, channel: str, token: str) -> str:
    """Return the absolute URL that opens a chat on this channel with the token.

    Raises KeyError for a channel without such links.

    Sources: Telegram, « Deep linking » (`start` of at most 64 characters of `[A-Za-z0-9_-]`); Teams, « Deep link to a chat ».
    """
    bot = quote(f"28:{settings.teams_app_id}", safe=":")
    message = quote(f"/start {token}", safe="")
    return {
        "telegram": f"{settings.telegram_link_url.rstrip('/')}/{settings.telegram_bot}?start={token}",
        "teams": f"{settings.teams_link_url.rstrip('/')}/l/chat/0/0?users={bot}&message={message}",
        "web": f"{settings.own_url}/chat#start={token}",
    }[channel]
