"""Accesses with dates, kept in the caller's transaction so that their start and end can be announced (`bot.notifications.access_dates`)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.dossiers.period import AccessPeriod, paris_day
from bot.dossiers.tables import DatedAccess


async def keep_dates(session: AsyncSession, dossier: str, account_id: str, added_by: str, period: AccessPeriod, now: datetime) -> None:
    """Keep the dates of an access, in the place of those that it had; one without dates is not kept."""
    await forget_dates(session, dossier, account_id)
    starts_on = period.start if period.begins_later(paris_day(now)) else None
    if starts_on is None and period.end is None:
        return
    values = {"dossier": dossier, "account_id": account_id, "added_by": added_by, "starts_on": starts_on, "ends_on": period.end}
    await session.execute(insert(DatedAccess).values(**values, noted_at=now, due_at=now))


async def forget_dates(session: AsyncSession, dossier: str, account_id: str) -> None:
    """Forget the dates of an access that is over, or has none any more."""
    await session.execute(delete(DatedAccess).where(DatedAccess.dossier == dossier, DatedAccess.account_id == account_id))
