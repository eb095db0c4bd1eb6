"""What was said goes after the set number of days in Paris, what figures are made of stays, and a kill in the middle loses nothing."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.core.clock import ManualClock
from bot.core.database import Database
from bot.messaging import retention
from bot.messaging.retention import Retention, RetentionRow
from bot.messaging.tables import DONE, ButtonRow, Conversation, InboxRow, MessageRow
from bot.messaging.transcript import Transcript
from bot.settings import Settings
from bot.support import retention as support_retention
from bot.support.tables import NoteRow, TicketEventRow, TicketRow
from tests.databases import every_database
from tests.stack import ROOT
from tests.unit.messaging.running_bot import until

pytestmark = pytest.mark.thorough

__all__ = ["every_database"]

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
EDGE = datetime(2026, 8, 26, 22, tzinfo=UTC)  # midnight of 27 August in Paris: ninety days before 25 November
A_MOMENT = timedelta(seconds=1)


@asynccontextmanager
async def database_with_conversation(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    await database.create_tables()
    async with database.writing() as session:
        session.add(Conversation(id="c", channel="web", address="a", created_at=EDGE, last_seen_at=EDGE))
    try:
        yield database
    finally:
        await database.close()


async def add_turns(database: Database, at: datetime, count: int = 1) -> None:
    """A turn with its message and a button, and a note, `count` times."""
    async with database.writing() as session:
        for _ in range(count):
            turn = InboxRow(conversation_id="c", client_id=f"{at}{_}", text="Jeanne Durand", state=DONE, received_at=at, intent="greet")
            session.add(turn)
            await session.flush()
            button = {"title": "Jeanne Durand", "token": f"{turn.id}"}
            row = MessageRow(conversation_id="c", turn=turn.id, at=at, author="user", text="Jeanne Durand", buttons=[button], link=None)
            session.add(row)
            await session.flush()
            session.add(_button(row, at))


def _button(row: MessageRow, at: datetime) -> ButtonRow:
    meaning: dict[str, Any] = {"intent": "inform", "entities": {"name": "Durand"}, "created_at": at, "expires_at": at}
    return ButtonRow(conversation_id="c", message_id=row.id, title="Jeanne Durand", **meaning)


async def add_ticket(database: Database, closed: datetime | None) -> int:
    context = {"task": "ajouter un partenaire", "dossier": "SPH-2024-000137", "error_ids": ["e1"], "tried": ["aide"]}
    opened = (closed or EDGE) - timedelta(days=1)
    async with database.writing() as session:
        row = TicketRow(conversation_id="c", state="closed" if closed else "left", queue="Général", reason="asked", context=context)
        row.channel, row.tags, row.dossier, row.rating = "web", ["accès"], "SPH-2024-000137", 3
        row.opened_at = row.queued_at = opened
        row.closed_at = closed
        session.add(row)
        await session.flush()
        session.add(TicketEventRow(ticket_id=row.id, at=opened, state="waiting", actor="user", type="requested"))
        session.add(NoteRow(ticket_id=row.id, at=opened, agent_id="a", agent_name="Inès", text="Mme Durand rappelle"))
    return row.id


def retention_at(database: Database, at: datetime = NOW, **changes: Any) -> Retention:
    return Retention(database, ManualClock(at), Settings(**changes), (*retention.ERASURES, *support_retention.ERASURES))


async def column_values(database: Database, column: Any) -> list[Any]:
    async with database.reading() as session:
        return list(await session.scalars(select(column).order_by(column.class_.id if hasattr(column.class_, "id") else column)))


async def test_a_day_in_paris_is_kept_whole_until_ninety_have_followed(every_database: str) -> None:
    async with database_with_conversation(every_database) as database:
        await add_turns(database, EDGE - A_MOMENT)
        await add_turns(database, EDGE)
        assert await retention_at(database, EDGE + timedelta(days=89)).run_due() == 0
        assert await retention_at(database).run_due() == 2
        assert await column_values(database, MessageRow.text) == ["", "Jeanne Durand"]
        assert await column_values(database, InboxRow.text) == [None, "Jeanne Durand"]
        assert await column_values(database, InboxRow.intent) == ["greet", "greet"]
        assert await column_values(database, ButtonRow.title) == ["Jeanne Durand"]
        shown = await Transcript(database).latest("c")
        assert [message["text"] for message in shown] == ["Jeanne Durand"]
        assert await Transcript(database).after("c", 0) == shown
        assert await retention_at(database).run_due() == 0


async def test_of_a_ticket_the_figures_stay(every_database: str) -> None:
    async with database_with_conversation(every_database) as database:
        for closed in (EDGE - A_MOMENT, EDGE + A_MOMENT, None):
            await add_ticket(database, closed)
        await retention_at(database).run_due()
        assert await column_values(database, TicketRow.dossier) == [None, "SPH-2024-000137", "SPH-2024-000137"]
        assert (await column_values(database, TicketRow.context))[0] == {"task": "ajouter un partenaire"}
        assert await column_values(database, TicketRow.rating) == [3, 3, 3]
        assert len(await column_values(database, TicketEventRow.id)) == 3
        assert await column_values(database, NoteRow.id) == []


async def test_the_number_of_days_can_be_set(every_database: str) -> None:
    async with database_with_conversation(every_database) as database:
        await add_turns(database, NOW - timedelta(days=3))
        assert await retention_at(database, RETENTION_DAYS=3).run_due() == 0
        assert await retention_at(database, RETENTION_DAYS=2).run_due() == 2


async def test_processes_at_the_same_time_erase_each_row_once(every_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH_SIZE", 3)
    async with database_with_conversation(every_database) as database:
        await add_turns(database, EDGE - A_MOMENT, 20)
        counts = await asyncio.gather(*(retention_at(database).run_due() for _ in range(4)))
        assert sum(counts) == 40
        assert set(await column_values(database, MessageRow.text)) == {""}


_WORKER = """
import asyncio, sys
from datetime import UTC, datetime
from bot.core.clock import ManualClock
from bot.messaging import retention
from bot.core.database import Database
from bot.settings import Settings

retention.BATCH_SIZE = 1
database = Database(sys.argv[1])
asyncio.run(retention.Retention(database, ManualClock(datetime.fromisoformat(sys.argv[2])), Settings(), retention.ERASURES).run_due())
"""


async def test_a_killed_process_leaves_a_whole_number_of_rounds(every_database: str, tmp_path: Path) -> None:
    async with database_with_conversation(every_database) as database:
        await add_turns(database, EDGE - A_MOMENT, 400)
        worker = await asyncio.create_subprocess_exec(sys.executable, "-c", _WORKER, every_database, NOW.isoformat(), cwd=ROOT)
        try:
            await until(lambda: _mark(database), 60)
        finally:
            worker.send_signal(signal.SIGKILL)
            await worker.wait()
        mark = await _mark(database)
        assert 0 < mark < 400
        texts = await column_values(database, MessageRow.text)
        assert texts == [""] * mark + ["Jeanne Durand"] * (400 - mark)
        assert await retention_at(database).run_due() == 800 - mark
        assert set(await column_values(database, MessageRow.text)) == {""}


async def _mark(database: Database) -> int:
    async with database.reading() as session:
        return int(await session.scalar(select(func.max(RetentionRow.up_to))) or 0)
