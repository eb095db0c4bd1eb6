"""Learns what other processes did (the command line, another bot): one query a round, however many streams are open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import select

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.messaging.hub import Hub
from bot.messaging.inbox import Inbox
from bot.messaging.ports import UnreadCounts
from bot.messaging.tables import RECEIVED, InboxRow
from bot.messaging.transcript import Transcript

TURNS_SECONDS = 0.25
MESSAGES_SECONDS = 0.5
AT_ONCE = 500
"""Conversations asked about in one query: below the number of parameters that databases accept."""


class DatabasePoller:
    """Tells the hub what was committed elsewhere. Asks nothing while nobody waits for anything."""

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
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow."""
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _follow(self) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(TURNS_SECONDS)
            rounds += 1
            try:
                await self._look_for_turns()
                if rounds % round(MESSAGES_SECONDS / TURNS_SECONDS) == 0:
                    await self._look_for_messages()
                    await self._look_at_bells()
            except Exception as error:  # the database may be away for a while: the next round asks again
                log_error(error, "following other processes")

    async def _look_for_turns(self) -> None:
        elsewhere = set(self._hub.awaited) - self._in_hand()
        if elsewhere:
            for turn_id in await self._inbox.done(elsewhere):
                self._hub.turn_done(turn_id, None)

    async def _look_for_messages(self) -> None:
        watched = self._hub.watched
        newest: dict[str, int] = {}
        busy: set[str] = set()
        for start in range(0, len(watched), AT_ONCE):
            some = watched[start : start + AT_ONCE]
            newest |= await self._transcript.newest_ids(some)
            busy |= await self._busy(some)
        for conversation_id, message_id in newest.items():
            if self._newest.get(conversation_id) != message_id:
                self._hub.message_added(conversation_id)
        self._newest = newest
        if watched:
            self._hub.set_typing_elsewhere(busy)

    async def _look_at_bells(self) -> None:
        watched, unread = self._hub.watched, dict[str, int]()
        for start in range(0, len(watched), AT_ONCE):
            async with self._database.reading() as session:
                unread |= await self._unread_counts(session, watched[start : start + AT_ONCE], self._clock.now())
        self._hub.set_unread(unread)

    async def _busy(self, conversation_ids: list[str]) -> set[str]:
        if self._database.is_sqlite:  # one bot on SQLite: what it prepares itself it knows
            return set()
        unfinished = select(InboxRow.conversation_id).where(InboxRow.state == RECEIVED, InboxRow.conversation_id.in_(conversation_ids))
        async with self._database.reading() as session:
            return set(await session.scalars(unfinished.distinct()))
