"""What a group knows of tickets, on each kind of database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.core.database import Database
from bot.jobs.leases import GROUP_THREAD
from bot.support.groups.threads import Threads
from bot.support.records import TicketState
from bot.support.tables import TicketRow
from tests.databases import fresh_database

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


@asynccontextmanager
async def tickets(kind: str, folder: Path, *states: TicketState) -> AsyncIterator[tuple[Database, Threads, list[int]]]:
    """Tickets of these states, each with one move."""
    async with fresh_database(kind, folder) as database:
        rows = [_ticket(number, state) for number, state in enumerate(states, 1)]
        async with database.writing() as session:
            session.add_all(rows)
        yield database, Threads(database, "telegram", "-1"), [row.id for row in rows]


def _ticket(number: int, state: TicketState) -> TicketRow:
    name = f"c{number}"
    live = None if state is TicketState.CLOSED else name
    more = {"queue": "Général", "reason": "asked", "context": {}, "channel": "web", "tags": [], "opened_at": NOW, "queued_at": NOW}
    return TicketRow(conversation_id=name, open_conversation_id=live, state=state, version=number, **more)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_what_is_to_be_shown(kind: str, tmp_path: Path) -> None:
    async with tickets(kind, tmp_path, TicketState.WAITING, TicketState.CLOSED, TicketState.AGENT) as (database, threads, ids):
        waiting, closed, with_agent = ids
        assert await threads.outdated() == [waiting, with_agent]
        for ticket_id in (waiting, with_agent):
            place = await threads.claim(ticket_id, NOW)
            assert place is not None
            assert (place.thread, place.shown) == (None, 0)
            await threads.record_created(ticket_id, f"t{ticket_id}")
            await threads.record_shown(ticket_id, shown=ticket_id, is_open=True, head=None)
            await threads.release(ticket_id)
        assert await threads.outdated() == []
        assert await threads.ticket_of(f"t{waiting}") == waiting
        assert await threads.ticket_of("t99") is None
        await threads.record_input("telegram:1", f"t{waiting}", "réponse", unwanted=None, answered=False, now=NOW)
        assert await threads.outdated() == [waiting]
        await _change(database, with_agent, state=TicketState.CLOSED, open_conversation_id=None)
        assert await threads.outdated() == [with_agent, waiting]
        await threads.record_shown(with_agent, shown=with_agent, is_open=False, head=None)
        await _change(database, with_agent, version=9)  # a note, a rating: nobody is called back for it
        (answer,) = await threads.pending_answers(f"t{waiting}")
        await threads.record_answered([answer.id], NOW)
        assert await threads.outdated() == []
        await _change(database, with_agent, state=TicketState.WAITING, open_conversation_id="c3")
        assert await threads.outdated() == [with_agent]
        other = Threads(database, "telegram", "-2")  # another group is set
        assert await other.outdated() == [waiting, with_agent]
        moved = await other.claim(waiting, NOW)
        assert moved is not None
        assert (moved.thread, moved.shown, moved.open) == (None, 0, True)
        assert closed not in await other.outdated()


async def _change(database: Database, ticket_id: int, **values: object) -> None:
    async with database.writing() as session:
        await session.execute(update(TicketRow).where(TicketRow.id == ticket_id).values(**values))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_thread_is_held_by_one_at_a_time(kind: str, tmp_path: Path) -> None:
    async with tickets(kind, tmp_path, TicketState.WAITING) as (_, threads, (ticket,)):
        assert await threads.claim(ticket, NOW) is not None
        assert await threads.claim(ticket, NOW) is None
        await threads.renew(ticket, NOW + GROUP_THREAD)
        assert await threads.claim(ticket, NOW + GROUP_THREAD + timedelta(seconds=1)) is None
        assert await threads.claim(ticket, NOW + 2 * GROUP_THREAD + timedelta(seconds=1)) is not None
        await threads.release(ticket)
        assert await threads.claim(ticket, NOW) is not None


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_what_was_heard_is_known_for_two_days(kind: str, tmp_path: Path) -> None:
    async with tickets(kind, tmp_path) as (_, threads, _none):
        await threads.record_input("telegram:1", "t7", "une réponse", unwanted="5", answered=False, now=NOW)
        await threads.record_input("telegram:1", "t7", "une autre", unwanted=None, answered=False, now=NOW)
        await threads.record_input("telegram:2", "", "dehors", unwanted=None, answered=False, now=NOW)
        assert await threads.answer_to("telegram:1") == "une réponse"
        assert await threads.other_threads() == ["t7", ""]
        assert [(answer.text, answer.unwanted) for answer in await threads.pending_answers("t7")] == [("une réponse", "5")]
        await threads.record_input("telegram:3", "", "", unwanted=None, answered=True, now=NOW + timedelta(days=3))
        assert await threads.answer_to("telegram:1") is None
        assert await threads.answer_to("telegram:3") == ""
