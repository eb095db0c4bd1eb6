"""What the attacks on what leaves share: an external chat beside the desk, and all that was handed to its platform or kept of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.jobs.outbox import OutboxRow
from bot.messaging.messages import Incoming, Message
from bot.messaging.tables import InboxRow, MessageRow
from bot.support.records import Ticket
from tests.unit.messaging.recording_channel import RecordingChannel
from tests.unit.messaging.running_bot import until
from tests.unit.support.running_desk import ASK, MARIE, SupportBot
from tests.unit.web.desk.running_desk import RunningDesk, running_desk

EXTERNAL = ("telegram", "teams")
WORDS = "Bonjour, c’est fait pour Jeanne Durand et Marguerite Zwinger, née le 12/03/1948, 12 rue des Lilas, 06 12 34 56 78."
"""What an agent may write, in words of their own."""
READ = ["Jeanne Durand", "Marguerite Zwinger"]
"""Whom the model reads there."""
SECRETS = ("Jeanne", "Durand", "Marguerite", "Zwinger", "03/1948", "Lilas", "06 12")


class ExternalChat:
    """A private chat of an external channel, whose user may have asked for a person."""

    def __init__(self, world: SupportBot, channel: str, conversation_id: str, platform: RecordingChannel) -> None:
        self.world, self.channel, self.conversation_id, self.platform = world, channel, conversation_id, platform
        self._said = 0

    async def say(self, text: str | None = None, button: str | None = None) -> list[Message]:
        """Type a text, or press a button; the replies of the turn."""
        self._said += 1
        received = await self.world.gateway.receive(self.conversation_id, Incoming(f"u{self._said}", text=text, button=button))
        return await self.world.gateway.wait_for_replies(self.conversation_id, received) or []

    @property
    def received(self) -> str:
        """All that was handed to the platform, as text."""
        return "\n".join(f"{part.text} {part.quick_replies} {part.link}" for _, part in self.platform.sent)

    async def receives(self, text: str) -> str:
        """Wait until the platform was handed a text; all that it was handed."""
        await until(lambda: text in self.received)
        return self.received

    async def kept(self, *, web: bool = True) -> str:
        """Return all that is kept of the conversation: transcript, inbox, outbox; `web`: with what is shown in the web chat alone."""
        async with self.world.bot.parts.database.reading() as session:
            messages = select(MessageRow).where(MessageRow.conversation_id == self.conversation_id)
            rows: list[Any] = [row.text for row in await session.scalars(messages) if web or row.channel == self.channel]
            inbox = select(InboxRow.text).where(InboxRow.conversation_id == self.conversation_id)
            outbox = select(OutboxRow.payload).where(OutboxRow.conversation_id == self.conversation_id)
            return str([*rows, *await session.scalars(inbox), *await session.scalars(outbox)])


class OutgoingWorld:
    """A running bot with its desk, and an external chat whose ticket an agent has."""

    def __init__(self, desk: RunningDesk) -> None:
        self.pages, self.support_bot, self.desk = desk, desk.support_bot, desk.support_bot.desk

    async def external_chat(self, channel: str, address: str = "42") -> ExternalChat:
        """A chat on an external channel, which records what it is handed."""
        platform = RecordingChannel(channel)
        self.support_bot.gateway.registry.add(platform)
        conversation_id = await self.support_bot.gateway.find_or_open(channel, address)
        return ExternalChat(self.support_bot, channel, conversation_id, platform)

    async def with_agent(self, channel: str) -> tuple[ExternalChat, Ticket]:
        """Such a chat, whose user asked for a person, and the ticket that Marie has."""
        chat = await self.external_chat(channel)
        await chat.say(ASK)
        ticket = await self.support_bot.newest_ticket()
        return chat, await self.desk.take(ticket.id, MARIE)


@asynccontextmanager
async def outgoing_world(folder: Path, **changes: Any) -> AsyncIterator[OutgoingWorld]:
    """Run a bot whose model reads `READ` as usagers, as long as the test."""
    async with running_desk(folder, **changes) as desk:
        desk.support_bot.bot.rasa.usagers = list(READ)
        yield OutgoingWorld(desk)


def without_secrets(text: str) -> bool:
    """Return whether nothing of `SECRETS` stands in a text, in whatever case."""
    return not any(secret.casefold() in text.casefold() for secret in SECRETS)
