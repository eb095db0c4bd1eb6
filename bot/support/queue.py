"""Places in the queue, and what can honestly be said of the wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.support.records import TicketState
from bot.support.tables import TicketRow

LEARNT_FROM = 20
"""The last tickets that were taken from the queue."""
LEARNT_WITHIN = timedelta(days=14)
LEAST = 3
"""With fewer, nothing is said of the wait."""
STEPS = (1, 2, 3, 5, 10, 15, 20, 30)
"""Minutes that an estimate is rounded up to."""


async def queue_place(session: AsyncSession, row: TicketRow) -> int:
    """Place of a waiting ticket among all that wait, 1 for the next. Queues share their agents."""
    before = select(func.count()).where(
        TicketRow.state == TicketState.WAITING,
        TicketRow.id != row.id,
        (TicketRow.queued_at < row.queued_at) | ((TicketRow.queued_at == row.queued_at) & (TicketRow.id < row.id)),
    )
    return int(await session.scalar(before) or 0) + 1


async def estimate_wait(session: AsyncSession, place: int, now: datetime) -> int | None:
    """Minutes that a wait at that place may last, rounded up to `STEPS`; None where too little is known to say.

    More than the last step is given as one minute more than it.
    """
    taken = select(TicketRow.place, TicketRow.queued_at, TicketRow.taken_at).where(
        TicketRow.place.is_not(None), TicketRow.taken_at.is_not(None), TicketRow.taken_at > now - LEARNT_WITHIN
    )
    rows = (await session.execute(taken.order_by(TicketRow.taken_at.desc()).limit(LEARNT_FROM))).all()
    waits = [(taken_at - queued_at).total_seconds() / place for place, queued_at, taken_at in rows if place and taken_at]
    if len(waits) < LEAST:
        return None
    minutes = place * median(waits) / 60
    return next((step for step in STEPS if minutes <= step), STEPS[-1] + 1)
