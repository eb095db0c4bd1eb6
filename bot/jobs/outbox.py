"""The outbox: one table for everything that leaves on its own: mails, and messages nobody just asked for.

A capability writes a row in the transaction of what it announces (`enqueue`); the delivery worker
claims due rows with a lease, sends them, and marks them. A killed worker's lease runs out and the
row is taken again. Replies to a message are written with the turn itself (`bot.messaging`).
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Index, Select, String, bindparam, exists, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from bot.core.database import Table, UtcDateTime, announce

LEASE = timedelta(seconds=60)
"""How long a claimed row is left alone: longer than the slowest single delivery."""
SETTLING = timedelta(seconds=10)
"""Of a lease, what is kept for noting what was done: a delivery is given up before, while the row is still ours."""

FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 2.0, 600.0
TRYING_FOR = timedelta(hours=4)

MAIL = "mail"
"""Kind of a row whose payload is {"to": [address], "subject": str, "text": str}."""
CHAT = "chat"
"""Kind of a row for `conversation_id`, whose payload is
{"text": str, "buttons": [{"title", "intent", "entities"}], "link": {"title", "url"} | null}."""
PUSH = "push"
"""Kind of a row for the chat of `conversation_id` on its own channel (`bot.messaging.outbound_commands`), taken in order, one at a time."""

ANSWER, NOTICE = 0, 1
"""Priorities: somebody waits for an answer, nobody for a notice, of which there may be thousands."""


class OutboxRow(Table):
    """Something to be delivered, once, not before `not_before`."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "kind", "done_at", "dead_at", "priority", "id"),
        Index("ix_outbox_conversation", "conversation_id", "done_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    """Idempotency key: enqueuing the same key twice is done once."""
    conversation_id: Mapped[str | None] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]]
    priority: Mapped[int] = mapped_column(default=ANSWER, server_default=text("0"))
    """What is claimed first: `ANSWER`, then `NOTICE`."""
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(200))
    """Class of the last failure, never its text: it could quote an address."""


_OUTBOX = Table.metadata.tables[OutboxRow.__tablename__]
_ADD = insert(_OUTBOX).returning(_OUTBOX.c.id, sort_by_parameter_order=True)


async def enqueue(
    session: AsyncSession,
    *,
    kind: str,
    key: str,
    payload: dict[str, Any],
    now: datetime,
    conversation_id: str | None = None,
    not_before: datetime | None = None,
) -> bool:
    """Add a row in the caller's writing transaction; False if `key` was there already.

    Workers of this process who wait for rows of its kind (`Database.on_announced`) are told at the commit; others look now and then.
    """
    known = await session.scalar(select(OutboxRow.id).where(OutboxRow.key == key))
    if known is not None:
        return False
    session.add(
        OutboxRow(
            kind=kind,
            key=key,
            conversation_id=conversation_id,
            payload=payload,
            created_at=now,
            not_before=not_before or now,
        )
    )
    await session.flush()
    announce(session, kind)
    return True


async def enqueue_all(session: AsyncSession, rows: Sequence[Mapping[str, Any]], *, now: datetime) -> list[int]:
    """Add many rows whose keys are new, due at once, and tell of them as `enqueue` does; their ids, in the order of the rows.

    Args:
        rows: `kind`, `key`, `payload`, `priority`, and `conversation_id` where there is one; the same names in all of them.
    """
    if not rows:
        return []
    for kind in {row["kind"] for row in rows}:
        announce(session, kind)
    common = {"created_at": now, "not_before": now, "attempts": 0}
    return list((await session.execute(_ADD, [{**row, **common} for row in rows])).scalars())


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """When to try again after `attempts` failures: 2 s doubled each time up to ten minutes, jittered; None after four hours of trying."""
    waits = [min(FIRST_RETRY_SECONDS * 2**n, LONGEST_RETRY_SECONDS) for n in range(min(attempts, 60))]
    if sum(waits) > TRYING_FOR.total_seconds():
        return None
    return now + timedelta(seconds=waits[-1] * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, not a secret


async def anything_due(session: AsyncSession, kind: str, now: datetime) -> bool:
    """Whether a row of this kind may be claimed: a look before the write lock, which others need, is taken."""
    return await session.scalar(_due(kind).with_only_columns(OutboxRow.id).limit(1), {"now": now}) is not None


@cache
def _due(kind: str) -> Select[OutboxRow]:
    """The rows of a kind that may be claimed at `now`, what somebody waits for first; of the messages of a chat only the oldest."""
    now = bindparam("now", type_=UtcDateTime())
    wanted = (
        select(OutboxRow)
        .where(OutboxRow.kind == kind, OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None), OutboxRow.not_before <= now)
        .where((OutboxRow.lease_until.is_(None)) | (OutboxRow.lease_until < now))
        .order_by(OutboxRow.priority, OutboxRow.id)
    )
    if kind not in {CHAT, PUSH}:
        return wanted
    older = aliased(OutboxRow)
    first = ~exists().where(
        older.kind == OutboxRow.kind,
        older.conversation_id == OutboxRow.conversation_id,
        older.done_at.is_(None),
        older.dead_at.is_(None),
        older.id < OutboxRow.id,
    )
    return wanted.where(first)


async def claim(session: AsyncSession, kind: str, *, now: datetime, limit: int) -> list[OutboxRow]:
    """Lease up to `limit` due rows, answers before notices, oldest first, in the caller's writing transaction."""
    wanted = _due(kind).limit(limit).with_for_update(skip_locked=True)
    rows = list((await session.scalars(wanted, {"now": now})).all())
    if rows:
        taken = update(OutboxRow).where(OutboxRow.id.in_([row.id for row in rows]))
        lease = {"lease_until": now + LEASE, "attempts": OutboxRow.attempts + 1}
        await session.execute(taken.values(**lease).execution_options(synchronize_session=False))
    for row in rows:
        session.expunge(row)
        row.lease_until, row.attempts = now + LEASE, row.attempts + 1
    return rows


def seconds_left(row: OutboxRow, now: datetime) -> float:
    """How long a claimed row may still be delivered; not above zero where its lease has all but run out before anybody came to it."""
    left = min((row.lease_until or now) - now, LEASE) - SETTLING
    return left.total_seconds()


async def unknown_kinds(session: AsyncSession) -> list[OutboxRow]:
    """Open rows of a kind that nobody delivers."""
    strange = select(OutboxRow).where(OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None))
    return list(await session.scalars(strange.where(OutboxRow.kind.not_in((MAIL, CHAT, PUSH)))))


async def settle_all(session: AsyncSession, row_ids: Collection[int], *, now: datetime) -> None:
    """Mark rows delivered and forget what they said: a mail may hold a code."""
    settled = update(OutboxRow).where(OutboxRow.id.in_(row_ids)).values(done_at=now, lease_until=None, payload={})
    await session.execute(settled.execution_options(synchronize_session=False))


async def settle(session: AsyncSession, row_id: int, *, now: datetime) -> None:
    """Mark a row delivered and forget what it said."""
    await settle_all(session, [row_id], now=now)


async def postpone(session: AsyncSession, row_id: int, *, until: datetime | None, error: str, now: datetime, counted: bool = True) -> None:
    """Put a row back until `until`, or declare it dead where `until` is None; not `counted`, the attempt is not spent."""
    values: dict[str, Any] = {"lease_until": None, "last_error": error}
    values |= {"dead_at": now} if until is None else {"not_before": until}
    if not counted:
        values["attempts"] = OutboxRow.attempts - 1
    await session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(**values))
