"""The outbox: one table for everything that leaves on its own: mails, and messages nobody just asked for.

A capability writes a row in the transaction of what it announces (`enqueue`); the delivery worker
claims due rows with a lease, sends them, and marks them. A killed worker's lease runs out and the
row is taken again. Replies to a message are written with the turn itself (`bot.conversation`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.database import Table

LEASE = timedelta(seconds=60)
"""How long a claimed row is left alone: longer than the slowest single delivery."""

MAIL = "mail"
"""Kind of a row whose payload is {"to": [address], "subject": str, "text": str}."""
CHAT = "chat"
"""Kind of a row for `conversation_id`, whose payload is
{"text": str, "buttons": [{"title", "intent", "entities"}], "link": {"title", "url"} | null}."""


class OutboxRow(Table):
    """Something to be delivered, once, not before `not_before`."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "done_at", "dead_at", "not_before"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    """Idempotency key: enqueuing the same key twice is done once."""
    conversation_id: Mapped[str | None] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(200))
    """Class of the last failure, never its text: it could quote an address."""


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
    """Add a row in the caller's writing transaction; False if `key` was there already."""
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
    return True


async def claim(session: AsyncSession, *, now: datetime, limit: int) -> list[OutboxRow]:
    """Lease up to `limit` due rows, oldest first, in the caller's writing transaction."""
    due = (
        select(OutboxRow)
        .where(OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None), OutboxRow.not_before <= now)
        .where((OutboxRow.lease_until.is_(None)) | (OutboxRow.lease_until < now))
        .order_by(OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = list((await session.scalars(due)).all())
    for row in rows:
        row.lease_until = now + LEASE
        row.attempts += 1
    return rows


async def settle(session: AsyncSession, row_id: int, *, now: datetime) -> None:
    """Mark a row delivered and forget what it said: a mail may hold a code."""
    await session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(done_at=now, lease_until=None, payload={}))


async def postpone(session: AsyncSession, row_id: int, *, until: datetime | None, error: str, now: datetime) -> None:
    """Put a row back until `until`, or declare it dead where `until` is None."""
    values: dict[str, Any] = {"lease_until": None, "last_error": error}
    values |= {"dead_at": now} if until is None else {"not_before": until}
    await session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(**values))
