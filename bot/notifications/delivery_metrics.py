"""Delivery metrics of notifications, counted in the database when somebody asks, so that any number of bots says the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, case, extract, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database
from bot.jobs.outbox import OutboxRow
from bot.notifications.tables import DELIVERED, FAILED, SENT, WAITING, Event, NoticeMessage, NoticeSend, NotificationPerson

ON_TIME = timedelta(seconds=10)
"""What its channel accepts within this of being due is on time."""
LATE = timedelta(seconds=60)
"""Something that is overdue by this says that something is wrong."""
WINDOWS = {"5m": timedelta(minutes=5), "1h": timedelta(hours=1)}


@dataclass(frozen=True)
class DeliveryCounts:
    """Messages of one channel that were dispatched within a window, by what became of them."""

    channel: str
    on_time: int = 0
    """Accepted by their channel within `ON_TIME` of being due."""
    late: int = 0
    overdue: int = 0
    """Not accepted yet, and due longer ago than `ON_TIME`."""
    under_way: int = 0
    failed: int = 0
    """Given up: a chat that closed, a channel that refused, four hours of trying."""


@dataclass(frozen=True)
class WaitingCounts:
    """Deliveries of one channel and mode that wait: for their hour, the end of quiet hours, or their dispatch."""

    channel: str
    mode: str
    count: int
    overdue: int
    """Of them, due longer ago than `ON_TIME`."""


@dataclass(frozen=True)
class QueueCounts:
    """The outbox rows of one kind."""

    kind: str
    open: int
    retrying: int
    """How many of the open ones failed before."""
    retries: int
    """Attempts beyond the first that rows delivered within the last hour took."""
    oldest_seconds: float
    """How long ago the oldest that is due fell due; 0 where none is."""


@dataclass(frozen=True)
class DeliveryMetrics:
    """All metrics, at one instant."""

    deliveries: dict[str, tuple[DeliveryCounts, ...]]
    """By window."""
    waiting: tuple[WaitingCounts, ...]
    oldest_overdue_seconds: float
    """How long ago the oldest delivery that waits fell due; 0 where none did."""
    events: int
    """Events that are not fanned out to everybody yet."""
    oldest_event_seconds: float
    queues: tuple[QueueCounts, ...]
    dead: dict[tuple[str, str], int]
    """Dead letters by kind of row and class of the last error."""

    def on_time_ratio(self, window: str) -> float | None:
        """Return the share of what was due that its channel accepted within `ON_TIME`; None where nothing was due."""
        on_time = sum(counts.on_time for counts in self.deliveries[window])
        not_so = sum(counts.late + counts.overdue for counts in self.deliveries[window]) + sum(waiting.overdue for waiting in self.waiting)
        return on_time / (on_time + not_so) if on_time + not_so else None

    @property
    def late(self) -> bool:
        """Whether something has been overdue for longer than `LATE`."""
        oldest = max((queue.oldest_seconds for queue in self.queues), default=0.0)
        return max(self.oldest_overdue_seconds, self.oldest_event_seconds, oldest) > LATE.total_seconds()


class DeliveryMetricsReader:
    """Counts. Each query reads what is recent or open, by an index, however much was kept before."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def read(self) -> DeliveryMetrics:
        """Return the metrics of this instant."""
        now = self._clock.now()
        async with self._database.reading() as session:
            waiting, oldest = await self._waiting(session, now)
            events = (await session.execute(select(func.count(), func.min(Event.received_at)).where(Event.fanned_out_at.is_(None)))).one()
            return DeliveryMetrics(
                deliveries={name: await self._deliveries(session, now, now - window) for name, window in WINDOWS.items()},
                waiting=waiting,
                oldest_overdue_seconds=oldest,
                events=events[0],
                oldest_event_seconds=_age(events[1], now),
                queues=await self._queues(session, now),
                dead=await self._dead(session),
            )

    async def _deliveries(self, session: AsyncSession, now: datetime, since: datetime) -> tuple[DeliveryCounts, ...]:
        took = self._seconds(NoticeMessage.due_at, NoticeMessage.delivered_at)
        delivered, sent = NoticeMessage.state == DELIVERED, NoticeMessage.state == SENT
        in_time, overdue = took <= ON_TIME.total_seconds(), NoticeMessage.due_at < now - ON_TIME
        counts = (
            _count(and_(delivered, in_time)),
            _count(and_(delivered, ~in_time)),
            _count(and_(sent, overdue)),
            _count(and_(sent, ~overdue)),
            _count(NoticeMessage.state == FAILED),
        )
        wanted = select(NoticeMessage.way, *counts).where(NoticeMessage.handed_at >= since).group_by(NoticeMessage.way)
        return tuple(DeliveryCounts(*row) for row in await session.execute(wanted.order_by(NoticeMessage.way)))

    async def _waiting(self, session: AsyncSession, now: datetime) -> tuple[tuple[WaitingCounts, ...], float]:
        """Count by the people who have something waiting: deliveries that do not wait are not read."""
        overdue = _count(NoticeSend.due_at < now - ON_TIME)
        wanted = (
            select(NoticeSend.way, NoticeSend.mode, func.count(), overdue, func.min(NoticeSend.due_at))
            .join(NotificationPerson, NotificationPerson.account_id == NoticeSend.account_id)
            .where(NotificationPerson.look_at.is_not(None), NoticeSend.state == WAITING)
            .group_by(NoticeSend.way, NoticeSend.mode)
            .order_by(NoticeSend.way, NoticeSend.mode)
        )
        rows = [(WaitingCounts(channel, mode, count, late), oldest) for channel, mode, count, late, oldest in await session.execute(wanted)]
        return tuple(waiting for waiting, _ in rows), max((_age(oldest, now) for _, oldest in rows), default=0.0)

    async def _queues(self, session: AsyncSession, now: datetime) -> tuple[QueueCounts, ...]:
        is_open = (OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None))
        due = case((OutboxRow.not_before <= now, OutboxRow.not_before))
        opened = select(OutboxRow.kind, func.count(), _count(OutboxRow.last_error.is_not(None)), func.min(due)).where(*is_open)
        done = select(OutboxRow.kind, func.sum(OutboxRow.attempts - 1)).where(OutboxRow.done_at >= now - WINDOWS["1h"])
        found = {row[0]: row for row in await session.execute(opened.group_by(OutboxRow.kind))}
        retries = {row[0]: row[1] for row in await session.execute(done.group_by(OutboxRow.kind))}
        kinds = sorted(found.keys() | retries.keys())
        none = (None, 0, 0, None)
        return tuple(
            QueueCounts(kind, row[1], row[2], int(retries.get(kind, 0)), _age(row[3], now))
            for kind, row in ((kind, found.get(kind, none)) for kind in kinds)
        )

    async def _dead(self, session: AsyncSession) -> dict[tuple[str, str], int]:
        error = func.coalesce(OutboxRow.last_error, "")
        dead = select(OutboxRow.kind, error, func.count()).where(OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_not(None))
        return {(row[0], row[1]): row[2] for row in await session.execute(dead.group_by(OutboxRow.kind, error))}

    def _seconds(self, start: Any, end: Any) -> ColumnElement[float]:
        """Return the seconds between two instants of a row."""
        if self._database.is_sqlite:
            return func.round((func.julianday(end) - func.julianday(start)) * 86_400, 3, type_=Float())  # it counts in milliseconds
        return type_coerce(extract("epoch", end - start), Float())


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _age(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at is not None else 0.0
