"""Purge: notifications are kept for a year, outbox rows and dead letters for a month; deleted a little at a time: nobody waits."""

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


class Purge:
    """Deletes what is not kept any longer."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock, self._settings = database, clock, settings

    async def run_due(self) -> int:
        """Delete everything that is old enough. Return how many notifications, messages and outbox rows."""
        now = self._clock.now()
        old = now - timedelta(days=self._settings.notice_days)
        left = now - timedelta(days=self._settings.outbox_days)
        unused = ~exists().where(NoticeSend.message_id == NoticeMessage.id)
        return (
            await self._delete(Notice, select(Notice.id).where(Notice.created_at < old), self._delete_sends)
            + await self._delete(NoticeMessage, select(NoticeMessage.id).where(NoticeMessage.handed_at < old, unused))
            + await self._delete(OutboxRow, select(OutboxRow.id).where(OutboxRow.done_at < left))
            + await self._delete(OutboxRow, select(OutboxRow.id).where(OutboxRow.done_at.is_(None), OutboxRow.dead_at < left))
        )

    async def _delete(self, table: Any, old: Select[Any], before: Any = None) -> int:
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
    async def _delete_sends(session: AsyncSession, notices: list[int]) -> None:
        await session.execute(delete(NoticeSend).where(NoticeSend.notice_id.in_(notices)))
