"""Limits on how often something may happen, counted in the database, so that all processes of an installation share them.

A window opens with its first hit and lasts as long as the limit says; once its hits are used up, nothing more is counted until it
closes. Keys are ids, or keyed hashes of what somebody typed or came from: never an address itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import String, case, delete, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.database import Table, UtcDateTime
from bot.core.figures import count_figure
from bot.core.upsert import insert_or_ignore, upsert


class Scope(StrEnum):
    """What a limit counts by."""

    CHAT = "chat"
    ACCOUNT = "account"
    """An account, or an address whether or not it has one."""
    SOURCE = "source"
    """The address on the network that somebody comes from."""
    INSTALLATION = "installation"


LIFTED_FOR_TESTS = frozenset({Scope.SOURCE, Scope.INSTALLATION})
"""Scopes that `LIMITS=test` lifts: tests play many people from one address."""


@dataclass(frozen=True)
class Limit:
    """At most `amount` hits of each key in a window."""

    name: str
    """By which figures and counters call it: at most 40 characters."""
    scope: Scope
    amount: int
    window: timedelta


@dataclass(frozen=True)
class Hit:
    """Something that counts towards a limit, under a key of at most 70 characters."""

    limit: Limit
    key: str = ""

    @property
    def subject(self) -> str:
        """Key of the counter's row."""
        return f"{self.limit.name}:{self.key}"


@dataclass(frozen=True)
class Exhausted:
    """A limit whose hits are used up, and when its window closes (aware, UTC)."""

    limit: Limit
    until: datetime
    hits: int
    """What was counted: one more than allowed once a hit was refused."""


class LimitCounter(Table):
    """The hits of one key in the window that is open; one more than allowed once a hit was refused."""

    __tablename__ = "limit_counters"

    subject: Mapped[str] = mapped_column(String(120), primary_key=True)
    hits: Mapped[int]
    until: Mapped[datetime] = mapped_column(index=True)


def applying(hits: Iterable[Hit], *, lifted: bool) -> list[Hit]:
    """Return the hits without those of scopes that are lifted for tests."""
    return [hit for hit in hits if not (lifted and hit.limit.scope in LIFTED_FOR_TESTS)]


async def find_exhausted(session: AsyncSession, hits: Sequence[Hit], now: datetime) -> Exhausted | None:
    """Return the limit that would refuse these hits the longest, without counting; None where none would."""
    subjects = {hit.subject: hit.limit for hit in hits}
    columns = select(LimitCounter.subject, LimitCounter.hits, LimitCounter.until)
    counters = await session.execute(columns.where(LimitCounter.subject.in_(subjects)))
    open_ones = [row for row in counters if row.until > now and row.hits >= subjects[row.subject].amount]
    found = [Exhausted(subjects[row.subject], row.until, row.hits) for row in open_ones]
    return max(found, key=lambda exhausted: exhausted.until, default=None)


async def take(session: AsyncSession, hits: Sequence[Hit], now: datetime) -> Exhausted | None:
    """Count one hit each, in the caller's writing transaction; where a limit is exhausted count none and return it.

    The first refusal in a window goes into the figures, as `limit_<name>`.
    """
    rows = await _lock(session, hits, now)
    spent = [(hit, row) for hit, row in rows if row.hits >= hit.limit.amount]
    if not spent:
        for _, row in rows:
            row.hits += 1
        return None
    for hit, row in spent:
        if row.hits == hit.limit.amount:
            row.hits += 1
            await count_figure(session, f"limit_{hit.limit.name}")
    hit, row = max(spent, key=lambda found: found[1].until)
    return Exhausted(hit.limit, row.until, row.hits)


async def take_one(session: AsyncSession, hit: Hit, now: datetime) -> Exhausted | None:
    """Do as `take` for one hit in one statement, which may commit itself; a refusal after the first writes nothing."""
    until, limit = now + hit.limit.window, hit.limit
    is_over = LimitCounter.until <= now
    counted = upsert(session, LimitCounter).values(subject=hit.subject, hits=1, until=until)
    counted = counted.on_conflict_do_update(
        index_elements=["subject"],
        set_={
            "hits": case((is_over, 1), else_=LimitCounter.hits + 1),
            "until": case((is_over, literal(until, UtcDateTime())), else_=LimitCounter.until),
        },
        where=or_(is_over, LimitCounter.hits <= limit.amount),
    )
    row = (await session.execute(counted.returning(LimitCounter.hits, LimitCounter.until))).one_or_none()
    if row is None:
        return await find_exhausted(session, [hit], now)
    if row.hits <= limit.amount:
        return None
    await count_figure(session, f"limit_{limit.name}")
    return Exhausted(limit, row.until, row.hits)


async def count(session: AsyncSession, hits: Sequence[Hit], now: datetime) -> list[Exhausted]:
    """Count one hit each, whatever was counted before; return the limits that just became exhausted."""
    reached = []
    for hit, row in await _lock(session, hits, now):
        row.hits += 1
        if row.hits == hit.limit.amount:
            reached.append(Exhausted(hit.limit, row.until, row.hits))
            await count_figure(session, f"limit_{hit.limit.name}")
    return reached


async def tally(session: AsyncSession, hits: Sequence[Hit], now: datetime) -> list[int]:
    """Count one hit each, whatever was counted before; return how many there are in the window of each, in the order of `hits`."""
    counted = {}
    for hit, row in await _lock(session, hits, now):
        row.hits += 1
        counted[hit.subject] = row.hits
    return [counted[hit.subject] for hit in hits]


async def hold(session: AsyncSession, hits: Sequence[Hit], now: datetime) -> Exhausted | None:
    """Return what `find_exhausted` does, and keep other transactions from counting these hits until this one ends."""
    spent = [Exhausted(hit.limit, row.until, row.hits) for hit, row in await _lock(session, hits, now) if row.hits >= hit.limit.amount]
    return max(spent, key=lambda exhausted: exhausted.until, default=None)


async def give_back(session: AsyncSession, hits: Sequence[Hit], now: datetime) -> None:
    """Take back one hit each, where there is any in the window that is open."""
    for _, row in await _lock(session, hits, now):
        row.hits = max(0, row.hits - 1)


async def clear(session: AsyncSession, hits: Sequence[Hit]) -> None:
    """Forget what was counted under these keys."""
    await session.execute(delete(LimitCounter).where(LimitCounter.subject.in_([hit.subject for hit in hits])))


async def delete_over(session: AsyncSession, now: datetime) -> None:
    """Delete the counters whose window is closed, so that made-up keys do not pile up."""
    await session.execute(delete(LimitCounter).where(LimitCounter.until <= now))


async def _lock(session: AsyncSession, hits: Sequence[Hit], now: datetime) -> list[tuple[Hit, LimitCounter]]:
    """Return the counters, made where missing, in an open window, and locked against other transactions until this one ends."""
    by_subject = {hit.subject: hit for hit in hits}
    ordered = sorted(by_subject)  # always in one order: two transactions never wait for each other
    if not ordered:
        return []
    rows = [{"subject": subject, "hits": 0, "until": now + by_subject[subject].limit.window} for subject in ordered]
    await session.execute(insert_or_ignore(session, LimitCounter.__table__).values(rows))
    wanted = select(LimitCounter).where(LimitCounter.subject.in_(ordered)).order_by(LimitCounter.subject).with_for_update()
    counters = list(await session.scalars(wanted.execution_options(populate_existing=True)))
    for counter in counters:
        if counter.until <= now:
            counter.hits, counter.until = 0, now + by_subject[counter.subject].limit.window
    return [(by_subject[counter.subject], counter) for counter in counters]
