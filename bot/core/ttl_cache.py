"""An answer that is asked for once in a while, however often it is wanted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class TtlCache(Generic[Value]):
    """Asks at most once in `seconds`; those who ask meanwhile wait for the same answer. An error is not remembered."""

    def __init__(self, ask: Callable[[], Awaitable[Value]], seconds: float) -> None:
        self._ask, self._seconds = ask, seconds
        self._lock = asyncio.Lock()
        self._last: tuple[float, Value] | None = None

    async def get(self) -> Value:
        """The last answer if it is recent, else a new one. Raises what asking raises."""
        async with self._lock:
            now = time.monotonic()
            if self._last is None or now - self._last[0] > self._seconds:
                self._last = (now, await self._ask())
            return self._last[1]
