"""PostgreSQL or Redis stopped and started again: what cannot be done says so, and all goes on by itself once it is back."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.installation.supervisor import free_port
from bot.migrations import upgrade
from tests.postgres import Cluster, NoPostgres
from tests.unit.messaging.running_bot import Bot, StandInRasa, running_bot, until


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    try:
        cluster = Cluster()  # what was committed is there after the crash
    except NoPostgres as error:
        if os.environ.get("REQUIRE_POSTGRES"):
            raise
        pytest.skip(str(error))
    upgrade(cluster.url)
    yield cluster
    with suppress(RuntimeError):
        cluster.stop()


class RedisServer:
    """A redis-server of one's own, on loopback."""

    def __init__(self, folder: Path) -> None:
        self._port, self._folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server (apt-get install redis-server)")
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


async def ready(bot: Bot) -> int:
    return (await bot.http.get("/health/ready")).status_code


async def status_becomes(bot: Bot, status: int) -> None:
    async def is_so() -> bool:
        return await ready(bot) == status

    await until(is_so)


async def test_without_postgresql_every_way_in_says_503_and_all_goes_on_once_it_is_back(tmp_path: Path, cluster: Cluster) -> None:
    rasa = StandInRasa()
    gate = rasa.gates["attend"] = asyncio.Event()
    async with running_bot(tmp_path, rasa=rasa, DATABASE_URL=cluster.url) as bot:
        chat = await bot.chat()
        await chat.say("un")
        await chat.say("attend", wait=False)
        await until(lambda: rasa.requests == 2)
        assert await ready(bot) == 200
        cluster.halt()
        gate.set()  # the turn in hand ends while nothing can be written
        try:
            await status_becomes(bot, 503)
            asked: list[httpx.Response] = [
                await chat.post({"id": "m9", "text": "deux"}),
                await bot.http.post("/chat/sessions"),
                await bot.http.get("/chat/messages", headers=chat.headers),
                await bot.http.post("/events", json={"specversion": "1.0"}, headers={"Authorization": "Bearer token-of-events"}),
                await bot.http.get("/desk", headers={"Accept": "text/html", "Cookie": "desk=nobody"}),
            ]
            answers = [(answer.status_code, answer.headers.get("retry-after")) for answer in asked[:3]]
            assert answers == [(503, "5")] * 3
            assert all(answer.status_code < 500 or answer.status_code == 503 for answer in asked)
            assert "pas été prise en compte" in asked[0].json()["detail"]
            assert (await bot.http.get("/health/live")).status_code == 200
        finally:
            cluster.start()
        await status_becomes(bot, 200)

        async def answered() -> bool:
            answer = await bot.http.get("/chat/messages", headers=chat.headers)
            return answer.status_code == 200 and "dit attend" in answer.text

        await until(answered)  # the turn that could not end is taken up again
        assert await chat.replies({"id": "m9", "text": "deux"})
        assert await chat.texts() == ["un", "dit un", "attend", "dit attend", "deux", "dit deux"]
        assert rasa.said() == ["un", "attend", "deux"]


async def test_without_redis_limits_are_counted_in_the_database_and_turns_go_on(tmp_path: Path, redis: RedisServer) -> None:
    limits: dict[str, Any] = {"LIMITS": None, "CHAT_SESSIONS_PER_MINUTE": 4, "REDIS_URL": redis.url}
    async with running_bot(tmp_path, **limits) as bot:

        async def redis_is(status: str) -> bool:
            answer = await bot.http.get("/health/ready")
            assert answer.status_code == 200
            return bool(answer.json()["redis"] == status)

        await until(lambda: redis_is("ok"))
        chat = await bot.chat()
        redis.stop()
        await until(lambda: redis_is("down"))
        assert [message["text"] for message in await chat.say("un")] == ["dit un"]
        opened = [(await bot.http.post("/chat/sessions")).status_code for _ in range(6)]
        assert opened == [200] * 4 + [429] * 2
        redis.start()
        await until(lambda: redis_is("ok"))
        assert [message["text"] for message in await chat.say("deux")] == ["dit deux"]
