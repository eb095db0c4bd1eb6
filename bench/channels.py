"""What each channel adds to a turn of the web chat, and a burst of messages under Telegram's limits, which the stand-in enforces."""

from __future__ import annotations

import asyncio
import sys
import time
from statistics import median
from typing import Any, Protocol

import httpx
from sqlalchemy import func, select

from bench.chats import Chat
from bench.figures import Figure, percentile, run_alone
from bench.installed import installation, say
from bot.core.clock import SystemClock
from bot.core.database import Database, sqlite_url
from bot.jobs.outbox import CHAT, enqueue
from bot.messaging.tables import Conversation
from bot.sandbox.teams.control_client import ControlClient
from tests.stack import Stack, wait_for

FIRST_USER = 100_000
WARMING = 3
"""Turns that are not counted."""
ALLOWED = 30.0
"""Messages a second that Telegram allows."""


def measure(quick: bool) -> list[Figure]:
    """Latency of single turns, by channel, then a burst of messages that nobody asked for."""
    chats, each, turns = (60, 6, 10) if quick else (600, 6, 40)
    figures: list[Figure] = []
    with installation(TELEGRAM="fake", TELEGRAM_MODE="webhook") as (stack, _):
        figures += _latency("Telegram by webhook", stack, _Telegram(stack), turns)
    with installation(TEAMS="fake") as (stack, _):
        figures += _latency("Teams", stack, _Teams(stack), turns)
    with installation(TELEGRAM="fake") as (stack, _):
        telegram = _Telegram(stack)
        figures += _latency("Telegram by long polling", stack, telegram, turns)
        return figures + _burst(stack, telegram.http, chats, each)


class _Users(Protocol):
    """Users of a stand-in, each of them new: chats have limits of their own."""

    def turn(self, number: int, text: str) -> float:
        """Milliseconds from what somebody typed until the answer is there."""


class _Telegram:
    def __init__(self, stack: Stack) -> None:
        self.http = httpx.Client(base_url=f"{stack.run['telegram']}/fake", timeout=120, trust_env=False)

    def turn(self, number: int, text: str) -> float:
        self.http.post("/chats", json={"id": number, "name": "x"})
        version = self.http.get(f"/chats/{number}/messages").json()["version"]
        began = time.perf_counter()
        self.http.post(f"/chats/{number}/say", json={"text": text})
        self.http.get(f"/chats/{number}/messages", params={"version": version + 1, "wait": 20})
        return (time.perf_counter() - began) * 1000


class _Teams:
    def __init__(self, stack: Stack) -> None:
        self._control = ControlClient(str(stack.run["teams"]))

    def turn(self, number: int, text: str) -> float:
        user = self._control.add_user(f"x{number}")
        user.install()
        user.receive()  # the greeting
        began = time.perf_counter()
        user.send(text)
        user.receive()
        return (time.perf_counter() - began) * 1000


def _latency(name: str, stack: Stack, users: _Users, turns: int) -> list[Figure]:
    web = Chat(stack)
    ours, theirs = [], []
    for number in range(1, turns + WARMING + 1):
        theirs.append(web.say("merci").ms)
        ours.append(users.turn(number, "merci"))
    ours, theirs = ours[WARMING:], theirs[WARMING:]
    added, beside = median(ours) - median(theirs), f"p50 {median(ours):.0f} against {median(theirs):.0f} ms, taken alternately"
    return [Figure(f"{name} adds to a turn", added, "ms", f"{beside}; p95 {percentile(ours, 0.95):.0f} ms; {turns} turns")]


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
    calls = [c for c in fake.get("/calls", params={"since": before}).json()["calls"] if c["method"] == "sendMessage"]
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
    calls: list[dict[str, Any]] = fake.get("/calls", params={"since": since}).json()["calls"]
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


if __name__ == "__main__":
    sys.exit(run_alone("channels", __doc__, measure))
