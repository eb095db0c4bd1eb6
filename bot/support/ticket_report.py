"""Figures of support: tickets counted by day, hour, topic and the rest; kept after their texts are erased."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import ceil
from typing import Any

from sqlalchemy import select

from bot.core.clock import PARIS
from bot.core.database import Database
from bot.support.records import QUEUED, TicketState
from bot.support.tables import TicketRow

LONGEST_DAYS = 366
USEFUL = 2
"""From this rating on the help was useful."""


@dataclass(frozen=True)
class Period:
    """Days in Paris, both included."""

    first: date
    last: date

    @classmethod
    def of(cls, first: date, last: date) -> Period:
        """Return the period in order, no longer than `LONGEST_DAYS`: if it is, its last days."""
        first, last = min(first, last), max(first, last)
        return cls(max(first, last - timedelta(days=LONGEST_DAYS - 1)), last)

    @property
    def start(self) -> datetime:
        """Its first instant."""
        return datetime.combine(self.first, time(), PARIS)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), PARIS)

    @property
    def days(self) -> list[date]:
        """Its days, in order."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]


@dataclass(frozen=True)
class TicketFacts:
    """What figures are made of, of one ticket."""

    opened_at: datetime
    queued_at: datetime
    taken_at: datetime | None
    first_reply_at: datetime | None
    closed_at: datetime | None
    state: str
    rating: int | None
    reason: str
    queue: str
    channel: str
    tags: Sequence[str]
    task: str | None


@dataclass(frozen=True)
class Spread:
    """Durations in seconds: the median, and the 90th percentile (`most`)."""

    median: float
    most: float

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Spread | None:
        """Return the spread of some durations, None where there are none."""
        ordered = sorted(seconds)
        return cls(_rank(ordered, 0.5), _rank(ordered, 0.9)) if ordered else None


@dataclass(frozen=True)
class ReportLine:
    """Figures of the tickets that have something in common."""

    name: str
    opened: int
    taken: int
    answered: int
    """How many of them an agent wrote to."""
    closed: int
    waiting: int
    """How many of them wait for an agent now, messages that were left included."""
    wait: Spread | None
    """From entering the queue to being taken, hours in which the team is away included."""
    first_answer: Spread | None
    """From being opened to the first reply of an agent."""
    to_close: Spread | None
    """From being opened to being closed."""
    rated: int
    useful: int


async def read_facts(database: Database, period: Period) -> list[TicketFacts]:
    """Return the tickets that were opened in a period."""
    names = [name for name in TicketFacts.__annotations__ if name != "task"]
    wanted = select(*(getattr(TicketRow, name) for name in names), TicketRow.context).where(
        TicketRow.opened_at >= period.start, TicketRow.opened_at < period.end
    )
    async with database.reading() as session:
        rows = (await session.execute(wanted.order_by(TicketRow.id))).all()
    return [TicketFacts(**dict(zip(names, row[:-1], strict=True)), task=row[-1].get("task")) for row in rows]


Names = Callable[[TicketFacts], Iterable[str]]
"""Returns the names that a ticket is counted under; a ticket may have several tags."""


def report_line(name: str, tickets: Sequence[TicketFacts]) -> ReportLine:
    """Return the figures of some tickets."""
    rated = [ticket.rating for ticket in tickets if ticket.rating is not None]
    return ReportLine(
        name=name,
        opened=len(tickets),
        taken=sum(ticket.taken_at is not None for ticket in tickets),
        answered=sum(ticket.first_reply_at is not None for ticket in tickets),
        closed=sum(ticket.state == TicketState.CLOSED for ticket in tickets),
        waiting=sum(ticket.state in QUEUED for ticket in tickets),
        wait=Spread.of(_seconds(ticket.queued_at, ticket.taken_at) for ticket in tickets if ticket.taken_at),
        first_answer=Spread.of(_seconds(ticket.opened_at, ticket.first_reply_at) for ticket in tickets if ticket.first_reply_at),
        to_close=Spread.of(_seconds(ticket.opened_at, ticket.closed_at) for ticket in tickets if ticket.closed_at),
        rated=len(rated),
        useful=sum(rating >= USEFUL for rating in rated),
    )


def group_lines(tickets: Sequence[TicketFacts], names: Names, order: Sequence[str] = ()) -> list[ReportLine]:
    """Return a line for each name: those of `order`, even without a ticket, then the others, most tickets first."""
    found: dict[str, list[TicketFacts]] = {name: [] for name in order}
    for ticket in tickets:
        for name in names(ticket):
            found.setdefault(name, []).append(ticket)
    others = sorted((name for name in found if name not in order), key=lambda name: (-len(found[name]), name))
    return [report_line(name, found[name]) for name in (*order, *others)]


def day_of(ticket: TicketFacts) -> tuple[str]:
    """Return the day in Paris, as ISO 8601 writes it."""
    return (ticket.opened_at.astimezone(PARIS).date().isoformat(),)


def hour_of(ticket: TicketFacts) -> tuple[str]:
    """Return the hour in Paris, 00 to 23."""
    return (f"{ticket.opened_at.astimezone(PARIS).hour:02d}",)


def _seconds(start: datetime, end: Any) -> float:
    return max(0.0, float((end - start).total_seconds()))


def _rank(ordered: Sequence[float], share: float) -> float:
    """Return the nearest rank: an observed duration, never one in between."""
    return ordered[ceil(share * len(ordered)) - 1]
