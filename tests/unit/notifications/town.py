"""The engine of notifications over a real database and the real sandbox; tests move the clock, channels note what they are given."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.accounts.registry import AccountRegistry
from bot.core.clock import ManualClock
from bot.core.database import Database, random_id
from bot.dossiers.care_teams import mark_of
from bot.dossiers.dossiers import Dossiers
from bot.dossiers.usagers import KnownUsagers
from bot.fhir.client import FhirClient
from bot.identity.service import Identity
from bot.identity.tables import ChatLink
from bot.jobs.outbox import OutboxRow
from bot.messaging.channel import ChannelCapabilities, Chat, OutboundMessage
from bot.messaging.delivery import Delivery
from bot.messaging.gateway import Gateway
from bot.messaging.pii.redaction import Redaction
from bot.messaging.tables import MessageRow
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.notification_worker import NotificationWorker
from bot.notifications.preferences import Preferences
from bot.notifications.service import Notifications
from bot.notifications.tables import Event, Notice, NoticeMessage, NoticeSend, NotificationPerson
from bot.settings import Settings
from tests.databases import fresh_database
from tests.unit.accounts.world import Line
from tests.unit.messaging.harness import settings_for
from tests.unit.sandbox.sandbox_server import TOKEN, Sandbox

CLAIRE, KARIM, PAUL = "claire.moreau@sphere.example", "karim.benali@sphere.example", "paul.martin@sphere.example"
DOSSIER, OTHER, THIRD = "SPH-2024-000137", "SPH-2024-000142", "SPH-2024-000205"
START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""A Monday, 11h in Paris."""
MINUTE = timedelta(minutes=1)


class Wire:
    """A channel that notes what it is given, and does what it is told to raise."""

    routes = None

    def __init__(self, name: str) -> None:
        self.means = ChannelCapabilities(
            name=name, trusted=False, longest_text=4096, most_buttons=10, longest_title=60, buttons_per_row=1, edits=True, deletes=True
        )
        self.sent: list[tuple[str, OutboundMessage]] = []
        self.replaced: list[tuple[str, str, OutboundMessage]] = []
        self.fails: list[Exception] = []
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


async def _redeem(_conversation_id: str, _token: str) -> str | None:
    return "link_invalid"


class Process:
    """The engine of one bot process; a second one over the same database is another process."""

    def __init__(self, town: Town) -> None:
        self.town = town
        identity = Identity(town.database, AccountRegistry(town.fhir), town.clock, town.settings)
        dossiers = Dossiers(town.fhir, town.database, town.clock)
        self.privacy = Redaction(identity, KnownUsagers(dossiers, town.clock), town.clock)
        self.gateway = Gateway(town.settings, town.database, town.clock, self.privacy, _redeem)
        for wire in town.wires.values():
            self.gateway.doors.add(wire)
        self.notifying = NotificationWorker(town.settings, town.database, town.clock, town.fhir, self.privacy, self.gateway.doors.channels)
        self.gateway.decide_again(self.notifying.following)
        self.delivery = Delivery(town.settings, town.database, town.clock, self.gateway, self.privacy, notices=self.notifying.following)

    async def aclose(self) -> None:
        await self.gateway.stop()

    async def tell(self) -> None:
        """Everything that is due now, until nothing is: fan-out, handing, chats, mails, pushes."""
        for _ in range(50):
            if not (await self.notifying.run_due() + await self.delivery.deliver_due() + await self.gateway.pusher.push_due()):
                return
        raise AssertionError("there is always something more to do")


