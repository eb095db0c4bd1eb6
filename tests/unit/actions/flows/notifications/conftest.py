"""Claire's notifications."""

from __future__ import annotations

import pytest

from tests.unit.accounts.world import CLAIRE, World
from tests.unit.notifications.desk import Desk


@pytest.fixture
async def desk(world: World) -> Desk:
    """What Claire was notified of: a `notice` without an account is hers."""
    desk = Desk(world.database, world.clock)
    desk.account = (await world.account(CLAIRE)).id
    return desk
