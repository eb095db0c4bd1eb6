from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.accounts.registry import Account, AccountRegistry
from bot.core.audit import AuditEvent
from bot.core.clock import ManualClock
from bot.core.database import Database, sqlite_url
from bot.dossiers.dossiers import Dossiers
from bot.dossiers.partners import Partners
from bot.fhir.client import FhirClient
from bot.fhir.operations import Operation, Operations
from bot.jobs.outbox import OutboxRow
from tests.unit.sandbox.sandbox_server import TOKEN, Sandbox, running_sandbox


@dataclass
class House:
    """Everything of one process of ours, on a real platform and a real database."""

    database: Database
    clock: ManualClock
    fhir: FhirClient
    operations: Operations
    partners: Partners
    dossiers: Dossiers
    accounts: AccountRegistry

    async def account(self, name: str) -> Account:
        found = await self.accounts.by_email(f"{name}@sphere.example")
        assert found is not None
        return found

    async def rows(self, table: type[Any]) -> list[Any]:
        async with self.database.reading() as session:
            return list((await session.scalars(select(table))).all())

    async def audit(self) -> list[AuditEvent]:
        return await self.rows(AuditEvent)

    async def outbox(self) -> list[OutboxRow]:
        return await self.rows(OutboxRow)

    async def operation(self, key: str) -> Operation:
        return next(row for row in await self.rows(Operation) if row.key == key)


def house_on(sandbox: Sandbox, database: Database, clock: ManualClock, transport: httpx.AsyncBaseTransport | None = None) -> House:
    fhir = FhirClient(sandbox.fhir, TOKEN, transport=transport)
    operations = Operations(database, clock)
    partners, dossiers = Partners(fhir, database, clock, operations), Dossiers(fhir, database, clock, operations)
    return House(database, clock, fhir, operations, partners, dossiers, AccountRegistry(fhir))


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path / "sandbox") as running:
        yield running


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(sqlite_url(tmp_path / "sphere.db"))
    await database.create_tables()
    yield database
    await database.close()


@pytest.fixture
async def house(sandbox: Sandbox, database: Database) -> AsyncIterator[House]:
    house = house_on(sandbox, database, ManualClock(datetime(2026, 11, 23, 10, tzinfo=UTC)))
    yield house
    await house.fhir.aclose()