class Town:
    """People, their chats, and what happens on their dossiers."""

    def __init__(self, database: Database, sandbox: Sandbox, settings: Settings, clock: ManualClock) -> None:
        self.database, self.sandbox, self.settings, self.clock = database, sandbox, settings, clock
        self.line = Line()
        self.fhir = FhirClient(sandbox.fhir, TOKEN, transport=self.line)
        self.wires = {name: Wire(name) for name in ("telegram", "teams")}
        self.service = Notifications(database, clock, settings)
        self.process = Process(self)
        self._numbers = itertools.count(1)

    @property
    def telegram(self) -> Wire:
        return self.wires["telegram"]

    def account(self, email: str) -> str:
        return str(self.sandbox.practitioner(email)["id"])

    async def link(self, email: str, channel: str = "telegram") -> str:
        """A chat of this person; its conversation."""
        address = random_id()
        conversation_id = await self.process.gateway.enter(channel, address)
        now = self.clock.now()
        async with self.database.writing() as session:
            expires = now + timedelta(days=90)
            link = ChatLink(conversation_id=conversation_id, account_id=self.account(email), linked_at=now, expires_at=expires)
            session.add(link)
        return conversation_id

    async def happens(self, kind: str = "document.added", subject: str | None = DOSSIER, at: datetime | None = None, **data: Any) -> int:
        """An event of the platform, as the intake stores it; its row's id."""
        now = self.clock.now()
        number = next(self._numbers)
        event = Event(source="urn:test", event_id=f"e-{number}", kind=kind, subject=subject, occurred_at=at, received_at=now, data=data)
        async with self.database.writing() as session:
            session.add(event)
            await session.flush()
            return event.id

    async def tell(self) -> None:
        await self.process.tell()

    async def notify_only(self) -> None:
        """Fan-out and handing, nothing sent."""
        await self.process.notifying.run_due()

    async def later(self, by: timedelta) -> None:
        """The clock moves, and what falls due by then is done."""
        self.clock.advance(by)
        await self.tell()

    async def until_given_up(self) -> None:
        """Try the only open row of the outbox again whenever it may be, until it is given up."""
        for _ in range(60):
            rows = await self.rows(OutboxRow, OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None))
            if not rows:
                return
            await self.later(rows[0].not_before - self.clock.now())
        raise AssertionError("it is tried for ever")

    async def prefer(self, email: str, **changes: Any) -> Preferences:
        """A change of somebody's preferences."""

        def update(preferences: Preferences) -> Preferences:
            return Preferences.model_validate(preferences.model_dump(exclude_unset=True) | changes)

        return await self.service.change(self.account(email), update, channel="web")

    async def rows(self, table: Any, *conditions: Any) -> list[Any]:
        async with self.database.reading() as session:
            return list(await session.scalars(select(table).where(*conditions).order_by(table.id)))

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

    def told(self, wire: str = "telegram") -> list[str]:
        """The texts that a channel was given."""
        return [part.text.replace("\u00a0", " ") for _, part in self.wires[wire].sent]

    async def said(self, conversation_id: str) -> list[MessageRow]:
        return await self.rows(MessageRow, MessageRow.conversation_id == conversation_id)

    def mails(self, email: str | None = None) -> list[dict[str, Any]]:
        """Mails that arrived, the oldest first."""
        found = self.sandbox.http.get(f"{self.sandbox.url}/mailbox").json()["mails"][::-1]
        return [mail for mail in found if email is None or mail["to"] == [email]]

    def join(self, email: str, dossier: str = DOSSIER) -> None:
        """Somebody is in the team of a dossier from now on."""
        team = self.sandbox.team_of(dossier)
        member = {"reference": f"Practitioner/{self.account(email)}", "display": email.split("@")[0]}
        team["participant"].append({"id": mark_of(random_id()), "member": member, "period": {"start": "2026-11-23"}})
        self.sandbox.put(team).raise_for_status()

    def leave(self, email: str, dossier: str = DOSSIER) -> None:
        """Their access ends."""
        team = self.sandbox.team_of(dossier)
        for participant in team["participant"]:
            if participant["member"]["reference"].endswith(f"/{self.account(email)}"):
                participant["period"]["end"] = "2026-11-23"
        self.sandbox.put(team).raise_for_status()


@asynccontextmanager
async def town_over(kind: str, folder: Path, sandbox: Sandbox) -> AsyncIterator[Town]:
    """A town on an empty database of this kind."""
    clock = ManualClock(START)
    async with fresh_database(kind, folder) as database:
        settings = settings_for(folder, "http://127.0.0.1:9", PLATFORM_URL=sandbox.fhir, PLATFORM_TOKEN=TOKEN, SMTP_PORT=sandbox.smtp_port)
        town = Town(database, sandbox, settings, clock)
        try:
            yield town
        finally:
            await town.process.aclose()
            await town.fhir.aclose()
