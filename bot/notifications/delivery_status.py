"""Delivery status: a message is delivered when its channel accepted it; what is given up or recalled waits again for the next channel.

The states are written in the transactions in which the outbox settles its rows, so that a message and its row never disagree.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.database import announce
from bot.jobs.outbox import OutboxRow
from bot.notifications.recipients import DUE_TOPIC, lock_recipients, schedule_check
from bot.notifications.replanning import GIVEN_UP
from bot.notifications.send_history import MESSAGES
from bot.notifications.send_time_check import SendTimeCheck
from bot.notifications.tables import DELIVERED, FAILED, HANDED, RECALLED, SENT, WAITING, NoticeSend

SENDS = NoticeSend.metadata.tables[NoticeSend.__tablename__]


class NotificationTracker:
    """Follows the outbox rows that carry notifications (`bot.messaging.delivery_tracking.DeliveryTracker`)."""

    def __init__(self, send_time_check: SendTimeCheck) -> None:
        self._check = send_time_check

    def tracks(self, row: OutboxRow) -> bool:
        """Return whether the row carries notifications."""
        return "notice" in row.payload

    def dossiers(self, row: OutboxRow) -> list[str] | None:
        """Return the dossiers that the notifications of a row name; None where somebody wrote a text of theirs."""
        dossiers = row.payload["notice"].get("dossiers")
        return list(dossiers) if dossiers is not None else None

    async def not_now(self, rows: Collection[OutboxRow]) -> set[int]:
        """See `SendTimeCheck.not_now`."""
        return await self._check.not_now(rows)

    async def delivered(self, session: AsyncSession, row_ids: Collection[int], now: datetime) -> None:
        """Note that the channel accepted the messages of these rows."""
        accepted = update(MESSAGES).where(MESSAGES.c.outbox_id.in_(row_ids), MESSAGES.c.state == SENT)
        await session.execute(accepted.values(state=DELIVERED, delivered_at=now))

    async def failed(self, session: AsyncSession, row_ids: Collection[int], now: datetime, *, closed: bool) -> None:
        """Have what these dead rows carried wait for the next channel; this one is used again only if the chat `closed` and reopens."""
        await _wait_again(session, row_ids, now, FAILED, reason=None if closed else GIVEN_UP)

    async def recalled(self, session: AsyncSession, row_ids: Collection[int], now: datetime) -> None:
        """Have what these rows carried, which are not sent after all, decided again."""
        await _wait_again(session, row_ids, now, RECALLED, reason=None)


async def _wait_again(session: AsyncSession, row_ids: Collection[int], now: datetime, state: str, reason: str | None) -> None:
    found = select(MESSAGES.c.id, MESSAGES.c.account_id).where(MESSAGES.c.outbox_id.in_(row_ids), MESSAGES.c.state == SENT)
    accounts = {row[0]: row[1] for row in await session.execute(found)}
    if not accounts:
        return
    people = sorted(set(accounts.values()))
    await lock_recipients(session, people, waiting=True)
    await session.execute(update(MESSAGES).where(MESSAGES.c.id.in_(accounts), MESSAGES.c.state == SENT).values(state=state))
    theirs = update(SENDS).where(SENDS.c.message_id.in_(accounts), SENDS.c.state == HANDED)
    await session.execute(theirs.values(state=WAITING, due_at=now, why=reason))
    await schedule_check(session, dict.fromkeys(people, now))
    announce(session, DUE_TOPIC)
