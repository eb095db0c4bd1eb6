"""What the clients of a run saw, noted as it happens: what was said and answered, errors, and when what was done to the machines."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass
class Said:
    """A message of a user, which the answer is known by: it repeats the name that was asked for. Instants are those of `time.monotonic`."""

    user: str
    name: str
    at: float
    answered_at: float | None = None


@dataclass(frozen=True)
class Fault:
    """Something that was done to the machines, from `began` until all was as before (`time.monotonic`)."""

    what: str
    began: float
    ended: float
    clock: tuple[float, float]
    """The same in seconds since 1970, as stand-ins note what they get."""


@dataclass
class Ledger:
    """Of one run; threads write into it."""

    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    said: list[Said] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    """What clients saw instead of an answer, and mastered by trying again: status or kind of error."""
    without_retry_after: int = 0
    """503 answers that did not say when to come again."""
    events: list[str] = field(default_factory=list)
    """Ids of the platform's events that were taken."""
    broken: list[str] = field(default_factory=list)
    """What ended a user's thread: nothing may."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, user: str, name: str) -> Said:
        """Note a message that is about to be sent."""
        with self._lock:
            self.said.append(Said(user, name, time.monotonic()))
            return self.said[-1]

    def error(self, what: str, *, retry_after: bool = True) -> None:
        """Note an error that a client saw."""
        with self._lock:
            self.errors[what] += 1
            self.without_retry_after += not retry_after

    @contextmanager
    def fault(self, what: str) -> Iterator[None]:
        """Note what is done in the block."""
        began, clock = time.monotonic(), time.time()
        try:
            yield
        finally:
            self.faults.append(Fault(what, began, time.monotonic(), (clock, time.time())))

    @property
    def answered(self) -> int:
        """How many messages were answered by now."""
        with self._lock:
            return sum(said.answered_at is not None for said in self.said)

    def answered_since(self, instant: float) -> int:
        """How many of the messages that were sent since then are answered."""
        with self._lock:
            return sum(said.answered_at is not None for said in self.said if said.at >= instant)
