"""Chats of other channels than the web: how they are reached, what was sent there, links to and from them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("conversations", schema=None) as table:
        table.add_column(sa.Column("reference", sa.JSON(), server_default="{}", nullable=False))
        table.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("inbox", schema=None) as table:
        table.add_column(sa.Column("channel", sa.String(length=16), server_default="web", nullable=False))
        table.add_column(sa.Column("sealed", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.add_column(sa.Column("event", sa.String(length=16), nullable=True))
        table.add_column(sa.Column("sent_id", sa.String(length=128), nullable=True))
    with op.batch_alter_table("messages", schema=None) as table:
        table.add_column(sa.Column("channel", sa.String(length=16), server_default="web", nullable=False))
        table.add_column(sa.Column("sent", sa.JSON(), nullable=True))
    with op.batch_alter_table("outbox", schema=None) as table:
        table.drop_index("ix_outbox_due")
        table.create_index("ix_outbox_due", ["done_at", "dead_at", "kind", "not_before"], unique=False)
        table.create_index("ix_outbox_conversation", ["conversation_id", "done_at", "id"], unique=False)
    op.create_table(
        "link_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_by", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_link_tokens")),
    )
    with op.batch_alter_table("link_tokens", schema=None) as table:
        table.create_index("ix_link_tokens_expires_at", ["expires_at"], unique=False)
    op.create_table(
        "continuations",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session", sa.String(length=64), nullable=True),
        sa.Column("session_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_continuations")),
        sa.UniqueConstraint("session", name=op.f("uq_continuations_session")),
    )
    with op.batch_alter_table("continuations", schema=None) as table:
        table.create_index(op.f("ix_continuations_conversation_id"), ["conversation_id"], unique=False)
    op.create_table(
        "sign_ins",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_hash", sa.String(length=64), nullable=True),
        sa.Column("browser_hash", sa.String(length=64), nullable=True),
        sa.Column("state_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_sign_ins_state_hash")),
    )
    with op.batch_alter_table("sign_ins", schema=None) as table:
        table.create_index("ix_sign_ins_expires_at", ["expires_at"], unique=False)
