"""Waits until something may be sent: at most so many at a time and in a window, shared through Redis where there is one.

A place is taken before the request leaves and is free again one window after its answer came. The other side counted it somewhere in
between, so whatever the network does to the pace, it never counts more in a window than there are places.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.core.errors import log_error

_STEP = 0.02
"""Seconds between two looks at a limit that is used up, at the least."""
_MOST_GATES = 10_000

Limit = tuple[RateLimitItem, str]
"""How many in which window, and whose they are."""


@dataclass
class _Gate:
    """The places of one limit in this process. Times are of the event loop."""

    places: int
    seconds: float
    queue: asyncio.Lock = field(default_factory=asyncio.Lock)
    """First come, first served."""
    under_way: int = 0
    answered: deque[float] = field(default_factory=deque)

    def full_for(self, now: float) -> float:
        """Seconds until there may be a place; 0 where there is one."""
        while self.answered and self.answered[0] <= now - self.seconds:
            self.answered.popleft()
        if self.under_way + len(self.answered) < self.places:
            return 0.0
        return max(self.answered[0] + self.seconds - now, _STEP) if self.answered else _STEP

    async def enter(self) -> None:
        """Take a place, waiting for it."""
        loop = asyncio.get_running_loop()
        seconds = self.full_for(loop.time())
        while seconds:
            await asyncio.sleep(seconds)
            seconds = self.full_for(loop.time())
        self.under_way += 1

    def idle(self, now: float) -> bool:
        """Whether nothing of it need be remembered."""
        self.full_for(now)
        return not (self.queue.locked() or self.under_way or self.answered)


class Limiter:
    """Gates of this process, and moving windows of the `limits` library for what all processes share."""

    def __init__(self, redis_url: str | None = None) -> None:
        self._redis = Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2) if redis_url else None
        options: dict[str, Any] = {"connection_pool": self._redis.connection_pool} if self._redis else {}
        shared = RedisStorage(f"async+{redis_url}", implementation="redispy", **options) if redis_url else None
        self._shared = MovingWindowRateLimiter(shared) if shared else None
        self._gates: dict[str, _Gate] = {}
        self._paused_until = 0.0

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._redis is not None:
            await self._redis.aclose()
            await self._redis.connection_pool.disconnect()

    def pause(self, seconds: float) -> None:
        """Let nothing through for so long: the other side asked for it."""
        self._paused_until = max(self._paused_until, asyncio.get_running_loop().time() + seconds)

    @asynccontextmanager
    async def place(self, *limits: Limit) -> AsyncIterator[None]:
        """Wait until each of these limits has a place, and hold it for as long as the block lasts, its answer included."""
        loop, taken = asyncio.get_running_loop(), []
        try:
            for item, whose in limits:
                gate = self._gate(item, whose)
                async with gate.queue:
                    await gate.enter()
                    taken.append(gate)
                    await self._share(item, whose)
            await asyncio.sleep(max(0.0, self._paused_until - loop.time()))
            yield
        finally:
            for gate in taken:
                gate.under_way -= 1
                gate.answered.append(loop.time())

    def _gate(self, item: RateLimitItem, whose: str) -> _Gate:
        if len(self._gates) > _MOST_GATES:
            now = asyncio.get_running_loop().time()
            self._gates = {name: gate for name, gate in self._gates.items() if not gate.idle(now)}
        return self._gates.setdefault(item.key_for(whose), _Gate(item.amount, item.get_expiry()))

    async def _share(self, item: RateLimitItem, whose: str) -> None:
        """Count it where every process counts."""
        if self._shared is None:
            return
        try:
            while not await self._shared.hit(item, whose):
                stats = await self._shared.get_window_stats(item, whose)
                left = stats.reset_time - time.time()  # the library counts by the machine's clock
                await asyncio.sleep(min(max(left, _STEP), item.get_expiry()))
        except RedisError as error:  # better a 429 than silence
            log_error(error, "counting messages in Redis")
