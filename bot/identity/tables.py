"""Tables of identity: links between chats and accounts, pending codes, and the counters that limit guessing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.database import Table


class ChatLink(Table):
    """The link of a chat to an account: one account per chat, several chats per account.

    A link that ends is deleted; the audit trail keeps it.
    """

    __tablename__ = "chat_links"
    __table_args__ = (Index("ix_chat_links_account", "account_id"),)

    conversation_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(64))
    linked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    """When the account was last used in the chat, or proven to be its user's: not renewed while a new proof is needed."""


class LoginCode(Table):
    """The one-time code that a chat was last sent. There is a row for an unknown address too, whose code nobody knows."""

    __tablename__ = "login_codes"

    conversation_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str | None] = mapped_column(String(64))
    limit_subject: Mapped[str] = mapped_column("guard", String(80))
    """Key of the address's limits: the hash of the address, so that unknown ones are limited alike."""
    code_hash: Mapped[str] = mapped_column(String(64))
    sealed_address: Mapped[str | None] = mapped_column(Text)
    """The address, encrypted: its holder is told where many wrong codes come."""
    expires_at: Mapped[datetime]


class LoginCounter(Table):
    """Failed attempts of one chat ("chat:…"), or of one agent's login from one source or device; times are in UTC."""

    __tablename__ = "login_guards"
    __table_args__ = (Index("ix_login_guards_touched_at", "touched_at"),)

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    failures_since: Mapped[datetime | None]
    sent: Mapped[int] = mapped_column(default=0)
    """Not used any more: codes are counted in `limit_counters`."""
    sent_since: Mapped[datetime | None]
    locked_until: Mapped[datetime | None]
    touched_at: Mapped[datetime]


class LinkToken(Table):
    """A single-use token that links the chat which shows it (`/start <token>`); only its hash is stored."""

    __tablename__ = "link_tokens"
    __table_args__ = (Index("ix_link_tokens_expires_at", "expires_at"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime]
    used_by: Mapped[str | None] = mapped_column(String(32))
    """Id of the conversation that it linked."""


class SignIn(Table):
    """The sign-in of a chat by OpenID Connect: the link to the sign-in page, and the state of the browser that opened it.

    The link's token, the state and the browser's cookie are stored as hashes only.
    """

    __tablename__ = "sign_ins"
    __table_args__ = (Index("ix_sign_ins_expires_at", "expires_at"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(32))
    expires_at: Mapped[datetime]
    """End of the link; a sign-in that was started before may still be completed until `state_until`."""
    state_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The state last sent to the issuer; None once it came back."""
    browser_hash: Mapped[str | None] = mapped_column(String(64))
    state_until: Mapped[datetime | None]


class ChatSession(Table):
    """A browser, or another client, that reads and writes one conversation of the web chat; only its token's hash is stored.

    A session that ended is kept for a day, so that its client can be told why.
    """

    __tablename__ = "chat_sessions"
    __table_args__ = (Index("ix_chat_sessions_conversation", "conversation_id"), Index("ix_chat_sessions_expires_at", "expires_at"))

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(32))
    shared: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it is on a machine that several people use: then it ends sooner."""
    continued: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it goes on with a conversation of another channel, whose link to an account is not the session's to end."""
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """When it was last used, to the minute."""
    expires_at: Mapped[datetime]
    """When it ends, however much it is used."""
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(String(12))
    """One of `bot.identity.chat_sessions.Ended`."""
