"""Rate limits on incoming requests: so many a minute from one sender, counted by each process on its own."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import Request

_MAX_SECONDS = 60


class RateLimit:
    """At most `per_minute` hits of each key, in a sliding window of a minute."""

    def __init__(self, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def hit(self, key: str) -> int | None:
        """Count a hit. Return None where it is allowed, else the seconds to wait (1 to 60)."""
        return None if await self._limiter.hit(self._item, key) else await self._seconds_left(key)

    async def peek(self, key: str) -> int | None:
        """Return what `hit` would, without counting."""
        return None if await self._limiter.test(self._item, key) else await self._seconds_left(key)

    async def _seconds_left(self, key: str) -> int:
        window = await self._limiter.get_window_stats(self._item, key)
        return min(_MAX_SECONDS, max(1, math.ceil(window.reset_time - time.time())))  # the library counts by the machine's clock


def client_address(request: Request) -> str:
    """Return the IP address that a request came from; empty where the server does not know it."""
    return request.client.host if request.client else ""


def retry_after(seconds: int) -> dict[str, str]:
    """Return the header that goes with 429."""
    return {"Retry-After": str(seconds)}
