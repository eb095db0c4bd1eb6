"""Claire's conversation, and one that is linked to nobody, over a sandbox of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.clock import ManualClock
from bot.directory import Directory, import_file
from bot.sandbox.demo_directory import write_demo_file
from tests.unit.actions.dialogue import Dialogue
from tests.unit.harness import CLAIRE, Harness, clock, database_after, open_harness, sandbox
from tests.unit.sandbox.sandbox_server import Sandbox

__all__ = ["clock", "sandbox"]
CHAT = "chat"


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    """A directory of 500 people."""
    folder = tmp_path_factory.mktemp("directory")
    write_demo_file(folder / "demo.txt", people=500)
    import_file(folder / "demo.txt", folder / "index")
    return Directory(folder / "index")


@pytest.fixture(scope="session")
def linked_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a database in which Claire linked her chat: tests begin with a copy, since linking takes 0.1 s."""
    return database_after(lambda process: process.link(CHAT, CLAIRE), tmp_path_factory.mktemp("linked"))


@pytest.fixture
async def harness(
    request: pytest.FixtureRequest, tmp_path: Path, sandbox: Sandbox, clock: ManualClock, linked_database: bytes
) -> AsyncIterator[Harness]:
    """One process; in tests that have `claire`, she linked her chat before."""
    if "claire" in request.fixturenames:
        (tmp_path / "sphere.db").write_bytes(linked_database)
    async with open_harness(tmp_path, sandbox, clock) as made:
        yield made


@pytest.fixture
def stranger(harness: Harness, directory: Directory) -> Dialogue:
    """A conversation in Telegram that is linked to nobody."""
    harness.directory = directory
    return Dialogue(harness, CHAT)


@pytest.fixture
def claire(stranger: Dialogue) -> Dialogue:
    """Claire's conversation in Telegram, which `harness` begins with."""
    return stranger
