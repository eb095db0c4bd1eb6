"""Links that open a chat on another channel and link it to an account, by a single-use token."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from bot.settings import Settings

LINK_TTL = timedelta(minutes=10)
"""Of a link that is given in a chat."""
INVITATION_TTL = timedelta(days=7)
"""Of the links in an invitation e-mail."""


def link_channels(settings: Settings) -> list[str]:
    """The channels that a link can open a chat on, as they are named in the database."""
    telegram = settings.telegram_token is not None and settings.telegram_bot is not None
    configured = {"telegram": telegram, "teams": settings.teams_app_id is not None, "web": True}
    return [name for name, there in configured.items() if there]


def other_channels(settings: Settings, channel: str) -> list[str]:
    """The same, less this one."""
    return [name for name in link_channels(settings) if name != channel]


def deep_link(settings: Settings, channel: str, token: str) -> str:
    """The absolute URL that opens a chat on this channel with the token. Raises KeyError for a channel without such links.

    Sources: Telegram, « Deep linking » (`start` of at most 64 characters of `[A-Za-z0-9_-]`); Teams, « Deep link to a chat ».
    """
    bot = quote(f"28:{settings.teams_app_id}", safe=":")
    said = quote(f"/start {token}", safe="")
    return {
        "telegram": f"{settings.telegram_link_url.rstrip('/')}/{settings.telegram_bot}?start={token}",
        "teams": f"{settings.teams_link_url.rstrip('/')}/l/chat/0/0?users={bot}&message={said}",
        "web": f"{settings.own_url}/chat#start={token}",
    }[channel]
