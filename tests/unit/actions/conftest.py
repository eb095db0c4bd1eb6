"""Claire's conversation, and one that is linked to nobody, over a sandbox of their own."""

from __future__ import annotations

import pytest

from bot.directory import Directory, import_file
from bot.sandbox.demo_directory import write_demo_file
from tests.unit.actions.dialogue import Dialogue
from tests.unit.harness import CLAIRE, Harness, clock, harness, sandbox

__all__ = ["clock", "harness", "sandbox"]


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    """A directory of 500 people."""
    folder = tmp_path_factory.mktemp("directory")
    write_demo_file(folder / "demo.txt", people=500)
    import_file(folder / "demo.txt", folder / "index")
    return Directory(folder / "index")


@pytest.fixture
def stranger(harness: Harness, directory: Directory) -> Dialogue:
    """A conversation in Telegram that is linked to nobody."""
    harness.directory = directory
    return Dialogue(harness)


@pytest.fixture
async def claire(harness: Harness, stranger: Dialogue) -> Dialogue:
    """Claire's conversation in Telegram."""
    await harness.link(stranger.id, CLAIRE)
    return stranger
