from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.clock import ManualClock
from tests.unit.accounts.world import World, world_over
from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox
from tests.unit.web.openid_provider import Provider, running_provider
from tests.unit.web.sign_in_site import SignInSite, sign_in_site


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    folder = tmp_path / "sandbox"
    folder.mkdir()
    with running_sandbox(folder) as running:
        yield running


@pytest.fixture
async def world(tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[World]:
    """Its clock stands at the present: the provider has the machine's."""
    async with world_over(tmp_path, sandbox, ManualClock(datetime.now(UTC))) as made:
        yield made


@pytest.fixture
def issuer() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture
async def site(world: World, issuer: Provider) -> SignInSite:
    return await sign_in_site(world, issuer)
