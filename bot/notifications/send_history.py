"""When messages last left: asked before more are dispatched."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.notifications.batching import BATCH_WINDOW, BatchKey
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.tables import DELIVERED, SENT, NoticeMessage

MESSAGES = NoticeMessage.metadata.tables[NoticeMessage.__tablename__]
_DIGESTS_WITHIN = timedelta(days=1)


async def last_messages(session: AsyncSession, accounts: Collection[str], now: datetime) -> dict[str, dict[BatchKey, datetime]]:
    """Return by account when the last message about each dossier left on each channel within the batch window, digests aside."""
    columns = MESSAGES.c
    wanted = (
        select(columns.account_id, columns.way, columns.dossier, func.max(columns.handed_at))
        .where(columns.account_id.in_(accounts), columns.handed_at > now - BATCH_WINDOW)
        .where(columns.digest.is_(False), columns.state.in_((SENT, DELIVERED)))
        .group_by(columns.account_id, columns.way, columns.dossier)
    )
    found: dict[str, dict[BatchKey, datetime]] = {}
    for account_id, channel, dossier, handed_at in await session.execute(wanted):
        found.setdefault(account_id, {})[DeliveryChannel(channel), dossier] = handed_at
    return found


async def last_digests(session: AsyncSession, accounts: Collection[str], now: datetime) -> dict[tuple[str, DeliveryChannel], datetime]:
    """Return when the last digest left within a day, by account and channel."""
    columns = MESSAGES.c
    wanted = (
        select(columns.account_id, columns.way, func.max(columns.handed_at))
        .where(columns.account_id.in_(accounts), columns.handed_at > now - _DIGESTS_WITHIN)
        .where(columns.digest.is_(True), columns.state.in_((SENT, DELIVERED)))
        .group_by(columns.account_id, columns.way)
    )
    return {(account_id, DeliveryChannel(channel)): handed_at for account_id, channel, handed_at in await session.execute(wanted)}
