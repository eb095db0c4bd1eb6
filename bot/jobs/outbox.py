"""The outbox: one table for everything that leaves by itself: mails, proactive messages, and what is to be done in a chat.

A capability writes a row in the transaction of what it announces (`enqueue`). A worker claims due rows with a lease, delivers them and
settles them; the lease of a killed worker runs out, and the row is claimed again. Replies to a message are written into the transcript
with the turn itself (`bot.messaging`); the outbox holds the commands that send them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Index, Select, String, exists, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from bot.core.database import Table, announce
from bot.jobs.leases import OUTBOX
from bot.jobs.queue import Queue
from bot.jobs.retry import RetryStrategy

SETTLE_MARGIN = timedelta(seconds=10)
"""Part of a lease that is kept for settling: a delivery is given up before, while the row is still ours."""
RETRY = RetryStrategy(first=timedelta(seconds=2), longest=timedelta(seconds=600), give_up_after=timedelta(hours=4))
"""When a delivery that failed is tried again."""

MAIL = "mail"
"""Kind of a row whose payload is an encrypted mail (`bot.core.mail.MailCipher`)."""
CHAT = "chat"
"""Kind of a proactive message for `conversation_id`, whose payload is
{"text": str, "buttons": [{"title", "intent", "entities"}], "link": {"title", "url"} | null, "own_words"?: [str]}. It carries the message
all the way to the channel (`bot.messaging.channel_sender`)."""
PUSH = "push"
"""Kind of a command for the chat of `conversation_id` on its own channel (`bot.messaging.outbound_commands`)."""

ANSWER, NOTICE = 0, 1
"""Priorities: somebody waits for an answer, nobody for a notification, of which there may be thousands."""


class OutboxRow(Table):
    """A thing to be delivered, once, not before `not_before`."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "kind", "done_at", "dead_at", "priority", "id"),
        Index("ix_outbox_conversation", "conversation_id", "done_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    """Idempotency key: a second row with the same key is not added."""
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
    """Class name of the last error, never its text, which could quote an address."""


def _queue(kind: str) -> Queue:
    return Queue(
        name=kind,
        key=OutboxRow.id,
        is_open=(OutboxRow.kind == kind, OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None)),
        lease_until=OutboxRow.lease_until,
        lease=OUTBOX,
        not_before=OutboxRow.not_before,
        attempts=OutboxRow.attempts,
    )


MAILS, MESSAGES, COMMANDS = _queue(MAIL), _queue(CHAT), _queue(PUSH)
_OUTBOX = Table.metadata.tables[OutboxRow.__tablename__]
_ADD = insert(_OUTBOX).returning(_OUTBOX.c.id, sort_by_parameter_order=True)


def in_order() -> Select[Any]:
    """Select rows in the order of claiming: answers before notifications, oldest first."""
    return select(OutboxRow).order_by(OutboxRow.priority, OutboxRow.id)


def in_order_per_conversation() -> Select[Any]:
    """Select the oldest open row of each conversation, of `CHAT` and `PUSH` alike, in the order of claiming: nothing overtakes."""
    older = aliased(OutboxRow)
    behind = exists().where(
        older.kind.in_((CHAT, PUSH)),
        older.conversation_id == OutboxRow.conversation_id,
        older.done_at.is_(None),
        older.dead_at.is_(None),
        older.id < OutboxRow.id,
    )
    return in_order().where(~behind)


def is_before_an_answer() -> ColumnElement[bool]:
    """Return the condition that an answer waits for the row to leave: an open command of its conversation that somebody waits for."""
    answer = aliased(OutboxRow)
    return exists().where(*_is_open_answer(answer), answer.conversation_id == OutboxRow.conversation_id, answer.id > OutboxRow.id)


async def answers_wait(session: AsyncSession, conversation_ids: Collection[str]) -> bool:
    """Return whether somebody waits for an answer in one of these conversations that is not sent yet."""
    waiting = select(OutboxRow.id).where(*_is_open_answer(OutboxRow), OutboxRow.conversation_id.in_(conversation_ids)).limit(1)
    return await session.scalar(waiting) is not None


def _is_open_answer(row: type[OutboxRow]) -> tuple[ColumnElement[bool], ...]:
    return row.kind == PUSH, row.priority == ANSWER, row.done_at.is_(None), row.dead_at.is_(None)


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
    """Add a row in the caller's writing transaction. Return False if `key` was there already.

    The workers of its kind are woken at the commit (`bot.core.database.announce`).
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
    """Add many rows whose keys are new, due at once, and wake their workers. Return their ids, in the order of the rows.

    Args:
        rows: `kind`, `key`, `payload`, `priority`, and `conversation_id` where there is one; the same names in all of them.
    """
    if not rows:
        return []
    for kind in {row["kind"] for row in rows}:
        announce(session, kind)
    common = {"created_at": now, "not_before": now, "attempts": 0}
    return list((await session.execute(_ADD, [{**row, **common} for row in rows])).scalars())


def seconds_left(row: OutboxRow, now: datetime) -> float:
    """Return how long a claimed row may still be delivered; not above zero where its lease has all but run out before the attempt."""
    left = min((row.lease_until or now) - now, OUTBOX) - SETTLE_MARGIN
    return left.total_seconds()


async def unknown_kinds(session: AsyncSession) -> list[OutboxRow]:
    """Return the open rows of a kind that nobody delivers."""
    unknown = select(OutboxRow).where(OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None))
    return list(await session.scalars(unknown.where(OutboxRow.kind.not_in((MAIL, CHAT, PUSH)))))


async def settle_all(session: AsyncSession, row_ids: Collection[int], *, now: datetime) -> None:
    """Mark rows delivered and delete their payload: a mail may hold a code."""
    settled = update(OutboxRow).where(OutboxRow.id.in_(row_ids)).values(done_at=now, lease_until=None, payload={})
    await session.execute(settled.execution_options(synchronize_session=False))


async def postpone(session: AsyncSession, row_id: int, *, until: datetime | None, error: str, now: datetime, counted: bool = True) -> None:
    """Put a row back until `until`, or give it up as a dead letter where `until` is None.

    Args:
        error: class name of the error.
        counted: whether the attempt is spent.
    """
    values: dict[str, Any] = {"lease_until": None, "last_error": error}
    values |= {"dead_at": now} if until is None else {"not_before": until}
    if not counted:
        values["attempts"] = OutboxRow.attempts - 1
    await session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(**values))


async def delete_payload(session: AsyncSession, row_id: int) -> None:
    """Delete the payload of a dead letter that nobody may send again."""
    await session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(payload={}))


async def delete_text(session: AsyncSession, row: OutboxRow) -> None:
    """Delete what a `CHAT` row says once the transcript holds it: a dead letter is kept for long, and is sent again from there."""
    kept = {name: value for name, value in row.payload.items() if name == "notice"}
    await session.execute(update(OutboxRow).where(OutboxRow.id == row.id).values(payload=kept))
