"""Queues: tables whose rows are jobs, claimed with a lease by one worker at a time.

A job is *open* until it is done or given up (a dead letter). An open job is *due* once its `not_before` has come and nobody holds its
lease. A worker that dies lets its lease run out, and the job is claimed again: every job is done at least once. The states and their
transitions are drawn in docs/dev/jobs.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from bot.core.clock import Clock
from bot.core.database import Database, UtcDateTime, announce
from bot.core.metrics import Count
from bot.jobs.lease_owner import is_dead

Job = TypeVar("Job")
RETRIES = Count("sphere_job_retries", "Jobs that were claimed again after an attempt that did not end them.", {"queue": ()})
_NONE: Mapping[Any, datetime] = {}


@dataclass(frozen=True)
class Queue:
    """The columns by which the rows of one table are jobs.

    Several queues may share a table, `is_open` telling their jobs apart.
    """

    name: str
    """Topic that workers are woken by (`bot.core.database.announce`)."""
    key: Any
    """Column that tells the jobs of this queue apart: the primary key."""
    is_open: tuple[ColumnElement[bool], ...]
    """Conditions under which a job is neither done nor given up."""
    lease_until: Any
    lease: timedelta
    """How long a claimed job is left to its worker: longer than its slowest attempt, or renewed meanwhile."""
    not_before: Any = None
    """Column of the instant from which the job is due; None: at once. A null value is due at once too."""
    attempts: Any = None
    """Column that counts attempts; None: they are not counted."""
    owner: Any = None
    """Column of who holds the lease; None: it is not recorded. A name of `bot.jobs.lease_owner` frees the job as soon as its process is
    known to be dead."""
    clock_grace: timedelta = timedelta()
    """How long a lease that ran out holds on, since the clock that looks is not the one that wrote it: for queues that tell a worker that
    is gone by its silence or its death, to which the time is only a net."""

    def __post_init__(self) -> None:
        RETRIES.allow("queue", self.name)

    def free(self, now: datetime, dead_owners: Collection[str] = (), abandoned: Mapping[Any, datetime] = _NONE) -> ColumnElement[bool]:
        """Return the condition that nobody holds the job's lease.

        Args:
            now: when leases are looked at.
            dead_owners: owners who are known not to live any more.
            abandoned: leases that nobody renews, by key of the job (`bot.jobs.silence`); one that was renewed since counts.
        """
        conditions = [self.lease_until.is_(None), self.lease_until <= now - self.clock_grace]
        if dead_owners:
            conditions.append(self.owner.in_(dead_owners))
        conditions += [and_(self.key == key, self.lease_until == until) for key, until in abandoned.items()]
        return or_(*conditions)

    def due(
        self, now: datetime, dead_owners: Collection[str] = (), abandoned: Mapping[Any, datetime] = _NONE
    ) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions under which a job may be claimed at `now` (see `free`)."""
        conditions = (*self.is_open, self.free(now, dead_owners, abandoned))
        return conditions if self.not_before is None else (*conditions, or_(self.not_before.is_(None), self.not_before <= now))

    def held_by(self, owner: str) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions under which an open job is leased to `owner`, even if the lease ran out: nobody else claimed it since."""
        return *self.is_open, self.owner == owner

    def first_claim(self, now: datetime, owner: str | None = None) -> dict[str, Any]:
        """Return the values of a job that is written already claimed: its first attempt is the writer's."""
        values = self._lease_values(now, owner)
        return values if self.attempts is None else values | {self.attempts.key: 1}

    async def claim(
        self,
        database: Database,
        clock: Clock,
        wanted: Select[Job],
        *,
        limit: int = 1,
        owner: str | None = None,
        abandoned: Mapping[Any, datetime] = _NONE,
    ) -> list[Job]:
        """Lease up to `limit` due jobs for the caller and return them, detached, with their lease and attempts as they are now.

        A reading transaction looks first, because a writing one makes every other writer of SQLite wait.

        Args:
            wanted: selects the mapped class in the order of claiming; conditions of its own may keep jobs back.
            owner: whose the lease is, where the queue records that.
            abandoned: see `free`.
        """
        now = clock.now()
        async with database.reading() as session:
            dead_owners = await self._dead_owners(session, now, single_host=database.is_sqlite)
            look = wanted.where(*self.due(now, dead_owners, abandoned)).with_only_columns(self.key).limit(1)
            if (await session.execute(look)).first() is None:
                return []
        async with database.writing() as session:
            now = clock.now()  # after the wait for the write lock: the lease runs from when it is given
            return await self.claim_in(session, wanted, now, limit=limit, owner=owner, dead_owners=dead_owners, abandoned=abandoned)

    async def claim_in(
        self,
        session: AsyncSession,
        wanted: Select[Job],
        now: datetime,
        *,
        limit: int = 1,
        owner: str | None = None,
        dead_owners: Collection[str] = (),
        abandoned: Mapping[Any, datetime] = _NONE,
    ) -> list[Job]:
        """Do as `claim` within the caller's writing transaction. Jobs that other workers lock are skipped."""
        due = wanted.where(*self.due(now, dead_owners, abandoned)).limit(limit).with_for_update(skip_locked=True)
        found: Any = await session.scalars(due)
        jobs: list[Job] = list(found)
        await self.hold(session, [getattr(job, self.key.key) for job in jobs], now, owner=owner)
        for job in jobs:
            for name, value in self._lease_values(now, owner).items():
                set_committed_value(job, name, value)
            if self.attempts is not None:
                set_committed_value(job, self.attempts.key, getattr(job, self.attempts.key) + 1)
                if getattr(job, self.attempts.key) > 1:
                    RETRIES.add(queue=self.name)
        return jobs

    async def hold(self, session: AsyncSession, keys: Collection[Any], now: datetime, *, owner: str | None = None) -> None:
        """Lease these jobs, which the transaction has locked, and count the attempt."""
        values = self._lease_values(now, owner)
        if self.attempts is not None:
            values[self.attempts.key] = self.attempts + 1
        await self._update(session, keys, values)

    def hold_row(self, job: Any, now: datetime, *, owner: str | None = None) -> None:
        """Lease a job that the transaction has loaded and locked, whether or not it is due, and count the attempt."""
        for name, value in self._lease_values(now, owner).items():
            setattr(job, name, value)
        if self.attempts is not None:
            setattr(job, self.attempts.key, getattr(job, self.attempts.key) + 1)

    async def renew(self, session: AsyncSession, keys: Collection[Any], now: datetime, *, owner: str | None = None) -> int:
        """Prolong the leases of jobs that the caller holds, and return how many of them it still holds.

        With `owner`, a job that somebody else claimed meanwhile is left alone.
        """
        return await self._update(session, keys, {self.lease_until.key: now + self.lease}, owner)

    async def renew_unlocked(self, session: AsyncSession, keys: Collection[Any], now: datetime, *, owner: str) -> None:
        """Do as `renew` in one statement that waits for nobody: a job that is locked is skipped, since nobody can claim it either."""
        mine = select(self.key).where(self.key.in_(sorted(keys)), *self.held_by(owner)).with_for_update(skip_locked=True)
        renewed = update(self.key.class_).where(self.key.in_(mine)).values({self.lease_until.key: now + self.lease})
        await session.execute(renewed.execution_options(synchronize_session=False))

    async def release(
        self, session: AsyncSession, keys: Collection[Any], *, not_before: datetime | None = None, owner: str | None = None
    ) -> int:
        """Give leases back, and return how many of the jobs were still held; they are due again at once, or from `not_before` on.

        With `owner`, a job that somebody else claimed meanwhile is left alone.
        """
        values: dict[str, Any] = self._no_lease()
        if not_before is not None:
            values[self.not_before.key] = not_before
        announce(session, self.name)
        return await self._update(session, keys, values, owner)

    async def release_owned(self, session: AsyncSession, owner: str) -> None:
        """Give back every lease of a worker that stops in good order, and forget how often its jobs were attempted."""
        values = self._no_lease() if self.attempts is None else self._no_lease() | {self.attempts.key: 0}
        released = update(self.key.class_).where(*self.held_by(owner)).values(values)
        await session.execute(released.execution_options(synchronize_session=False))
        announce(session, self.name)

    async def next_due(self, session: AsyncSession, now: datetime) -> datetime | None:
        """Return the earliest instant after `now` at which an open job becomes due, None where there is none.

        A worker sleeps until then, however long its safety poll is. What is due already and kept back waits for whatever keeps it back.
        """
        at = self.lease_until
        if self.not_before is not None:
            lease_ends_last = or_(self.not_before.is_(None), self.lease_until > self.not_before)
            at = case((self.lease_until.is_(None), self.not_before), (lease_ends_last, self.lease_until), else_=self.not_before)
        earliest: datetime | None = await session.scalar(select(type_coerce(func.min(at), UtcDateTime)).where(*self.is_open, at > now))
        return earliest

    async def _dead_owners(self, session: AsyncSession, now: datetime, *, single_host: bool) -> list[str]:
        """Return who holds leases and is known not to live any more."""
        if self.owner is None:
            return []
        held = select(self.owner).where(*self.is_open, self.lease_until > now - self.clock_grace, self.owner.is_not(None)).distinct()
        return [owner for owner in await session.scalars(held) if is_dead(owner, single_host=single_host)]

    def _lease_values(self, now: datetime, owner: str | None) -> dict[str, Any]:
        values: dict[str, Any] = {self.lease_until.key: now + self.lease}
        return values if self.owner is None else values | {self.owner.key: owner}

    def _no_lease(self) -> dict[str, Any]:
        values: dict[str, Any] = {self.lease_until.key: None}
        return values if self.owner is None else values | {self.owner.key: None}

    async def _update(self, session: AsyncSession, keys: Collection[Any], values: dict[str, Any], owner: str | None = None) -> int:
        """Write `values` into the open jobs of these keys, `owner`'s alone where it is given, and return how many there were."""
        if not keys:
            return 0
        still = self.is_open if owner is None else self.held_by(owner)
        statement = update(self.key.class_).where(self.key.in_(list(keys)), *still).values(values)
        result: Any = await session.execute(statement.execution_options(synchronize_session=False))
        return int(result.rowcount)
