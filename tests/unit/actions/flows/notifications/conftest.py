"""Claire's notifications."""

from __future__ import annotations

import pytest

from tests.unit.accounts.world import CLAIRE, World
from tests.unit.notifications.stored_notifications import StoredNotifications


@pytest.fixture
async def desk(world: World) -> StoredNotifications:
    """What Claire was notified of: a `notice` without an account is hers."""
    desk = StoredNotifications(world.database, world.clock)
    desk.account = (await world.account(CLAIRE)).id
    return desk
