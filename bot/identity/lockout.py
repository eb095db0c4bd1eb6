"""Limits on guessing: tries and codes sent, counted for the chat and for the address at once.

Five wrong codes lock for 15 minutes. Codes that are sent and not used are limited too, so that nobody's mailbox is flooded: five per
15 minutes, for the chat and for the address; the right code clears both counts of the address.
The address is counted by its hash whether or not it has an account, so that both answer alike, and a right
code clears the address but not the chat: nobody buys tries against others with an account of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table as SqlTable
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.identity.tables import LoginCounter

MAX_FAILURES = 5
"""Wrong codes until the lock."""
LOCKOUT = timedelta(minutes=15)
MAX_CODES = 5
"""Codes sent in `CODES_WINDOW` without any of them being used."""
CODES_WINDOW = timedelta(minutes=15)
RETENTION = timedelta(days=1)
"""Rows untouched for so long guard nothing any more."""


def chat_subject(conversation_id: str) -> str:
    """What a chat is called among the subjects."""
    return f"chat:{conversation_id}"


async def lock_counters(session: AsyncSession, subjects: Sequence[str], now: datetime) -> list[LoginCounter]:
    """The guards of these subjects, made where missing and locked against other transactions until this one ends."""
    ordered = sorted(set(subjects))  # always in one order: two transactions never wait for each other
    rows = [{"subject": subject, "failures": 0, "sent": 0, "touched_at": now} for subject in ordered]
    table = cast(SqlTable, LoginCounter.__table__)
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    await session.execute(dialect.insert(table).values(rows).on_conflict_do_nothing())
    found = await session.scalars(
        select(LoginCounter).where(LoginCounter.subject.in_(ordered)).order_by(LoginCounter.subject).with_for_update()
    )
    guards = list(found)
    for guard in guards:
        guard.touched_at = now
        _forget(guard, now)
    return guards


async def read_counters(session: AsyncSession, subjects: Sequence[str], now: datetime) -> list[LoginCounter]:
    """The guards of these subjects that there are, as they stand now; nothing is written."""
    guards = list(await session.scalars(select(LoginCounter).where(LoginCounter.subject.in_(subjects))))
    for guard in guards:
        session.expunge(guard)
        _forget(guard, now)
    return guards


def locked_until(guards: Sequence[LoginCounter]) -> datetime | None:
    """The end of the longest lock, None where there is none."""
    return max((guard.locked_until for guard in guards if guard.locked_until), default=None)


def next_code_at(guards: Sequence[LoginCounter]) -> datetime | None:
    """When a code may be sent again; None where it may be now."""
    full = [guard.sent_since for guard in guards if guard.sent >= MAX_CODES and guard.sent_since]
    return max(full) + CODES_WINDOW if full else None


def count_code(guards: Sequence[LoginCounter], now: datetime) -> None:
    """One code more was sent."""
    for guard in guards:
        guard.sent += 1
        guard.sent_since = guard.sent_since or now


def count_failure(guards: Sequence[LoginCounter], now: datetime) -> None:
    """One wrong code more; the fifth locks, and the count starts anew after the lock."""
    for guard in guards:
        guard.failures += 1
        guard.failures_since = guard.failures_since or now
        if guard.failures >= MAX_FAILURES:
            guard.locked_until = now + LOCKOUT


def tries_left(guards: Sequence[LoginCounter]) -> int:
    """Wrong codes that may still be given before a lock."""
    return max(0, MAX_FAILURES - max((guard.failures for guard in guards), default=0))


def reset(guard: LoginCounter) -> None:
    """The right code was given: whoever reads the mailbox is there."""
    _clear_failures(guard)
    guard.sent, guard.sent_since = 0, None


def _clear_failures(guard: LoginCounter) -> None:
    guard.failures, guard.failures_since = 0, None


async def delete_stale(session: AsyncSession, now: datetime) -> None:
    """Delete what guards nothing any more: addresses made up by somebody do not pile up."""
    await session.execute(delete(LoginCounter).where(LoginCounter.touched_at < now - RETENTION))


def _forget(guard: LoginCounter, now: datetime) -> None:
    if guard.locked_until is not None and guard.locked_until <= now:
        guard.locked_until = None
        _clear_failures(guard)
    if guard.locked_until is None and guard.failures_since is not None and guard.failures_since + LOCKOUT <= now:
        _clear_failures(guard)
    if guard.sent_since is not None and guard.sent_since + CODES_WINDOW <= now:
        guard.sent, guard.sent_since = 0, None
