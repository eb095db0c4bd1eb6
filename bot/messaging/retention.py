"""Retention: what was said is erased after a set time, what figures are made of stays (docs/dev/support.md, Retention).

Each round erases a little, in a transaction of its own that also moves the mark up to which everything is erased: a kill loses no round,
any number of processes may work at it, and no round looks again at what an earlier one did.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import String, cast, delete, literal, null, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.clock import PARIS, Clock
from bot.core.database import Database, Table
from bot.core.upsert import insert_or_ignore
from bot.messaging.ports import Erasure
from bot.messaging.tables import DONE, ButtonRow, InboxRow, MessageRow
from bot.settings import Settings

ERASED = "erased:"
"""Beginning of what stands in the place of an erased address or id of a client: it is unique, and nobody's."""
BATCH_SIZE = 500
"""Rows erased in one transaction."""


class RetentionRow(Table):
    """How far one kind of text is erased."""

    __tablename__ = "retention"

    what: Mapped[str] = mapped_column(String(16), primary_key=True)
    up_to: Mapped[int] = mapped_column(default=0)
    """Id of the last row that is erased."""


EraseRows = Callable[[AsyncSession, Sequence[int], datetime], Awaitable[None]]
"""Erases the rows of these ids at an instant."""


class MarkedErasure:
    """Erases rows in the order of their ids, which is that of their instants, and keeps a mark up to which all are erased."""

    def __init__(self, what: str, row_id: Any, at: Any, erase_rows: EraseRows) -> None:
        """Take the name of the mark (at most 16 characters), the columns of a row's id and instant, and what erases rows."""
        self._what, self._row_id, self._at, self._erase_rows = what, row_id, at, erase_rows

    async def erase(self, session: AsyncSession, *, before: datetime, now: datetime, limit: int) -> int:
        """Erase up to `limit` rows from before an instant, move the mark, and return how many there were."""
        mark = await self._locked_mark(session)
        wanted = select(self._row_id, self._at).where(self._row_id > mark.up_to).order_by(self._row_id).limit(limit)
        old = [row[0] for row in takewhile(lambda row: row[1] < before, (await session.execute(wanted)).all())]
        if old:
            await self._erase_rows(session, old, now)
            mark.up_to = old[-1]
        return len(old)

    async def _locked_mark(self, session: AsyncSession) -> RetentionRow:
        """Return the mark, locked: on PostgreSQL two processes come one after the other, as on SQLite they do anyhow."""
        await session.execute(insert_or_ignore(session, RetentionRow).values(what=self._what, up_to=0))
        locked = select(RetentionRow).where(RetentionRow.what == self._what).with_for_update()
        return (await session.scalars(locked.execution_options(populate_existing=True))).one()


async def _erase_messages(session: AsyncSession, ids: Sequence[int], now: datetime) -> None:
    """Empty messages. They are not deleted: an id is never given twice, and clients resume by it."""
    await session.execute(delete(ButtonRow).where(ButtonRow.message_id.in_(ids)))
    emptied: dict[str, Any] = {"text": "", "buttons": [], "link": None, "client_id": None, "sent": null(), "erased_at": now}
    await session.execute(update(MessageRow).where(MessageRow.id.in_(ids)).values(**emptied))


async def _erase_turns(session: AsyncSession, ids: Sequence[int], now: datetime) -> None:
    """Empty turns. They are not deleted: figures are made of them."""
    nobody = {"text": None, "button": None, "sent_id": None, "client_id": literal(ERASED) + cast(InboxRow.id, String)}
    await session.execute(update(InboxRow).where(InboxRow.id.in_(ids), InboxRow.state == DONE).values(nobody))


ERASURES: Sequence[Erasure] = (
    MarkedErasure("messages", MessageRow.id, MessageRow.at, _erase_messages),
    MarkedErasure("inbox", InboxRow.id, InboxRow.received_at, _erase_turns),
)
"""What messaging itself erases: messages and turns."""


class Retention:
    """Erases what is older than the set number of days in Paris."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, erasures: Sequence[Erasure]) -> None:
        self._database, self._clock, self._days, self._erasures = database, clock, settings.retention_days, erasures

    def before(self) -> datetime:
        """Return the instant before which nothing is kept: a day is kept whole until that many days have followed it."""
        today = self._clock.now().astimezone(PARIS).date()
        return datetime.combine(today - timedelta(days=self._days), time(), PARIS)

    async def run_due(self) -> int:
        """Erase everything that is old enough, and return how many texts that were."""
        before, count = self.before(), 0
        for erasure in self._erasures:
            while erased := await self._erase_batch(erasure, before):
                count += erased
        return count

    async def _erase_batch(self, erasure: Erasure, before: datetime) -> int:
        async with self._database.writing() as session:
            return await erasure.erase(session, before=before, now=self._clock.now(), limit=BATCH_SIZE)
