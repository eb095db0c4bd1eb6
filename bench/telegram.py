"""What Telegram adds to a turn, and how fast messages leave under its limits, which the stand-in enforces."""

from __future__ import annotations

import asyncio
import time
from statistics import median
from typing import Any

import httpx
from sqlalchemy import func, select

from bench.chats import Chat
from bench.figures import Figure, percentile
from bench.installed import installation, say
from bot.clock import SystemClock
from bot.conversation.tables import Conversation
from bot.database import Database, sqlite_url
from bot.outbox import CHAT, enqueue
from tests.stack import Stack, wait_for

FIRST_USER = 100_000
ALLOWED = 30.0
"""Messages a second that Telegram allows."""


def measure(quick: bool) -> list[Figure]:
    """Latency of single turns, then a burst of messages that nobody asked for."""
    chats, each, turns = (60, 6, 10) if quick else (600, 6, 40)
    with installation(TELEGRAM="fake") as (stack, _):
        fake = httpx.Client(base_url=f"{stack.run['telegram']}/fake", timeout=120, trust_env=False)
        return [*_latency(stack, fake, turns), *_burst(stack, fake, chats, each)]


def _latency(stack: Stack, fake: httpx.Client, turns: int) -> list[Figure]:
    web = Chat(stack)
    ours, theirs = [], []
    for user in range(1, turns + 4):  # one each: a chat may be written to once a second
        fake.post("/chats", json={"id": user, "name": "x"})
        theirs.append(web.say("merci").ms)
        version = fake.get(f"/chats/{user}/messages").json()["version"]
        began = time.perf_counter()
        fake.post(f"/chats/{user}/say", json={"text": "merci"})
        fake.get(f"/chats/{user}/messages", params={"version": version + 1, "wait": 20})
        ours.append((time.perf_counter() - began) * 1000)
    ours, theirs = ours[3:], theirs[3:]
    return [
        Figure(
            "a turn through Telegram",
            median(ours),
            "ms",
            f"p50 of {turns}; p95 {percentile(ours, 0.95):.0f} ms",
        ),
        Figure("the same in the web chat", median(theirs), "ms", "taken alternately"),
    ]


def _burst(stack: Stack, fake: httpx.Client, chats: int, each: int) -> list[Figure]:
    say(f"{chats} chats begin…")
    fake.post("/limits", json={"on": False})
    for user in range(FIRST_USER, FIRST_USER + chats):
        fake.post("/chats", json={"id": user, "name": "x"})
        fake.post(f"/chats/{user}/say", json={"text": "/start"})
    wait_for("everybody to be greeted", lambda: _sent(fake, 0) >= chats, 300)
    time.sleep(2)  # the windows of the limits become empty
    fake.post("/limits", json={"on": True})
    before = len(fake.get("/calls").json()["calls"])
    say(f"{chats * each} messages to {chats} chats…")
    asyncio.run(_enqueue(stack, each))
    wait_for("every message to be sent", lambda: _sent(fake, before) >= chats * each, 600)
    calls = [c for c in fake.get("/calls").json()["calls"][before:] if c["method"] == "sendMessage"]
    times = sorted(c["at"] for c in calls if c["status"] == 200)
    rate = (len(times) - 1) / (times[-1] - times[0])
    refused = sum(c["status"] == 429 for c in calls)
    return [
        Figure(
            "messages a second", rate, "", f"{len(times)} messages to {chats} chats in {times[-1] - times[0]:.0f} s", 0.95 * ALLOWED, True
        ),
        Figure("refused with 429", refused, "", "by the stand-in, which counts 30 a second and 1 a second a chat", 0),
    ]


def _sent(fake: httpx.Client, since: int) -> int:
    calls: list[dict[str, Any]] = fake.get("/calls").json()["calls"][since:]
    return sum(call["method"] == "sendMessage" and call["status"] == 200 for call in calls)


async def _enqueue(stack: Stack, each: int) -> None:
    database, now = Database(sqlite_url(stack.data / "sphere.db")), SystemClock().now()
    async with database.reading() as session:
        found = list(
            await session.scalars(select(Conversation.id).where(Conversation.channel == "telegram", func.length(Conversation.address) == 6))
        )
    for number in range(each):
        async with database.writing() as session:
            for conversation in found:
                payload: dict[str, Any] = {"text": f"Message {number}", "buttons": [], "link": None}
                await enqueue(
                    session, kind=CHAT, key=f"bench:{conversation}:{number}", payload=payload, now=now, conversation_id=conversation
                )
    await database.close()
