"""Quiet windows around this moment: nobody has to wait for an hour to see one obeyed."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.clock import PARIS
from bot.notifications.preferences import EVERY_DAY, HOLIDAY, Preferences, Window

ALWAYS, OVER, SOON = 0, 1, 2
"""Of each ten people: in a window that lasts the whole run, in one that is over, in one that begins during the run."""


class Windows:
    """Who of the population has which window. `start` is when the run begins."""

    def __init__(self, start: datetime) -> None:
        local = start.astimezone(PARIS)
        self.soon = (local + timedelta(seconds=75)).replace(second=0, microsecond=0)
        """When the windows of `SOON` begin: within the second minute of the run."""
        self._windows = {
            ALWAYS: (local - timedelta(hours=1), local + timedelta(hours=10)),
            OVER: (local - timedelta(hours=3), local - timedelta(hours=1)),
            SOON: (self.soon, local + timedelta(hours=10)),
        }

    def said(self, person: int) -> Preferences | None:
        """What a person said."""
        if person % 10 not in self._windows:
            return None
        start, end = (at.time().replace(second=0, microsecond=0) for at in self._windows[person % 10])
        return Preferences(quiet=(Window(days=EVERY_DAY | {HOLIDAY}, start=start, end=end),))

    def seconds_inside(self, person: int, at: float) -> float:
        """How long a person's window had lasted at an instant (seconds since 1970); 0 outside of one."""
        group = person % 10
        if group not in (ALWAYS, SOON):
            return 0.0
        return max(0.0, at - self._windows[group][0].timestamp())
