"""What several kinds of tests share: one real installation, started once, driven from outside like any client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import Stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What judges what the other tests left behind (logs) runs when they are over."""
    items.sort(key=lambda item: item.get_closest_marker("after_all") is not None)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """All real processes on a fresh data folder, as `make run` starts them; stopped at the end."""
    running = Stack(tmp_path_factory.mktemp("data") / "var", TELEGRAM="fake", TELEGRAM_PER_SECOND="1000", TELEGRAM_PER_CHAT="1000")
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
