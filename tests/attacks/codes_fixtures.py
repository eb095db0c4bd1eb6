"""Two processes over one database and one platform, with a clock that tests move; and a chat that is used from somewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.core.clock import ManualClock
from bot.core.database import Database
from bot.core.figures import read_figures
from bot.identity.errors import IdentityError
from tests.databases import database_url
from tests.unit.harness import START, Harness
from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox

UNKNOWN = "personne@sphere.example"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The platform that nothing here changes, so that one serves all tests of a file."""
    with running_sandbox(tmp_path_factory.mktemp("platform")) as running:
        yield running


@dataclass
class Installation:
    """Two processes of one installation."""

    one: Harness
    other: Harness
    clock: ManualClock

    async def figures(self) -> dict[str, int]:
        """How often what happened."""
        async with self.one.database.reading() as session:
            return await read_figures(session)

    async def guess(self, conversation_id: str, code: str = "000000", *, process: Harness | None = None) -> str:
        """Give a code; what came of it."""
        try:
            await (process or self.one).identity.check_code(conversation_id, code)
        except IdentityError as error:
            return type(error).__name__
        return "linked"

    async def ask(self, conversation_id: str, email: str, *, process: Harness | None = None) -> str:
        """Ask for a code; what came of it."""
        try:
            await (process or self.one).identity.start_code(conversation_id, email)
        except IdentityError as error:
            return f"{type(error).__name__} {getattr(error, 'until', '')}"
        return "sent"

    async def wrong_code(self, email: str) -> str:
        """A code that was not sent to this address last."""
        return f"{(int(await self.one.code(email)) + 1) % 10**6:06d}"


@asynccontextmanager
async def two_processes(kind: str, folder: Path, platform: Sandbox) -> AsyncIterator[Installation]:
    """Two processes over a fresh database of a kind, and a clock that only tests move."""
    clock = ManualClock(START)
    with database_url(kind, folder, newest=True) as url:
        databases = [Database(url), Database(url)]
        processes = [Harness(database, platform, clock) for database in databases]
        try:
            yield Installation(processes[0], processes[1], clock)
        finally:
            for process in processes:
                await process.fhir.aclose()
                await process.database.close()


@pytest.fixture
async def installation(tmp_path: Path, platform: Sandbox) -> AsyncIterator[Installation]:
    """Two processes on SQLite."""
    async with two_processes("sqlite", tmp_path, platform) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
async def each_installation(request: pytest.FixtureRequest, tmp_path: Path, platform: Sandbox) -> AsyncIterator[Installation]:
    """Two processes on each kind of database, where what they count together depends on it."""
    async with two_processes(request.param, tmp_path, platform) as running:
        yield running
