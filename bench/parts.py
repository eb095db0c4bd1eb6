"""What the parts of a turn cost by themselves, to be read beside the turns: HTTP, the gateway's two transactions, understanding."""

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


def parts(stack: Stack, texts: list[str], count: int) -> list[Figure]:
    """Every part that can be had alone."""
    figures = [
        Figure("HTTP alone, bot", _http(f"{stack.api}/health/live", count), "ms", "GET of a fixed line: the floor of the gateway's HTTP"),
        Figure("HTTP alone, action server", _http(f"{actions_url(stack)}/health", count), "ms", "the floor of one action's call"),
    ]
    return figures + asyncio.run(_transactions(stack.data.parent, count)) + [_understanding(texts, count)]


def actions_url(stack: Stack) -> str:
    """Where the action server listens; found by its process, since it is nobody's business outside."""
    listening = [c for c in psutil.Process(stack.run["pids"]["actions"]).net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    return f"http://127.0.0.1:{listening[0].laddr.port}"


def _http(url: str, count: int) -> float:
    times = []
    with httpx.Client(trust_env=False) as client:
        for _ in range(count):
            began = time.perf_counter()
            client.get(url).raise_for_status()
            times.append((time.perf_counter() - began) * 1000)
    return median(times)


async def _transactions(folder: Path, count: int) -> list[Figure]:
    """The two writing transactions of a turn, on the same disk, in this process."""
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
            received = await _timed(inbox.receive(conversation, Incoming(str(number), "bonjour"), door, clock.now()), receiving)
            assert received.work is not None
            await _timed(inbox.complete(received.work, Outcome((Reply(text="Bonjour"),), delivered=True), clock.now()), completing)
        await database.close()
    return [
        Figure("receive alone", median(receiving), "ms", "the transaction that writes a message down, synced to the disk"),
        Figure("complete alone", median(completing), "ms", "the transaction that ends a turn, synced to the disk"),
    ]


async def _timed(work: Awaitable[Result], into: list[float]) -> Result:
    began = time.perf_counter()
    result = await work
    into.append((time.perf_counter() - began) * 1000)
    return result


def _understanding(texts: list[str], count: int) -> Figure:
    """Parsing alone, by the evaluation's own clock, in a process of its own."""
    lines = "".join(f"      - {text}\n" for text in texts for _ in range(count))
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "texts.yml", Path(folder) / "out.json"
        file.write_text(f'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n{lines}', encoding="utf-8")
        command = [str(NLU_PYTHON), "-m", "nlu.evaluate", str(file), "--out", str(out)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found = json.loads(out.read_text())["ms"]["median"]
    return Figure("understanding alone", float(found), "ms", "one sentence parsed by the model, without server, tracker or policies")
