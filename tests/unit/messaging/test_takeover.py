"""A bot that is killed, or hangs, on another machine is taken over soon, and answers nothing twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import TextClause, text

from bot.core.database import Database
from bot.jobs import leases
from bot.messaging.conversations import lock_conversation
from tests.databases import database_url
from tests.unit.messaging.running_bot import Chat, StandInRasa, running_bot, served, until

ELSEWHERE = "another-machine|4711|1700000000.00|c0ffee00"


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[str]:
    with database_url("postgresql", tmp_path, newest=True) as url:
        yield url


async def leave_to_another_machine(url: str) -> None:
    """Have each open turn be held by a process of another machine, about which nothing is known, whose lease never runs out."""
    database = Database(url)
    async with database.writing() as session:
        held = text("UPDATE inbox SET holder = :holder, lease_until = '2100-01-01 00:00:00+00' WHERE state = 'received'")
        await session.execute(held, {"holder": ELSEWHERE})
    await database.close()


async def test_the_turn_of_a_dead_machine_is_answered_within_seconds_and_once(tmp_path: Path, postgres: str) -> None:
    rasa = StandInRasa()
    gate = rasa.gates["un"] = asyncio.Event()
    async with served(rasa.app) as url, running_bot(tmp_path, rasa=rasa, rasa_url=url, DATABASE_URL=postgres) as first:
        chat = await first.chat()
        await chat.say("un", wait=False)
        await chat.say("deux", wait=False)
        await until(lambda: rasa.requests == 1)
        await leave_to_another_machine(postgres)
        begun = time.monotonic()
        async with running_bot(tmp_path, rasa=rasa, rasa_url=url, DATABASE_URL=postgres) as second:
            await until(lambda: rasa.requests >= 2)
            taken_over = time.monotonic() - begun
            gate.set()
            there = Chat(second.http, chat.token)

            async def answered() -> bool:
                return "dit deux" in await there.texts()

            await until(answered)
            assert taken_over < leases.TURN.total_seconds()  # 4 to 5 s where nothing else is going on
            assert await there.texts() == ["un", "deux", "dit un", "dit deux"]
            assert rasa.said() == ["un", "deux"]


async def test_a_turn_in_hand_on_another_machine_is_left_alone(tmp_path: Path, postgres: str) -> None:
    rasa = StandInRasa()
    gate = rasa.gates["un"] = asyncio.Event()
    async with (
        served(rasa.app) as url,
        running_bot(tmp_path, rasa=rasa, rasa_url=url, DATABASE_URL=postgres) as first,
        running_bot(tmp_path, rasa=rasa, rasa_url=url, DATABASE_URL=postgres) as second,
    ):
        chat = await first.chat()
        await chat.say("un", wait=False)
        looks = 0
        sweeping = second.parts.gateway._inbox.claim_abandoned

        async def counted(*args: object, **more: object) -> object:
            nonlocal looks
            looks += 1
            return await sweeping(*args, **more)  # type: ignore[arg-type]

        second.parts.gateway._inbox.claim_abandoned = counted  # type: ignore[method-assign,assignment]
        await until(lambda: looks >= 6)  # longer than an abandoned turn is left
        assert rasa.requests == 1
        gate.set()

        async def answered() -> bool:
            return "dit un" in await chat.texts()

        await until(answered)


WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.mark.parametrize("taken_over", [False, True])
async def test_a_turn_that_waits_for_its_conversation_is_renewed_and_ended_by_its_holder_alone(
    tmp_path: Path, postgres: str, taken_over: bool
) -> None:
    rasa = StandInRasa()
    gate = rasa.gates["un"] = asyncio.Event()
    other = Database(postgres)

    async def completing() -> bool:
        async with other.reading() as session:
            return bool(await session.scalar(WAITS))

    async with running_bot(tmp_path, rasa=rasa, DATABASE_URL=postgres) as bot:
        chat = await bot.chat()
        await chat.say("un", wait=False)
        async with other.writing() as session:
            conversation = await session.scalar(text("SELECT conversation_id FROM inbox"))
            await lock_conversation(session, conversation)
            gate.set()
            await until(completing)
            first = await read(other, text("SELECT lease_until FROM inbox"))

            async def renewed() -> bool:
                return await read(other, text("SELECT lease_until FROM inbox")) != first

            await until(renewed)
            if taken_over:
                await leave_to_another_machine(postgres)

        async def ended() -> bool:
            return not bot.parts.gateway._worker.in_hand

        await until(ended)
        state = await read(other, text("SELECT state FROM inbox"))
        assert (state, await chat.texts()) == (("received", ["un"]) if taken_over else ("done", ["un", "dit un"]))
    await other.close()


async def read(database: Database, wanted: TextClause) -> object:
    async with database.reading() as session:
        return await session.scalar(wanted)
