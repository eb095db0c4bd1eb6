"""Tables of the notifications (docs/dev/notifications.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.database import Table

WAITING, HANDED, DROPPED = "waiting", "handed", "dropped"
"""States of a delivery: it waits, is dispatched, or is over."""
SENT, DELIVERED, FAILED, RECALLED = "sent", "delivered", "failed", "recalled"
"""States of a message: in the outbox, accepted by its channel, given up, recalled before it left (its notifications wait again)."""


class Event(Table):
    """An event of the platform; one (`source`, `event_id`) is stored once, however often it is sent."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("source", "event_id"),
        Index("ix_events_to_fan_out", "fanned_out_at", "fan_out_after"),
        Index("ix_events_subject", "subject", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    source: Mapped[str] = mapped_column(String(300))
    event_id: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(32))
    """The type without its prefix: "team.joined"."""
    subject: Mapped[str | None] = mapped_column(String(64))
    """Reference of the dossier, or id of the account; None for a service notice."""
    occurred_at: Mapped[datetime | None]
    """When the platform says that it happened."""
    received_at: Mapped[datetime]
    data: Mapped[dict[str, Any]]
    """What was given of `author`, `recipients`, `title`, `urgent`, `url`; of our own events also `until`, and `except`: who is not told."""
    fanned_out_at: Mapped[datetime | None]
    """Since when everybody whom it concerns has a notification."""
    fan_out_after: Mapped[datetime | None]
    """The lease of who fans it out; or, where the platform was away, when to try again."""
    fan_out_attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    member: Mapped[str | None] = mapped_column(String(100))
    """Of a change of a care team: account (or "Type/id") of who it is about, where known (`bot.notifications.membership_events`)."""
    ways: Mapped[str] = mapped_column(String(40), default="", server_default="")
    """Of a change of a care team: by which ways it was heard of, separated by spaces."""
    same_as: Mapped[int | None]
    """The event that told of this change before: nobody is told of this one."""


class NotificationPerson(Table):
    """A recipient: preferences and mail address of one account."""

    __tablename__ = "notification_people"

    account_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    preferences: Mapped[dict[str, Any]]
    """`bot.notifications.preferences.Preferences` as JSON; what was never set is missing."""
    previous: Mapped[dict[str, Any] | None]
    """The preferences before the last change, for undoing it."""
    version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime | None]
    """When the preferences last changed."""
    email: Mapped[str] = mapped_column(String(320), default="")
    """Professional address as the platform last gave it; "" where there is none."""
    email_at: Mapped[datetime | None]
    """When the platform gave it."""
    unsubscribe_token: Mapped[str] = mapped_column(String(32), unique=True)
    """Opens the page, and the one-click request, that stop mails (RFC 8058), and nothing else."""
    look_at: Mapped[datetime | None] = mapped_column(index=True)
    """The earliest instant at which one of the person's deliveries may fall due; None: none waits."""


class Notice(Table):
    """A notification: one event for one person, a line of SPHERE's list. `read_at` holds for every channel."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("event_id", "account_id"),
        Index("ix_notices_account", "account_id", "occurred_at", "id"),
        Index("ix_notices_unread", "account_id", "read_at"),
        Index("ix_notices_to_recall", "reminded_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    account_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    dossier: Mapped[str | None] = mapped_column(String(32))
    author: Mapped[str] = mapped_column(String(200), default="")
    """Name of the professional who did it, "" where it is unknown: never an usager's."""
    urgent: Mapped[bool]
    occurred_at: Mapped[datetime]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]


class NoticeMessage(Table):
    """One message (or mail) with one or several notifications of one person, on one channel."""

    __tablename__ = "notice_messages"
    __table_args__ = (
        Index("ix_notice_messages_state", "state", "id"),
        Index("ix_notice_messages_last", "account_id", "way", "dossier", "handed_at"),
        Index("ix_notice_messages_outbox", "outbox_id"),
        Index("ix_notice_messages_handed", "handed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    account_id: Mapped[str] = mapped_column(String(64))
    way: Mapped[str] = mapped_column(String(16))
    conversation_id: Mapped[str | None] = mapped_column(String(32))
    dossier: Mapped[str | None] = mapped_column(String(32))
    """The dossier of all of it; None for a digest, several dossiers, or none."""
    digest: Mapped[bool]
    due_at: Mapped[datetime]
    """When the last of its notifications fell due."""
    handed_at: Mapped[datetime]
    """When it was put into the outbox."""
    outbox_id: Mapped[int]
    """The outbox row that carries it."""
    instead_of: Mapped[str | None] = mapped_column(String(16))
    """The channel whose chat closed, where this message says that it replaces it."""
    state: Mapped[str] = mapped_column(String(16), default=SENT)
    delivered_at: Mapped[datetime | None]


class NoticeSend(Table):
    """A delivery: one notification on one channel."""

    __tablename__ = "notice_sends"
    __table_args__ = (
        UniqueConstraint("notice_id", "way"),
        Index("ix_notice_sends_waiting", "account_id", "state", "due_at"),
        Index("ix_notice_sends_message", "message_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    account_id: Mapped[str] = mapped_column(String(64))
    way: Mapped[str] = mapped_column(String(16))
    mode: Mapped[str] = mapped_column(String(8))
    """`now` or `digest`."""
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8), default=WAITING)
    why: Mapped[str | None] = mapped_column(String(16))
    """Why it was dropped: `bot.notifications.delivery_policy.DropReason`, `read`, `ended` (no access any more), `failed` (given up;
    while it waits: this channel is not to be used again)."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("notice_messages.id"))


class PageLink(Table):
    """A link to the page of one account's notification settings, and the session that opening it began.

    Both tokens are stored as hashes only.
    """

    __tablename__ = "page_links"
    __table_args__ = (Index("ix_page_links_expires_at", "expires_at"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(64))
    conversation_id: Mapped[str | None] = mapped_column(String(32))
    """The chat that the link was given in: link and session end when that chat is unlinked."""
    expires_at: Mapped[datetime]
    """End of the link; the session lasts until `session_until`."""
    session_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    session_until: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    """When the session was last used, to the minute."""
    draft: Mapped[str | None] = mapped_column(Text)
    """What was sent after the session had ended, encrypted: the next session of this browser and account shows it again."""
