"""What a channel is to the gateway: its capabilities, how messages are sent to it, and how it reports failures.

A channel is one folder under `bot/channels/` whose module has `create(context) -> Channel | None` (None: not configured).
The web chat only answers requests, so it is no `Channel`: its clients fetch the transcript.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from fastapi import APIRouter
from prometheus_client.registry import Collector

from bot.core.clock import Clock
from bot.core.database import Database
from bot.messaging.messages import Incoming, Received
from bot.settings import Settings


@dataclass(frozen=True)
class ChannelCapabilities:
    """What a channel can do; rendering decides from it."""

    name: str
    """Name of the channel in the database, at most 16 characters."""
    trusted: bool
    """Whether an usager may be named there."""
    max_text_length: int
    """Of one message, in UTF-16 code units, as chat platforms count."""
    max_buttons: int
    """Under one message."""
    max_title_length: int
    """Of a button's title that can still be read, in UTF-16 code units."""
    buttons_per_row: int
    can_edit: bool
    """Whether a message of ours can be replaced after it was sent."""
    can_delete: bool
    """Whether we can delete a message of the user."""


@dataclass(frozen=True)
class QuickReply:
    """A button as it is shown: its title, and the opaque token (at most 32 characters) that the channel returns when it is pressed."""

    title: str
    token: str


@dataclass(frozen=True)
class OutboundMessage:
    """One message as the channel is to show it. It fits the channel's capabilities; its text is plain, to be escaped by the channel."""

    text: str
    quick_replies: tuple[QuickReply, ...] = ()
    link: tuple[str, str] | None = None
    """Title and absolute URL."""
    card: bool = False
    """Whether it is a confirmation card: a heading line, « label : value » lines, a question."""


@dataclass(frozen=True)
class Chat:
    """How the channel reaches a chat: the address and the reference that it gave to `Intake.find_or_open`."""

    address: str
    reference: Mapping[str, Any] = field(default_factory=dict)


class ChannelError(Exception):
    """A message could not be handed to the channel."""


class RateLimited(ChannelError):
    """The channel asks to wait (429): no attempt is counted."""

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
        """Begin to receive. Must not fail while the channel's servers are away: it goes on trying."""

    async def stop_receiving(self) -> None:
        """Receive nothing any more. What was not acknowledged to the channel comes again."""

    async def stop(self) -> None:
        """Close the connections: nothing is sent any more."""

    async def send(self, chat: Chat, part: OutboundMessage) -> str:
        """Send a message and return its id on the channel."""

    async def replace(self, chat: Chat, sent_id: str, part: OutboundMessage) -> None:
        """Replace a message of ours with `part`. One that is unchanged, or gone, is no error."""

    async def delete(self, chat: Chat, sent_id: str) -> None:
        """Delete a message of the chat. One that is gone, or too old, is no error."""

    async def typing(self, chat: Chat) -> None:
        """Show the typing indicator for a few seconds."""

    async def healthy(self) -> bool:
        """Return whether the channel's servers answer."""


@runtime_checkable
class ReportingChannel(Protocol):
    """A channel that says more of itself than whether it is healthy."""

    async def health_lines(self) -> Mapping[str, str]:
        """Return further lines of the health report by name, which decide nothing. Must raise nothing."""

    async def collector(self) -> Collector:
        """Return the metrics of this moment. Must raise nothing."""


class Intake(Protocol):
    """Where a channel puts what it receives; the gateway implements it."""

    async def find_or_open(self, channel: str, address: str, reference: Mapping[str, Any] | None = None) -> str:
        """Return the id of the conversation with `address` (≤ 128 characters), which is opened where there is none.

        Args:
            channel: name of the channel.
            address: how the channel knows the chat.
            reference: what else the channel needs to reach the chat, as JSON; kept up to date. The chat counts as reachable again.
        """

    async def mark_closed(self, channel: str, address: str) -> None:
        """Note that the user blocked or uninstalled the assistant: nothing is sent there until they write again."""

    async def receive(self, conversation_id: str, incoming: Incoming, channel: str | None = None) -> Received:
        """Write a message down. Once this returns it will be answered, whatever happens to this process.

        Args:
            conversation_id: from `find_or_open`.
            incoming: the message.
            channel: the channel that it came by, where that is not the conversation's own.
        """


@dataclass(frozen=True)
class ChannelContext:
    """What a channel is made from."""

    settings: Settings
    gateway: Intake
    clock: Clock
    database: Database
