"""What support erases after the set time: notes, and what a closed ticket says beside its figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.messaging.ports import Erasure
from bot.messaging.retention import MarkedErasure
from bot.support.records import TicketState
from bot.support.tables import NoteRow, TicketRow


async def _erase_notes(session: AsyncSession, ids: Sequence[int], now: datetime) -> None:
    await session.execute(delete(NoteRow).where(NoteRow.id.in_(ids)))


class _TicketErasure:
    """Erases the dossier, the ids of errors and what the assistant had understood from tickets closed before an instant."""

    async def erase(self, session: AsyncSession, *, before: datetime, now: datetime, limit: int) -> int:
        """Erase up to `limit` tickets, and return how many there were."""
        old = select(TicketRow).where(TicketRow.closed_at < before, TicketRow.erased_at.is_(None), TicketRow.state == TicketState.CLOSED)
        rows = (await session.scalars(old.order_by(TicketRow.closed_at).limit(limit).with_for_update(skip_locked=True))).all()
        for row in rows:
            row.dossier, row.erased_at = None, now
            row.context = {"task": row.context.get("task")}
        return len(rows)


ERASURES: Sequence[Erasure] = (MarkedErasure("notes", NoteRow.id, NoteRow.at, _erase_notes), _TicketErasure())
"""What support erases: notes and tickets."""
