from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.directory.importer import import_file
from bot.sandbox.demo_directory import write_demo_file
from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo directory's index; only read."""
    folder = tmp_path_factory.mktemp("directory")
    write_demo_file(folder / "demo.txt")
    import_file(folder / "demo.txt", folder / "index")
    return folder / "index"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    folder = tmp_path / "sandbox"
    folder.mkdir()
    with running_sandbox(folder) as running:
        yield running
