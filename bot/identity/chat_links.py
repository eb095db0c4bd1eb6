"""Writing down that a chat is somebody, in the caller's transaction, with its place in the audit trail."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core import audit
from bot.identity.tables import ChatLink


async def link_chat(session: AsyncSession, conversation_id: str, account_id: str, *, now: datetime, days: int) -> None:
    """Link the chat for so many days, in the place of what it was linked to."""
    former = await session.get(ChatLink, conversation_id)
    if former is not None:
        await record_event(session, former.account_id, "identity.unlink", conversation_id, "replaced", now)
    link = ChatLink(conversation_id=conversation_id, account_id=account_id, linked_at=now, expires_at=now + timedelta(days=days))
    await session.merge(link)
    await record_event(session, account_id, "identity.link", conversation_id, "linked", now)


async def record_event(
    session: AsyncSession, actor: str | None, action: str, conversation_id: str | None, outcome: str, now: datetime
) -> None:
    """Add what happened to a chat to the audit trail."""
    await audit.record(session, now=now, actor=actor, action=action, subject=conversation_id, outcome=outcome)
