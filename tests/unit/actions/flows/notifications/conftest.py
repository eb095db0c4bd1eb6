"""Claire's notifications."""

from __future__ import annotations

import pytest

from tests.unit.harness import CLAIRE, Harness
from tests.unit.notifications.stored_notifications import StoredNotifications


@pytest.fixture
async def desk(harness: Harness) -> StoredNotifications:
    """What Claire was notified of: a `notice` without an account is hers."""
    desk = StoredNotifications(harness.database, harness.clock)
    desk.account = (await harness.account(CLAIRE)).id
    return desk
