"""The link between a chat and an account, written in the caller's transaction together with its audit events."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core import audit
from bot.identity.tables import ChatLink


async def link_chat(session: AsyncSession, conversation_id: str, account_id: str, *, now: datetime, days: int) -> None:
    """Link the chat to the account for `days` days, replacing the link it had."""
    former = await session.get(ChatLink, conversation_id)
    if former is not None:
        await record_event(session, former.account_id, "identity.unlink", conversation_id, "replaced", now)
    link = ChatLink(conversation_id=conversation_id, account_id=account_id, linked_at=now, expires_at=now + timedelta(days=days))
    await session.merge(link)
    await record_event(session, account_id, "identity.link", conversation_id, "linked", now)


async def linked_chats(session: AsyncSession, account_id: str, now: datetime) -> list[str]:
    """Return the ids of the conversations that are linked to this account now, the last linked first."""
    links = select(ChatLink).where(ChatLink.account_id == account_id, ChatLink.expires_at > now)
    return [link.conversation_id for link in await session.scalars(links.order_by(ChatLink.linked_at.desc()))]


async def record_event(
    session: AsyncSession, actor: str | None, action: str, conversation_id: str | None, outcome: str, now: datetime
) -> None:
    """Add what happened to a chat's identity to the audit trail."""
    await audit.record(session, now=now, actor=actor, action=action, subject=conversation_id, outcome=outcome)
