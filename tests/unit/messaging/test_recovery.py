"""What is written down is answered, whatever dies in between; several processes keep one order."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from bot.installation.supervisor import free_port
from bot.jobs.lease_owner import is_dead, new_owner
from tests.unit.messaging.running_bot import RASA_TOKEN, Chat, StandInRasa, buttons, client, open_chat, running_bot, served, take, until

pytestmark = pytest.mark.thorough

SERVE = "from bot.app import serve; from bot.settings import load_settings; serve(load_settings())"


class BotProcess:
    """The bot in a process of its own, which can be killed."""

    def __init__(self, process: asyncio.subprocess.Process, http: httpx.AsyncClient, log: Path) -> None:
        self.process, self.http, self.log = process, http, log

    async def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> None:
        """Stop in order."""
        self.process.terminate()
        await asyncio.wait_for(self.process.wait(), 60)


@asynccontextmanager
async def bot_process(folder: Path, rasa_url: str, port: int, **settings: str) -> AsyncIterator[BotProcess]:
    env = os.environ | {
        "DATA": str(folder),
        "PORT": str(port),
        "RASA_URL": f"{rasa_url}/webhooks/gateway/messages",
        "RASA_TOKEN": RASA_TOKEN,
        "PLATFORM_URL": "http://127.0.0.1:9/fhir",
        "PLATFORM_TOKEN": "token-of-the-platform",
        "EVENTS_TOKEN": "token-of-events",
        "SECRET": "secret-of-the-tests-of-the-gateway",
        **settings,
    }
    log = folder / "bot.log"
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVE, env=env, stdout=file, stderr=file)
    try:
        async with client(f"http://127.0.0.1:{port}") as http:

            async def answers() -> bool:
                assert process.returncode is None, log.read_text()
                with suppress(httpx.HTTPError):
                    return (await http.get("/health/live")).status_code == 200
                return False

            await until(answers, 120)
            yield BotProcess(process, http, log)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def hold_for_ever(folder: Path) -> None:
    """Have no lease of a turn run out: what is answered all the same was found without waiting for that."""
    with closing(sqlite3.connect(folder / "sphere.db", timeout=60)) as database, database:
        database.execute("UPDATE inbox SET lease_until = '2100-01-01 00:00:00.000000' WHERE lease_until IS NOT NULL")


async def test_killed_between_receiving_and_answering_answers_once_after_restart(tmp_path: Path) -> None:
    rasa = StandInRasa()
    rasa.answers["ajoute"] = [{"text": "Sûr ?", "buttons": buttons("affirm", "deny")}]
    gate = rasa.gates["affirm"] = asyncio.Event()
    port = free_port()
    async with served(rasa.app) as url:
        async with bot_process(tmp_path, url, port) as bot:
            chat = await open_chat(bot.http)
            token = (await chat.say("ajoute"))[0]["buttons"][0]["token"]
            pressed = await chat.post({"id": "press", "button": token}, wait=False)
            queued = await chat.post({"id": "queued", "text": "ensuite"}, wait=False)
            assert (pressed.status_code, queued.status_code) == (202, 202)
            await until(lambda: rasa.requests == 2)
            await bot.kill()
        hold_for_ever(tmp_path)
        gate.set()
        async with bot_process(tmp_path, url, port) as bot:
            again = Chat(bot.http, chat.token)
            async with asyncio.timeout(120):
                answer = await again.replies({"id": "press", "button": token})
                last = await again.replies({"id": "queued", "text": "ensuite"})
            assert [message["text"] for message in answer] == ["dit affirm"]
            assert [message["text"] for message in last] == ["dit ensuite"]
            said = [message["text"] for message in await again.history() if message["author"] == "assistant"]
            assert said == ["Sûr ?", "dit affirm", "dit ensuite"]
            assert rasa.said() == ["ajoute", "affirm", "ensuite"]
            log = bot.log.read_text()
    for secret in ("ajoute", "ensuite", chat.token, token):
        assert secret not in log


async def test_an_orderly_stop_ends_streams_and_leaves_the_rest_to_the_next_start(tmp_path: Path) -> None:
    rasa = StandInRasa()
    gate = rasa.gates["long"] = asyncio.Event()
    port = free_port()
    async with served(rasa.app) as url:
        async with bot_process(tmp_path, url, port) as bot:
            chat = await open_chat(bot.http)
            await chat.say("long", wait=False)
            queued = asyncio.create_task(chat.post({"id": "queued", "text": "ensuite"}))
            async with chat.events() as events:
                await take(events, 2)
                await bot.stop()  # the long turn is not waited for: nobody ends it before
                assert (await queued).status_code == 202
                assert [event async for event in events if event[0] == "message"] == []
            assert bot.process.returncode in {0, -signal.SIGTERM}
        hold_for_ever(tmp_path)
        gate.set()
        async with bot_process(tmp_path, url, port) as bot:
            again = Chat(bot.http, chat.token)

            async def answered() -> bool:
                return [text for text in await again.texts() if text.startswith("dit")] == ["dit long", "dit ensuite"]

            await until(answered)


async def test_a_process_that_drains_goes_on_serving_and_wants_nothing_new(tmp_path: Path) -> None:
    rasa, port = StandInRasa(), free_port()
    async with served(rasa.app) as url, bot_process(tmp_path, url, port, DRAIN_SECONDS="300") as bot:
        chat = await open_chat(bot.http)
        assert (await bot.http.get("/health/ready")).status_code == 200
        bot.process.terminate()

        async def draining() -> bool:
            answer = await bot.http.get("/health/ready")
            return answer.status_code == 503 and answer.json()["status"] == "draining"

        await until(draining)
        assert [message["text"] for message in await chat.say("encore")] == ["dit encore"]
        await bot.stop()  # the second signal ends the waiting
        assert bot.process.returncode in {0, -signal.SIGTERM}


async def test_two_bots_on_one_database_keep_one_order(tmp_path: Path) -> None:
    rasa = StandInRasa()
    gate = rasa.gates["un"] = asyncio.Event()
    async with (
        served(rasa.app) as url,
        running_bot(tmp_path, rasa=rasa, rasa_url=url) as first,
        running_bot(tmp_path, rasa=rasa, rasa_url=url) as second,
    ):
        chat = await first.chat()
        there = Chat(second.http, chat.token)
        one = asyncio.create_task(chat.post({"id": "1", "text": "un"}))
        await until(lambda: rasa.requests == 1)
        two = asyncio.create_task(there.post({"id": "2", "text": "deux"}))
        same = asyncio.create_task(there.post({"id": "1", "text": "un"}))
        async with there.events() as events:
            await take(events, 2)
            gate.set()
            answers = [(await posted).json()["messages"][0]["text"] for posted in (one, two, same)]
            assert answers == ["dit un", "dit deux", "dit un"]
            heard = await take(events, 2)
        assert [data["text"] for _, data in heard] == ["dit un", "dit deux"]
        assert rasa.said() == ["un", "deux"]
        assert rasa.most_at_once == 1


def test_a_clock_that_is_set_makes_no_holder_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    mine, booted, created = new_owner(), psutil.boot_time, psutil.Process.create_time
    for step in (78.0, -3600.0, 0.5):  # whatever the clock says by now, and the kernel computes from it
        monkeypatch.setattr(psutil, "boot_time", lambda step=step: booted() + step)
        monkeypatch.setattr(psutil.Process, "create_time", lambda self, step=step: created(self) + step)
        assert not is_dead(mine, single_host=True)
        assert not is_dead(mine, single_host=False)


def test_a_holder_is_dead_only_where_that_is_known() -> None:
    mine = new_owner()
    host, pid, started, rest = mine.split("|", 3)
    assert not is_dead(mine, single_host=True)
    assert is_dead(f"{host}|{pid}|{float(started) - 100}|{rest}", single_host=False)
    assert is_dead(f"{host}|4194999|{started}|{rest}", single_host=False)
    assert is_dead(f"elsewhere|{pid}|{started}|{rest}", single_host=True)
    assert not is_dead(f"elsewhere|{pid}|{started}|{rest}", single_host=False)


@pytest.mark.parametrize("holder", ["", "unreadable", "a|b|c"])
def test_an_unreadable_holder_is_left_its_lease(holder: str) -> None:
    assert not is_dead(holder, single_host=True)
