"""Which ways one person has now: for showing their settings as they turn out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import column, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from bot.identity.tables import ChatLink
from bot.notifications.kinds import CHATS, DeliveryChannel

_CHATS = table("conversations", column("id"), column("channel"), column("closed_at"))
"""Of the conversations, which no capability knows: by what channel, and whether it can be written to."""


async def ways_of(session: AsyncSession, account_id: str, email: str, now: datetime) -> frozenset[DeliveryChannel]:
    """Open chats that are linked to the account, mails where it has an address, SPHERE's list."""
    mine = (ChatLink.account_id == account_id, ChatLink.expires_at > now, _CHATS.c.closed_at.is_(None))
    channels = set(await session.scalars(select(_CHATS.c.channel).join(ChatLink, ChatLink.conversation_id == _CHATS.c.id).where(*mine)))
    chats = {way for way in CHATS if way in channels}
    return frozenset({*chats, *([DeliveryChannel.MAIL] if email else []), DeliveryChannel.SPHERE})
