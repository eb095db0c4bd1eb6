"""What several kinds of tests share: one real installation, started once, driven from outside like any client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.stack import Stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What judges what the other tests left behind (logs) runs when they are over."""
    items.sort(key=lambda item: item.get_closest_marker("after_all") is not None)


TELEGRAM = {"TELEGRAM": "fake", "TELEGRAM_PER_SECOND": "1000", "TELEGRAM_PER_CHAT": "1000"}
"""Settings of an installation with the stand-in for Telegram, without the limits that make one wait."""


@pytest.fixture(scope="session")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Stack]]:
    """An installation by channel, started when it is first asked for: what was done by one channel is not known by the other."""
    running: dict[str, Stack] = {}

    def by_channel(channel: str) -> Stack:
        if channel not in running:
            running[channel] = Stack(tmp_path_factory.mktemp(channel) / "var", **(TELEGRAM if channel == "telegram" else {}))
            running[channel].start()
        return running[channel]

    try:
        yield by_channel
    finally:
        for stack in running.values():
            stack.stop()


@pytest.fixture
def stack(request: pytest.FixtureRequest, stacks: Callable[[str], Stack]) -> Stack:
    """All real processes on a fresh data folder, as `make run` starts them; stopped when all tests are over."""
    channel = request.getfixturevalue("channel") if "channel" in request.fixturenames else "web"
    return stacks(str(channel))


@pytest.fixture
def fresh_stack(tmp_path: Path) -> Iterator[Stack]:
    """An installation of one's own, for tests that kill or starve processes."""
    running = Stack(tmp_path / "var")
    running.start()
    try:
        yield running
    finally:
        running.stop()
