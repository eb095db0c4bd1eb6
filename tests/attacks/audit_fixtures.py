"""An audit trail with events, and an owner of the database who tries to change it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from bot.core.audit import AuditEvent, record
from bot.core.clock import ManualClock
from bot.core.database import Database
from tests.databases import fresh_database

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
OWNERS_WAYS = {
    "sqlite": ("DROP TRIGGER audit_events_no_update", "DROP TRIGGER audit_events_no_delete", "DROP TRIGGER audit_events_no_replace"),
    "postgresql": ("ALTER TABLE audit_events DISABLE TRIGGER USER",),
}
"""What the owner of a database can do, and the application never does."""


class Trail:
    """An audit trail in a database."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, ManualClock(NOW)

    async def add(self, *outcomes: str, dossier: str | None = "SPH-2024-000137") -> None:
        """Record an event for each outcome, each in a transaction of its own."""
        for outcome in outcomes:
            async with self.database.writing() as session:
                await record(
                    session,
                    now=self.clock.now(),
                    actor="a-1",
                    action="dossiers.read",
                    outcome=outcome,
                    dossier=dossier,
                    channel="web",
                    conversation="c-1",
                )

    async def events(self) -> list[AuditEvent]:
        """Return the events in their order."""
        async with self.database.reading() as session:
            return [*await session.scalars(select(AuditEvent).order_by(AuditEvent.id))]

    async def execute(self, statement: str) -> None:
        """Run a statement as the application could."""
        async with self.database.writing() as session:
            await session.execute(text(statement))

    async def execute_as_owner(self, statement: str) -> None:
        """Run a statement as the owner of the database, who lifts the triggers first."""
        for lifting in OWNERS_WAYS["sqlite" if self.database.is_sqlite else "postgresql"]:
            await self.execute(lifting)
        await self.execute(statement)


class UnreliableSink:
    """A sink that refuses as long as it is told to, and may write without saying so."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.refuses = False
        self.dies_after_writing = False

    def check(self) -> None:
        """Do nothing."""

    def write(self, events: Sequence[AuditEvent]) -> None:
        """Keep the ids."""
        if self.refuses:
            raise OSError(28, "No space left on device")
        self.ids += [event.id for event in events]
        if self.dies_after_writing:
            raise OSError(5, "Input/output error")


@pytest.fixture(params=["sqlite", "postgresql"])
async def trail(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Trail]:
    """An empty trail on each kind of database."""
    async with fresh_database(request.param, tmp_path) as database:
        yield Trail(database)


@pytest.fixture
async def small_trail(tmp_path: Path) -> AsyncIterator[Trail]:
    """An empty trail in a file."""
    async with fresh_database("sqlite", tmp_path) as database:
        yield Trail(database)
