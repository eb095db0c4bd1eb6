"""Signals to the desks: something about a ticket is new, here or in another process. Holds no truth."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import func, select

from bot.core.database import Database
from bot.core.errors import log_error
from bot.support.tables import TicketEventRow, TicketRow

FOLLOW_SECONDS = 0.5
LOOKED_BACK = 200
"""Moves looked at again: on PostgreSQL ids may be committed out of their order."""
MOST_UNREAD = 1_000
"""A desk that reads no faster gets the newest ones."""


@dataclass(frozen=True)
class DeskEvent:
    """Read the ticket again; `version` is the id of its last move."""

    ticket_id: int
    conversation_id: str
    version: int
    typing: bool = False
    """That its user is writing at this moment: nothing is new, and nothing is kept of it."""


Queue = asyncio.Queue[DeskEvent | None]


class DeskEvents:
    """Passes signals to whoever listens. One a process; asks the database only while somebody listens."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: set[Queue] = set()
        self._known: dict[int, None] = {}
        self._task: asyncio.Task[None] | None = None
        self._ended = False

    def start(self) -> None:
        """Begin to follow other processes."""
        self._task = asyncio.create_task(self._follow())

    def end(self) -> None:
        """The process stops: every stream ends."""
        self._ended = True
        for listener in self._listeners:
            _put(listener, None)

    async def stop(self) -> None:
        """Stop following."""
        self.end()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def tell(self, row: TicketRow) -> None:
        """Something about the ticket was committed by this process."""
        self._pass(DeskEvent(row.id, row.conversation_id, row.version))

    def writes(self, ticket_id: int, conversation_id: str) -> None:
        """The user of a ticket is writing. Only the desks of this process are told: it is worth no row of the database."""
        for listener in self._listeners:
            _put(listener, DeskEvent(ticket_id, conversation_id, 0, typing=True))

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    @contextmanager
    def listen(self) -> Iterator[AsyncIterator[DeskEvent]]:
        """The changes from now on, until the process stops."""
        listener: Queue = asyncio.Queue(MOST_UNREAD)
        if self._ended:
            _put(listener, None)
        self._listeners.add(listener)
        try:
            yield _read(listener)
        finally:
            self._listeners.discard(listener)

    def _pass(self, change: DeskEvent) -> None:
        if change.version in self._known:
            return
        self._known[change.version] = None
        while len(self._known) > 2 * LOOKED_BACK:
            del self._known[next(iter(self._known))]
        for listener in self._listeners:
            _put(listener, change)

    async def _follow(self) -> None:
        first = True
        while True:
            try:
                if first or self._listeners:
                    await self._look(silent=first)
                    first = False
            except Exception as error:  # the database may be away for a while: the next round asks again
                log_error(error, "following tickets")
            await asyncio.sleep(FOLLOW_SECONDS)

    async def _look(self, *, silent: bool) -> None:
        newest = select(func.max(TicketEventRow.id)).scalar_subquery()
        async with self._database.reading() as session:
            ids = await session.scalars(
                select(TicketEventRow.id).where(TicketEventRow.id > newest - LOOKED_BACK).order_by(TicketEventRow.id)
            )
            new = [version for version in ids if version not in self._known]
            if silent or not new:
                self._known.update(dict.fromkeys(new))
                return
            moved = select(TicketEventRow.id, TicketRow.id, TicketRow.conversation_id).join(
                TicketRow, TicketRow.id == TicketEventRow.ticket_id
            )
            rows = (await session.execute(moved.where(TicketEventRow.id.in_(new)).order_by(TicketEventRow.id))).all()
        for version, ticket_id, conversation_id in rows:
            self._pass(DeskEvent(ticket_id, conversation_id, version))


def _put(listener: Queue, change: DeskEvent | None) -> None:
    if listener.full():
        listener.get_nowait()
    listener.put_nowait(change)


async def _read(listener: Queue) -> AsyncIterator[DeskEvent]:
    while (change := await listener.get()) is not None:
        yield change
