"""Wakes the outbox's workers after a turn: the action server may have written rows, and on SQLite cannot wake another process."""

from __future__ import annotations

import asyncio

from bot.core.database import Database
from bot.jobs.outbox import CHAT, MAIL

GATHER_SECONDS = 0.2
"""How long the ends of turns are gathered, so that many of them wake the workers once."""


class OutboxWake:
    """Wakes the workers of mails and messages soon after a turn."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._timer: asyncio.TimerHandle | None = None

    def after_turn(self) -> None:
        """Wake the workers in a moment: a turn is over."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._database.wake((CHAT, MAIL))
