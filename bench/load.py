"""What many conversations at once cost, and that none is lost, crossed or out of order: `python -m bench.load [--quick]`.

Every turn asks the directory for another person by RPPS number, so that each answer can be told from every other's. Each
conversation sends its next turn once the last is answered, through the web chat and, to compare, straight to Rasa. Then each
sends all its turns without waiting, and the transcript must hold all their answers in the order in which they were sent. The
client shares the machine with what it measures.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from statistics import median
from typing import Any

import httpx

from bench.figures import Figure, percentile, run_alone
from bench.installed import installation, say
from bot.sandbox.demo_directory import demo_rows
from tests.stack import Stack

ROUNDS = {1: 10, 10: 2, 50: 1}
"""Conversations at once, and how many such rounds there are."""
MOST = max(ROUNDS)
TURNS = (10, 4)
"""Turns of a conversation, and when quick."""
BURST = 5
"""Turns that a conversation sends without waiting."""
LIMIT_SECONDS = 120.0
RPPS = re.compile(r"RPPS (\d{11})")


@dataclass
class Outcome:
    """What became of the turns of one run."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    lost: int = 0
    crossed: int = 0
    disordered: int = 0

    def judge(self, asked: list[str], answers: list[str]) -> None:
        """Compare the persons asked for in a conversation with those answered, both in order."""
        self.lost += (Counter(asked) - Counter(answers)).total()
        self.crossed += (Counter(answers) - Counter(asked)).total()
        if answers != asked and Counter(answers) == Counter(asked):
            self.disordered += 1


class Sender:
    """One conversation of the run; `people` are the RPPS numbers that it asks for."""

    def __init__(self, client: httpx.AsyncClient, people: list[str]) -> None:
        self.client, self.people = client, people
        self.headers: dict[str, str] = {}

    async def open(self) -> None:
        """Start its web chat."""
        token = (await self.client.post("/chat/sessions")).raise_for_status().json()["token"]
        self.headers = {"Authorization": f"Bearer {token}"}

    async def _post(self, person: str, *, wait: bool) -> httpx.Response:
        body = {"id": str(uuid.uuid4()), "text": asking(person)}
        response = await self.client.post("/chat/messages", params={"wait": str(wait).lower()}, json=body, headers=self.headers)
        return response.raise_for_status()

    async def converse(self, outcome: Outcome) -> None:
        """One turn after the other; the answer to each must speak of its person and of nobody else."""
        for person in self.people:
            began = time.perf_counter()
            response = await self._post(person, wait=True)
            outcome.times.append((time.perf_counter() - began) * 1000)
            outcome.judge([person], _answered(response.json().get("messages", [])))

    async def burst(self, outcome: Outcome) -> None:
        """All turns at once; what the transcript holds when the last is answered, or was waited for in vain."""
        for person in self.people[:-1]:
            await self._post(person, wait=False)
        await self._post(self.people[-1], wait=True)  # the last one's answer is the end of all
        found = (await self.client.get("/chat/messages", headers=self.headers)).raise_for_status().json()["messages"]
        answers = [message for message in found if message["author"] != "user"]
        outcome.judge(self.people, _answered(answers))


class StraightSender(Sender):
    """The same conversation, held with Rasa's input channel."""

    def __init__(self, client: httpx.AsyncClient, people: list[str], stack: Stack) -> None:
        super().__init__(client, people)
        said = stack.run
        self.url, self.headers = str(said["rasa"]), {"Authorization": f"Bearer {said['rasa_token']}"}
        self.id = uuid.uuid4().hex

    async def open(self) -> None:
        """Nothing is to be opened."""

    async def _post(self, person: str, *, wait: bool) -> httpx.Response:
        body = {"conversation": self.id, "turn": uuid.uuid4().hex, "text": asking(person)}
        return (await self.client.post(self.url, json=body, headers=self.headers)).raise_for_status()


def asking(person: str) -> str:
    """A turn that asks for the person with this RPPS number."""
    return f"cherche le professionnel RPPS {person}"


def _answered(messages: list[dict[str, Any]]) -> list[str]:
    return [number for message in messages for number in RPPS.findall(message["text"])]


async def run(stack: Stack, conversations: int, turns: int, *, rounds: int = 1, burst: bool = False, straight: bool = False) -> Outcome:
    """Hold that many conversations at once, `rounds` times."""
    people = list(islice(dict.fromkeys(row.key[1:] for row in demo_rows(5_000) if row.key.startswith("8")), conversations * turns))
    shares = [people[number::conversations] for number in range(conversations)]
    outcome = Outcome()
    limits = httpx.Limits(max_connections=conversations, max_keepalive_connections=conversations)
    async with httpx.AsyncClient(base_url=stack.api, timeout=LIMIT_SECONDS, limits=limits, trust_env=False) as client:
        for _ in range(rounds):
            senders = [StraightSender(client, share, stack) if straight else Sender(client, share) for share in shares]
            await asyncio.gather(*(sender.open() for sender in senders))
            began = time.perf_counter()
            await asyncio.gather(*(sender.burst(outcome) if burst else sender.converse(outcome) for sender in senders))
            outcome.seconds += time.perf_counter() - began
    return outcome


def _wrong(what: str, outcome: Outcome) -> list[Figure]:
    return [
        Figure(f"{what}: lost", outcome.lost, "turns", "asked and never answered", 0),
        Figure(f"{what}: crossed", outcome.crossed, "turns", "answers that nobody asked for there, or given twice", 0),
        Figure(f"{what}: out of order", outcome.disordered, "", "conversations whose answers are not in the order asked", 0),
    ]


def load(stack: Stack, quick: bool) -> list[Figure]:
    """Everything about many conversations, on a running installation."""
    figures: list[Figure] = []
    asyncio.run(run(stack, 2, 3))  # warm
    turns = TURNS[quick]
    for size, rounds in ROUNDS.items():
        say(f"{size} conversations at once, {turns} turns each…")
        outcome = asyncio.run(run(stack, size, turns, rounds=rounds))
        straight = asyncio.run(run(stack, size, turns, rounds=rounds, straight=True))
        what, total = f"{size} at once", size * turns * rounds
        beside = f"{total / straight.seconds:.1f} turns a second there, p50 {median(straight.times):.0f} ms"
        figures += [
            Figure(f"{what}: turns a second", total / outcome.seconds, "", f"{turns} search turns each, without pause; {total} in all"),
            Figure(f"{what}: of those straight to Rasa", straight.seconds / outcome.seconds, "×", beside),
            Figure(f"{what}: p50", median(outcome.times), "ms", "POST to the whole answer, waiting for the others included"),
            Figure(f"{what}: p95", percentile(outcome.times, 0.95), "ms", ""),
            *_wrong(what, outcome),
        ]
    say(f"{MOST} conversations at once, {BURST} turns each without waiting…")
    outcome = asyncio.run(run(stack, MOST, BURST, burst=True))
    what = f"{MOST} at once, {BURST} turns sent without waiting"
    meaning = f"{MOST * BURST} turns taken in at once, then answered in order"
    return [*figures, Figure(f"{what}: until all are answered", outcome.seconds, "s", meaning), *_wrong(what, outcome)]


def measure(quick: bool) -> list[Figure]:
    """On an installation of its own."""
    with installation() as (stack, _):
        return load(stack, quick)


if __name__ == "__main__":
    sys.exit(run_alone("load", __doc__, measure))
