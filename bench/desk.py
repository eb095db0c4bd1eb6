"""How soon an agent reads what a user writes, with the desk full: `python -m bench.desk [--quick]`.

Claim: with 200 open conversations and the pages of 20 agents connected, from a user's message to the agent's page 95 in 100 take at most
300 ms. The pages are event streams over HTTP, as the browser has them, each on a conversation that its agent has taken. Every tenth of a
second somebody among the 200 writes, every other time one of the 20 that are watched; a message takes from the sending of its POST to the
line of the stream that holds it. Clients and what they measure share the machine.
"""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from statistics import median

import httpx
import psutil

from bench.figures import Figure, percentile, run_alone
from bench.installed import installation, say
from tests.channels import ALWAYS_OPEN
from tests.stack import Stack
from tests.unit.web.desk.running_desk import AgentBrowser

CONVERSATIONS, AGENTS = 200, 20
MESSAGES = (400, 100)
"""Messages that are written, and when quick."""
EVERY_SECONDS = 0.1
MOST_MS = 300.0
PATIENCE_SECONDS = 60.0
AT_ONCE = 10
"""Users who ask for a person at once: what is measured is not how fast they come."""
PASSWORD = "un mot de passe de mesure"
ASK = "je veux parler à quelqu'un de l'équipe"
SETTINGS = {**ALWAYS_OPEN, "SUPPORT_WAIT_MINUTES": "120", "SUPPORT_SILENCE_MINUTES": "120"}


@dataclass
class User:
    """Somebody in the web chat who waits for, or talks with, an agent."""

    client: httpx.AsyncClient
    headers: dict[str, str] = field(default_factory=dict)

    async def come(self, gate: asyncio.Semaphore) -> None:
        """Open a chat and ask for a person."""
        async with gate:
            token = (await self.client.post("/chat/sessions")).raise_for_status().json()["token"]
            self.headers = {"Authorization": f"Bearer {token}"}
            await self.write(ASK, wait=True)

    async def write(self, text: str, *, wait: bool = False) -> None:
        """Send a message."""
        body = {"id": str(uuid.uuid4()), "text": text}
        answer = await self.client.post("/chat/messages", params={"wait": str(wait).lower()}, json=body, headers=self.headers)
        answer.raise_for_status()


class Page:
    """One agent's page on one conversation."""

    def __init__(self, colleague: AgentBrowser, ticket: int) -> None:
        self._colleague, self.ticket = colleague, ticket
        self._awaited: dict[str, asyncio.Future[float]] = {}
        self._open = asyncio.Event()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Page]:
        """Its stream, followed in the background."""
        task = asyncio.create_task(self._follow())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._open.wait()
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def awaits(self, text: str) -> asyncio.Future[float]:
        """Resolved with the instant at which the page has the text."""
        return self._awaited.setdefault(text, asyncio.get_running_loop().create_future())

    async def _follow(self) -> None:
        async with self._colleague.http.stream("GET", f"/desk/events?ticket={self.ticket}&after=0.0", timeout=None) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                self._open.set()
                for text in [text for text in self._awaited if text in line]:
                    self._awaited.pop(text).set_result(time.perf_counter())


async def team(stack: Stack, stay: AsyncExitStack) -> list[AgentBrowser]:
    """The agents, signed in, each in a browser of their own."""
    browsers = [
        await stay.enter_async_context(httpx.AsyncClient(base_url=stack.api, timeout=60, trust_env=False)) for _ in range(AGENTS + 1)
    ]
    boss, *agents = (AgentBrowser(browser) for browser in browsers)
    await boss.sign_in(stack.run["desk_user"], stack.run["desk_password"])
    for number, agent in enumerate(agents, 1):
        login = f"agent-{number}"
        await boss.send("/desk/team", "/desk/team", login=login, name=f"Agent {number}", role="agent", password=PASSWORD)
        if (await agent.sign_in(login, PASSWORD)).status_code != 303:
            raise RuntimeError("an agent could not sign in")
    return agents


