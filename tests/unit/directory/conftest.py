"""A demo directory of 5,000 people, imported once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.directory import Directory, import_file
from bot.sandbox.demo_directory import write_demo_file


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("directory") / "demo.txt"
    write_demo_file(path, people=5_000)
    return path


@pytest.fixture(scope="session")
def demo(demo_file: Path) -> Directory:
    index_dir = demo_file.parent / "index"
    import_file(demo_file, index_dir)
    return Directory(index_dir)
