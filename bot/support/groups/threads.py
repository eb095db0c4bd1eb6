"""Threads of a support group: the one of each ticket, how far it shows the ticket, and the input that was received there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from bot.core.database import Database
from bot.core.upsert import insert_or_ignore
from bot.jobs import leases
from bot.jobs.queue import Queue
from bot.support.groups.tables import GroupInputRow, ThreadRow
from bot.support.records import TicketState
from bot.support.tables import TicketRow

INPUT_RETENTION = timedelta(days=2)
"""How long received input is remembered: for a day channels repeat what was not acknowledged."""


@dataclass(frozen=True)
class ClaimedThread:
    """A ticket's thread in a group, claimed by this process."""

    ticket_id: int
    thread: str | None
    open: bool
    shown: int
    head: str | None


@dataclass(frozen=True)
class Answer:
    """What must be answered in a thread, and the message there that must be deleted (`unwanted`)."""

    id: int
    thread: str
    text: str
    unwanted: str | None


class Threads:
    """The threads of one group: `channel` as the database names it, `address` as the channel knows the group."""

    def __init__(self, database: Database, channel: str, address: str) -> None:
        self.database, self._channel, self._address = database, channel, address
        self._queue = Queue(
            name="group_threads",
            key=ThreadRow.ticket_id,
            is_open=(ThreadRow.channel == channel,),
            lease_until=ThreadRow.lease_until,
            lease=leases.GROUP_THREAD,
        )
        """Only the lease is used: what a thread lacks is found by comparing it with its ticket (`outdated`)."""

    async def outdated(self) -> list[int]:
        """Return the tickets of which something must be shown or answered, the one that waits longest first."""
        thread = (ThreadRow.channel == self._channel) & (ThreadRow.ticket_id == TicketRow.id) & (ThreadRow.address == self._address)
        lags = or_(ThreadRow.ticket_id.is_(None), ThreadRow.thread.is_(None), ThreadRow.shown < TicketRow.version, ~ThreadRow.open)
        is_open, is_closed = TicketRow.state != TicketState.CLOSED, TicketRow.state == TicketState.CLOSED
        wanted = select(TicketRow.id).outerjoin(ThreadRow, thread).where((is_open & lags) | (is_closed & ThreadRow.open))
        asked = select(ThreadRow.ticket_id).join(GroupInputRow, GroupInputRow.thread == ThreadRow.thread)
        asked = asked.where(ThreadRow.channel == self._channel, ThreadRow.address == self._address, *self._unanswered)
        async with self.database.reading() as session:
            found = [*await session.scalars(wanted.order_by(TicketRow.version)), *await session.scalars(asked)]
        return list(dict.fromkeys(found))

    async def claim(self, ticket_id: int, now: datetime) -> ClaimedThread | None:
        """Claim the ticket's thread, so that this process alone posts there; None where another process holds it."""
        async with self.database.writing() as session:
            new = {"channel": self._channel, "ticket_id": ticket_id, "address": self._address, "open": True, "shown": 0}
            await session.execute(insert_or_ignore(session, ThreadRow).values(new))
            wanted = select(ThreadRow).where(ThreadRow.ticket_id == ticket_id)
            for row in await self._queue.claim_in(session, wanted, now):
                if row.address != self._address:  # another group is set: what is open is shown there from the beginning
                    row.address, row.thread, row.open, row.shown, row.head = self._address, None, True, 0, None
                return ClaimedThread(ticket_id, row.thread, row.open, row.shown, row.head)
        return None

    async def renew(self, ticket_id: int, now: datetime) -> None:
        """Renew the lease of a claimed thread."""
        async with self.database.writing() as session:
            await self._queue.renew(session, [ticket_id], now)

    async def release(self, ticket_id: int) -> None:
        """Let other processes post in a claimed thread again."""
        async with self.database.writing() as session:
            await self._queue.release(session, [ticket_id])

    async def record_created(self, ticket_id: int, thread: str) -> None:
        """Record that the thread was created in the group."""
        await self._set(ticket_id, thread=thread, open=True, shown=0, head=None)

    async def record_deleted(self, ticket_id: int) -> None:
        """Record that somebody deleted the thread: another one will be created, and the ticket shown from its beginning."""
        await self._set(ticket_id, thread=None, shown=0, head=None)

    async def record_shown(self, ticket_id: int, *, shown: int, is_open: bool, head: str | None) -> None:
        """Record how far the thread shows the ticket: up to its event `shown`, with the card of digest `head`."""
        await self._set(ticket_id, shown=shown, open=is_open, head=head)

    async def ticket_of(self, thread: str) -> int | None:
        """Return the ticket that a thread shows."""
        wanted = select(ThreadRow.ticket_id).where(
            ThreadRow.channel == self._channel, ThreadRow.address == self._address, ThreadRow.thread == thread
        )
        async with self.database.reading() as session:
            return await session.scalar(wanted)

    async def answer_to(self, key: str) -> str | None:
        """Return the answer to input that was received before; None where it is new."""
        async with self.database.reading() as session:
            return await session.scalar(select(GroupInputRow.answer).where(GroupInputRow.key == key))

    async def record_input(self, key: str, thread: str, answer: str, *, unwanted: str | None, answered: bool, now: datetime) -> None:
        """Record input that was received and acted upon; `answered`: nothing is left to be answered or deleted in the thread."""
        values = {"channel": self._channel, "key": key, "thread": thread, "answer": answer, "unwanted": unwanted, "at": now}
        async with self.database.writing() as session:
            await session.execute(insert_or_ignore(session, GroupInputRow).values(**values, said_at=now if answered else None))
            await session.execute(delete(GroupInputRow).where(GroupInputRow.at < now - INPUT_RETENTION))

    async def pending_answers(self, thread: str) -> list[Answer]:
        """Return what must be answered in a thread, oldest first."""
        wanted = select(GroupInputRow).where(GroupInputRow.channel == self._channel, GroupInputRow.thread == thread, *self._unanswered)
        async with self.database.reading() as session:
            rows = await session.scalars(wanted.order_by(GroupInputRow.id))
            return [Answer(row.id, row.thread, row.answer, row.unwanted) for row in rows]

    async def other_threads(self) -> Sequence[str]:
        """Return the threads without a ticket ("" stands for outside of any thread) in which something must be answered."""
        known = select(ThreadRow.thread).where(ThreadRow.channel == self._channel, ThreadRow.thread.is_not(None))
        wanted = select(GroupInputRow.thread).where(GroupInputRow.channel == self._channel, *self._unanswered)
        async with self.database.reading() as session:
            found = await session.scalars(
                wanted.where(GroupInputRow.thread.not_in(known)).order_by(func.min(GroupInputRow.id)).group_by(GroupInputRow.thread)
            )
            return list(found)

    async def record_answered(self, answer_ids: Collection[int], now: datetime) -> None:
        """Record that these were answered."""
        if not answer_ids:
            return
        async with self.database.writing() as session:
            await session.execute(update(GroupInputRow).where(GroupInputRow.id.in_(answer_ids)).values(said_at=now))

    @property
    def _unanswered(self) -> tuple[ColumnElement[bool], ...]:
        return (GroupInputRow.said_at.is_(None),)

    def _of(self, ticket_id: int) -> tuple[ColumnElement[bool], ...]:
        return ThreadRow.channel == self._channel, ThreadRow.ticket_id == ticket_id

    async def _set(self, ticket_id: int, **values: object) -> None:
        async with self.database.writing() as session:
            await session.execute(update(ThreadRow).where(*self._of(ticket_id)).values(**values))
