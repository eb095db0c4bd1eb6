"""How the queues are doing, as Prometheus collects it: jobs by state, how long the oldest is overdue, what was given up.

Read from the database when it is asked for, so every process of an installation says the same: one is enough.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database, UtcDateTime
from bot.jobs.queue import Queue

QUEUED, DELAYED, RUNNING, RETRIED = "queued", "delayed", "running", "retried"
STATES = (QUEUED, DELAYED, RUNNING, RETRIED)
"""`queued`: due, and nobody has it; `delayed`: its time has not come; `running`: leased; `retried`: of the first two, how many were
attempted before."""


@dataclass(frozen=True)
class WatchedQueue:
    """A queue, and what its columns do not say."""

    queue: Queue
    since: Any = None
    """Column from which a job is due where the queue has no `not_before`."""
    dead: tuple[ColumnElement[bool], ...] = ()
    """Conditions of the jobs that were given up and still are in the table; none: there are no such."""


@dataclass(frozen=True)
class QueueState:
    """One queue at one moment."""

    name: str
    jobs: dict[str, int]
    """Number by state (`STATES`)."""
    oldest_seconds: float
    """How long the oldest job that nobody has has been due."""
    dead: int


class QueueStates:
    """Reads the states of queues."""

    def __init__(self, database: Database, clock: Clock, queues: Collection[WatchedQueue]) -> None:
        self._database, self._clock, self._queues = database, clock, tuple(queues)

    async def read(self) -> list[QueueState]:
        """Return the state of each queue now."""
        now = self._clock.now()
        async with self._database.reading() as session:
            return [await _state(session, watched, now) for watched in self._queues]

    async def collector(self) -> Collector:
        """Return the metrics of this moment."""
        return _QueueCollector(await self.read())


async def _state(session: AsyncSession, watched: WatchedQueue, now: datetime) -> QueueState:
    queue = watched.queue
    free = queue.free(now)
    due = literal(True) if queue.not_before is None else or_(queue.not_before.is_(None), queue.not_before <= now)
    attempted = literal(False) if queue.attempts is None else queue.attempts > 0
    since = queue.not_before if queue.not_before is not None else watched.since
    oldest = func.min(case((and_(free, due), since))) if since is not None else literal(None)
    columns = [_count(and_(free, due)), _count(and_(free, ~due)), _count(~free), _count(and_(free, attempted))]
    wanted = select(*columns, type_coerce(oldest, UtcDateTime)).where(*queue.is_open)
    *counts, since_when = (await session.execute(wanted)).one()
    dead = 0
    if watched.dead:
        dead = await session.scalar(select(func.count()).select_from(queue.key.class_).where(*watched.dead)) or 0
    seconds = (now - since_when).total_seconds() if since_when is not None else 0.0
    return QueueState(queue.name, dict(zip(STATES, (int(count or 0) for count in counts), strict=True)), max(0.0, seconds), dead)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


class _QueueCollector(Collector):
    def __init__(self, states: Sequence[QueueState]) -> None:
        self._states = states

    def collect(self) -> Iterator[GaugeMetricFamily]:
        jobs = GaugeMetricFamily("sphere_jobs", "Jobs that are not done, by queue and state.", labels=["queue", "state"])
        oldest = GaugeMetricFamily("sphere_jobs_oldest_seconds", "How long the oldest job that nobody has has been due.", labels=["queue"])
        dead = GaugeMetricFamily("sphere_jobs_dead", "Jobs that were given up and are kept.", labels=["queue"])
        for state in self._states:
            for name, count in state.jobs.items():
                jobs.add_metric([state.name, name], count)
            oldest.add_metric([state.name], state.oldest_seconds)
            dead.add_metric([state.name], state.dead)
        yield jobs
        yield oldest
        yield dead
