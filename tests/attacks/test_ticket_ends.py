"""A ticket ends where it is closed, and holds no code: what is said to the assistant afterwards is nobody's of the team."""

from __future__ import annotations

import asyncio
import html
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from bot.messaging.tables import InboxRow, MessageRow
from bot.support.errors import DeskError
from bot.support.records import Outcome, TicketState
from tests.attacks.outgoing_fixtures import EXTERNAL, outgoing_world
from tests.databases import every_database
from tests.unit.messaging.running_bot import Chat, until
from tests.unit.support.running_desk import ASK, MARIE, PAUL, SupportBot, button_token, running_support_bot
from tests.unit.web.desk.running_desk import HIDDEN, AgentBrowser, RunningDesk, running_desk

__all__ = ["every_database"]

SECRET = "le dossier de Mme Zwinger, s’il vous plaît"
CODES = ("467925", "467 925", "467-925", "4 6 7 9 2 5", "mon code est 467 925", "le code : 467-925, merci", "c’est 467925 !")


async def seen_by_agents(desk: RunningDesk, browser: AgentBrowser, ticket_id: int) -> str:
    """All that an agent reads of a ticket: its page, the queue and the search in every view, the stream's messages."""
    pages = [(await browser.open(f"/desk/conversations/{ticket_id}")).text]
    pages += [(await browser.open(f"/desk?view={view}")).text for view in ("open", "waiting", "mine", "agents", "closed")]
    pages.append((await browser.open(f"/desk?view=closed&q=SUP-{ticket_id:06d}")).text)
    pages += [message["text"] for message in await desk.support_bot.desk.messages(ticket_id, 0)]
    return html.unescape(re.sub(r"<[^<>]+>", " ", "\n".join(pages)))  # tokens, which are random, stand in tags


async def transcript_of(chat: Chat) -> str:
    """The transcript that the user may have, as a file."""
    (given,) = await chat.say("transcription")
    asked = await chat.http.get(urlsplit(given["link"]["url"]).path)
    await chat.http.post("/transcript", data=dict(HIDDEN.findall(asked.text)))
    return (await chat.http.get("/transcript/file")).text


@pytest.mark.parametrize("ended_by", ["agent", "user", "silence"])
async def test_what_is_said_to_the_assistant_after_the_closing(tmp_path: Path, every_database: str, ended_by: str) -> None:
    async with running_desk(tmp_path, DATABASE_URL=every_database) as desk:
        chat, ticket = await desk.support_bot.with_agent()
        await chat.say("mon dernier mot à l’équipe")
        await desk.support_bot.desk.reply(ticket.id, MARIE, "C’est fait.", key="1")
        if ended_by == "agent":
            await desk.support_bot.desk.close(ticket.id, MARIE, Outcome.SOLVED)
        elif ended_by == "user":
            await chat.say("fin")
        else:
            await desk.support_bot.pass_time(minutes=31)
        assert await desk.support_bot.state(ticket) is TicketState.CLOSED
        await chat.say(SECRET)  # at the very same instant, by the test's clock
        desk.support_bot.clock.advance(timedelta(minutes=1))
        await chat.say(SECRET)
        seen = await seen_by_agents(desk, await desk.agent_browser(), ticket.id)
        assert "Zwinger" not in seen
        assert "mon dernier mot à l’équipe" in seen
        kept = await transcript_of(chat)
        assert "Zwinger" not in kept
        assert "C’est fait." in kept
        assert "L’assistant reprend" in kept
        assert SECRET in str(await chat.texts())


