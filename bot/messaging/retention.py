"""Retention: what was said goes after a set time, what figures are made of stays (docs/dev/support.md, Retention).

A little at a time, each in a transaction of its own that also moves the mark up to which everything is gone: so a kill loses no
round, any number of processes may work at it, and no round looks again at what an earlier one did.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import String, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.clock import PARIS, Clock
from bot.core.database import Database, Table
from bot.messaging.tables import DONE, ButtonRow, InboxRow, MessageRow
from bot.settings import Settings
from bot.support.records import TicketState
from bot.support.tables import NoteRow, TicketRow

AT_ONCE = 500
"""Rows erased in one transaction."""
_INSTANTS: dict[str, tuple[Any, Any]] = {
    "messages": (MessageRow.id, MessageRow.at),
    "inbox": (InboxRow.id, InboxRow.received_at),
    "notes": (NoteRow.id, NoteRow.at),
}
"""What is erased in the order of its ids, which is that of its instants: its id and its instant."""


class RetentionRow(Table):
    """How far one kind of text is erased."""

    __tablename__ = "retention"

    what: Mapped[str] = mapped_column(String(16), primary_key=True)
    up_to: Mapped[int] = mapped_column(default=0)
    """Id of the last row that is gone."""


class Retention:
    """Erases what is older than the set number of days in Paris."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock, self._days = database, clock, settings.retention_days

    def before(self) -> datetime:
        """The instant before which nothing is kept: a day is kept whole until that many days have followed it."""
        today = self._clock.now().astimezone(PARIS).date()
        return datetime.combine(today - timedelta(days=self._days), time(), PARIS)

    async def run_due(self) -> int:
        """Erase everything that is old enough; how many messages, turns, notes and tickets."""
        before, count = self.before(), 0
        for what in _INSTANTS:
            while erased := await self._texts(what, before):
                count += erased
        while erased := await self._tickets(before):
            count += erased
        return count

    async def _texts(self, what: str, before: datetime) -> int:
        row_id, at = _INSTANTS[what]
        async with self._database.writing() as session:
            mark = await self._mark(session, what)
            found = await session.execute(select(row_id, at).where(row_id > mark.up_to).order_by(row_id).limit(AT_ONCE))
            old = [row[0] for row in takewhile(lambda row: row[1] < before, found.all())]
            if old:
                await self._erase(session, what, old)
                mark.up_to = old[-1]
        return len(old)

    async def _mark(self, session: AsyncSession, what: str) -> RetentionRow:
        """The mark, locked: on PostgreSQL two processes come one after the other, as on SQLite they do anyhow."""
        insert = (sqlite if self._database.is_sqlite else postgresql).insert(RetentionRow)
        await session.execute(insert.values(what=what, up_to=0).on_conflict_do_nothing())
        locked = select(RetentionRow).where(RetentionRow.what == what).with_for_update()
        return (await session.scalars(locked.execution_options(populate_existing=True))).one()

    async def _erase(self, session: AsyncSession, what: str, ids: Sequence[int]) -> None:
        """Messages and turns are emptied, not deleted: an id is never given twice, clients resume by it, and figures are made of turns."""
        if what == "messages":
            await session.execute(delete(ButtonRow).where(ButtonRow.message_id.in_(ids)))
            gone: dict[str, Any] = {"text": "", "buttons": [], "link": None, "erased_at": self._clock.now()}
            await session.execute(update(MessageRow).where(MessageRow.id.in_(ids)).values(**gone))
        elif what == "inbox":
            await session.execute(update(InboxRow).where(InboxRow.id.in_(ids), InboxRow.state == DONE).values(text=None, button=None))
        else:
            await session.execute(delete(NoteRow).where(NoteRow.id.in_(ids)))

    async def _tickets(self, before: datetime) -> int:
        """What a closed ticket says beside its figures: the dossier, the ids of errors, what the assistant had understood."""
        old = select(TicketRow).where(TicketRow.closed_at < before, TicketRow.erased_at.is_(None), TicketRow.state == TicketState.CLOSED)
        async with self._database.writing() as session:
            rows = (await session.scalars(old.order_by(TicketRow.closed_at).limit(AT_ONCE).with_for_update(skip_locked=True))).all()
            for row in rows:
                row.dossier, row.erased_at = None, self._clock.now()
                row.context = {"task": row.context.get("task")}
        return len(rows)
