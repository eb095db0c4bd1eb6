"""One process over a real database file and a real sandbox, with a clock that tests move; its parts are wired as the product's are.

Fixtures: a `conftest.py` imports `clock`, `sandbox` and `harness` from here, and overrides what its tests want otherwise.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

import bot.migrations.tables  # noqa: F401 - declares every table, whichever of them the tests' imports know
from bot.accounts.registry import Account
from bot.container import Container
from bot.core.audit import AuditEvent
from bot.core.clock import ManualClock
from bot.core.database import Database
from bot.core.mail import MailCipher
from bot.fhir.client import FhirClient
from bot.fhir.operations import Operation
from bot.jobs.outbox import CHAT, MAIL, OutboxRow
from bot.settings import Settings
from tests.databases import fresh_database
from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox

CLAIRE = "claire.moreau@sphere.example"
KARIM = "karim.benali@sphere.example"
CLAIRES_DOSSIER, CLAIRES_OTHER, KARIMS_DOSSIER = "SPH-2024-000137", "SPH-2024-000142", "SPH-2024-000205"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PATIENCE = 60.0
"""Seconds that a test waits for the platform: a machine with other work may be slow; tests of slow platforms set their own."""
SETTINGS = Settings(secret="s" * 32, support_email="equipe@sphere.example", digest_spread_minutes=0)


class Network(httpx.AsyncBaseTransport):
    """The network to the sandbox, which may be cut, or made to wait, at a request of one's choice."""

    def __init__(self) -> None:
        self._network = httpx.AsyncHTTPTransport()
        self.sent = 0
        self.good_for: int | None = None
        """Requests after which the network is down; None: it never is."""
        self.loses_last = False
        """Whether the first request after that still arrives, and only its answer is lost."""
        self.waits_at: int | None = None
        """The request whose answer waits until `resume` is set."""
        self.waiting, self.resume = asyncio.Event(), asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent += 1
        if self.good_for is not None and self.sent > self.good_for:
            if self.loses_last and self.sent == self.good_for + 1:
                await self._network.handle_async_request(request)
            raise httpx.ReadError("the network is down", request=request)
        response = await self._network.handle_async_request(request)
        if self.sent == self.waits_at:
            self.waiting.set()
            await self.resume.wait()
        return response

    def cut_after(self, requests: int, *, losing: bool) -> None:
        self.sent, self.good_for, self.loses_last = 0, requests, losing

    def restore(self) -> None:
        self.good_for = None

    async def aclose(self) -> None:
        await self._network.aclose()


class Harness(Container):
    """One process; a second one over the same database is another process."""

    clock: ManualClock

    def __init__(self, database: Database, sandbox: Sandbox, clock: ManualClock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        super().__init__(SETTINGS, clock, database)
        self.sandbox, self.network = sandbox, Network()
        self.fhir = FhirClient(sandbox.fhir, sandbox.token, timeout=PATIENCE, transport=transport or self.network)

    def with_settings(self, settings: Settings) -> Container:
        """The parts of a process with other settings, over the same database and platform."""
        parts = Container(settings, self.clock, self.database)
        parts.fhir = self.fhir
        return parts

    async def rows(self, table: type[Any], *conditions: Any) -> list[Any]:
        async with self.database.reading() as session:
            return [*await session.scalars(select(table).where(*conditions).order_by(*table.__table__.primary_key))]

    async def outbox(self, kind: str | None = None) -> list[OutboxRow]:
        return await self.rows(OutboxRow, *([OutboxRow.kind == kind] if kind else []))

    async def mails(self, to: str) -> list[dict[str, Any]]:
        """Return the mails to this address, as the mail worker would decrypt them."""
        cipher = MailCipher(SETTINGS.required("secret"))
        opened = [cipher.open(row.payload) for row in await self.outbox(MAIL) if row.payload]
        return [mail for mail in opened if mail["to"] == [to]]

    async def chats(self, conversation_id: str) -> list[str]:
        return [row.payload["text"] for row in await self.outbox(CHAT) if row.conversation_id == conversation_id]

    async def trail(self, action: str | None = None) -> list[AuditEvent]:
        return await self.rows(AuditEvent, *([AuditEvent.action == action] if action else []))

    async def operation(self, key: str) -> Operation:
        return next(row for row in await self.rows(Operation) if row.key == key)

    async def code(self, email: str) -> str:
        """The last login code mailed to this address."""
        return [code for mail in await self.mails(email) for code in re.findall(r"\b\d{6}\b", mail["text"])][-1]

    async def link(self, conversation_id: str, email: str) -> Account:
        await self.identity.start_code(conversation_id, email)
        return await self.identity.check_code(conversation_id, await self.code(email))

    async def account(self, email: str) -> Account:
        """The account with this address, of which `@sphere.example` may be left out."""
        account = await self.registry.by_email(email if "@" in email else f"{email}@sphere.example")
        assert account is not None
        return account

    def members(self, dossier: str) -> list[str]:
        return self.sandbox.members(dossier)

    def close_account(self, email: str) -> None:
        practitioner = self.sandbox.practitioner(email)
        self.sandbox.put({**practitioner, "active": False}).raise_for_status()


@asynccontextmanager
async def open_harness(folder: Path, sandbox: Sandbox, clock: ManualClock) -> AsyncIterator[Harness]:
    """A process over the database in `folder`, made if missing."""
    async with fresh_database("sqlite", folder) as database:
        made = Harness(database, sandbox, clock)
        try:
            yield made
        finally:
            await made.fhir.aclose()


def database_after(do: Callable[[Harness], Awaitable[Any]], folder: Path) -> bytes:
    """The file of a database after `do`, at `START`, where the platform stays as it was: what many tests begin with is done once."""

    async def run() -> None:
        with running_sandbox(folder / "sandbox") as platform:
            async with open_harness(folder, platform, ManualClock(START)) as process:
                await do(process)

    asyncio.run(run())
    assert not (folder / "sphere.db-wal").exists()
    return (folder / "sphere.db").read_bytes()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path / "sandbox") as running:
        yield running


@pytest.fixture
async def harness(tmp_path: Path, sandbox: Sandbox, clock: ManualClock) -> AsyncIterator[Harness]:
    async with open_harness(tmp_path, sandbox, clock) as made:
        yield made
