from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.unit.notifications.notification_harness import NotificationHarness, notification_harness
from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One for the tests of a file: those that change a team say so by `fresh_sandbox`."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
async def harness(request: pytest.FixtureRequest, tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[NotificationHarness]:
    sandbox.http.delete(f"{sandbox.url}/mailbox")
    async with notification_harness(request.param, tmp_path, sandbox) as made:
        yield made
