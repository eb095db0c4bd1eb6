"""Verification of the audit trail: each event holds the hash of the one before, so that what was changed or taken out shows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.core.audit import GENESIS, HASHED, AuditEvent, chain_hash
from bot.core.database import Database

BATCH = 1_000
"""Events read at a time."""


@dataclass(frozen=True)
class Verdict:
    """What verification found.

    Attributes:
        count: events that were read.
        head: hash of the last one, `GENESIS` where there is none. Kept elsewhere, it shows later that the newest events were taken out.
        broken_at: id of the first event that does not follow from the one before, or was changed; None where all do.
        missing: hashes that somebody kept and that no event has.
    """

    count: int
    head: str
    broken_at: int | None = None
    missing: tuple[str, ...] = ()

    @property
    def intact(self) -> bool:
        """Whether nothing was changed or taken out, as far as is known."""
        return self.broken_at is None and not self.missing


async def verify(database: Database, known: Mapping[str, int] | None = None) -> Verdict:
    """Return whether every event follows from the one before.

    Args:
        database: whose trail it is.
        known: hashes that were kept elsewhere (a copy of the trail), each of which an event must have, with the id of its event.
    """
    wanted, previous, count = dict(known or {}), GENESIS, 0
    broken_at: int | None = None
    async for row in events(database):
        count += 1
        expected = chain_hash(previous, {name: getattr(row, name) for name in (*HASHED, "period")})
        if broken_at is None and (row.previous != previous or row.hash != expected):
            broken_at = row.id
        previous = row.hash or ""
        wanted.pop(previous, None)
    return Verdict(count, previous, broken_at, tuple(sorted(wanted, key=lambda hashed: wanted[hashed])))


async def events(
    database: Database, *, after: int = 0, since: datetime | None = None, until: datetime | None = None
) -> AsyncIterator[AuditEvent]:
    """Yield the events in their order.

    Args:
        database: whose trail it is.
        after: id after which they begin.
        since: first instant.
        until: instant before which they end.
    """
    while True:
        wanted = select(AuditEvent).where(AuditEvent.id > after).order_by(AuditEvent.id).limit(BATCH)
        if since is not None:
            wanted = wanted.where(AuditEvent.at >= since)
        if until is not None:
            wanted = wanted.where(AuditEvent.at < until)
        async with database.reading() as session:
            batch = list(await session.scalars(wanted))
        for row in batch:
            yield row
        if len(batch) < BATCH:
            return
        after = batch[-1].id
