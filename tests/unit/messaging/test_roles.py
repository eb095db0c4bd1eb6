"""A bot that serves and one that delivers, over one database: each does its own, and together all is done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.app import create_delivery_app
from bot.core.clock import ManualClock, SystemClock
from bot.jobs.leases import OUTBOX
from bot.jobs.outbox import CHAT, PUSH, OutboxRow, enqueue
from bot.messaging.channel import ChannelUnavailable, MessageRefused, RateLimited
from bot.messaging.channel_sender import LEFT_OVER, ChannelSender
from bot.messaging.messages import Reply
from bot.messaging.tables import Conversation
from bot.messaging.transcript import add_replies
from tests.databases import database_url
from tests.routes import routes_of
from tests.unit.messaging.recording_channel import RecordingChannel
from tests.unit.messaging.running_bot import Bot, StandInRasa, client, running_bot, served, settings_for, until
from tests.unit.messaging.senders import Senders


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[str]:
    with database_url("postgresql", tmp_path, newest=True) as url:
        yield url


async def announce_something(bot: Bot, key: str) -> None:
    clock = bot.parts.clock
    async with bot.parts.database.writing() as session:
        conversation_id = await session.scalar(select(Conversation.id))
        payload = {"text": f"annonce {key}"}
        await enqueue(session, kind=CHAT, key=key, payload=payload, now=clock.now(), conversation_id=conversation_id)


async def waiting(bot: Bot) -> int:
    async with bot.parts.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(OutboxRow).where(OutboxRow.done_at.is_(None))) or 0


async def test_what_nobody_waits_for_is_left_to_who_delivers(tmp_path: Path, postgres: str) -> None:
    rasa = StandInRasa()
    async with served(rasa.app) as url, running_bot(tmp_path, rasa=rasa, rasa_url=url, ROLES="serve", DATABASE_URL=postgres) as bot:
        chat = await bot.chat()
        await announce_something(bot, "un")
        assert [message["text"] for message in await chat.say("bonjour")] == ["dit bonjour"]
        assert await waiting(bot) == 1
        app = create_delivery_app(settings_for(tmp_path, url, DATABASE_URL=postgres), SystemClock())
        async with served(app) as delivering, client(delivering) as http:
            await announce_something(bot, "deux")

            async def delivered() -> bool:
                return [text for text in await chat.texts() if text.startswith("annonce")] == ["annonce un", "annonce deux"]

            await until(delivered)
            ready = await http.get("/health/ready")
            assert (ready.status_code, ready.json()["database"]) == (200, "ok")
            assert (await http.get("/metrics")).status_code == 200
            assert (await http.get("/chat")).status_code == 404
            assert [message["text"] for message in await chat.say("encore")] == ["dit encore"]


async def test_who_delivers_answers_monitoring_alone(tmp_path: Path) -> None:
    app = create_delivery_app(settings_for(tmp_path, "http://127.0.0.1:9"), SystemClock())
    assert {path for _, path in routes_of(app)} == {"/health", "/health/ready", "/health/live", "/metrics"}
    await app.state.parts.aclose()


@pytest.mark.parametrize(("serves", "delivers", "leaves"), [(True, False, ["réponse"]), (False, True, ["annonce"])])
async def test_answers_leave_from_who_serves_and_announcements_from_who_delivers(
    tmp_path: Path, serves: bool, delivers: bool, leaves: list[str]
) -> None:
    clock, channel = ManualClock(datetime(2026, 11, 23, 9, tzinfo=UTC)), RecordingChannel("telegram")
    async with Senders(tmp_path, clock) as senders:
        sender = senders.gateway.sender
        senders.gateway.registry.add(channel)
        sender.serves, sender.delivers = serves, delivers
        asking, told = [await senders.gateway.open("telegram", address) for address in ("1", "2")]
        await senders.enqueue("announcement", CHAT, {"text": "annonce"}, told)
        await answer(senders, asking)
        await sender.send_due()
        assert [part.text for _, part in channel.sent] == leaves
        if serves:
            return
        clock.advance(LEFT_OVER)  # nobody who serves took the answer
        await sender.send_due()
        assert [part.text for _, part in channel.sent] == ["annonce", "réponse"]


NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


async def answer(senders: Senders, conversation_id: str) -> None:
    """Write an answer, and the command that sends it."""
    async with senders.database.writing() as session:
        options: dict[str, Any] = {"channel": "telegram", "button_life": timedelta(1), "turn": None, "shown_after": 0}
        await add_replies(session, conversation_id, [Reply(text="réponse")], now=senders.clock.now(), **options)


async def send_all(sender: ChannelSender) -> None:
    while await sender.send_due():
        pass


async def asking_and_told(senders: Senders) -> tuple[RecordingChannel, str, str]:
    """Two chats of a channel."""
    channel = RecordingChannel("telegram")
    senders.gateway.registry.add(channel)
    asking, told = [await senders.gateway.open("telegram", address) for address in ("1", "2")]
    return channel, asking, told


async def test_an_answer_takes_along_what_is_before_it_in_its_chat_while_nobody_delivers(tmp_path: Path) -> None:
    async with Senders(tmp_path, ManualClock(NOW)) as senders:
        channel, asking, told = await asking_and_told(senders)
        sender = senders.gateway.sender
        sender.serves, sender.delivers = True, False
        for key, conversation_id in (("un", asking), ("deux", asking), ("ailleurs", told)):
            await senders.enqueue(key, CHAT, {"text": key}, conversation_id)
        await send_all(sender)
        assert channel.sent == []  # nobody waits
        await answer(senders, asking)
        await senders.enqueue("trois", CHAT, {"text": "trois"}, asking)
        await send_all(sender)
        assert [(address, part.text) for address, part in channel.sent] == [("1", "un"), ("1", "deux"), ("1", "réponse")]
        sender.delivers = True  # somebody delivers again
        await send_all(sender)
        assert sorted(part.text for _, part in channel.sent[3:]) == ["ailleurs", "trois"]


async def test_what_a_deliverer_has_in_hand_is_sent_by_nobody_else_until_its_lease_is_over(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    async with Senders(tmp_path, clock) as senders:
        channel, asking, _ = await asking_and_told(senders)
        sender = senders.gateway.sender
        sender.serves, sender.delivers = False, True
        await senders.enqueue("un", CHAT, {"text": "un"}, asking)
        channel.fails = [asyncio.CancelledError()]  # the deliverer is killed while it sends
        await sender.send_due()
        sender.serves, sender.delivers = True, False
        await answer(senders, asking)
        await send_all(sender)
        assert channel.sent == []
        clock.advance(OUTBOX)
        await send_all(sender)
        assert [part.text for _, part in channel.sent] == ["un", "réponse"]


@pytest.mark.parametrize(
    ("fails", "wakes"), [([], [PUSH]), ([MessageRefused()], [PUSH]), ([RateLimited(30)], []), ([ChannelUnavailable()], [])]
)
async def test_who_delivers_wakes_who_serves_for_the_answer_behind_a_message(
    tmp_path: Path, fails: list[BaseException], wakes: list[str]
) -> None:
    async with Senders(tmp_path, ManualClock(NOW)) as senders:
        channel, asking, told = await asking_and_told(senders)
        sender = senders.gateway.sender
        sender.serves, sender.delivers = False, True
        woken: list[str] = []
        senders.database.on_announced(PUSH, lambda: woken.append(PUSH))
        await senders.enqueue("ailleurs", CHAT, {"text": "ailleurs"}, told)
        await sender.send_due()
        assert woken == []  # nobody waits
        await senders.enqueue("un", CHAT, {"text": "un"}, asking)
        await answer(senders, asking)
        woken.clear()
        channel.fails = fails
        await sender.send_due()
        assert woken == wakes
