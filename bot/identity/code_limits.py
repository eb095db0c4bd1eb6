"""How many login codes are sent, and how many wrong ones are looked at: by chat, address, source and for the whole installation.

The short lock of a chat after five wrong codes is in `lockout`; these limits stand beside it. None of them is of an account alone but
the number of mails: what a stranger does elsewhere never stops a chat that was linked to the account (`is_known`), which has codes of
its own. An address is counted by its hash, whether or not it has an account, so that both are answered alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.audit import AuditEvent
from bot.core.database import Table
from bot.core.limits import Hit, Limit, Scope, applying
from bot.identity.tables import ChatLink

_QUARTER, _HOUR, _DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
CODES_PER_CHAT = Limit("codes_chat", Scope.CHAT, 5, _QUARTER)
CODES_PER_CHAT_A_DAY = Limit("codes_chat_day", Scope.CHAT, 10, _DAY)
CODES_PER_ADDRESS = Limit("codes_address", Scope.ACCOUNT, 5, _DAY)
"""Mails to one address for chats that were never linked to its account; the right code clears it."""
CODES_PER_KNOWN_CHAT = Limit("codes_known_chat", Scope.CHAT, 5, _DAY)
"""Mails to one address for a chat that was linked to its account before."""
CODES_PER_SOURCE = Limit("codes_source", Scope.SOURCE, 30, _HOUR)
"""Codes that nobody used yet: those of people who are there are given back."""
CODES_OF_INSTALLATION = Limit("codes_installation", Scope.INSTALLATION, 500, _HOUR)
WRONG_PER_CHAT_A_DAY = Limit("wrong_codes_chat_day", Scope.CHAT, 20, _DAY)
WRONG_PER_SOURCE = Limit("wrong_codes_source", Scope.SOURCE, 20, _HOUR)
WRONG_OF_INSTALLATION = Limit("wrong_codes_installation", Scope.INSTALLATION, 300, _HOUR)
WRONG_PER_ADDRESS = Limit("wrong_codes_address", Scope.ACCOUNT, 5, _DAY)
"""Stops nothing: when it is reached, the account's holder is told by mail."""
SOURCE_RETENTION = timedelta(days=1)
"""How long it is kept where a chat was last used from."""
_SEEN_INTERVAL = timedelta(hours=1)


class ChatSource(Table):
    """Where a web chat was last used from, by a keyed hash of the address on the network."""

    __tablename__ = "chat_sources"

    conversation_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    source: Mapped[str] = mapped_column(String(64))
    seen_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True)
class Asking:
    """Who asks for a code, or gives one."""

    conversation_id: str
    address: str
    """Subject of the address: its keyed hash."""
    source: str | None
    """Keyed hash of where the chat is used from; None where the channel does not tell."""
    known: bool
    """Whether the chat was linked to the address's account before."""

    def sends(self, *, lifted: bool) -> list[Hit]:
        """Return what sending a code counts towards."""
        hits = [Hit(CODES_PER_CHAT, self.conversation_id), Hit(CODES_PER_CHAT_A_DAY, self.conversation_id)]
        if self.known:
            return [*hits, Hit(CODES_PER_KNOWN_CHAT, self.conversation_id)]
        return applying(
            [*hits, Hit(CODES_PER_ADDRESS, self.address), *self._around(CODES_PER_SOURCE, CODES_OF_INSTALLATION)], lifted=lifted
        )

    def guesses(self, *, lifted: bool) -> list[Hit]:
        """Return what a wrong code counts towards."""
        hits = [Hit(WRONG_PER_CHAT_A_DAY, self.conversation_id)]
        if self.known:
            return hits
        return applying([*hits, *self._around(WRONG_PER_SOURCE, WRONG_OF_INSTALLATION)], lifted=lifted)

    def unused(self, *, lifted: bool) -> list[Hit]:
        """Return what a code that was used is given back to."""
        return applying(self._around(CODES_PER_SOURCE, CODES_OF_INSTALLATION), lifted=lifted)

    @property
    def of_address(self) -> list[Hit]:
        """Return what the right code clears: the owner of the mailbox is there."""
        return [Hit(CODES_PER_ADDRESS, self.address), Hit(WRONG_PER_ADDRESS, self.address)]

    def _around(self, of_source: Limit, of_installation: Limit) -> list[Hit]:
        return [*([Hit(of_source, self.source)] if self.source else []), Hit(of_installation)]


async def source_of_chat(session: AsyncSession, conversation_id: str) -> str | None:
    """Return the keyed hash of where the chat was last used from; None where that is not known."""
    return await session.scalar(select(ChatSource.source).where(ChatSource.conversation_id == conversation_id))


async def is_source_fresh(session: AsyncSession, conversation_id: str, source: str, now: datetime) -> bool:
    """Return whether it is written down already that the chat is used from there."""
    found = await session.get(ChatSource, conversation_id)
    return found is not None and found.source == source and found.seen_at + _SEEN_INTERVAL > now


async def write_source(session: AsyncSession, conversation_id: str, source: str, now: datetime) -> None:
    """Write down where the chat is used from, and forget what is old."""
    await session.execute(delete(ChatSource).where(ChatSource.seen_at < now - SOURCE_RETENTION))
    await session.merge(ChatSource(conversation_id=conversation_id, source=source, seen_at=now))


async def is_known(session: AsyncSession, conversation_id: str, account_id: str | None) -> bool:
    """Return whether the chat is, or ever was, linked to the account."""
    if account_id is None:
        return False
    link = await session.get(ChatLink, conversation_id)
    if link is not None and link.account_id == account_id:
        return True
    of_both = select(AuditEvent.id).where(AuditEvent.actor == account_id, AuditEvent.subject == conversation_id)
    linked = of_both.where(AuditEvent.action == "identity.link", AuditEvent.outcome == "linked")
    return await session.scalar(linked.limit(1)) is not None
