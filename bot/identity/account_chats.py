"""What account requests need of identity: the chats of an account, and links that open a chat linked to it.

Implements `bot.accounts.request_messages.AccountChats`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.identity.chat_links import linked_chats
from bot.identity.code_limits import source_of_chat
from bot.identity.deep_links import INVITATION_TTL, deep_link, link_channels
from bot.identity.link_tokens import issue_link_token
from bot.settings import Settings


class AccountChats:
    """Finds the chats of accounts and invites their owners to new ones, in the caller's transaction."""

    invitation_days = INVITATION_TTL.days
    """How long an invitation is good, in days."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def linked(self, session: AsyncSession, account_id: str, now: datetime) -> list[str]:
        """Return the ids of the conversations that are linked to this account now, the last linked first."""
        return await linked_chats(session, account_id, now)

    async def source_of(self, session: AsyncSession, conversation_id: str) -> str | None:
        """Return the keyed hash of where a chat was last used from; None where that is not known."""
        return await source_of_chat(session, conversation_id)

    async def invite(self, session: AsyncSession, account_id: str, now: datetime) -> list[tuple[str, str]]:
        """Return (channel, absolute URL) for each channel on which the owner of an account can open a linked chat.

        All links carry the same token: the first one followed ends the others. Raises SettingsError where SECRET is not set.
        """
        token = await issue_link_token(session, self._settings.required("secret"), account_id, ttl=INVITATION_TTL, now=now)
        return [(channel, deep_link(self._settings, channel, token)) for channel in link_channels(self._settings)]
