"""What several kinds of tests share: one real installation, started once, driven from outside like any client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """All real processes on a fresh data folder, as `make run` starts them; stopped at the end."""
    running = Stack(tmp_path_factory.mktemp("data") / "var")
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def fresh_stack(tmp_path: Path) -> Iterator[Stack]:
    """An installation of one's own, for tests that kill or starve processes."""
    running = Stack(tmp_path / "var")
    running.start()
    try:
        yield running
    finally:
        running.stop()
