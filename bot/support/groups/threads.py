"""What the team's groups know of tickets: the thread of each, how far it shows the ticket, and what was heard there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.core.database import Database
from bot.support.groups.tables import GroupInputRow, ThreadRow
from bot.support.records import TicketState
from bot.support.tables import TicketRow

LEASE = timedelta(seconds=90)
"""How long one process alone shows something in a thread: longer than one message may wait for its place within the group's limit."""
REMEMBERED = timedelta(days=2)
"""How long it is known what was heard: channels repeat what was not acknowledged for a day."""


@dataclass(frozen=True)
class HeldThread:
    """A ticket's thread in a group, held by this process."""

    ticket_id: int
    thread: str | None
    open: bool
    shown: int
    head: str | None


@dataclass(frozen=True)
class Answer:
    """What is to be answered in a thread, and the message there that is to go."""

    id: int
    thread: str
    text: str
    unwanted: str | None


class Threads:
    """The threads of one group: `channel` as the database names it, `address` as the channel knows the group."""

    def __init__(self, database: Database, channel: str, address: str) -> None:
        self._database, self._channel, self._address = database, channel, address

    async def behind(self) -> list[int]:
        """Tickets of which there is something to show or to answer, the one that waits longest first."""
        thread = (ThreadRow.channel == self._channel) & (ThreadRow.ticket_id == TicketRow.id) & (ThreadRow.address == self._address)
        lags = or_(ThreadRow.ticket_id.is_(None), ThreadRow.thread.is_(None), ThreadRow.shown < TicketRow.version, ~ThreadRow.open)
        is_open, is_closed = TicketRow.state != TicketState.CLOSED, TicketRow.state == TicketState.CLOSED
        wanted = select(TicketRow.id).outerjoin(ThreadRow, thread).where((is_open & lags) | (is_closed & ThreadRow.open))
        asked = select(ThreadRow.ticket_id).join(GroupInputRow, GroupInputRow.thread == ThreadRow.thread)
        asked = asked.where(ThreadRow.channel == self._channel, ThreadRow.address == self._address, *self._unsaid)
        async with self._database.reading() as session:
            found = [*await session.scalars(wanted.order_by(TicketRow.version)), *await session.scalars(asked)]
        return list(dict.fromkeys(found))

    async def hold(self, ticket_id: int, now: datetime) -> HeldThread | None:
        """The ticket's thread, for this process alone until it is let go; None where another one has it."""
        insert = (sqlite if self._database.is_sqlite else postgresql).insert(ThreadRow)
        new = insert.values(channel=self._channel, ticket_id=ticket_id, address=self._address, open=True, shown=0)
        async with self._database.writing() as session:
            await session.execute(new.on_conflict_do_nothing())
            free = (ThreadRow.lease_until.is_(None)) | (ThreadRow.lease_until < now)
            held = update(ThreadRow).where(*self._of(ticket_id), free).values(lease_until=now + LEASE).returning(ThreadRow.ticket_id)
            if await session.scalar(held) is None:
                return None
            row = await session.get_one(ThreadRow, (self._channel, ticket_id), populate_existing=True)
            if row.address != self._address:  # another group is set: what is open is shown there from the beginning
                row.address, row.thread, row.open, row.shown, row.head = self._address, None, True, 0, None
            return HeldThread(ticket_id, row.thread, row.open, row.shown, row.head)

    async def keep(self, ticket_id: int, now: datetime) -> None:
        """Hold it for longer."""
        await self._set(ticket_id, lease_until=now + LEASE)

    async def let_go(self, ticket_id: int) -> None:
        """Another process may show something there."""
        await self._set(ticket_id, lease_until=None)

    async def made(self, ticket_id: int, thread: str) -> None:
        """The thread is there."""
        await self._set(ticket_id, thread=thread, open=True, shown=0, head=None)

    async def lost(self, ticket_id: int) -> None:
        """Somebody deleted the thread: another one is made, and the ticket shown from its beginning."""
        await self._set(ticket_id, thread=None, shown=0, head=None)

    async def show(self, ticket_id: int, *, shown: int, is_open: bool, head: str | None) -> None:
        """How far the thread shows the ticket now."""
        await self._set(ticket_id, shown=shown, open=is_open, head=head)

    async def ticket_of(self, thread: str) -> int | None:
        """The ticket that a thread shows."""
        wanted = select(ThreadRow.ticket_id).where(
            ThreadRow.channel == self._channel, ThreadRow.address == self._address, ThreadRow.thread == thread
        )
        async with self._database.reading() as session:
            return await session.scalar(wanted)

    async def heard(self, key: str) -> str | None:
        """What was answered to something that was heard before; None where it is new."""
        async with self._database.reading() as session:
            return await session.scalar(select(GroupInputRow.answer).where(GroupInputRow.key == key))

    async def note_heard(self, key: str, thread: str, answer: str, *, unwanted: str | None, said: bool, now: datetime) -> None:
        """Something was heard and done; `said`: nothing is left to be answered or deleted in the thread."""
        insert = (sqlite if self._database.is_sqlite else postgresql).insert(GroupInputRow)
        values = {"channel": self._channel, "key": key, "thread": thread, "answer": answer, "unwanted": unwanted, "at": now}
        async with self._database.writing() as session:
            await session.execute(insert.values(**values, said_at=now if said else None).on_conflict_do_nothing())
            await session.execute(delete(GroupInputRow).where(GroupInputRow.at < now - REMEMBERED))

    async def answers(self, thread: str) -> list[Answer]:
        """What is to be answered in a thread, oldest first."""
        wanted = select(GroupInputRow).where(GroupInputRow.channel == self._channel, GroupInputRow.thread == thread, *self._unsaid)
        async with self._database.reading() as session:
            rows = await session.scalars(wanted.order_by(GroupInputRow.id))
            return [Answer(row.id, row.thread, row.answer, row.unwanted) for row in rows]

    async def elsewhere(self) -> Sequence[str]:
        """Threads that show no ticket, and what is outside of any (""), in which something is to be answered."""
        known = select(ThreadRow.thread).where(ThreadRow.channel == self._channel, ThreadRow.thread.is_not(None))
        wanted = select(GroupInputRow.thread).where(GroupInputRow.channel == self._channel, *self._unsaid)
        async with self._database.reading() as session:
            found = await session.scalars(
                wanted.where(GroupInputRow.thread.not_in(known)).order_by(func.min(GroupInputRow.id)).group_by(GroupInputRow.thread)
            )
            return list(found)

    async def answered(self, answer_ids: Collection[int], now: datetime) -> None:
        """These were answered."""
        if not answer_ids:
            return
        async with self._database.writing() as session:
            await session.execute(update(GroupInputRow).where(GroupInputRow.id.in_(answer_ids)).values(said_at=now))

    @property
    def _unsaid(self) -> tuple[ColumnElement[bool], ...]:
        return (GroupInputRow.said_at.is_(None),)

    def _of(self, ticket_id: int) -> tuple[ColumnElement[bool], ...]:
        return ThreadRow.channel == self._channel, ThreadRow.ticket_id == ticket_id

    async def _set(self, ticket_id: int, **values: object) -> None:
        async with self._database.writing() as session:
            await session.execute(update(ThreadRow).where(*self._of(ticket_id)).values(**values))
