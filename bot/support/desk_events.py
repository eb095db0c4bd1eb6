"""Desk events: tell the open desks that something about a ticket is new, in this process or in another one.

They hold no truth: whoever receives one reads the ticket again. On PostgreSQL each process is woken by the announcement of `TICKETS`; on
SQLite, where other processes cannot announce anything, it polls while somebody listens.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import func, select

from bot.core.database import Database
from bot.jobs.worker import Worker
from bot.support.tables import TicketEventRow, TicketRow

TICKETS = "tickets"
"""Topic announced (`bot.core.database.announce`) with each event of a ticket."""
LOCAL_POLL_SECONDS = 0.5
"""How soon an event of another process is seen on SQLite."""
LOOK_BACK = 200
"""Latest events that are looked at again: on PostgreSQL ids may be committed out of their order."""
MAX_UNREAD = 1_000
"""Events that wait for a slow desk. Beyond, the oldest are dropped."""


@dataclass(frozen=True)
class DeskEvent:
    """Something about a ticket is new; `version` is the id of its last event."""

    ticket_id: int
    conversation_id: str
    version: int
    typing: bool = False
    """Whether it only says that the user is writing at this moment: nothing is new, and nothing of it is stored."""


Subscription = asyncio.Queue[DeskEvent | None]


class DeskEvents:
    """Passes desk events to the subscribers of one process. Queries the database only while there are any."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._subscriptions: set[Subscription] = set()
        self._known: dict[int, None] = {}
        self._first = True
        self._ended = False
        poll_seconds = LOCAL_POLL_SECONDS if database.is_sqlite else None
        self._worker = Worker(database, None, self._poll, doing="following tickets", topics=(TICKETS,), poll_seconds=poll_seconds)

    def start(self) -> None:
        """Begin to follow other processes."""
        self._worker.start()

    def end(self) -> None:
        """End every subscription: the process stops."""
        self._ended = True
        for subscription in self._subscriptions:
            _put(subscription, None)

    async def stop(self) -> None:
        """End every subscription and stop following."""
        self.end()
        await self._worker.stop()

    def publish(self, row: TicketRow) -> None:
        """Tell the subscribers that this process committed something about a ticket."""
        self._pass(DeskEvent(row.id, row.conversation_id, row.version))

    def publish_typing(self, ticket_id: int, conversation_id: str) -> None:
        """Tell the subscribers of this process that the user of a ticket is writing. Others are not told: it is worth no row."""
        for subscription in self._subscriptions:
            _put(subscription, DeskEvent(ticket_id, conversation_id, 0, typing=True))

    @property
    def has_subscribers(self) -> bool:
        """Whether anybody listens."""
        return bool(self._subscriptions)

    @contextmanager
    def subscribe(self) -> Iterator[AsyncIterator[DeskEvent]]:
        """Yield the events from now on, until the process stops."""
        subscription: Subscription = asyncio.Queue(MAX_UNREAD)
        if self._ended:
            _put(subscription, None)
        self._subscriptions.add(subscription)
        try:
            yield _read(subscription)
        finally:
            self._subscriptions.discard(subscription)

    def _pass(self, event: DeskEvent) -> None:
        if event.version in self._known:
            return
        self._known[event.version] = None
        while len(self._known) > 2 * LOOK_BACK:
            del self._known[next(iter(self._known))]
        for subscription in self._subscriptions:
            _put(subscription, event)

    async def _poll(self) -> None:
        """Pass on what other processes recorded; what was there at the start is known."""
        if not (self._first or self._subscriptions):
            return
        newest = select(func.max(TicketEventRow.id)).scalar_subquery()
        latest = select(TicketEventRow.id).where(TicketEventRow.id > newest - LOOK_BACK).order_by(TicketEventRow.id)
        async with self._database.reading() as session:
            new = [version for version in await session.scalars(latest) if version not in self._known]
            if self._first or not new:
                self._known.update(dict.fromkeys(new))
                self._first = False
                return
            events = select(TicketEventRow.id, TicketRow.id, TicketRow.conversation_id).join(
                TicketRow, TicketRow.id == TicketEventRow.ticket_id
            )
            rows = (await session.execute(events.where(TicketEventRow.id.in_(new)).order_by(TicketEventRow.id))).all()
        for version, ticket_id, conversation_id in rows:
            self._pass(DeskEvent(ticket_id, conversation_id, version))


def _put(subscription: Subscription, event: DeskEvent | None) -> None:
    if subscription.full():
        subscription.get_nowait()
    subscription.put_nowait(event)


async def _read(subscription: Subscription) -> AsyncIterator[DeskEvent]:
    while (event := await subscription.get()) is not None:
        yield event
