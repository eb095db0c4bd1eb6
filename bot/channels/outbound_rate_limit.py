"""Rate limits on outgoing messages: wait until one may be sent, within limits that processes share through Redis where there is one.

A slot is taken before the request leaves and is free again one window after its answer came. The other side counted it somewhere in
between, so whatever the network does to the pace, it never counts more in a window than there are slots.
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

from bot.http.rate_limit import Outage

_MIN_WAIT_SECONDS = 0.02
"""Between two looks at a limit that is used up."""
_MAX_WINDOWS = 10_000
"""Limits that are remembered before idle ones are forgotten."""

Limit = tuple[RateLimitItem, str]
"""How many in which window, and the key of what is limited (a chat, a bot)."""


@dataclass
class _Window:
    """The slots of one limit in this process. Instants are of the event loop."""

    slots: int
    seconds: float
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """First come, first served."""
    in_flight: int = 0
    answered_at: deque[float] = field(default_factory=deque)

    def seconds_until_free(self, now: float) -> float:
        """Return the seconds until there may be a free slot; 0 where there is one."""
        while self.answered_at and self.answered_at[0] <= now - self.seconds:
            self.answered_at.popleft()
        if self.in_flight + len(self.answered_at) < self.slots:
            return 0.0
        return max(self.answered_at[0] + self.seconds - now, _MIN_WAIT_SECONDS) if self.answered_at else _MIN_WAIT_SECONDS

    async def acquire(self) -> None:
        """Wait for a free slot and take it."""
        loop = asyncio.get_running_loop()
        seconds = self.seconds_until_free(loop.time())
        while seconds:
            await asyncio.sleep(seconds)
            seconds = self.seconds_until_free(loop.time())
        self.in_flight += 1

    def release(self, now: float) -> None:
        """Note that what took a slot was answered."""
        self.in_flight -= 1
        self.answered_at.append(now)

    def is_idle(self, now: float) -> bool:
        """Return whether nothing of it need be remembered."""
        self.seconds_until_free(now)
        return not (self.turn.locked() or self.in_flight or self.answered_at)


class OutboundRateLimiter:
    """Windows of this process, and moving windows of the `limits` library for what all processes share."""

    def __init__(self, redis_url: str | None = None) -> None:
        self._redis = Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2) if redis_url else None
        options: dict[str, Any] = {"connection_pool": self._redis.connection_pool} if self._redis else {}
        storage = RedisStorage(f"async+{redis_url}", implementation="redispy", **options) if redis_url else None
        self._shared = MovingWindowRateLimiter(storage) if storage else None
        self._outage = Outage()
        self._windows: dict[str, _Window] = {}
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
    async def slot(self, *limits: Limit) -> AsyncIterator[None]:
        """Wait until each of these limits has a free slot, and hold it while the block lasts, which must await the answer."""
        loop = asyncio.get_running_loop()
        acquired: list[_Window] = []
        try:
            for item, key in limits:
                window = self._window(item, key)
                async with window.turn:
                    await window.acquire()
                    acquired.append(window)
                    await self._count_shared(item, key)
            await asyncio.sleep(max(0.0, self._paused_until - loop.time()))
            yield
        finally:
            for window in acquired:
                window.release(loop.time())

    def _window(self, item: RateLimitItem, key: str) -> _Window:
        if len(self._windows) > _MAX_WINDOWS:
            now = asyncio.get_running_loop().time()
            self._windows = {name: window for name, window in self._windows.items() if not window.is_idle(now)}
        return self._windows.setdefault(item.key_for(key), _Window(item.amount, item.get_expiry()))

    async def _count_shared(self, item: RateLimitItem, key: str) -> None:
        """Wait until the count of all processes allows a hit, and count it."""
        if self._shared is None or self._outage.lasts:
            return
        try:
            while not await self._shared.hit(item, key):
                stats = await self._shared.get_window_stats(item, key)
                left = stats.reset_time - time.time()  # the library counts by the machine's clock
                await asyncio.sleep(min(max(left, _MIN_WAIT_SECONDS), item.get_expiry()))
        except RedisError as error:  # better a 429 than silence
            self._outage.note(error)
