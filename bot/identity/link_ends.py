"""The end of a chat's link to an account, whoever ends it: nothing that was opened or made under it goes on.

What was said before is shown to nobody afterwards, in whichever way the conversation is read again: the chat may be linked to another
account next, or be in other hands.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import column, delete, func, select, table, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.identity.chat_links import record_event
from bot.identity.chat_sessions import Ended, end_sessions
from bot.identity.continuations import Continuation
from bot.identity.tables import ChatLink, LinkToken, LoginCode, SignIn

_CONVERSATIONS = table("conversations", column("id"), column("history_from"))
_MESSAGES = table("messages", column("id"), column("conversation_id"))
"""Of messaging, which identity does not know."""


async def end_link(session: AsyncSession, link: ChatLink, outcome: str, now: datetime) -> None:
    """Delete a link with all that it opened, in the caller's writing transaction, and record it with its `outcome`."""
    await session.delete(link)
    await end_access(session, link, now)
    await record_event(session, link.account_id, "identity.unlink", link.conversation_id, outcome, now)


async def end_access(session: AsyncSession, link: ChatLink, now: datetime) -> None:
    """End what a link opened (sessions, codes for its account, sign-ins, links to the web chat), and hide what was said until now.

    A code for another account goes on: its user was told to end this link first.
    """
    conversation_id = link.conversation_id
    await end_sessions(session, conversation_id, Ended.UNLINKED, now)
    codes = (LoginCode.conversation_id == conversation_id, LoginCode.account_id == link.account_id)
    await session.execute(delete(LoginCode).where(*codes))
    await session.execute(delete(SignIn).where(SignIn.conversation_id == conversation_id))
    unused = (Continuation.conversation_id == conversation_id, Continuation.session.is_(None))
    await session.execute(delete(Continuation).where(*unused))
    said = select(func.coalesce(func.max(_MESSAGES.c.id), 0)).where(_MESSAGES.c.conversation_id == conversation_id)
    hidden = update(_CONVERSATIONS).where(_CONVERSATIONS.c.id == conversation_id).values(history_from=said.scalar_subquery())
    await session.execute(hidden)


async def revoke_tokens(session: AsyncSession, account_id: str) -> None:
    """Make worthless the tokens that would link another chat to this account."""
    await session.execute(delete(LinkToken).where(LinkToken.account_id == account_id, LinkToken.used_by.is_(None)))
