"""The stream of a page: what it is sent, where it goes on after a break, and when it ends."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from bot.channels.web.chat_api import TYPING_PER_MINUTE
from bot.core.audit import AuditEvent
from bot.web.desk import events as desk_events
from tests.databases import every_database
from tests.unit.messaging.running_bot import Chat
from tests.unit.support.running_desk import MARIE, SupportBot
from tests.unit.web.desk.running_desk import AgentBrowser, running_desk

__all__ = ["every_database"]

Event = tuple[str, str | None, str]


@asynccontextmanager
async def stream(colleague: AgentBrowser, query: str = "", **headers: str) -> AsyncIterator[AsyncIterator[Event]]:
    """Events as (name, id, HTML)."""
    async with colleague.http.stream("GET", f"/desk/events{query}", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer.aiter_lines())


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[Event]:
    name, event_id, data = "", None, []
    async for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "id":
            event_id = value
        elif field == "data":
            data.append(value)
        elif not line and data:
            yield name, event_id, "\n".join(data)
            name, event_id, data = "", None, []


async def wait_for(events: AsyncIterator[Event], name: str, containing: str) -> Event:
    """The next event of that name that holds this text."""
    async with asyncio.timeout(60):
        async for event in events:
            if event[0] == name and containing in event[2]:
                return event
    raise AssertionError(f"the stream ended without {name} with {containing}")


async def test_a_conversations_page_is_sent_messages_notes_and_buttons(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        chat, ticket = await desk.support_bot.open_ticket()
        ines, paul = await desk.agent_browser(), await desk.agent_browser("paul", "Paul")
        page = (await ines.open(f"/desk/conversations/{ticket.id}")).text
        query = re.search(r'sse-connect="/desk/events([^"]+)"', page)
        assert query
        async with stream(ines, query[1].replace("&amp;", "&")) as events:
            await wait_for(events, "counts", "1")
            await chat.say("<b>toujours</b> là")
            _, event_id, html = await wait_for(events, "items", "toujours")
            assert "&lt;b&gt;" in html
            assert "je veux parler" not in html
            await paul.act(ticket.id, "note", text="une note")
            _, last_id, _ = await wait_for(events, "items", "une note")
            await paul.act(ticket.id, "take")
            await wait_for(events, "state", "<strong>Paul</strong> répond")
            await wait_for(events, "counts", ">0<")
        assert event_id
        assert last_id
        await chat.say("après la coupure")
        async with stream(ines, query[1].replace("&amp;", "&"), **{"Last-Event-ID": last_id}) as events:
            _, _, html = await wait_for(events, "items", "après la coupure")
            assert "toujours" not in html
            assert "une note" not in html


async def test_a_queue_page_is_sent_what_it_shows(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        ines = await desk.agent_browser()
        async with stream(ines, "?view=mine") as mine, stream(ines, "?view=waiting") as waiting:
            await wait_for(mine, "queue", "Rien ici")
            await wait_for(waiting, "queue", "Rien ici")
            _, ticket = await desk.support_bot.open_ticket()
            await wait_for(waiting, "queue", ticket.reference)
            await ines.act(ticket.id, "take")
            await wait_for(mine, "queue", ticket.reference)
            await wait_for(waiting, "queue", "Rien ici")
            await desk.support_bot.desk.take(ticket.id, MARIE, take_over=True)
            await wait_for(mine, "queue", "Rien ici")


async def test_twenty_pages_hear_of_one_message(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        chat, ticket = await desk.support_bot.open_ticket()
        ines = await desk.agent_browser()

        async def page() -> None:
            async with stream(ines, f"?ticket={ticket.id}&after=0.0") as events:
                await wait_for(events, "items", "je veux parler")
                ready.release()
                await wait_for(events, "items", "pour tous")

        ready = asyncio.Semaphore(0)
        pages = [asyncio.create_task(page()) for _ in range(20)]
        for _ in pages:
            await ready.acquire()
        await chat.say("pour tous")
        await asyncio.gather(*pages)


async def test_odd_addresses_are_streams_of_what_waits(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        ines = await desk.agent_browser()
        for query in ("?ticket=999", "?ticket=x", "?ticket=1&after=x.y", "?view=unknown&q=%00"):
            async with stream(ines, query, **{"Last-Event-ID": "9" * 40}) as events:
                await wait_for(events, "counts", "0")


async def test_that_the_user_writes_is_shown_and_nothing_of_what(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        chat, ticket = await desk.support_bot.open_ticket()
        other, _ = await desk.support_bot.open_ticket()
        ines = await desk.agent_browser()
        async with stream(ines, f"?ticket={ticket.id}&after=0.0") as events:
            await wait_for(events, "counts", "2")
            assert await write(other) == 204
            assert await write(chat) == 204
            await wait_for(events, "writing", "L’utilisateur écrit…")
            await chat.say("voilà")
            _, _, html = await wait_for(events, "writing", "<span>")
            assert "écrit" not in html
            await write(chat)
            await wait_for(events, "writing", "L’utilisateur écrit…")
            await wait_for(events, "writing", "<span></span>")  # nothing came after it


async def test_what_is_written_to_the_assistant_is_nobodys_business(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        chat, ticket = await desk.support_bot.open_ticket()
        ines = await desk.agent_browser()
        await ines.act(ticket.id, "close", outcome="solved", tags="")
        async with stream(ines, f"?ticket={ticket.id}&after=0.0") as events:
            await wait_for(events, "counts", "0")
            await write(chat)
            await ines.act(ticket.id, "note", text="la suite")
            seen = []
            async with asyncio.timeout(60):
                async for name, _, html in events:
                    seen.append(name)
                    if "la suite" in html:
                        break
            assert "writing" not in seen


@pytest.mark.thorough
async def test_writing_is_told_by_whoever_has_the_chat_and_not_too_often(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        chat = await desk.support_bot.chat()
        assert (await chat.http.post("/chat/typing", headers={"Authorization": "Bearer x"})).status_code == 401
        statuses = await asyncio.gather(*(write(chat) for _ in range(3 * TYPING_PER_MINUTE)))
        assert statuses.count(204) >= TYPING_PER_MINUTE
        assert set(statuses) == {204, 429}
        assert await chat.say("bonjour") != []


async def write(chat: Chat) -> int:
    return (await chat.http.post("/chat/typing", headers=chat.headers)).status_code


# The session


async def test_a_stream_ends_soon_after_its_session_where_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_events, "REFRESH_SECONDS", 3_600.0)
    async with running_desk(tmp_path) as desk:
        ines = await desk.agent_browser()
        async with stream(ines) as events:
            await wait_for(events, "counts", "0")
            await desk.agents.sign_out(ines.http.cookies["sphere-desk"])
            async with asyncio.timeout(60):
                assert [event async for event in events] == []


async def test_a_busy_stream_asks_for_its_session_once_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_desk(tmp_path) as desk:
        _, ticket = await desk.support_bot.open_ticket()
        ines, asked, session = await desk.agent_browser(), [], desk.agents.session

        async def counted(token: str, *, used: bool = True) -> object:
            if not used:
                asked.append(token)
            return await session(token, used=used)

        monkeypatch.setattr(desk.agents, "session", counted)
        began = time.monotonic()
        async with stream(ines, f"?ticket={ticket.id}&after=0.0") as events:
            for number in range(20):
                await desk.support_bot.desk.note(ticket.id, MARIE, f"note {number}.")
                await wait_for(events, "items", f"note {number}.")
                await asyncio.sleep(0.1)
        seconds = time.monotonic() - began
        assert 2 <= len(asked) <= seconds / desk_events.SESSION_SECONDS + 2


# The audit trail


async def readings(bot: SupportBot) -> list[AuditEvent]:
    async with bot.parts.database.reading() as session:
        return [*await session.scalars(select(AuditEvent).where(AuditEvent.action == "support.read").order_by(AuditEvent.id))]


@pytest.mark.parametrize(("after", "first"), [("", "items"), ("&after=0.0", "items"), ("&after=999999.0", "facts")])
async def test_a_stream_alone_is_a_reading(every_database: str, tmp_path: Path, after: str, first: str) -> None:
    async with running_desk(tmp_path) as desk:
        _, ticket = await desk.support_bot.open_ticket()
        ticket = await desk.support_bot.desk.edit(ticket.id, MARIE, dossier="SPH-2024-000137")
        ines = await desk.agent_browser()
        assert ines.agent is not None
        for _ in range(2):  # once an hour
            async with stream(ines, f"?ticket={ticket.id}{after}") as events:
                await wait_for(events, first, "")
            read = [(event.actor, event.subject, event.dossier, event.outcome) for event in await readings(desk.support_bot)]
            assert read == [(f"agent:{ines.agent.id}", ticket.reference, "SPH-2024-000137", "read")]
        await ines.open(f"/desk/conversations/{ticket.id}")
        assert len(await readings(desk.support_bot)) == 1


async def test_pages_opened_at_once_are_one_reading(every_database: str, tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        await asyncio.gather(*(desk.support_bot.desk.record_reading("a1", "T-1") for _ in range(20)))
        assert len(await readings(desk.support_bot)) == 1


async def test_nothing_of_a_ticket_is_sent_where_its_reading_cannot_be_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise OSError("no audit trail")

    async with running_desk(tmp_path) as desk:
        _, ticket = await desk.support_bot.open_ticket()
        ines = await desk.agent_browser()
        monkeypatch.setattr(desk.support_bot.desk, "record_reading", refuse)
        seen: list[Event] = []
        async with stream(ines, f"?ticket={ticket.id}&after=0.0") as events, asyncio.timeout(60):
            with suppress(httpx.RemoteProtocolError):  # it breaks off
                async for event in events:
                    seen.append(event)
        assert seen == []


async def test_the_stream_of_a_ticket_to_come_is_a_reading_once_there_is_something_to_read(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        _, first = await desk.support_bot.open_ticket()
        ines = await desk.agent_browser()
        async with stream(ines, f"?ticket={first.id + 1}&after=0.0") as events:
            await wait_for(events, "counts", "1")
            assert await readings(desk.support_bot) == []
            _, ticket = await desk.support_bot.open_ticket()
            await wait_for(events, "items", "je veux parler")
        assert [event.subject for event in await readings(desk.support_bot)] == [ticket.reference]


async def test_a_stream_that_is_open_for_hours_is_a_reading_in_each_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_events, "READING_SECONDS", 0.0)
    async with running_desk(tmp_path, DESK_IDLE_MINUTES=240) as desk:
        chat, ticket = await desk.support_bot.open_ticket()
        ines = await desk.agent_browser()
        async with stream(ines, f"?ticket={ticket.id}&after=0.0") as events:
            await wait_for(events, "items", "je veux parler")
            desk.support_bot.clock.advance(timedelta(hours=1))
            await chat.say("toujours là")
            await wait_for(events, "items", "toujours là")
            assert len(await readings(desk.support_bot)) == 2
