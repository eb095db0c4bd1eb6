"""Claire's conversation, and one that is linked to nobody, over a sandbox of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

import bot.migrations.tables  # noqa: F401 - every table, the conversations included
from bot.core.clock import ManualClock
from bot.directory import import_file
from bot.sandbox.demo_directory import write_demo_file
from tests.unit.accounts.world import CLAIRE, START, World, world_over
from tests.unit.actions.dialogue import Dialogue, services_over
from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of a directory of 500 people."""
    folder = tmp_path_factory.mktemp("directory")
    write_demo_file(folder / "demo.txt", people=500)
    import_file(folder / "demo.txt", folder / "index")
    return folder / "index"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """The embedded platform."""
    (tmp_path / "sandbox").mkdir()
    with running_sandbox(tmp_path / "sandbox") as running:
        yield running


@pytest.fixture
async def world(tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[World]:
    """Accounts, identity and dossiers over the sandbox, with a clock that tests move."""
    async with world_over(tmp_path, sandbox, ManualClock(START)) as made:
        yield made


@pytest.fixture
def stranger(world: World, directory: Path) -> Dialogue:
    """A conversation in Telegram that is linked to nobody."""
    return Dialogue(services_over(world, directory))


@pytest.fixture
async def claire(world: World, stranger: Dialogue) -> Dialogue:
    """Claire's conversation in Telegram."""
    await world.link(stranger.id, CLAIRE)
    return stranger
