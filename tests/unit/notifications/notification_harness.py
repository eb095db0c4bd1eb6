"""Notifications over a real database and the real sandbox; tests move the clock, channels record what they are given."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.bot_container import BotContainer
from bot.core.clock import ManualClock
from bot.core.database import Database, random_id
from bot.dossiers.care_teams import fhir_instant, operation_mark
from bot.fhir.client import FhirClient
from bot.identity.tables import ChatLink
from bot.jobs.outbox import OutboxRow
from bot.messaging.tables import MessageRow
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.preferences import Preferences
from bot.notifications.tables import Event, Notice, NoticeMessage, NoticeSend, NotificationPerson
from bot.settings import Settings
from tests.databases import fresh_database
from tests.unit.harness import PATIENCE, Network
from tests.unit.messaging.recording_channel import RecordingChannel
from tests.unit.messaging.running_bot import settings_for
from tests.unit.sandbox.sandbox_server import TOKEN, Sandbox

CLAIRE, KARIM, PAUL = "claire.moreau@sphere.example", "karim.benali@sphere.example", "paul.martin@sphere.example"
DOSSIER, OTHER, THIRD = "SPH-2024-000137", "SPH-2024-000142", "SPH-2024-000205"
START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""A Monday, 11h in Paris."""
MINUTE = timedelta(minutes=1)


class Process(BotContainer):
    """One bot process, of which only notifications run; a second one over the same database is another process."""

    def __init__(self, harness: NotificationHarness) -> None:
        super().__init__(harness.settings, harness.clock, harness.database)
        self.fhir = harness.fhir
        for channel in harness.channels.values():
            self.gateway.registry.add(channel)
        _ = self.notification_worker  # the gateway tells it what became of what it sends

    async def deliver_due(self) -> None:
        """Do everything that is due now, until nothing is: fan-out, dispatch, mails, messages."""
        for _ in range(50):
            if not (await self.notification_worker.run_due() + await self.mail_sender.send_due() + await self.gateway.sender.send_due()):
                return
        raise AssertionError("there is always something more to do")


