"""The database poller: finds what other processes committed (another bot, the command line) for the streams and waiters of this one.

It polls on PostgreSQL as well: to announce every message would wake every process for each, while nothing is asked here unless a chat
page is open or somebody waits for a turn that another process answers.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from bot.core.clock import Clock
from bot.core.database import Database
from bot.jobs.worker import Worker
from bot.messaging.hub import Hub
from bot.messaging.inbox import Inbox
from bot.messaging.ports import UnreadCounts
from bot.messaging.tables import RECEIVED, InboxRow
from bot.messaging.transcript import Transcript

TURNS_SECONDS = 0.25
MESSAGES_SECONDS = 0.5
BATCH_SIZE = 500
"""Conversations in one query: below the number of parameters that databases accept."""


class DatabasePoller:
    """Tells the hub what was committed elsewhere. Sends no query while nobody waits for anything."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        hub: Hub,
        inbox: Inbox,
        transcript: Transcript,
        in_hand: Callable[[], set[int]],
        *,
        unread_counts: UnreadCounts,
    ) -> None:
        self._database, self._clock, self._hub, self._inbox, self._transcript = database, clock, hub, inbox, transcript
        self._in_hand, self._unread_counts = in_hand, unread_counts
        self._newest: dict[str, int] = {}
        self._rounds = 0
        self._worker = Worker(database, None, self._poll, doing="polling for what other processes did", poll_seconds=TURNS_SECONDS)

    def start(self) -> None:
        """Begin to poll."""
        self._worker.start()

    async def stop(self) -> None:
        """Stop polling."""
        await self._worker.stop()

    async def _poll(self) -> None:
        self._rounds += 1
        await self._poll_turns()
        if self._rounds % round(MESSAGES_SECONDS / TURNS_SECONDS) == 0:
            await self._poll_messages()
            await self._poll_unread_counts()

    async def _poll_turns(self) -> None:
        elsewhere = set(self._hub.awaited) - self._in_hand()
        if elsewhere:
            for turn_id in await self._inbox.done(elsewhere):
                self._hub.turn_done(turn_id, None)

    async def _poll_messages(self) -> None:
        watched = self._hub.watched
        newest: dict[str, int] = {}
        busy: set[str] = set()
        for start in range(0, len(watched), BATCH_SIZE):
            batch = watched[start : start + BATCH_SIZE]
            newest |= await self._transcript.newest_ids(batch)
            busy |= await self._busy(batch)
        for conversation_id, message_id in newest.items():
            if self._newest.get(conversation_id) != message_id:
                self._hub.message_added(conversation_id)
        self._newest = newest
        if watched:
            self._hub.set_typing_elsewhere(busy)

    async def _poll_unread_counts(self) -> None:
        watched, unread = self._hub.watched, dict[str, int]()
        for start in range(0, len(watched), BATCH_SIZE):
            async with self._database.reading() as session:
                unread |= await self._unread_counts(session, watched[start : start + BATCH_SIZE], self._clock.now())
        self._hub.set_unread(unread)

    async def _busy(self, conversation_ids: list[str]) -> set[str]:
        """Return the conversations in which any process prepares an answer."""
        if self._database.is_sqlite:  # one bot on SQLite: it knows what it prepares itself
            return set()
        unfinished = select(InboxRow.conversation_id).where(InboxRow.state == RECEIVED, InboxRow.conversation_id.in_(conversation_ids))
        async with self._database.reading() as session:
            return set(await session.scalars(unfinished.distinct()))
