from __future__ import annotations

from pathlib import Path

import pytest

from bot.directory.importer import import_file
from bot.sandbox.demo_directory import write_demo_file


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of a directory of 500 people; only read."""
    folder = tmp_path_factory.mktemp("directory")
    write_demo_file(folder / "demo.txt", people=500)
    import_file(folder / "demo.txt", folder / "index")
    return folder / "index"
