"""The latency of each part of a turn alone, to be read beside that of whole turns: HTTP, the gateway's two transactions, parsing."""

from __future__ import annotations

import asyncio
import json
import subprocess
import tempfile
import time
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TypeVar

import httpx
import psutil

from bench.figures import Figure
from bench.installed import NLU_PYTHON
from bot.core.clock import SystemClock
from bot.core.database import Database, sqlite_url
from bot.core.encryption import Cipher
from bot.jobs.lease_owner import new_owner
from bot.messaging.conversations import Conversations
from bot.messaging.inbox import Door, Inbox
from bot.messaging.messages import Incoming, Outcome, Reply
from bot.messaging.texts import load_texts
from tests.stack import ROOT, Stack

Result = TypeVar("Result")


def measure_parts(stack: Stack, texts: list[str], count: int) -> list[Figure]:
    """Return the figures of every part that can be measured alone, each a median over `count` calls."""
    figures = [
        Figure(
            "HTTP alone, bot",
            _measure_http(f"{stack.api}/health/live", count),
            "ms",
            "GET of a fixed line: the floor of the gateway's HTTP",
        ),
        Figure(
            "HTTP alone, action server", _measure_http(f"{find_actions_url(stack)}/health", count), "ms", "the floor of one action's call"
        ),
    ]
    return figures + asyncio.run(_measure_transactions(stack.data.parent, count)) + [_measure_parsing(texts, count)]


def find_actions_url(stack: Stack) -> str:
    """Return the action server's address, found by its process, since it is not published."""
    listening = [c for c in psutil.Process(stack.run["pids"]["actions"]).net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    return f"http://127.0.0.1:{listening[0].laddr.port}"


def _measure_http(url: str, count: int) -> float:
    """Return the median time of a GET in ms."""
    times = []
    with httpx.Client(trust_env=False) as client:
        for _ in range(count):
            started = time.perf_counter()
            client.get(url).raise_for_status()
            times.append((time.perf_counter() - started) * 1000)
    return median(times)


async def _measure_transactions(folder: Path, count: int) -> list[Figure]:
    """Return the figures of the two writing transactions of a turn, on the same disk, in this process."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        database, clock = Database(sqlite_url(Path(scratch) / "parts.db")), SystemClock()
        await database.create_tables()
        inbox = Inbox(
            database, load_texts(support_phone="", support_email=""), Cipher("s" * 32), owner=new_owner(), button_life=timedelta(hours=1)
        )
        door = Door("web", "web", trusted=True)
        conversation = await Conversations(database).open("web", "parts", clock.now())
        receiving: list[float] = []
        completing: list[float] = []
        for number in range(count):
            received = await _time(inbox.receive(conversation, Incoming(str(number), "bonjour"), door, clock.now()), receiving)
            assert received.work is not None
            await _time(inbox.complete(received.work, Outcome((Reply(text="Bonjour"),), delivered=True), clock.now()), completing)
        await database.close()
    return [
        Figure("receive alone", median(receiving), "ms", "the transaction that writes a message down, synced to the disk"),
        Figure("complete alone", median(completing), "ms", "the transaction that ends a turn, synced to the disk"),
    ]


async def _time(work: Awaitable[Result], times: list[float]) -> Result:
    """Await `work`, add its time in ms to `times` and return its result."""
    started = time.perf_counter()
    result = await work
    times.append((time.perf_counter() - started) * 1000)
    return result


def _measure_parsing(texts: list[str], count: int) -> Figure:
    """Return the figure of parsing alone, timed by `nlu.evaluate` in a process of its own."""
    lines = "".join(f"      - {text}\n" for text in texts for _ in range(count))
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "texts.yml", Path(folder) / "out.json"
        file.write_text(f'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n{lines}', encoding="utf-8")
        command = [str(NLU_PYTHON), "-m", "nlu.evaluate", str(file), "--out", str(out)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found = json.loads(out.read_text())["ms"]["median"]
    return Figure("understanding alone", float(found), "ms", "one sentence parsed by the model, without server, tracker or policies")
