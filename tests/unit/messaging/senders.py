"""The senders of the outbox over a database of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.bot_container import BotContainer
from bot.core.clock import Clock
from bot.core.database import Database
from bot.jobs.outbox import OutboxRow, enqueue
from bot.messaging.mail_sender import MailSender
from bot.messaging.tables import MessageRow
from bot.settings import Settings
from tests.unit.messaging.running_bot import settings_for

MESSAGE = {"text": "Le compte est créé.", "buttons": [{"title": "Voir", "intent": "list_partners", "entities": {}}], "link": None}
MAIL_PAYLOAD = {"to": ["claire.moreau@sphere.example"], "subject": "Vos codes", "text": "Bonjour"}


class Senders:
    """The channel sender and the mail sender of one process."""

    def __init__(self, folder: Path, clock: Clock, **changes: Any) -> None:
        self.settings: Settings = settings_for(folder, "http://127.0.0.1:9", **changes)
        self.clock, parts = clock, BotContainer(self.settings, clock)
        self.database, self.gateway, self.mail_sender = parts.database, parts.gateway, parts.mail_sender

    async def __aenter__(self) -> Senders:
        await self.database.create_tables()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.database.close()

    def mail_sender_on(self, database: Database) -> MailSender:
        """Another mail sender with the same settings."""
        return MailSender(self.settings, database, self.clock, self.gateway.tracking)

    async def send_due(self) -> int:
        """Deliver what is due now; how many rows were claimed or given up."""
        unknown = await self.mail_sender.give_up_unknown_kinds()
        return unknown + await self.gateway.sender.send_due() + await self.mail_sender.send_due()

    async def enqueue(self, key: str, kind: str, payload: dict[str, Any], conversation_id: str | None = None) -> None:
        async with self.database.writing() as session:
            await enqueue(session, kind=kind, key=key, payload=payload, now=self.clock.now(), conversation_id=conversation_id)

    async def row(self) -> OutboxRow:
        """The only row of the outbox."""
        (row,) = await self.rows()
        return row

    async def rows(self) -> Sequence[OutboxRow]:
        async with self.database.reading() as session:
            return (await session.scalars(select(OutboxRow).order_by(OutboxRow.id))).all()

    async def messages(self) -> Sequence[MessageRow]:
        """Every message of the transcript."""
        async with self.database.reading() as session:
            return (await session.scalars(select(MessageRow).order_by(MessageRow.id))).all()
