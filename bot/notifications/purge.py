"""Purges: what was told is kept for a year, what left the outbox for a month; a little at a time, so that nobody waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database
from bot.jobs.outbox import OutboxRow
from bot.notifications.tables import Notice, NoticeMessage, NoticeSend
from bot.settings import Settings

AT_ONCE = 500
"""Rows deleted in one transaction."""


class Purging:
    """Deletes what is not kept any longer."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock, self._settings = database, clock, settings

    async def run_due(self) -> int:
        """Delete everything that is old enough; gives how many notices, messages and rows of the outbox."""
        now = self._clock.now()
        old = now - timedelta(days=self._settings.notice_days)
        left = now - timedelta(days=self._settings.outbox_days)
        untold = ~exists().where(NoticeSend.message_id == NoticeMessage.id)
        return (
            await self._all(Notice, select(Notice.id).where(Notice.created_at < old), self._with_sends)
            + await self._all(NoticeMessage, select(NoticeMessage.id).where(NoticeMessage.handed_at < old, untold))
            + await self._all(OutboxRow, select(OutboxRow.id).where(OutboxRow.done_at < left))
            + await self._all(OutboxRow, select(OutboxRow.id).where(OutboxRow.done_at.is_(None), OutboxRow.dead_at < old))
        )

    async def _all(self, table: Any, old: Select[Any], before: Any = None) -> int:
        count = 0
        while True:
            async with self._database.reading() as session:
                ids = list(await session.scalars(old.limit(AT_ONCE)))
            if not ids:
                return count
            async with self._database.writing() as session:
                if before is not None:
                    await before(session, ids)
                await session.execute(delete(table).where(table.id.in_(ids)))
            count += len(ids)

    @staticmethod
    async def _with_sends(session: AsyncSession, notices: list[int]) -> None:
        await session.execute(delete(NoticeSend).where(NoticeSend.notice_id.in_(notices)))
