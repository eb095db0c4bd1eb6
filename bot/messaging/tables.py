"""Tables of messaging: conversations, their inbox, their transcript, the buttons that were shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.database import Table, random_id

RECEIVED = "received"
"""State of an inbox row that is not answered yet."""
DONE = "done"
"""State of an inbox row whose answer is in the transcript."""

SYSTEM = "system"
"""Author of announcements and notices. Each button under them stands on its own."""


class Conversation(Table):
    """One chat with one user, on one channel."""

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("channel", "address"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_id)
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(128))
    """How the channel knows the chat; on the web the SHA-256 of its first bearer token (clients are known by their session)."""
    reference: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """What else the channel needs to reach the chat; empty on the web."""
    closed_at: Mapped[datetime | None]
    """Since when the chat cannot be written to (blocked, uninstalled). Cleared when the user writes again."""
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    history_from: Mapped[int] = mapped_column(default=0, server_default="0")
    """Id of the last message that is not shown any more: it was said before the chat's link to an account ended (`identity.link_ends`)."""


class InboxRow(Table):
    """A user's message, written down before it is answered; its id is that of the turn."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("conversation_id", "client_id"),
        Index("ix_inbox_open", "state", "conversation_id", "id"),
        Index("ix_inbox_turns", "conversation_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    client_id: Mapped[str] = mapped_column(String(128))
    """The channel's own id of the message: the same one twice is done once."""
    channel: Mapped[str] = mapped_column(String(16), server_default="web")
    """The channel that it came by: the conversation's own, or the web chat that the conversation is continued in."""
    text: Mapped[str | None] = mapped_column(Text)
    sealed: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether `text` is encrypted (`bot.core.encryption`): it may name an usager, or holds a token or a code.

    It is deleted once it is answered.
    """
    button: Mapped[str | None] = mapped_column(String(128))
    event: Mapped[str | None] = mapped_column(String(16))
    """Something other than a text or a button (`bot.messaging.commands.EVENTS`)."""
    sent_id: Mapped[str | None] = mapped_column(String(128))
    """Id of the user's message on the channel."""
    state: Mapped[str] = mapped_column(String(16), default=RECEIVED)
    received_at: Mapped[datetime]
    holder: Mapped[str | None] = mapped_column(String(160))
    """The process that is answering (`bot.jobs.lease_owner`), while `lease_until` lasts."""
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    """How often it was taken: a message that kills whoever takes it is given up."""
    delivered: Mapped[bool] = mapped_column(default=False)
    """Whether it may have moved the dialogue on: false for a refused button, or when Rasa was never reached."""
    done_at: Mapped[datetime | None]
    error_id: Mapped[str | None] = mapped_column(String(16))
    intent: Mapped[str | None] = mapped_column(String(100))
    """The intent that the assistant understood, without the topic of a question; None where the turn was not the assistant's."""


class MessageRow(Table):
    """A message of the transcript; its id, as text, is the public message id and the order of the conversation."""

    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_conversation", "conversation_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    turn: Mapped[int | None] = mapped_column(index=True)
    """Inbox id of the user's message that this is, or answers; None for a message that nobody just asked for."""
    at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(16), server_default="web")
    """Where it was said: the conversation's own channel, or the web chat that the conversation is continued in."""
    author: Mapped[str] = mapped_column(String(16))
    """`user`, `assistant`, `agent` or `system`."""
    agent: Mapped[str | None] = mapped_column(String(100))
    """Displayed name of the agent who wrote it."""
    text: Mapped[str] = mapped_column(Text)
    buttons: Mapped[list[Any]]
    """[{"title": str, "token": str}]"""
    link: Mapped[dict[str, Any] | None]
    """{"title": str, "url": str}"""
    client_id: Mapped[str | None] = mapped_column(String(128))
    """On a user's message, the id that the channel gave it."""
    sent: Mapped[list[Any] | None]
    """Ids that the channel gave to the messages that it became, in order; None where clients fetch it."""
    key: Mapped[str | None] = mapped_column(String(200), unique=True)
    """Idempotency key of a message that nobody just asked for."""
    erased_at: Mapped[datetime | None]
    """Since when its text, buttons and link are erased (`bot.messaging.retention`): it is shown to nobody any more."""


class ButtonRow(Table):
    """The intent and entities of a button; the outside only ever sees the token."""

    __tablename__ = "buttons"
    __table_args__ = (Index("ix_buttons_message", "message_id"), Index("ix_buttons_conversation", "conversation_id", "message_id"))

    token: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    turn: Mapped[int] = mapped_column(default=0)
    """The last turn that had moved the dialogue on when the button was shown, 0 for none: later ones make an answer stale."""
    title: Mapped[str] = mapped_column(Text)
    intent: Mapped[str] = mapped_column(String(100))
    entities: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
