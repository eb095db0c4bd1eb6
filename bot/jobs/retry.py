"""When a job that failed is tried again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class RetryStrategy:
    """Exponential back-off with jitter, bounded in pause and in time."""

    first: timedelta
    """Pause after the first failure; doubled after each further one."""
    longest: timedelta
    """Upper bound of a pause."""
    give_up_after: timedelta | None = None
    """How long a job is tried at all; None: until it succeeds."""
    jitter: float = 0.25
    """Share by which a pause is lengthened or shortened at random, so that failed jobs do not come back all at once."""

    def pause(self, attempts: int) -> timedelta:
        """Return the pause after `attempts` failures (at least one), without jitter."""
        doublings = min(max(attempts, 1) - 1, 40)
        return min(self.first * int(2**doublings), self.longest)

    def next_attempt(self, attempts: int, now: datetime, *, since: datetime | None = None) -> datetime | None:
        """Return when to try again after `attempts` failures; None: the job is to be given up.

        Args:
            attempts: how many attempts failed so far, at least one.
            now: when the last one failed.
            since: when the job was first tried. Without it the time spent is the sum of the pauses so far and the next one.
        """
        if self.give_up_after is not None:
            spent = now - since if since is not None else self._spent(attempts)
            if spent >= self.give_up_after:
                return None
        return now + self.pause(attempts) * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311 - jitter, not a secret

    def _spent(self, attempts: int) -> timedelta:
        return sum((self.pause(attempt) for attempt in range(1, min(attempts, 60) + 1)), timedelta())
