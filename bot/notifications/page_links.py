"""Page links: single-use links to a person's notification settings, given in a linked chat, opened once, then a session.

Ten minutes to open; once opened an hour, and less where nobody uses it. Token and session are known by their hashes only; nobody is told
why one is refused. What is sent after the end is kept, encrypted, for the next session of the same browser and account.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core import audit
from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.encryption import Cipher, DecryptionFailed
from bot.core.keyed_hash import keyed_hash
from bot.identity.tables import ChatLink
from bot.notifications.tables import PageLink
from bot.settings import Settings

LINK_LIFE = timedelta(minutes=10)
SESSION_LIFE = timedelta(hours=1)
DRAFT_LIFE = timedelta(hours=1)
"""How long after its end a session is remembered, with what was sent then."""
DRAFTS = "drafts of the account page"
"""What they are encrypted for (`Cipher`)."""
SEEN_INTERVAL = timedelta(minutes=1)
"""The last use of a session is written at most this often."""
PATH = "/account"
"""Path of the page, below the address of the installation."""


@dataclass(frozen=True)
class Visit:
    """Whose settings an open session shows, and the chat that its link came from."""

    account_id: str
    conversation_id: str | None


def page_address(settings: Settings) -> str:
    """Return the absolute URL of the page, which without a link or a session only says how to get one."""
    return f"{settings.own_url}{PATH}"


async def make_page_link(database: Database, clock: Clock, settings: Settings, account_id: str, *, conversation_id: str | None) -> str:
    """Create a link, as an absolute URL, that opens this account's page once, within ten minutes.

    Args:
        conversation_id: the linked chat that it is given in: link and session end with its link. None: given by an operator.
    """
    return await PageLinks(database, clock, settings).make(account_id, conversation_id)


class PageLinks:
    """Creates and opens page links."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock = database, clock
        self._secret, self._address = settings.required("secret"), page_address(settings)
        self._cipher = Cipher(self._secret, DRAFTS)
        self._idle = timedelta(minutes=settings.account_idle_minutes)

    async def make(self, account_id: str, conversation_id: str | None) -> str:
        """See `make_page_link`."""
        token, now = secrets.token_urlsafe(24), self._clock.now()
        over = (PageLink.expires_at < now, or_(PageLink.session_until.is_(None), PageLink.session_until < now - DRAFT_LIFE))
        row = PageLink(
            token_hash=self._hash("link", token), account_id=account_id, conversation_id=conversation_id, expires_at=now + LINK_LIFE
        )
        async with self._database.writing() as session:
            await session.execute(delete(PageLink).where(*over))
            session.add(row)
        return f"{self._address}?t={token}"

    async def usable(self, token: str) -> bool:
        """Return whether `open` would succeed; nothing is used up."""
        async with self._database.reading() as session:
            row = await session.get(PageLink, self._hash("link", token))
            return row is not None and self._is_new(row) and await self._chat_is_linked(session, row)

    async def open(self, token: str, former: str = "") -> str | None:
        """Use a link up. Return the token of a new session; None where it is unknown, used or too old, or its chat not linked any more.

        Args:
            token: of the link.
            former: the session that the browser had before; it ends, and what was sent after its end goes on where it is the same account.
        """
        begun, now = secrets.token_urlsafe(32), self._clock.now()
        async with self._database.writing() as session:
            row = await session.get(PageLink, self._hash("link", token), with_for_update=True)
            if row is None or not self._is_new(row) or not await self._chat_is_linked(session, row):
                return None
            row.session_hash, row.session_until, row.seen_at = self._hash("session", begun), now + SESSION_LIFE, now
            before = await session.scalar(select(PageLink).where(PageLink.session_hash == self._hash("session", former)))
            if before is not None and before.session_until is not None:
                row.draft = before.draft if before.account_id == row.account_id else None
                before.draft, before.session_until = None, min(before.session_until, now)
            await audit.record(
                session,
                now=now,
                actor=row.account_id,
                action="notifications.page",
                subject=row.conversation_id,
                channel="web",
                outcome="opened",
            )
        return begun

    async def visit(self, session_token: str) -> Visit | None:
        """Return whose page this session shows, and count that as a use; None where it is unknown or over."""
        now = self._clock.now()
        async with self._database.reading() as session:
            row: PageLink | None = await session.scalar(self._mine(session_token))
            if row is None or not self._is_open(row, now) or not await self._chat_is_linked(session, row):
                return None
        if row.seen_at is None or row.seen_at + SEEN_INTERVAL <= now:
            async with self._database.writing() as session:
                await session.execute(update(PageLink).where(PageLink.token_hash == row.token_hash).values(seen_at=now))
        return Visit(row.account_id, row.conversation_id)

    async def has_timed_out(self, session_token: str) -> bool:
        """Return whether this was a session that ended by itself, not long ago."""
        now = self._clock.now()
        async with self._database.reading() as session:
            row: PageLink | None = await session.scalar(self._mine(session_token))
        return row is not None and not self._is_open(row, now) and not self._was_left(row)

    async def keep_draft(self, session_token: str, draft: str) -> None:
        """Keep what was sent after this session had ended by itself."""
        if await self.has_timed_out(session_token):
            mine = PageLink.session_hash == self._hash("session", session_token)
            async with self._database.writing() as session:
                await session.execute(update(PageLink).where(mine).values(draft=self._cipher.encrypt(draft)))

    async def take_draft(self, session_token: str) -> str | None:
        """Return what was sent after the end of the session before this one, once; None where there is nothing, or SECRET was changed."""
        async with self._database.writing() as session:
            row: PageLink | None = await session.scalar(self._mine(session_token).with_for_update())
            if row is None or row.draft is None:
                return None
            kept, row.draft = row.draft, None
        try:
            return self._cipher.decrypt(kept)
        except DecryptionFailed:
            return None

    async def leave(self, session_token: str) -> None:
        """End a session, as its user asked."""
        mine = PageLink.session_hash == self._hash("session", session_token)
        async with self._database.writing() as session:
            await session.execute(update(PageLink).where(mine).values(session_until=self._clock.now(), seen_at=None, draft=None))

    def _mine(self, session_token: str) -> Select[Any]:
        return select(PageLink).where(PageLink.session_hash == self._hash("session", session_token))

    def _is_open(self, row: PageLink, now: datetime) -> bool:
        if row.session_until is None or row.session_until <= now:
            return False
        return row.seen_at is None or row.seen_at + self._idle > now

    def _was_left(self, row: PageLink) -> bool:
        return row.seen_at is None

    def _is_new(self, row: PageLink) -> bool:
        return row.session_hash is None and row.expires_at > self._clock.now()

    async def _chat_is_linked(self, session: AsyncSession, row: PageLink) -> bool:
        if row.conversation_id is None:
            return True
        link = await session.get(ChatLink, row.conversation_id)
        return link is not None and link.account_id == row.account_id and link.expires_at > self._clock.now()

    def _hash(self, what: str, token: str) -> str:
        return keyed_hash(self._secret, "notifications-page", what, token)
