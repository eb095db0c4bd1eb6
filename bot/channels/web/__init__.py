"""The web chat channel: its API, and the notifications behind the bell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.messaging.channel import ChannelContext


def create(context: ChannelContext) -> None:
    """Return no channel: nothing is pushed, clients of the web chat fetch the transcript (`bot.channels.web.chat_api`)."""
