"""Limits that all processes share, figures of security, where web chats come from, and when a link was last used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward. No use of a link was kept before: its silence counts from here on."""
    op.create_table(
        "limit_counters",
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_limit_counters")),
    )
    op.create_index(op.f("ix_limit_counters_until"), "limit_counters", ["until"])
    op.create_table(
        "security_figures",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_security_figures")),
    )
    op.create_table(
        "chat_sources",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_chat_sources")),
    )
    op.create_index(op.f("ix_chat_sources_seen_at"), "chat_sources", ["seen_at"])
    with op.batch_alter_table("chat_links", schema=None) as table:
        table.add_column(sa.Column("used_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("login_codes", schema=None) as table:
        table.add_column(sa.Column("sealed_address", sa.Text(), nullable=True))
    op.execute(sa.text("UPDATE chat_links SET used_at = CURRENT_TIMESTAMP"))
