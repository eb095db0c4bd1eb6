"""A bot that serves and one that delivers, over one database: each does its own, and together all is done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.app import create_delivery_app
from bot.core.clock import ManualClock, SystemClock
from bot.jobs.outbox import CHAT, OutboxRow, enqueue
from bot.messaging.channel_sender import LEFT_OVER
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
        async with senders.database.writing() as session:
            replies, now = [Reply(text="réponse")], clock.now()
            await add_replies(session, asking, replies, channel="telegram", now=now, button_life=timedelta(1), turn=None, shown_after=0)
        await sender.send_due()
        assert [part.text for _, part in channel.sent] == leaves
        if serves:
            return
        clock.advance(LEFT_OVER)  # nobody who serves took the answer
        await sender.send_due()
        assert [part.text for _, part in channel.sent] == ["annonce", "réponse"]
