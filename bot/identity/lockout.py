"""Lockout: five wrong codes, links or passwords within 15 minutes, and nothing more of that subject is looked at for 15 minutes.

A subject is a chat, or an agent's login from one source: never an account alone, so that nobody locks somebody else out. How many
codes are sent, and what else is limited, is in `code_limits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.upsert import insert_or_ignore
from bot.identity.tables import LoginCounter

MAX_FAILURES = 5
"""Wrong codes until the lockout."""
LOCKOUT = timedelta(minutes=15)
"""How long a lockout lasts, and the window in which wrong codes are counted."""
RETENTION = timedelta(days=1)
"""Counters untouched for so long limit nothing any more."""


def chat_subject(conversation_id: str) -> str:
    """Return the subject under which a chat is counted."""
    return f"chat:{conversation_id}"


async def lock_counters(session: AsyncSession, subjects: Sequence[str], now: datetime) -> list[LoginCounter]:
    """Return the counters of these subjects, made where missing and locked against other transactions until this one ends."""
    ordered = sorted(set(subjects))  # always in one order: two transactions never wait for each other
    rows = [{"subject": subject, "failures": 0, "sent": 0, "touched_at": now} for subject in ordered]
    await session.execute(insert_or_ignore(session, LoginCounter.__table__).values(rows))
    wanted = select(LoginCounter).where(LoginCounter.subject.in_(ordered)).order_by(LoginCounter.subject).with_for_update()
    counters = list(await session.scalars(wanted))
    for counter in counters:
        counter.touched_at = now
        _expire(counter, now)
    return counters


async def read_counters(session: AsyncSession, subjects: Sequence[str], now: datetime) -> list[LoginCounter]:
    """Return the existing counters of these subjects as they stand now, without writing anything."""
    counters = list(await session.scalars(select(LoginCounter).where(LoginCounter.subject.in_(subjects))))
    for counter in counters:
        session.expunge(counter)
        _expire(counter, now)
    return counters


def locked_until(counters: Sequence[LoginCounter]) -> datetime | None:
    """Return the end of the longest lockout, or None where there is none."""
    return max((counter.locked_until for counter in counters if counter.locked_until), default=None)


def count_failure(counters: Sequence[LoginCounter], now: datetime) -> None:
    """Count one more failure; the fifth locks, and the count starts anew after the lockout."""
    for counter in counters:
        counter.failures += 1
        counter.failures_since = counter.failures_since or now
        if counter.failures >= MAX_FAILURES:
            counter.locked_until = now + LOCKOUT


def tries_left(counters: Sequence[LoginCounter]) -> int:
    """Return how many wrong codes may still be given before a lockout."""
    return max(0, MAX_FAILURES - max((counter.failures for counter in counters), default=0))


def reset(counter: LoginCounter) -> None:
    """Forget the failures and the lockout: who they protect is there."""
    counter.locked_until = None
    _reset_failures(counter)


async def delete_stale(session: AsyncSession, now: datetime) -> None:
    """Delete counters that limit nothing any more, so that made-up addresses do not pile up."""
    await session.execute(delete(LoginCounter).where(LoginCounter.touched_at < now - RETENTION))


def _reset_failures(counter: LoginCounter) -> None:
    counter.failures, counter.failures_since = 0, None


def _expire(counter: LoginCounter, now: datetime) -> None:
    if counter.locked_until is not None and counter.locked_until <= now:
        counter.locked_until = None
        _reset_failures(counter)
    if counter.locked_until is None and counter.failures_since is not None and counter.failures_since + LOCKOUT <= now:
        _reset_failures(counter)