class NotificationHarness:
    """People, their chats, and the events of their dossiers."""

    def __init__(self, database: Database, sandbox: Sandbox, settings: Settings, clock: ManualClock) -> None:
        self.database, self.sandbox, self.settings, self.clock = database, sandbox, settings, clock
        self.network = Network()
        self.fhir = FhirClient(sandbox.fhir, TOKEN, timeout=PATIENCE, transport=self.network)
        self.channels = {name: RecordingChannel(name) for name in ("telegram", "teams")}
        self.process = Process(self)
        self.service = self.process.notifications
        self._numbers = itertools.count(1)

    @property
    def telegram(self) -> RecordingChannel:
        return self.channels["telegram"]

    def account(self, email: str) -> str:
        return str(self.sandbox.practitioner(email)["id"])

    async def link(self, email: str, channel: str = "telegram") -> str:
        """A chat of this person; its conversation."""
        address = random_id()
        conversation_id = await self.process.gateway.find_or_open(channel, address)
        now = self.clock.now()
        async with self.database.writing() as session:
            expires = now + timedelta(days=90)
            link = ChatLink(conversation_id=conversation_id, account_id=self.account(email), linked_at=now, expires_at=expires)
            session.add(link)
        return conversation_id

    async def add_event(self, kind: str = "document.added", subject: str | None = DOSSIER, at: datetime | None = None, **data: Any) -> int:
        """An event of the platform, as the intake stores it; its row's id."""
        now = self.clock.now()
        number = next(self._numbers)
        event = Event(source="urn:test", event_id=f"e-{number}", kind=kind, subject=subject, occurred_at=at, received_at=now, data=data)
        async with self.database.writing() as session:
            session.add(event)
            await session.flush()
            return event.id

    async def deliver_due(self) -> None:
        await self.process.deliver_due()

    async def dispatch_only(self) -> None:
        """Fan out and dispatch; send nothing."""
        await self.process.notification_worker.run_due()

    async def advance(self, by: timedelta) -> None:
        """Move the clock, and deliver what falls due by then."""
        self.clock.advance(by)
        await self.deliver_due()

    async def until_given_up(self) -> None:
        """Try the only open row of the outbox again whenever it may be, until it is given up."""
        for _ in range(60):
            rows = await self.rows(OutboxRow, OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None))
            if not rows:
                return
            await self.advance(rows[0].not_before - self.clock.now())
        raise AssertionError("it is tried for ever")

    async def prefer(self, email: str, **changes: Any) -> Preferences:
        """A change of somebody's preferences."""

        def update(preferences: Preferences) -> Preferences:
            return Preferences.model_validate(preferences.model_dump(exclude_unset=True) | changes)

        return await self.service.change(self.account(email), update, channel="web")

    async def rows(self, table: Any, *conditions: Any) -> list[Any]:
        async with self.database.reading() as session:
            return list(await session.scalars(select(table).where(*conditions).order_by(table.id)))

    async def rows_of(self, table: Any) -> list[Any]:
        """All rows of a table that has no `id`."""
        async with self.database.reading() as session:
            return list(await session.scalars(select(table)))

    async def notices(self, email: str) -> list[Notice]:
        return await self.rows(Notice, Notice.account_id == self.account(email))

    async def sends(self, email: str, way: DeliveryChannel | None = None) -> list[NoticeSend]:
        where = [NoticeSend.account_id == self.account(email)] + ([NoticeSend.way == way] if way else [])
        return await self.rows(NoticeSend, *where)

    async def messages(self, email: str, way: DeliveryChannel | None = None) -> list[NoticeMessage]:
        where = [NoticeMessage.account_id == self.account(email)] + ([NoticeMessage.way == way] if way else [])
        return await self.rows(NoticeMessage, *where)

    async def person(self, email: str) -> NotificationPerson | None:
        async with self.database.reading() as session:
            return await session.get(NotificationPerson, self.account(email))

    def sent_texts(self, channel: str = "telegram") -> list[str]:
        """The texts that a channel was given."""
        return [part.text.replace("\u00a0", " ") for _, part in self.channels[channel].sent]

    async def transcript(self, conversation_id: str) -> list[MessageRow]:
        return await self.rows(MessageRow, MessageRow.conversation_id == conversation_id)

    def mails(self, email: str | None = None) -> list[dict[str, Any]]:
        """Mails that arrived, the oldest first."""
        found = self.sandbox.http.get(f"{self.sandbox.url}/mailbox").json()["mails"][::-1]
        return [mail for mail in found if email is None or mail["to"] == [email]]

    def join(self, email: str, dossier: str = DOSSIER) -> None:
        """Somebody is in the team of a dossier from now on."""
        team = self.sandbox.team_of(dossier)
        member = {"reference": f"Practitioner/{self.account(email)}", "display": email.split("@")[0]}
        team["participant"].append({"id": operation_mark(random_id()), "member": member, "period": {"start": "2026-11-23"}})
        self.sandbox.put(team).raise_for_status()

    def leave(self, email: str, dossier: str = DOSSIER) -> None:
        """Their access ends."""
        team = self.sandbox.team_of(dossier)
        for participant in team["participant"]:
            if participant["member"]["reference"].endswith(f"/{self.account(email)}"):
                participant["period"]["end"] = fhir_instant(self.clock.now())
        self.sandbox.put(team).raise_for_status()


@asynccontextmanager
async def notification_harness(kind: str, folder: Path, sandbox: Sandbox) -> AsyncIterator[NotificationHarness]:
    """A harness on an empty database of this kind."""
    clock = ManualClock(START)
    async with fresh_database(kind, folder) as database:
        settings = settings_for(folder, "http://127.0.0.1:9", PLATFORM_URL=sandbox.fhir, PLATFORM_TOKEN=TOKEN, SMTP_PORT=sandbox.smtp_port)
        harness = NotificationHarness(database, sandbox, settings, clock)
        try:
            yield harness
        finally:
            await harness.process.gateway.stop()
            await harness.fhir.aclose()
