"""Notifications: whom each event is told, how each person wants it, what went out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "notice_messages",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=True),
        sa.Column("dossier", sa.String(length=32), nullable=True),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outbox_id", sa.Integer(), nullable=False),
        sa.Column("instead_of", sa.String(length=16), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_messages")),
    )
    with op.batch_alter_table("notice_messages", schema=None) as table:
        table.create_index("ix_notice_messages_handed", ["handed_at"], unique=False)
        table.create_index("ix_notice_messages_last", ["account_id", "way", "dossier", "handed_at"], unique=False)
        table.create_index("ix_notice_messages_outbox", ["outbox_id"], unique=False)
        table.create_index("ix_notice_messages_state", ["state", "id"], unique=False)

    op.create_table(
        "notification_people",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("preferences", sa.JSON(), nullable=False),
        sa.Column("previous", sa.JSON(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unsubscribe_token", sa.String(length=32), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_notification_people")),
        sa.UniqueConstraint("unsubscribe_token", name=op.f("uq_notification_people_unsubscribe_token")),
    )
    with op.batch_alter_table("notification_people", schema=None) as table:
        table.create_index(table.f("ix_notification_people_look_at"), ["look_at"], unique=False)

    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("dossier", sa.String(length=32), nullable=True),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_notices_event_id_events")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("event_id", "account_id", name=op.f("uq_notices_event_id_account_id")),
    )
    with op.batch_alter_table("notices", schema=None) as table:
        table.create_index("ix_notices_account", ["account_id", "occurred_at", "id"], unique=False)
        table.create_index("ix_notices_to_recall", ["reminded_at", "created_at"], unique=False)
        table.create_index("ix_notices_unread", ["account_id", "read_at"], unique=False)

    op.create_table(
        "notice_sends",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["notice_messages.id"], name=op.f("fk_notice_sends_message_id_notice_messages")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_notice_sends_notice_id_notices")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_sends")),
        sa.UniqueConstraint("notice_id", "way", name=op.f("uq_notice_sends_notice_id_way")),
    )
    with op.batch_alter_table("notice_sends", schema=None) as table:
        table.create_index("ix_notice_sends_message", ["message_id"], unique=False)
        table.create_index("ix_notice_sends_waiting", ["account_id", "state", "due_at"], unique=False)

    op.create_table(
        "page_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_hash", sa.String(length=64), nullable=True),
        sa.Column("session_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_page_links")),
        sa.UniqueConstraint("session_hash", name=op.f("uq_page_links_session_hash")),
    )
    with op.batch_alter_table("page_links", schema=None) as table:
        table.create_index("ix_page_links_expires_at", ["expires_at"], unique=False)

    with op.batch_alter_table("outbox", schema=None) as table:
        table.add_column(sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False))
        table.drop_index("ix_outbox_due")
        table.create_index("ix_outbox_due", ["kind", "done_at", "dead_at", "priority", "id"], unique=False)

    with op.batch_alter_table("events", schema=None) as table:
        table.add_column(sa.Column("fanned_out_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("fan_out_after", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("fan_out_attempts", sa.Integer(), server_default="0", nullable=False))
        table.create_index("ix_events_to_fan_out", ["fanned_out_at", "fan_out_after"], unique=False)
    op.execute("UPDATE events SET fanned_out_at = received_at")  # what was told before anybody could be told is not told now
