"""The channel sender: proactive messages, once in the transcript, in one order with the commands of their chat."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.core.clock import ManualClock, SystemClock
from bot.jobs.leases import OUTBOX
from bot.jobs.outbox import CHAT, MAIL, OutboxRow, enqueue
from bot.messaging.channel import ChatClosed, MessageRefused, RateLimited
from bot.messaging.conversations import Conversations
from bot.messaging.messages import Reply
from bot.messaging.proactive_messages import ProactiveMessage, add_proactive
from bot.messaging.tables import MessageRow
from bot.messaging.transcript import Transcript
from bot.notifications.dead_letters import DeadLetters
from tests.databases import every_database
from tests.unit.messaging.recording_channel import RecordingChannel
from tests.unit.messaging.running_bot import running_bot, take
from tests.unit.messaging.senders import MAIL_PAYLOAD, MESSAGE, Senders

__all__ = ["every_database"]

pytestmark = pytest.mark.usefixtures("every_database")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def test_a_chat_message_is_said_once_with_buttons_that_work(tmp_path: Path) -> None:
    async with Senders(tmp_path, SystemClock()) as senders:
        conversation_id = await Conversations(senders.database).open("web", "address", NOW)
        await senders.enqueue("message", CHAT, MESSAGE, conversation_id)
        assert await senders.send_due() == 1
        assert await senders.send_due() == 0
        (message,) = await Transcript(senders.database).latest(conversation_id)
        assert (message["author"], message["text"], message["buttons"][0]["title"]) == ("assistant", "Le compte est créé.", "Voir")
        assert (await senders.row()).done_at is not None


async def test_a_row_delivered_before_its_settling_was_lost_is_not_said_again(tmp_path: Path) -> None:
    async with Senders(tmp_path, SystemClock()) as senders:
        conversation_id = await Conversations(senders.database).open("web", "address", NOW)
        await senders.enqueue("message", CHAT, MESSAGE, conversation_id)
        await senders.send_due()
        async with senders.database.writing() as session:
            (await session.scalars(select(OutboxRow))).one().done_at = None
        assert await senders.send_due() == 1
        async with senders.database.reading() as session:
            assert len((await session.scalars(select(MessageRow))).all()) == 1


@pytest.mark.parametrize(
    ("kind", "payload", "conversation_id"),
    [
        (CHAT, MESSAGE, "nowhere"),
        (CHAT, MESSAGE, None),
        (CHAT, {"text": " "}, "known"),
        (CHAT, {"buttons": [{}]}, "known"),
        ("fax", {}, None),
    ],
)
async def test_what_can_never_be_delivered_is_dead_at_once_and_holds_nothing_up(
    tmp_path: Path, kind: str, payload: dict[str, Any], conversation_id: str | None
) -> None:
    async with Senders(tmp_path, SystemClock()) as senders:
        known = await Conversations(senders.database).open("web", "address", NOW)
        await senders.enqueue("bad", kind, payload, known if conversation_id == "known" else conversation_id)
        await senders.send_due()
        bad = await senders.row()
        assert bad.dead_at is not None
        assert bad.last_error
        await senders.enqueue("good", CHAT, MESSAGE, known)
        assert await senders.send_due() == 1
        assert len(await Transcript(senders.database).latest(known)) == 1


async def test_who_waits_for_a_kind_of_row_is_told_at_the_commit_and_not_before(tmp_path: Path) -> None:
    announced: list[str] = []
    async with Senders(tmp_path, ManualClock(NOW)) as senders:
        senders.database.on_announced(MAIL, lambda: announced.append(MAIL))
        senders.database.on_announced(CHAT, lambda: announced.append(CHAT))
        with suppress(ZeroDivisionError):
            async with senders.database.writing() as session:
                await enqueue(session, kind=MAIL, key="letter", payload=MAIL_PAYLOAD, now=NOW)
                _ = 1 / 0
        assert announced == []
        async with senders.database.writing() as session:
            await enqueue(session, kind=MAIL, key="letter", payload=MAIL_PAYLOAD, now=NOW)
            assert announced == []
        assert announced == [MAIL]
        await senders.enqueue("letter", MAIL, MAIL_PAYLOAD)  # it is there already
        assert announced == [MAIL]


async def test_a_message_written_by_another_process_reaches_an_open_stream(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot, Senders(tmp_path, SystemClock()) as elsewhere:
        chat = await bot.chat()
        await chat.say("bonjour")
        async with elsewhere.database.reading() as session:
            conversation_id = (await session.scalars(select(MessageRow.conversation_id).limit(1))).one()
        async with chat.events() as events:
            await take(events, 2)
            await elsewhere.enqueue("message", CHAT, MESSAGE, conversation_id)
            ((_, message),) = await take(events, 1)
        assert message["text"] == "Le compte est créé."
        assert (await chat.press(message["buttons"][0]["token"]))[0]["text"] == "dit list_partners"


async def _chat(senders: Senders) -> tuple[RecordingChannel, str]:
    channel = RecordingChannel("telegram")
    senders.gateway.registry.add(channel)
    return channel, await Conversations(senders.database).open("telegram", "address", NOW)


async def test_one_row_carries_a_message_to_its_channel(tmp_path: Path) -> None:
    async with Senders(tmp_path, SystemClock()) as senders:
        channel, conversation_id = await _chat(senders)
        await senders.enqueue("message", CHAT, MESSAGE, conversation_id)
        assert await senders.send_due() == 1
        (row,), (message,) = await senders.rows(), await senders.messages()
        assert (row.done_at is not None, row.payload) == (True, {})
        assert (message.key, message.sent) == (f"outbox:{row.id}", ["1"])
        assert [part.text for _, part in channel.sent] == ["Le compte est créé."]


async def test_a_message_that_was_written_before_a_kill_is_sent_later_and_stands_in_the_transcript_once(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    async with Senders(tmp_path, clock) as senders:
        channel, conversation_id = await _chat(senders)
        await senders.enqueue("message", CHAT, MESSAGE, conversation_id)
        channel.fails = [asyncio.CancelledError()]  # the process ends while it sends
        await senders.send_due()
        assert (len(channel.sent), len(await senders.messages()), (await senders.row()).lease_until) == (0, 1, NOW + OUTBOX)
        clock.advance(OUTBOX)
        assert await senders.send_due() == 1
        assert (len(channel.sent), len(await senders.messages())) == (1, 1)
        assert (await senders.row()).done_at is not None


async def test_messages_and_commands_of_a_chat_leave_in_one_order(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    async with Senders(tmp_path, clock) as senders:
        channel, conversation_id = await _chat(senders)
        await senders.enqueue("message", CHAT, MESSAGE, conversation_id)
        reply = ProactiveMessage(conversation_id, Reply(text="Bonjour"), "reply", timedelta(hours=1))
        async with senders.database.writing() as session:
            await add_proactive(session, [reply], now=NOW)
        await senders.enqueue("later", CHAT, MESSAGE | {"text": "Plus tard"}, conversation_id)
        channel.fails = [RateLimited(30)]
        for _ in range(4):
            await senders.send_due()
        assert channel.sent == []
        clock.advance(timedelta(seconds=30))
        for _ in range(4):
            await senders.send_due()
        assert [part.text for _, part in channel.sent] == ["Le compte est créé.", "Bonjour", "Plus tard"]


async def test_a_message_that_is_given_up_says_nothing_in_the_outbox_and_can_be_sent_again(tmp_path: Path) -> None:
    async with Senders(tmp_path, SystemClock()) as senders:
        channel, conversation_id = await _chat(senders)
        await senders.enqueue("message", CHAT, MESSAGE, conversation_id)
        channel.fails = [MessageRefused()]
        await senders.send_due()
        row = await senders.row()
        assert (row.dead_at is not None, row.last_error, row.payload) == (True, "MessageRefused", {})
        await DeadLetters(senders.database, senders.clock).resend(row.id)
        assert await senders.send_due() == 1
        assert [part.text for _, part in channel.sent] == ["Le compte est créé."]
        assert len(await senders.messages()) == 1


async def test_a_chat_that_closed_ends_commands_and_each_message_is_written_before_it_is_given_up(tmp_path: Path) -> None:
    async with Senders(tmp_path, SystemClock()) as senders:
        channel, conversation_id = await _chat(senders)
        channel.blocked = ChatClosed()
        for key in ("first", "second"):
            await senders.enqueue(key, CHAT, MESSAGE, conversation_id)
        while await senders.send_due():
            pass
        assert [row.last_error for row in await senders.rows()] == ["ChatClosed", "ChatClosed"]
        assert len(await senders.messages()) == 2


async def test_without_channels_what_is_for_an_external_chat_waits_for_a_process_that_has_them(tmp_path: Path) -> None:
    async with Senders(tmp_path, SystemClock()) as senders:
        conversation_id = await Conversations(senders.database).open("telegram", "address", NOW)
        await senders.enqueue("message", CHAT, MESSAGE, conversation_id)
        assert await senders.send_due() == 0
        channel = RecordingChannel("telegram")
        senders.gateway.registry.add(channel)
        assert await senders.send_due() == 1
        assert len(channel.sent) == 1
