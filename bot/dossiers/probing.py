"""Limits of probing: how many references of others, creations and searches an account and a chat may try.

The answers tell nothing (docs/dev/dossiers.md); the limits keep somebody from asking for ever, and show in the audit trail. They are
counted in the database, for all processes together, in windows of an hour that begin with the first time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.audit import record
from bot.core.upsert import insert_or_ignore
from bot.dossiers.tables import ProbeCounter

REFUSED, CREATED, SEARCHED = "refused", "created", "searched"
"""What is counted: references that are not one's own, dossiers created, searches by an usager's name or birth date."""
WINDOW = timedelta(hours=1)
LIMIT = "dossiers.limit"
"""Action of the audit trail: a limit was reached."""


@dataclass(frozen=True)
class Origin:
    """In which turn somebody asks.

    Attributes:
        conversation_id: id of the chat.
        key: idempotency key of the turn.
        channel: by which the turn came; None where that is not known.
    """

    conversation_id: str
    key: str
    channel: str | None = None


@dataclass(frozen=True)
class ProbeLimits:
    """How often in an hour, for an account and for a chat each."""

    refused: int = 20
    created: int = 20
    searched: int = 120

    def of(self, what: str) -> int:
        """Return the limit of REFUSED, CREATED or SEARCHED."""
        return {REFUSED: self.refused, CREATED: self.created, SEARCHED: self.searched}[what]


def subjects_of(what: str, account_id: str, origin: Origin | None) -> list[str]:
    """Return the subjects of the counters, in the order in which they are locked."""
    return [f"{what}:account:{account_id}", *([f"{what}:chat:{origin.conversation_id}"] if origin else [])]


async def limited_until(session: AsyncSession, limits: ProbeLimits, what: str, subjects: Sequence[str], now: datetime) -> datetime | None:
    """Return when this may go on, None where it may now."""
    wanted = select(ProbeCounter.since).where(
        ProbeCounter.subject.in_(subjects), ProbeCounter.count >= limits.of(what), ProbeCounter.since > now - WINDOW
    )
    since = [*await session.scalars(wanted)]
    return max(since) + WINDOW if since else None


async def count(
    session: AsyncSession, limits: ProbeLimits, what: str, account_id: str, origin: Origin | None, now: datetime
) -> datetime | None:
    """Count one more in the caller's writing transaction.

    Returns None, or, where the limit was reached before and nothing is counted, when this may go on. Reaching it is recorded once.
    """
    subjects = subjects_of(what, account_id, origin)
    await _delete_stale(session, now)
    rows = [{"subject": subject, "since": now, "count": 0} for subject in subjects]
    await session.execute(insert_or_ignore(session, ProbeCounter.__table__).values(rows))
    wanted = select(ProbeCounter).where(ProbeCounter.subject.in_(subjects)).order_by(ProbeCounter.subject).with_for_update()
    counters = [*await session.scalars(wanted)]
    full: list[datetime] = [counter.since for counter in counters if counter.count >= limits.of(what)]
    if full:
        return max(full) + WINDOW
    for counter in counters:
        counter.count += 1
    if any(counter.count >= limits.of(what) for counter in counters):
        at = min(counter.since for counter in counters if counter.count >= limits.of(what))
        await record(
            session,
            now=now,
            actor=account_id,
            action=LIMIT,
            outcome=what,
            channel=origin.channel if origin else None,
            conversation=origin.conversation_id if origin else None,
            key=f"limit:{what}:{account_id}:{at.isoformat()}",
        )
    return None


async def _delete_stale(session: AsyncSession, now: datetime) -> None:
    """Delete the counters that limit nothing any more, but those that another transaction holds."""
    stale = select(ProbeCounter.subject).where(ProbeCounter.since <= now - WINDOW).with_for_update(skip_locked=True)
    await session.execute(delete(ProbeCounter).where(ProbeCounter.subject.in_(stale)).execution_options(synchronize_session=False))
