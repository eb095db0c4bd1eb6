"""Cache of one value that is fetched again after a fixed time, however often it is read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class TtlCache(Generic[Value]):
    """Fetches a value at most once in `seconds`; concurrent readers wait for the same fetch. Errors are not cached."""

    def __init__(self, fetch: Callable[[], Awaitable[Value]], seconds: float) -> None:
        self._fetch, self._seconds = fetch, seconds
        self._lock = asyncio.Lock()
        self._last: tuple[float, Value] | None = None

    async def get(self) -> Value:
        """Return the last value if it is recent, else a new one. Raises what fetching raises."""
        async with self._lock:
            now = time.monotonic()
            if self._last is None or now - self._last[0] > self._seconds:
                self._last = (now, await self._fetch())
            return self._last[1]
