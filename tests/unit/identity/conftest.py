from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.core.clock import ManualClock
from tests.unit.accounts.world import START, World, world_over
from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    folder = tmp_path / "sandbox"
    folder.mkdir()
    with running_sandbox(folder) as running:
        yield running


@pytest.fixture
async def world(tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[World]:
    async with world_over(tmp_path, sandbox, ManualClock(START)) as made:
        yield made
