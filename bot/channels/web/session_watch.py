"""Ends the event streams of sessions that are over, whichever process ended them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from bot.core.database import Database
from bot.identity.chat_sessions import TOPIC, ChatSessions, Ended
from bot.jobs.worker import Worker

POLL_SECONDS = 1.0
"""How often the sessions of open streams are looked at: an idle one ends by itself, and on SQLite the action server cannot wake us."""
BATCH_SIZE = 500
"""Sessions in one query: below the number of parameters that databases accept."""

Ending = asyncio.Future[Ended]
"""Resolved when the session of a stream is over, with the reason."""


class SessionWatch:
    """Looks at the sessions of the open streams of this process. Sends no query while there is none."""

    def __init__(self, database: Database, sessions: ChatSessions) -> None:
        self._sessions = sessions
        self._watched: defaultdict[str, set[Ending]] = defaultdict(set)
        self._worker = Worker(
            database, None, self._look, doing="looking for sessions that ended", topics=(TOPIC,), poll_seconds=POLL_SECONDS
        )

    def start(self) -> None:
        """Begin to look."""
        self._worker.start()

    async def stop(self) -> None:
        """Stop looking."""
        await self._worker.stop()

    @contextmanager
    def ending(self, token_hash: str) -> Iterator[Ending]:
        """Yield a future that is resolved when the session is over."""
        ending: Ending = asyncio.get_running_loop().create_future()
        self._watched[token_hash].add(ending)
        try:
            yield ending
        finally:
            self._watched[token_hash].discard(ending)
            if not self._watched[token_hash]:
                del self._watched[token_hash]

    async def _look(self) -> None:
        watched = list(self._watched)
        for start in range(0, len(watched), BATCH_SIZE):
            for token_hash, why in (await self._sessions.ended(watched[start : start + BATCH_SIZE])).items():
                for ending in self._watched.get(token_hash, ()):
                    if not ending.done():
                        ending.set_result(why)
