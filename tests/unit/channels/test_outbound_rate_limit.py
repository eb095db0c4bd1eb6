"""Never more under way, or answered within a window, than a limit has places; with Redis, by all processes together."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from limits import RateLimitItemPerHour, RateLimitItemPerSecond

from bot.channels.outbound_rate_limit import OutboundRateLimiter
from bot.installation.supervisor import free_port
from tests.stack import wait_for

HOURLY = RateLimitItemPerHour(3)


async def take(limiter: OutboundRateLimiter, *limits: tuple[RateLimitItemPerHour, str]) -> None:
    """Take a place that there is, however long a slow machine needs for that."""
    async with asyncio.timeout(60), limiter.slot(*limits):
        pass


async def is_full(limiter: OutboundRateLimiter, *limits: tuple[RateLimitItemPerHour, str]) -> bool:
    """Whether there is no place now."""
    try:
        async with asyncio.timeout(0.2), limiter.slot(*limits):
            return False
    except TimeoutError:
        return True


async def test_a_window_has_so_many_places_and_each_chat_its_own() -> None:
    limiter = OutboundRateLimiter()
    for _ in range(3):
        await take(limiter, (HOURLY, "a"))
    assert await is_full(limiter, (HOURLY, "a"))
    await take(limiter, (HOURLY, "b"))


async def test_a_place_is_held_until_it_was_answered() -> None:
    limiter, answered = OutboundRateLimiter(), asyncio.Event()
    second = RateLimitItemPerSecond(1)
    order: list[str] = []

    async def slow() -> None:
        async with limiter.slot((second, "a")):
            order.append("first sent")
            await answered.wait()
            order.append("first answered")

    async def next_one() -> None:
        async with limiter.slot((second, "a")):
            order.append("second sent")

    tasks = [asyncio.create_task(slow()), asyncio.create_task(next_one())]
    asyncio.get_running_loop().call_later(1.2, answered.set)  # longer than the window
    await asyncio.gather(*tasks)
    assert order == ["first sent", "first answered", "second sent"]


async def test_first_come_first_served_and_nobody_who_gives_up_keeps_a_place() -> None:
    limiter, order = OutboundRateLimiter(), []
    second = RateLimitItemPerSecond(2)

    async def send(number: int) -> None:
        async with limiter.slot((second, "a")):
            order.append(number)

    tasks = [asyncio.create_task(send(number)) for number in range(5)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [0, 1, 2, 4]


async def test_what_fails_takes_its_place_all_the_same() -> None:
    limiter = OutboundRateLimiter()
    for _ in range(3):
        with pytest.raises(ValueError, match="refused"):
            async with limiter.slot((HOURLY, "a")):
                raise ValueError("refused")
    assert await is_full(limiter, (HOURLY, "a"))


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    server = shutil.which("redis-server")
    if server is None:
        if os.environ.get("REQUIRE_REDIS"):
            pytest.fail("no redis-server on this machine")
        pytest.skip("no redis-server on this machine")
    port = free_port()
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            wait_for("Redis", lambda: "Ready to accept" in (child.stdout.readline() if child.stdout else ""))
            yield f"redis://127.0.0.1:{port}"
        finally:
            child.terminate()


async def test_processes_share_a_window_through_redis(redis: str) -> None:
    first, second = OutboundRateLimiter(redis), OutboundRateLimiter(redis)
    for limiter in (first, second, first):
        await take(limiter, (HOURLY, "a"))
    assert await is_full(first, (HOURLY, "a"))
    assert await is_full(second, (HOURLY, "a"))
    await take(second, (HOURLY, "b"))
    await first.close()
    await second.close()


async def test_without_its_redis_it_counts_alone(caplog: pytest.LogCaptureFixture) -> None:
    limiter = OutboundRateLimiter(f"redis://127.0.0.1:{free_port()}")
    for _ in range(3):
        await take(limiter, (HOURLY, "a"))
    assert await is_full(limiter, (HOURLY, "a"))
    assert "counting requests in Redis" in caplog.text
    await limiter.close()
