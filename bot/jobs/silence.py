"""Tells leases that nobody renews any more from the others, by watching: no two machines' clocks are compared."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


class SilenceWatch:
    """Remembers since when each lease looks as it does."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`seconds`: how long a lease must stay the same to count as abandoned; it is to be looked at several times in it."""
        self._seconds, self._monotonic = seconds, monotonic
        self._since: dict[tuple[Hashable, datetime], float] = {}
        self._looked_at = float("-inf")

    def abandoned(self, leases: Mapping[Key, datetime]) -> dict[Key, datetime]:
        """Return those of these leases, by key of the job, that stayed the same for so long.

        Where nobody looked in between, as while the database was away, the watch begins anew: the owner could not renew either.
        """
        now = self._monotonic()
        before = self._since if now - self._looked_at < self._seconds else {}
        self._looked_at = now
        self._since = {item: before.get(item, now) for item in leases.items()}
        return {key: until for key, until in leases.items() if now - self._since[key, until] >= self._seconds}
