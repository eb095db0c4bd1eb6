"""A table of jobs of its own, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData, String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bot.core.clock import ManualClock
from bot.core.database import Database, Table
from bot.jobs.queue import Queue
from tests.databases import database_url

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
LEASE = timedelta(seconds=30)


class JobTable(DeclarativeBase):
    """Base of the tests' own table: it is none of the product's."""

    metadata = MetaData()
    type_annotation_map = Table.type_annotation_map


class JobRow(JobTable):
    """A job with everything that a queue may record."""

    __tablename__ = "test_jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    done: Mapped[bool] = mapped_column(default=False)
    not_before: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(String(160))


QUEUE = Queue(
    name="test_jobs",
    key=JobRow.id,
    is_open=(JobRow.done.is_(False),),
    not_before=JobRow.not_before,
    lease_until=JobRow.lease_until,
    lease=LEASE,
    attempts=JobRow.attempts,
    owner=JobRow.owner,
)


class Jobs:
    """The table, its database, and a clock that stands at `NOW`."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, ManualClock(NOW)

    async def add(self, *jobs: JobRow) -> None:
        async with self.database.writing() as session:
            session.add_all(jobs)

    async def claim(self, owner: str | None = "me", *, limit: int = 1) -> list[JobRow]:
        return await QUEUE.claim(self.database, self.clock, select(JobRow).order_by(JobRow.id), limit=limit, owner=owner)

    async def row(self, job_id: int) -> JobRow:
        async with self.database.reading() as session:
            return await session.get_one(JobRow, job_id)

    async def next_due(self) -> datetime | None:
        async with self.database.reading() as session:
            return await QUEUE.next_due(session, self.clock.now())


@pytest.fixture(params=["sqlite", "postgresql"])
async def jobs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Jobs]:
    with database_url(request.param, tmp_path) as url:
        database = Database(url)
        async with database.engine.begin() as connection:
            await connection.run_sync(JobTable.metadata.create_all)
        yield Jobs(database)
        await database.close()