async def run(stack: Stack, messages: int) -> tuple[list[float], int, float]:
    """The milliseconds of each message that was watched for, how many never came, and the seconds that all took."""
    async with AsyncExitStack() as stay:
        limits = httpx.Limits(max_connections=CONVERSATIONS, max_keepalive_connections=CONVERSATIONS)
        client = await stay.enter_async_context(httpx.AsyncClient(base_url=stack.api, timeout=120, limits=limits, trust_env=False))
        say(f"{AGENTS} agents sign in…")
        agents = await team(stack, stay)
        say(f"{CONVERSATIONS} users ask for a person…")
        watched = [User(client) for _ in range(AGENTS)]
        for user in watched:  # one after the other: their tickets are then 1 to 20
            await user.come(asyncio.Semaphore())
        gate, others = asyncio.Semaphore(AT_ONCE), [User(client) for _ in range(CONVERSATIONS - AGENTS)]
        await asyncio.gather(*(user.come(gate) for user in others))
        pages = []
        for ticket, agent in enumerate(agents, 1):
            if (await agent.act(ticket, "take")).status_code != 303:
                raise RuntimeError("a conversation could not be taken")
            pages.append(await stay.enter_async_context(Page(agent, ticket).connected()))
        say(f"{messages} messages, one every {EVERY_SECONDS:g} s…")
        return await write(watched, others, pages, messages)


async def write(watched: list[User], others: list[User], pages: list[Page], messages: int) -> tuple[list[float], int, float]:
    """Write by turns in a conversation that is watched and in one that is not, at a steady pace whatever the answers take."""
    turns, rest = cycle(zip(watched, pages, strict=True)), cycle(others)
    sent: list[tuple[float, asyncio.Future[float]]] = []
    posts: list[asyncio.Task[None]] = []
    began = time.perf_counter()
    for number in range(messages):
        await asyncio.sleep(max(0.0, began + number * EVERY_SECONDS - time.perf_counter()))
        if number % 2:
            posts.append(asyncio.create_task(next(rest).write("je patiente")))
            continue
        user, page = next(turns)
        text = f"message {uuid.uuid4()}"
        sent.append((time.perf_counter(), page.awaits(text)))
        posts.append(asyncio.create_task(user.write(text)))
    await asyncio.gather(*posts)
    await asyncio.wait([came for _, came in sent], timeout=PATIENCE_SECONDS)
    times = [(came.result() - at) * 1000 for at, came in sent if came.done()]
    return times, len(sent) - len(times), time.perf_counter() - began


def desk(stack: Stack, quick: bool) -> list[Figure]:
    """Everything about the full desk, on a running installation without tickets."""
    process = psutil.Process(int(stack.run["pids"]["bot"]))
    before = process.memory_info().rss / 1e6
    times, lost, seconds = asyncio.run(run(stack, MESSAGES[quick]))
    memory = process.memory_full_info()
    what = f"{CONVERSATIONS} open conversations, {AGENTS} agents' pages"
    meaning = f"from the POST to the page's stream; {len(times)} messages among {MESSAGES[quick]} in {seconds:.0f} s"
    return [
        Figure(f"{what}: p50", median(times), "ms", meaning),
        Figure(f"{what}: p95", percentile(times, 0.95), "ms", "", MOST_MS),
        Figure(f"{what}: slowest", max(times), "ms", ""),
        Figure(f"{what}: never came", lost, "messages", f"not on the page after {PATIENCE_SECONDS:g} s", 0),
        Figure("bot, RSS", memory.rss / 1e6, "MB", f"afterwards; USS {memory.uss / 1e6:.0f} MB; {before:.0f} MB RSS before"),
    ]


def measure(quick: bool) -> list[Figure]:
    """On an installation of its own."""
    with installation(**SETTINGS) as (stack, _):
        return desk(stack, quick)


if __name__ == "__main__":
    sys.exit(run_alone("desk", __doc__, measure))
