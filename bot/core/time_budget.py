"""A budget of the time that one piece of work, such as a user's turn, may wait for outside systems, all waits together.

It counts the seconds in which something is waited for, waits at the same time once, and not what our own side takes. It holds for
everything that is done within it, tasks that are begun there included, and passes no process.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_TURN_SECONDS = 30.0
"""For how long after its first call something may still belong to a turn."""
_current: ContextVar[TimeBudget | None] = ContextVar("time_budget", default=None)


class TimeBudget:
    """So many seconds of waiting."""

    def __init__(self, seconds: float) -> None:
        self._left, self._waits, self._since = seconds, 0, 0.0

    @property
    def left(self) -> float:
        """Seconds that may still be waited; not below zero."""
        running = time.monotonic() - self._since if self._waits else 0.0
        return max(self._left - running, 0.0)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Have it hold within; one that holds already and has less left goes on holding."""
        outer = _current.get()
        token = _current.set(outer if outer is not None and outer.left < self.left else self)
        try:
            yield
        finally:
            _current.reset(token)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        if not self._waits:
            self._since = time.monotonic()
        self._waits += 1
        try:
            yield
        finally:
            self._waits -= 1
            if not self._waits:
                self._left -= time.monotonic() - self._since


def seconds_left() -> float | None:
    """Return how long may still be waited here; None: as long as it takes."""
    budget = _current.get()
    return budget.left if budget is not None else None


@contextmanager
def waiting() -> Iterator[None]:
    """Count what is waited within."""
    budget = _current.get()
    if budget is None:
        yield
        return
    with budget._counted():
        yield


class TurnBudgets:
    """The budgets of turns: all that one process does for a turn, in however many calls, shares one."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._budgets: OrderedDict[str, tuple[float, object, TimeBudget]] = OrderedDict()

    def of(self, turn: str, play: object = None) -> TimeBudget:
        """Return the budget of the turn with this key. One that is played again, after a crash, say, begins anew.

        Args:
            turn: key of the turn.
            play: what tells one playing of it from another; None: it is the one that is known.
        """
        now = time.monotonic()
        while self._budgets and next(iter(self._budgets.values()))[0] + _TURN_SECONDS < now:
            self._budgets.popitem(last=False)
        since, known, budget = self._budgets.get(turn) or (now, None, TimeBudget(self._seconds))
        if None not in (known, play) and known != play:
            del self._budgets[turn]
            since, budget = now, TimeBudget(self._seconds)
        self._budgets[turn] = (since, known if play is None else play, budget)
        return budget
