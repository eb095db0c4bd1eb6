"""Tables of identity: links between chats and accounts, pending codes, and what guards both from guessing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.database import Table


class ChatLink(Table):
    """A chat that is somebody: one account per chat, several chats per account. A link that ends is deleted; the audit trail keeps it."""

    __tablename__ = "chat_links"
    __table_args__ = (Index("ix_chat_links_account", "account_id"),)

    conversation_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(64))
    linked_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class LoginCode(Table):
    """The code that a chat was last sent. There is a row for an unknown address too, whose code nobody knows."""

    __tablename__ = "login_codes"

    conversation_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str | None] = mapped_column(String(64))
    guard: Mapped[str] = mapped_column(String(80))
    """Subject of the `LoginCounter` of the account: the hash of the address, so that unknown ones are guarded alike."""
    code_hash: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime]


class LoginCounter(Table):
    """What one chat ("chat:…") or one address ("account:…") has used up. Times are instants, in UTC."""

    __tablename__ = "login_guards"
    __table_args__ = (Index("ix_login_guards_touched_at", "touched_at"),)

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    failures_since: Mapped[datetime | None]
    sent: Mapped[int] = mapped_column(default=0)
    sent_since: Mapped[datetime | None]
    locked_until: Mapped[datetime | None]
    touched_at: Mapped[datetime]


class LinkToken(Table):
    """A single-use token that links the chat which shows it (`/start <token>`); only its hash is kept."""

    __tablename__ = "link_tokens"
    __table_args__ = (Index("ix_link_tokens_expires_at", "expires_at"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime]
    used_by: Mapped[str | None] = mapped_column(String(32))
    """Conversation that it linked."""


class SignIn(Table):
    """A chat's way to the page where it is linked by OpenID Connect, and how far the browser that opened it has got.

    The link's token, the state and the browser's cookie are known by their hashes only.
    """

    __tablename__ = "sign_ins"
    __table_args__ = (Index("ix_sign_ins_expires_at", "expires_at"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(32))
    expires_at: Mapped[datetime]
    """Of the link; what was begun by then may still come to its end, until `state_until`."""
    state_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The state that the issuer was last given; nothing once it came back."""
    browser_hash: Mapped[str | None] = mapped_column(String(64))
    state_until: Mapped[datetime | None]
