"""What a channel is to the gateway: its capabilities, how it is spoken to, and how it says that something did not work.

A channel is one folder under `bot/channels/` whose module has `create(wiring) -> Channel | None` (None: not configured).
Channels that only answer when asked (the web chat) are no `Channel`: their clients fetch the transcript.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from fastapi import APIRouter

from bot.core.clock import Clock
from bot.core.database import Database
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.messaging.gateway import Gateway


@dataclass(frozen=True)
class ChannelCapabilities:
    """What a channel can do; rendering decides from it."""

    name: str
    """Name of the channel in the database, at most 16 characters."""
    trusted: bool
    """Whether what identifies an usager may be said there."""
    max_text_length: int
    """UTF-16 code units of one message, which is how chat platforms count."""
    max_buttons: int
    """Buttons under one message."""
    max_title_length: int
    """UTF-16 code units of a button's title that can still be read."""
    buttons_per_row: int
    can_edit: bool
    """Whether a message of ours can be replaced after it was sent."""
    can_delete: bool
    """Whether a message of the user can be deleted by us."""


@dataclass(frozen=True)
class QuickReply:
    """A button as it is shown: its title, and the opaque token (at most 32 characters) that the channel gives back when it is pressed."""

    title: str
    token: str


@dataclass(frozen=True)
class OutboundMessage:
    """One message as the channel is to show it: it fits the channel's capabilities, and the text is plain (to be escaped by the channel)."""

    text: str
    quick_replies: tuple[QuickReply, ...] = ()
    link: tuple[str, str] | None = None
    """Title and absolute URL."""
    card: bool = False
    """Whether it is a confirmation card: a heading line, « label : value » lines, a question."""


@dataclass(frozen=True)
class Chat:
    """How the channel reaches a chat: the address that it gave to `Gateway.enter`, with the reference that it gave along."""

    address: str
    reference: Mapping[str, Any] = field(default_factory=dict)


class ChannelError(Exception):
    """A message could not be handed to the channel."""


class RateLimited(ChannelError):
    """The channel asks to wait (429): no attempt is spent."""

    def __init__(self, seconds: float) -> None:
        super().__init__("the channel asks to wait")
        self.seconds = seconds


class ChannelUnavailable(ChannelError):
    """The channel does not answer, or answers with an error that passes: to be tried again."""

    def __init__(self) -> None:
        super().__init__("the channel is not available")


class ChatClosed(ChannelError):
    """The user blocked or uninstalled the assistant, or the chat is gone: nothing can be sent there any more."""

    def __init__(self) -> None:
        super().__init__("the chat cannot be written to any more")


class ChatMoved(ChannelError):
    """The chat has another address now: to be sent there."""

    def __init__(self, address: str) -> None:
        super().__init__("the chat has another address")
        self.address = address


class MessageRefused(ChannelError):
    """The channel refuses this very message for good."""

    def __init__(self) -> None:
        super().__init__("the channel refuses the message")


class Channel(Protocol):
    """A channel that messages are pushed to. Its methods raise the errors above and no others."""

    capabilities: ChannelCapabilities
    routes: APIRouter | None
    """Its webhooks, each authenticated by the channel itself."""

    async def start(self) -> None:
        """Begin to receive. Must not fail because the channel's servers are away: it goes on trying."""

    async def stop_receiving(self) -> None:
        """Take nothing in any more. What was not acknowledged to the channel comes again."""

    async def stop(self) -> None:
        """Close connections: nothing is sent any more."""

    async def send(self, chat: Chat, part: OutboundMessage) -> str:
        """Send a message; its id on the channel."""

    async def replace(self, chat: Chat, sent_id: str, part: OutboundMessage) -> None:
        """Put `part` in the place of a message of ours. One that is unchanged, or gone, is no error."""

    async def delete(self, chat: Chat, sent_id: str) -> None:
        """Delete a message of the chat. One that is gone, or too old, is no error."""

    async def typing(self, chat: Chat) -> None:
        """Show for a few seconds that an answer is being prepared."""

    async def healthy(self) -> bool:
        """Whether the channel's servers answer."""


@dataclass(frozen=True)
class ChannelContext:
    """What a channel is made from."""

    settings: Settings
    gateway: Gateway
    clock: Clock
    database: Database