async def test_what_was_said_meanwhile_does_not_come_back_with_a_reopened_ticket(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        chat, ticket = await desk.support_bot.with_agent()
        await chat.say("avant")
        await desk.support_bot.desk.reply(ticket.id, MARIE, "Voilà.", key="1")
        await desk.support_bot.desk.close(ticket.id, MARIE, Outcome.SOLVED)
        closed = (await chat.history())[-1]
        await chat.say(SECRET)
        await chat.press(button_token(closed, "Rouvrir la discussion"))
        await chat.say("après")
        await desk.support_bot.desk.take(ticket.id, PAUL)
        await desk.support_bot.desk.close(ticket.id, PAUL, Outcome.SOLVED)
        await chat.say(SECRET)
        await desk.support_bot.desk.reopen(ticket.id, PAUL)
        seen = await seen_by_agents(desk, await desk.agent_browser(), ticket.id) + await transcript_of(chat)
        assert "Zwinger" not in seen
        assert "avant" in seen
        assert "après" in seen
        assert "est rouverte" in seen


async def test_a_message_that_waited_while_the_ticket_was_closed_goes_to_the_assistant_alone(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as world:
        chat, ticket = await world.open_ticket()
        await world.pass_time(minutes=10)
        await chat.say("Mon message")  # the message is left: the assistant answers
        gate = world.bot.rasa.gates["question"] = asyncio.Event()
        asked = asyncio.create_task(chat.say("question"))
        await until(lambda: world.bot.rasa.requests == 2)
        queued = asyncio.create_task(chat.say(SECRET))
        await until(lambda: _written(world, SECRET))
        await world.desk.close(ticket.id, MARIE, Outcome.SOLVED)
        world.clock.advance(timedelta(seconds=1))
        gate.set()
        await asked
        assert (await queued)[0]["author"] == "assistant"
        assert "Zwinger" not in str(await world.desk.messages(ticket.id))
        assert "Zwinger" not in str(await world.desk.queue(states=frozenset(TicketState)))


async def _written(world: SupportBot, text: str) -> bool:
    async with world.bot.parts.database.reading() as session:
        return await session.scalar(select(MessageRow.id).where(MessageRow.text == text)) is not None


async def test_the_last_words_of_a_message_that_was_left_are_those_of_the_message(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        chat, ticket = await desk.support_bot.open_ticket()
        await desk.support_bot.pass_time(minutes=10)
        await chat.say("Mon message à l’équipe")
        await chat.say(SECRET)
        (entry,) = await desk.support_bot.desk.queue()
        assert entry.ticket.id == ticket.id
        assert entry.preview == "Mon message à l’équipe"


async def test_one_tickets_last_words_are_not_anothers(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        chat, first = await desk.support_bot.with_agent()
        await chat.say("de la première")
        await desk.support_bot.desk.close(first.id, MARIE, Outcome.SOLVED)
        await chat.say(ASK)
        second = await desk.support_bot.newest_ticket()
        await chat.say("de la seconde")
        previews = {entry.ticket.id: entry.preview for entry in await desk.support_bot.desk.queue(states=frozenset(TicketState))}
        assert previews == {first.id: "de la première", second.id: "de la seconde"}
        assert "de la seconde" not in str(await desk.support_bot.desk.messages(first.id))


async def test_errors_after_the_closing_are_no_part_of_it(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as world:
        chat, ticket = await world.with_agent()
        await world.desk.close(ticket.id, MARIE, Outcome.SOLVED)
        world.clock.advance(timedelta(minutes=1))
        world.bot.rasa.statuses = [500, 500, 500]
        await chat.say("cela échoue")
        context = (await world.desk.view(ticket.id)).context
        assert context.error_ids == ("e1",)


@pytest.mark.parametrize("words", CODES)
async def test_a_login_code_is_read_by_nobody(tmp_path: Path, words: str) -> None:
    async with running_desk(tmp_path) as desk:
        chat, ticket = await desk.support_bot.open_ticket()
        await chat.say(words)
        await desk.support_bot.desk.take(ticket.id, MARIE)
        seen = await seen_by_agents(desk, await desk.agent_browser(), ticket.id) + await transcript_of(chat) + str(await chat.texts())
        assert "[code]" in seen
        for digits in ("467", "925", "4 6 7"):
            assert digits not in seen
        assert "467" not in await _stored(desk.support_bot)


async def _stored(world: SupportBot) -> str:
    """What the transcript and the inbox keep in clear."""
    async with world.bot.parts.database.reading() as session:
        messages = list(await session.scalars(select(MessageRow.text)))
        return str([*messages, *(text for text in await session.scalars(select(InboxRow.text)) if text)])


@pytest.mark.parametrize("words", ["ABCD-EFGH-JKMN", "abcd-efgh-jkm2", "mon code ABCD EFGH JK23", "ABCDEFGHJK23"])
async def test_a_first_use_code_is_read_by_nobody(tmp_path: Path, words: str) -> None:
    async with running_desk(tmp_path) as desk:
        chat = await desk.support_bot.chat()
        desk.support_bot.bot.rasa.answers[words] = [{"text": "Bien reçu.", "buttons": [], "link": None}]
        await chat.say(words)  # to the assistant, which gets it
        assert desk.support_bot.bot.rasa.said() == [words]
        await chat.say(ASK)
        ticket = await desk.support_bot.newest_ticket()
        seen = await seen_by_agents(desk, await desk.agent_browser(), ticket.id) + await _stored(desk.support_bot)
        assert "efgh" not in seen.lower()


async def test_a_code_reaches_the_assistant_and_waits_encrypted(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as world:
        chat = await world.chat()
        gate = world.bot.rasa.gates["467 925"] = asyncio.Event()
        world.bot.rasa.answers["467 925"] = [{"text": "Bien reçu.", "buttons": [], "link": None}]
        asked = asyncio.create_task(chat.say("467 925"))
        await until(lambda: world.bot.rasa.requests == 1)
        assert "467" not in await _stored(world)
        gate.set()
        await asked
        assert world.bot.rasa.said() == ["467 925"]
        assert "467" not in await _stored(world)
        await chat.say("le dossier SPH-2024-000137, au 05 57 96 59 47")  # what is no code stays
        assert "le dossier SPH-2024-000137, au 05 57 96 59 47" in await _stored(world)


@pytest.mark.parametrize("channel", EXTERNAL)
async def test_a_code_on_an_external_channel(tmp_path: Path, channel: str) -> None:
    async with outgoing_world(tmp_path) as world:
        chat, ticket = await world.with_agent(channel)
        await chat.say("mon code est 467 925")
        view = str(await world.desk.view(ticket.id))
        assert "mon code est [code]" in view
        assert "467 925" not in view
        assert "467 925" not in await chat.kept()


async def test_a_closed_ticket_takes_no_reply_to_the_web_chat_either(tmp_path: Path) -> None:
    async with outgoing_world(tmp_path) as world:
        chat, ticket = await world.with_agent("telegram")
        await world.desk.close(ticket.id, MARIE, Outcome.SOLVED)
        with pytest.raises(DeskError):
            await world.desk.reply_elsewhere(ticket.id, MARIE, "trop tard", key="1")
        assert "trop tard" not in await chat.kept()
