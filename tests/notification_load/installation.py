"""A population's installation: its platform and Telegram as processes, its database with everybody's chat, and bots."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert

from bot.core.clock import SystemClock
from bot.core.database import Database, random_id
from bot.identity.tables import ChatLink
from bot.installation.supervisor import free_port
from bot.messaging.tables import Conversation
from bot.migrations import upgrade
from bot.notifications.preferences import Preferences
from bot.notifications.tables import NotificationPerson
from tests.notification_load.bots import Bot
from tests.notification_load.people import Json, Population
from tests.stack import ROOT, wait_for

EVENTS_TOKEN = "token-of-events"
TELEGRAM_TOKEN = "4242:fake"
NO_LIMIT = 100_000
"""Messages a second: none that would be felt."""
PreferencesOf = Callable[[int], Preferences | None]
"""What a person said, by their number."""


class Installation:
    """Everything but Rasa, which nobody here talks to."""

    def __init__(self, population: Population, folder: Path, database_url: str, *, bots: int = 2, **settings: Any) -> None:
        self.population, self.folder, self.database_url = population, folder, database_url
        self._platform, self._telegram = free_port(), free_port()
        self.fake = httpx.Client(base_url=f"http://127.0.0.1:{self._telegram}/fake", timeout=60, trust_env=False)
        self._events = httpx.Client(headers={"Authorization": f"Bearer {EVENTS_TOKEN}"}, timeout=60, trust_env=False)
        self._servers: list[subprocess.Popen[bytes]] = []
        given: dict[str, Any] = {
            "DATABASE_URL": database_url,
            "SECRET": "secret-of-the-population-secret-of-the-population",
            "PLATFORM_URL": f"http://127.0.0.1:{self._platform}/fhir",
            "PLATFORM_TOKEN": "token-of-the-platform",
            "EVENTS_TOKEN": EVENTS_TOKEN,
            "RASA_URL": "http://127.0.0.1:9/",
            "RASA_TOKEN": "token-of-rasa",
            "TELEGRAM_TOKEN": TELEGRAM_TOKEN,
            "TELEGRAM_API_URL": f"http://127.0.0.1:{self._telegram}",
            "TELEGRAM_MODE": "webhook",  # one of several bots could poll; here nobody writes
            "TELEGRAM_PER_SECOND": NO_LIMIT,
            "TELEGRAM_PER_CHAT": NO_LIMIT,
        }
        self.bots = [Bot(folder, number, **(given | settings)) for number in range(bots)]

    def start(self, said: PreferencesOf = lambda person: None) -> None:
        """Start everything but the bots, and give everybody a chat that is linked to their account."""
        population = self.population
        sizes = ["--people", str(population.people), "--dossiers", str(population.dossiers), "--members", str(population.members)]
        self._serve("tests.notification_load.platform", "--port", str(self._platform), *sizes)
        self._serve("bot.sandbox.telegram", "--port", str(self._telegram), "--token", TELEGRAM_TOKEN, "--no-limits")
        wait_for("the stand-in for Telegram", lambda: _answers(self.fake, "/chats"))
        wait_for("the platform", lambda: _answers(httpx, f"http://127.0.0.1:{self._platform}/fhir/metadata"))
        for person in range(population.people):
            self.fake.post("/chats", json={"id": population.chat(person), "name": "x", "started": True}).raise_for_status()
        upgrade(self.database_url)
        asyncio.run(self._link(said))

    def _serve(self, module: str, *arguments: str) -> None:
        with (self.folder / f"{module}.log").open("ab") as log:
            self._servers.append(subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=ROOT, stdout=log, stderr=log))

    async def _link(self, said: PreferencesOf) -> None:
        now, population = SystemClock().now(), self.population
        people = range(population.people)
        chats: list[Json] = [
            {
                "id": f"chat-{p}",
                "channel": "telegram",
                "address": str(population.chat(p)),
                "reference": {},
                "created_at": now,
                "last_seen_at": now,
            }
            for p in people
        ]
        links: list[Json] = [
            {"conversation_id": f"chat-{p}", "account_id": population.account(p), "linked_at": now, "expires_at": now + timedelta(days=90)}
            for p in people
        ]
        wishes = [(p, preferences) for p in people if (preferences := said(p)) is not None]
        rows: list[Json] = [
            {
                "account_id": population.account(p),
                "preferences": preferences.model_dump(mode="json", exclude_unset=True),
                "version": 1,
                "email": "",
                "unsubscribe_token": random_id(),
            }
            for p, preferences in wishes
        ]
        database = Database(self.database_url)
        async with database.writing() as session:
            await session.execute(insert(Conversation), chats)
            await session.execute(insert(ChatLink), links)
            if rows:
                await session.execute(insert(NotificationPerson), rows)
        await database.close()

    def post(self, events: Sequence[Json], bot: Bot) -> bool:
        """Give events to a bot; whether they were taken. They may be given again."""
        headers = {"Content-Type": "application/cloudevents-batch+json"}
        try:
            answer = self._events.post(f"{bot.url}/events", json=list(events), headers=headers)
        except httpx.HTTPError:
            return False
        assert answer.status_code in (202, 500), answer.text
        return answer.status_code == 202

    def calls(self, since: int = 0) -> list[Json]:
        """What the bots asked of Telegram, from the `since`th call on."""
        found: list[Json] = self.fake.get("/calls", params={"since": since}).json()["calls"]
        return found

    @property
    def called(self) -> int:
        """How many calls there were."""
        return int(self.fake.get("/calls", params={"since": 1_000_000_000}).json()["total"])

    def stop(self) -> None:
        """Stop everything."""
        for bot in self.bots:
            bot.stop()
        for server in self._servers:
            server.terminate()
        for server in self._servers:
            server.wait(60)
        self.fake.close()
        self._events.close()


def _answers(client: Any, path: str) -> bool:
    with suppress(httpx.HTTPError):
        return bool(client.get(path).is_success)
    return False


@contextmanager
def installation(
    population: Population, folder: Path, database_url: str, said: PreferencesOf = lambda person: None, **more: Any
) -> Iterator[Installation]:
    """A population's installation whose bots are not started yet; stopped at the end."""
    found = Installation(population, folder, database_url, **more)
    try:
        found.start(said)
        yield found
    finally:
        found.stop()


def in_batches(events: Iterable[Json], size: int) -> Iterator[list[Json]]:
    """Events in portions."""
    batch: list[Json] = []
    for event in events:
        batch.append(event)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def pause(seconds: float) -> None:
    """Let the bots work: this process has nothing to do but look at them now and then."""
    time.sleep(seconds)
