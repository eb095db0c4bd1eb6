"""How much the connector takes of one bot: sliding windows, as Microsoft documents them."""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

Windows = tuple[tuple[int, float], ...]
"""At most so many, in so many seconds; of each of them."""
SEND: Windows = ((7, 1.0), (60, 30.0), (1800, 3600.0))
SEND_DOCUMENTED: Windows = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))
"""With the window of two seconds that Microsoft's table has besides."""
READ: Windows = ((14, 1.0), (120, 30.0), (3600, 3600.0))
OVERALL: Windows = ((50, 1.0),)
"""Of one bot in one tenant."""


@dataclass
class Limits:
    """The windows, and what went through them. `clock`: monotonic seconds."""

    enforced: bool = True
    send: Windows = SEND
    read: Windows = READ
    overall: Windows = OVERALL
    clock: Callable[[], float] = time.monotonic
    _taken: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def take(self, operation: str, conversation_id: str) -> int | None:
        """Count a request; or, where it is one too many, whole seconds after which it may come again. What is refused is not counted."""
        if not self.enforced:
            return None
        now = self.clock()
        reading = operation.startswith("get")
        asked = ((f"{'read' if reading else 'send'} {conversation_id}", self.read if reading else self.send), ("", self.overall))
        waits = [self._wait(key, windows, now) for key, windows in asked]
        if max(waits) > 0:
            return math.ceil(max(waits))
        for key, _ in asked:
            self._taken[key].append(now)
        return None

    def _wait(self, key: str, windows: Windows, now: float) -> float:
        taken = self._taken[key]
        while taken and taken[0] <= now - windows[-1][1]:
            taken.popleft()
        return max((taken[-most] + seconds - now for most, seconds in windows if len(taken) >= most), default=0.0)

    def forget(self) -> None:
        """Begin to count anew."""
        self._taken.clear()
