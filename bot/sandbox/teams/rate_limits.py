"""The connector's rate limits for one bot: sliding windows, as Microsoft documents them."""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

Windows = tuple[tuple[int, float], ...]
"""Pairs of the most requests and the seconds in which they may come; all hold."""
SEND_WINDOWS: Windows = ((7, 1.0), (60, 30.0), (1800, 3600.0))
DOCUMENTED_SEND_WINDOWS: Windows = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))
"""Those, and the window of two seconds that is also in Microsoft's table."""
READ_WINDOWS: Windows = ((14, 1.0), (120, 30.0), (3600, 3600.0))
TENANT_WINDOWS: Windows = ((50, 1.0),)
"""Limits of one bot in one tenant, for all conversations together."""


@dataclass
class RateLimits:
    """The windows, and the requests that were counted. `clock` gives monotonic seconds."""

    enforced: bool = True
    send: Windows = SEND_WINDOWS
    read: Windows = READ_WINDOWS
    tenant: Windows = TENANT_WINDOWS
    clock: Callable[[], float] = time.monotonic
    _counted: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def consume(self, operation: str, conversation_id: str) -> int | None:
        """Count a request and return None; return the whole seconds to wait where it is one too many, which is not counted."""
        if not self.enforced:
            return None
        now = self.clock()
        reading = operation.startswith("get")
        asked = ((f"{'read' if reading else 'send'} {conversation_id}", self.read if reading else self.send), ("", self.tenant))
        waits = [self._wait(key, windows, now) for key, windows in asked]
        if max(waits) > 0:
            return math.ceil(max(waits))
        for key, _ in asked:
            self._counted[key].append(now)
        return None

    def _wait(self, key: str, windows: Windows, now: float) -> float:
        counted = self._counted[key]
        while counted and counted[0] <= now - windows[-1][1]:
            counted.popleft()
        return max((counted[-most] + seconds - now for most, seconds in windows if len(counted) >= most), default=0.0)

    def reset(self) -> None:
        """Forget all counted requests."""
        self._counted.clear()
