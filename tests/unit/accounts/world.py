"""Accounts and identity over a real database file and a real sandbox, with a clock that tests move."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

import bot.migrations.tables  # noqa: F401 - declares every table, whichever of them the tests' imports know
from bot.accounts.registry import Account, AccountRegistry
from bot.accounts.requests import AccountRequests
from bot.core.audit import AuditEvent
from bot.core.clock import ManualClock
from bot.core.database import Database, sqlite_url
from bot.core.mail import MailCipher
from bot.dossiers.partners import Partners
from bot.fhir.client import FhirClient
from bot.fhir.operations import Operations
from bot.identity.account_chats import AccountChats
from bot.identity.service import Identity
from bot.jobs.outbox import CHAT, MAIL, OutboxRow
from bot.settings import Settings
from tests.unit.sandbox.sandbox_server import Sandbox

CLAIRE = "claire.moreau@sphere.example"
KARIM = "karim.benali@sphere.example"
CLAIRES_DOSSIER, CLAIRES_OTHER, KARIMS_DOSSIER = "SPH-2024-000137", "SPH-2024-000142", "SPH-2024-000205"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SETTINGS = Settings(secret="s" * 32, support_email="equipe@sphere.example")


class Line(httpx.AsyncBaseTransport):
    """The network to the sandbox, which may be cut, or made to wait, at a request of one's choice."""

    def __init__(self) -> None:
        self._network = httpx.AsyncHTTPTransport()
        self.sent = 0
        self.good_for: int | None = None
        """Requests after which the line is dead; None: it never is."""
        self.loses_last = False
        """Whether the first request on the dead line still arrives, and only its answer is lost."""
        self.waits_at: int | None = None
        """The request whose answer waits until `resume` is set."""
        self.waiting, self.resume = asyncio.Event(), asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent += 1
        if self.good_for is not None and self.sent > self.good_for:
            if self.loses_last and self.sent == self.good_for + 1:
                await self._network.handle_async_request(request)
            raise httpx.ReadError("the line is dead", request=request)
        response = await self._network.handle_async_request(request)
        if self.sent == self.waits_at:
            self.waiting.set()
            await self.resume.wait()
        return response

    def cut_after(self, requests: int, *, losing: bool) -> None:
        self.sent, self.good_for, self.loses_last = 0, requests, losing

    def mend(self) -> None:
        self.good_for = None

    async def aclose(self) -> None:
        await self._network.aclose()


class World:
    """One process's services; a second one over the same database is another process."""

    def __init__(self, database: Database, sandbox: Sandbox, clock: ManualClock) -> None:
        self.database, self.sandbox, self.clock = database, sandbox, clock
        self.line = Line()
        self.fhir = FhirClient(sandbox.fhir, sandbox.token, transport=self.line)
        self.registry = AccountRegistry(self.fhir)
        self.operations = Operations(database, clock)
        self.partners = Partners(self.fhir, database, clock, self.operations)
        self.identity = Identity(database, self.registry, clock, SETTINGS)
        self.requests = AccountRequests(database, self.registry, self.partners, clock, SETTINGS, AccountChats(SETTINGS))

    async def outbox(self, kind: str) -> list[OutboxRow]:
        async with self.database.reading() as session:
            return [*await session.scalars(select(OutboxRow).where(OutboxRow.kind == kind).order_by(OutboxRow.id))]

    async def mails(self, to: str) -> list[dict[str, Any]]:
        """Return the mails to this address, as the mail worker would decrypt them."""
        cipher = MailCipher(SETTINGS.required("secret"))
        opened = [cipher.open(row.payload) for row in await self.outbox(MAIL) if row.payload]
        return [mail for mail in opened if mail["to"] == [to]]

    async def chats(self, conversation_id: str) -> list[str]:
        return [row.payload["text"] for row in await self.outbox(CHAT) if row.conversation_id == conversation_id]

    async def trail(self, action: str) -> list[AuditEvent]:
        async with self.database.reading() as session:
            return [*await session.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id))]

    async def code(self, email: str) -> str:
        """The last login code mailed to this address."""
        found = re.search(r"\b(\d{6})\b", (await self.mails(email))[-1]["text"])
        assert found is not None
        return found[1]

    async def link(self, conversation_id: str, email: str) -> Account:
        await self.identity.start_code(conversation_id, email)
        return await self.identity.check_code(conversation_id, await self.code(email))

    async def account(self, email: str) -> Account:
        account = await self.registry.by_email(email)
        assert account is not None
        return account

    def members(self, dossier: str) -> list[str]:
        return self.sandbox.members(dossier)

    def close_account(self, email: str) -> None:
        practitioner = self.sandbox.practitioner(email)
        self.sandbox.put({**practitioner, "active": False}).raise_for_status()


@asynccontextmanager
async def world_over(folder: Path, sandbox: Sandbox, clock: ManualClock) -> AsyncIterator[World]:
    """A world over the database in `folder`, made if missing."""
    database = Database(sqlite_url(folder / "sphere.db"))
    await database.create_tables()
    world = World(database, sandbox, clock)
    try:
        yield world
    finally:
        await world.fhir.aclose()
        await database.close()
