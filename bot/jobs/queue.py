"""Queues: tables whose rows are jobs, claimed with a lease by one worker at a time.

A job is *open* until it is done or given up (a dead letter). An open job is *due* once its `not_before` has come and nobody holds its
lease. A worker that dies lets its lease run out, and the job is claimed again: every job is done at least once. The states and their
transitions are drawn in docs/dev/jobs.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, case, func, or_, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database, UtcDateTime

Job = TypeVar("Job")


@dataclass(frozen=True)
class Queue:
    """The columns by which the rows of one table are jobs.

    Several queues may share a table, `is_open` telling their jobs apart.
    """

    name: str
    """Topic that workers are woken by (`bot.core.database.announce`)."""
    key: Any
    """Primary key column."""
    is_open: tuple[ColumnElement[bool], ...]
    """Conditions under which a job is neither done nor given up."""
    lease_until: Any
    lease: timedelta
    """How long a claimed job is left to its worker: longer than its slowest attempt, or renewed meanwhile."""
    not_before: Any = None
    """Column of the instant from which the job is due; None: at once. A null value is due at once too."""
    attempts: Any = None
    """Column that counts attempts; None: they are not counted."""

    def free(self, now: datetime) -> ColumnElement[bool]:
        """Return the condition that nobody holds the job's lease."""
        return or_(self.lease_until.is_(None), self.lease_until <= now)

    def due(self, now: datetime) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions under which a job may be claimed at `now`."""
        conditions = (*self.is_open, self.free(now))
        return conditions if self.not_before is None else (*conditions, or_(self.not_before.is_(None), self.not_before <= now))

    async def claim(self, database: Database, clock: Clock, wanted: Select[tuple[Job]], *, limit: int = 1) -> list[Job]:
        """Lease up to `limit` due jobs for the caller and return them, detached, with their lease and attempts as they are now.

        `wanted` selects the mapped class in the order of claiming; conditions of its own may keep jobs back. A reading transaction
        looks first, because a writing one makes every other writer of SQLite wait. Jobs that other workers lock are skipped.
        """
        look = wanted.where(*self.due(clock.now()))
        async with database.reading() as session:
            if (await session.execute(look.with_only_columns(self.key).limit(1))).first() is None:
                return []
        async with database.writing() as session:
            now = clock.now()  # after the wait for the write lock: the lease runs from when it is given
            found: Any = await session.scalars(wanted.where(*self.due(now)).limit(limit).with_for_update(skip_locked=True))
            jobs: list[Job] = list(found)
            await self.hold(session, [getattr(job, self.key.key) for job in jobs], now)
            for job in jobs:
                session.expunge(job)
                setattr(job, self.lease_until.key, now + self.lease)
                if self.attempts is not None:
                    setattr(job, self.attempts.key, getattr(job, self.attempts.key) + 1)
        return jobs

    async def hold(self, session: AsyncSession, keys: Collection[Any], now: datetime) -> None:
        """Lease these jobs, which the transaction has locked, and count the attempt."""
        if keys:
            values: dict[Any, Any] = {self.lease_until: now + self.lease}
            if self.attempts is not None:
                values[self.attempts] = self.attempts + 1
            await self._update(session, keys, values)

    async def renew(self, session: AsyncSession, keys: Collection[Any], now: datetime) -> None:
        """Keep the leases of jobs that the caller holds."""
        if keys:
            await self._update(session, keys, {self.lease_until: now + self.lease})

    async def release(self, session: AsyncSession, keys: Collection[Any], *, not_before: datetime | None = None) -> None:
        """Give leases back; the jobs are due again at once, or from `not_before` on."""
        if keys:
            values: dict[Any, Any] = {self.lease_until: None}
            if not_before is not None:
                values[self.not_before] = not_before
            await self._update(session, keys, values)

    async def next_due(self, session: AsyncSession, now: datetime) -> datetime | None:
        """Return the earliest instant after `now` at which an open job becomes due, None where there is none.

        A worker sleeps until then, however long its safety poll is. What is due already and kept back waits for whatever keeps it back.
        """
        at = self.lease_until
        if self.not_before is not None:
            later = case((self.lease_until > self.not_before, self.lease_until), else_=self.not_before)
            at = case((self.lease_until.is_(None), self.not_before), else_=later)
        earliest: datetime | None = await session.scalar(select(type_coerce(func.min(at), UtcDateTime)).where(*self.is_open, at > now))
        return earliest

    async def _update(self, session: AsyncSession, keys: Iterable[Any], values: dict[Any, Any]) -> None:
        statement = update(self.key.class_).where(self.key.in_(list(keys))).values({column.key: value for column, value in values.items()})
        await session.execute(statement.execution_options(synchronize_session=False))
