"""Waits until a message may be sent: limits counted in memory, or in Redis where several processes share them."""

from __future__ import annotations

import asyncio
import time

from limits import RateLimitItem
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from bot.errors import log_error

_STEP = 0.02
"""Seconds between two looks at a limit that is used up, at the least."""
_MOST_TURNSTILES = 10_000


class Limiter:
    """Moving windows of the `limits` library, with waiting."""

    def __init__(self, redis_url: str | None = None) -> None:
        storage = RedisStorage(f"async+{redis_url}", implementation="redispy") if redis_url else MemoryStorage()
        self._windows = MovingWindowRateLimiter(storage)
        self._turnstiles: dict[str, asyncio.Lock] = {}
        self._paused_until = 0.0

    def pause(self, seconds: float) -> None:
        """Let nothing through for so long: the other side asked for it."""
        self._paused_until = max(self._paused_until, asyncio.get_running_loop().time() + seconds)

    async def wait(self, *limits: tuple[RateLimitItem, str]) -> None:
        """Wait until each of these limits (item, whose) has room, and use it; first come, first served for each of them."""
        for item, whose in limits:
            async with self._turnstile(item.key_for(whose)):
                await self._take(item, whose)
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._paused_until - loop.time()))

    def _turnstile(self, key: str) -> asyncio.Lock:
        if len(self._turnstiles) > _MOST_TURNSTILES:
            self._turnstiles = {name: lock for name, lock in self._turnstiles.items() if lock.locked()}
        return self._turnstiles.setdefault(key, asyncio.Lock())

    async def _take(self, item: RateLimitItem, whose: str) -> None:
        try:
            while not await self._windows.hit(item, whose):
                stats = await self._windows.get_window_stats(item, whose)
                left = stats.reset_time - time.time()  # the library counts by the machine's clock
                await asyncio.sleep(min(max(left, _STEP), item.get_expiry()))
        except RedisError as error:  # better a 429 than silence
            log_error(error, "counting messages in Redis")
