"""The audit trail: in the caller's transaction, once per key, never changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from bot.core.audit import AuditEvent, record
from bot.core.database import Database, sqlite_url

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(sqlite_url(tmp_path / "audit.db"))
    await database.create_tables()
    yield database
    await database.close()


async def _count(database: Database) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(AuditEvent)) or 0


async def test_what_was_done_is_kept(database: Database) -> None:
    async with database.writing() as session:
        await record(
            session, now=NOW, actor="claire", action="partners.add", dossier="SPH-2024-000137", subject="Practitioner/x",
            basis="consent_given", channel="web", outcome="added", key="k",
        )  # fmt: skip
    async with database.reading() as session:
        event = (await session.scalars(select(AuditEvent))).one()
    assert (event.at, event.actor, event.action, event.dossier) == (NOW, "claire", "partners.add", "SPH-2024-000137")
    assert (event.subject, event.basis, event.channel, event.outcome) == ("Practitioner/x", "consent_given", "web", "added")


async def test_the_same_key_is_told_once_and_no_key_each_time(database: Database) -> None:
    async with database.writing() as session:
        assert await record(session, now=NOW, actor=None, action="a", outcome="x", key="k")
        assert not await record(session, now=NOW, actor=None, action="a", outcome="x", key="k")
        assert await record(session, now=NOW, actor=None, action="a", outcome="x")
        assert await record(session, now=NOW, actor=None, action="a", outcome="x")
    assert await _count(database) == 3


async def test_it_goes_with_the_transaction(database: Database) -> None:
    async def interrupted() -> None:
        async with database.writing() as session:
            await record(session, now=NOW, actor=None, action="a", outcome="x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await interrupted()
    assert await _count(database) == 0


@pytest.mark.parametrize("statement", [update(AuditEvent).values(outcome="y"), delete(AuditEvent)])
async def test_the_database_refuses_changes(database: Database, statement: object) -> None:
    async with database.writing() as session:
        await record(session, now=NOW, actor=None, action="a", outcome="x")
    with pytest.raises(IntegrityError, match="append-only"):
        async with database.writing() as session:
            await session.execute(statement)  # type: ignore[call-overload]
    assert await _count(database) == 1


async def test_the_mapper_refuses_changes(database: Database) -> None:
    async with database.writing() as session:
        await record(session, now=NOW, actor=None, action="a", outcome="x")
    with pytest.raises(TypeError):
        async with database.writing() as session:
            (await session.scalars(select(AuditEvent))).one().outcome = "y"
