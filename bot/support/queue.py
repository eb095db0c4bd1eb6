"""The queue: places in it, and the estimate of the wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.support.records import TicketState
from bot.support.tables import TicketRow

SAMPLE_SIZE = 20
"""Tickets, the last that were taken from the queue, that the estimate is made from."""
SAMPLE_PERIOD = timedelta(days=14)
MIN_SAMPLE = 3
"""With fewer there is no estimate."""
ROUNDING_STEPS = (1, 2, 3, 5, 10, 15, 20, 30)
"""Minutes that an estimate is rounded up to."""


async def queue_place(session: AsyncSession, row: TicketRow) -> int:
    """Return the place of a waiting ticket among all that wait, 1 for the next. All queues share the agents."""
    before = select(func.count()).where(
        TicketRow.state == TicketState.WAITING,
        TicketRow.id != row.id,
        (TicketRow.queued_at < row.queued_at) | ((TicketRow.queued_at == row.queued_at) & (TicketRow.id < row.id)),
    )
    return int(await session.scalar(before) or 0) + 1


async def estimate_wait(session: AsyncSession, place: int, now: datetime) -> int | None:
    """Return the minutes that a wait at that place may last, rounded up to `ROUNDING_STEPS`; None where too little is known.

    More than the last step is given as one minute more than it.
    """
    taken = select(TicketRow.place, TicketRow.queued_at, TicketRow.taken_at).where(
        TicketRow.place.is_not(None), TicketRow.taken_at.is_not(None), TicketRow.taken_at > now - SAMPLE_PERIOD
    )
    rows = (await session.execute(taken.order_by(TicketRow.taken_at.desc()).limit(SAMPLE_SIZE))).all()
    waits = [(taken_at - queued_at).total_seconds() / place for place, queued_at, taken_at in rows if place and taken_at]
    if len(waits) < MIN_SAMPLE:
        return None
    minutes = place * median(waits) / 60
    return next((step for step in ROUNDING_STEPS if minutes <= step), ROUNDING_STEPS[-1] + 1)
