"""A channel for tests."""

from __future__ import annotations

from bot.messaging.channel import ChannelCapabilities, Chat, OutboundMessage


class RecordingChannel:
    """A channel that records what it is given, and raises what it is told to."""

    routes = None

    def __init__(self, name: str) -> None:
        self.capabilities = ChannelCapabilities(
            name=name,
            trusted=False,
            max_text_length=4096,
            max_buttons=10,
            max_title_length=60,
            buttons_per_row=1,
            can_edit=True,
            can_delete=True,
        )
        self.sent: list[tuple[str, OutboundMessage]] = []
        self.replaced: list[tuple[str, str, OutboundMessage]] = []
        self.fails: list[BaseException] = []
        """Raised by the next calls, in order."""
        self.blocked: Exception | None = None

    async def send(self, chat: Chat, part: OutboundMessage) -> str:
        if self.blocked is not None:
            raise self.blocked
        if self.fails:
            raise self.fails.pop(0)
        self.sent.append((chat.address, part))
        return str(len(self.sent))

    async def replace(self, chat: Chat, sent_id: str, part: OutboundMessage) -> None:
        self.replaced.append((chat.address, sent_id, part))

    async def delete(self, chat: Chat, sent_id: str) -> None: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def stop_receiving(self) -> None: ...

    async def typing(self, chat: Chat) -> None: ...

    async def healthy(self) -> bool:
        return True
