"""What was told last: asked before more is told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.notifications.batching import TOGETHER, Key
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.tables import DELIVERED, SENT, NoticeMessage

MESSAGES = NoticeMessage.metadata.tables[NoticeMessage.__tablename__]
_DIGESTS_WITHIN = timedelta(days=1)


async def last_messages(session: AsyncSession, accounts: Collection[str], now: datetime) -> dict[str, dict[Key, datetime]]:
    """By account, when the last message on each dossier left by each way, digests aside, within the time that matters."""
    columns = MESSAGES.c
    wanted = (
        select(columns.account_id, columns.way, columns.dossier, func.max(columns.handed_at))
        .where(columns.account_id.in_(accounts), columns.handed_at > now - TOGETHER)
        .where(columns.digest.is_(False), columns.state.in_((SENT, DELIVERED)))
        .group_by(columns.account_id, columns.way, columns.dossier)
    )
    found: dict[str, dict[Key, datetime]] = {}
    for account_id, way, dossier, handed_at in await session.execute(wanted):
        found.setdefault(account_id, {})[DeliveryChannel(way), dossier] = handed_at
    return found


async def last_digests(session: AsyncSession, accounts: Collection[str], now: datetime) -> dict[tuple[str, DeliveryChannel], datetime]:
    """When the last digest left, by account and way."""
    columns = MESSAGES.c
    wanted = (
        select(columns.account_id, columns.way, func.max(columns.handed_at))
        .where(columns.account_id.in_(accounts), columns.handed_at > now - _DIGESTS_WITHIN)
        .where(columns.digest.is_(True), columns.state.in_((SENT, DELIVERED)))
        .group_by(columns.account_id, columns.way)
    )
    return {(account_id, DeliveryChannel(way)): handed_at for account_id, way, handed_at in await session.execute(wanted)}
