from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bot.core.clock import ManualClock
from tests.unit.harness import Harness, harness, sandbox
from tests.unit.web.openid_provider import Provider, running_provider
from tests.unit.web.sign_in_site import SignInSite, sign_in_site

__all__ = ["harness", "sandbox"]


@pytest.fixture
def clock() -> ManualClock:
    """Stands at the present: the provider has the machine's."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def issuer() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture
async def site(harness: Harness, issuer: Provider) -> SignInSite:
    return await sign_in_site(harness, issuer)
