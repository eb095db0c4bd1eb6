"""The link between a chat and an account, written in the caller's transaction together with its audit events and the mail about it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import column, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.registry import Account
from bot.core import audit
from bot.core.audit_strangers import count_stranger, record_stranger_refusal
from bot.core.clock import PARIS, french_hour
from bot.core.database import random_id
from bot.core.figures import count_figure
from bot.core.mail import MailCipher, mail_payload
from bot.identity.code_limits import source_of_chat
from bot.identity.errors import OtherAccountLinked
from bot.identity.tables import ChatLink
from bot.jobs.outbox import MAIL, enqueue
from bot.settings import Settings

_CONVERSATIONS = table("conversations", column("id"), column("channel"))
"""Of messaging, which identity does not know: it tells in which channel a chat is."""


async def link_chat(session: AsyncSession, conversation_id: str, account: Account, *, now: datetime, settings: Settings) -> None:
    """Link the chat to the account for `LINK_DAYS` days, replacing a link to the same one, and tell the account's holder by mail.

    A chat that is linked to the account already only proves that it is still its user's: no mail says so.

    Raises OtherAccountLinked where it is linked to another account: nobody's chat becomes somebody else's by a link that was followed, or
    a code that was typed. Whoever wants that signs out first.
    """
    former = await session.get(ChatLink, conversation_id)
    renewed = former is not None and former.account_id == account.id and former.expires_at > now
    if former is not None:
        if former.account_id != account.id and former.expires_at > now:
            raise OtherAccountLinked
        await record_event(session, former.account_id, "identity.unlink", conversation_id, "replaced", now)
    until = now + timedelta(days=settings.link_days)
    await session.merge(ChatLink(conversation_id=conversation_id, account_id=account.id, linked_at=now, expires_at=until, used_at=now))
    await record_event(session, account.id, "identity.link", conversation_id, "linked", now)
    await count_figure(session, "chat_proven" if renewed else "chat_linked")
    if not renewed and account.email:
        await _tell_holder(session, conversation_id, account, now, settings)


async def _tell_holder(session: AsyncSession, conversation_id: str, account: Account, now: datetime, settings: Settings) -> None:
    channel = await session.scalar(select(_CONVERSATIONS.c.channel).where(_CONVERSATIONS.c.id == conversation_id))
    at = now.astimezone(PARIS)
    mail = mail_payload(
        account.email,
        "identity/chat_linked",
        channel=channel,
        day=f"{at:%d/%m/%Y}",
        hour=french_hour(at.time()),
        days=settings.link_days,
        support_phone=settings.support_phone,
        support_email=settings.support_email,
    )
    payload = MailCipher(settings.required("secret")).seal(mail)
    await enqueue(session, kind=MAIL, key=f"chat-linked:{random_id()}", payload=payload, now=now)


async def linked_chats(session: AsyncSession, account_id: str, now: datetime) -> list[str]:
    """Return the ids of the conversations that are linked to this account now, the last linked first."""
    links = select(ChatLink).where(ChatLink.account_id == account_id, ChatLink.expires_at > now)
    return [link.conversation_id for link in await session.scalars(links.order_by(ChatLink.linked_at.desc()))]


async def record_event(
    session: AsyncSession, actor: str | None, action: str, conversation_id: str | None, outcome: str, now: datetime
) -> None:
    """Add what happened to a chat's identity to the audit trail."""
    channel = await _channel_of(session, conversation_id) if conversation_id else None
    await audit.record(
        session,
        now=now,
        actor=actor,
        action=action,
        subject=conversation_id,
        channel=channel,
        conversation=conversation_id,
        outcome=outcome,
    )


async def record_refused(session: AsyncSession, actor: str | None, action: str, conversation_id: str, outcome: str, now: datetime) -> None:
    """Add what a chat of somebody who is not known was refused, at the end of the transaction: a flood is not recorded one by one."""
    await record_stranger_refusal(
        session,
        now=now,
        action=action,
        outcome=outcome,
        account=actor,
        source=await source_of_chat(session, conversation_id) or conversation_id,
        actor=actor,
        subject=conversation_id,
        channel=await _channel_of(session, conversation_id),
        conversation=conversation_id,
    )


async def record_code_sent(session: AsyncSession, account_id: str, conversation_id: str, now: datetime) -> None:
    """Add a code that was sent, at the end of the transaction: every one, but with the writes of one for an unknown address."""
    source = await source_of_chat(session, conversation_id) or conversation_id
    await count_stranger(session, now=now, action="identity.code", outcome="sent", account=None, source=source)
    await record_event(session, account_id, "identity.code", conversation_id, "sent", now)


async def _channel_of(session: AsyncSession, conversation_id: str) -> str | None:
    return await session.scalar(select(_CONVERSATIONS.c.channel).where(_CONVERSATIONS.c.id == conversation_id))
