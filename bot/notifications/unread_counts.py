"""Unread counts: what the bell of the web chat shows, for many chats at once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.identity.tables import ChatLink
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.tables import HANDED, Notice, NoticeSend


async def unread_by_chat(session: AsyncSession, conversation_ids: Collection[str], now: datetime) -> dict[str, int]:
    """Return, for conversations that are linked to an account, its unread notifications that were announced in SPHERE's list."""
    announced = exists().where(NoticeSend.notice_id == Notice.id, NoticeSend.way == DeliveryChannel.SPHERE, NoticeSend.state == HANDED)
    accounts = select(ChatLink.account_id).where(ChatLink.conversation_id.in_(conversation_ids), ChatLink.expires_at > now)
    counted = (
        select(Notice.account_id, func.count().label("unread"))
        .where(Notice.account_id.in_(accounts), Notice.read_at.is_(None), announced)
        .group_by(Notice.account_id)
        .subquery()
    )
    linked = and_(ChatLink.conversation_id.in_(conversation_ids), ChatLink.expires_at > now)
    query = select(ChatLink.conversation_id, func.coalesce(counted.c.unread, 0))
    rows = await session.execute(query.outerjoin(counted, counted.c.account_id == ChatLink.account_id).where(linked))
    return {row[0]: row[1] for row in rows}
