"""The support team: its accounts, their sessions in the desk, what they decide of account requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "support_agents",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("login", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_agents")),
        sa.UniqueConstraint("login", name=op.f("uq_support_agents_login")),
    )
    op.create_table(
        "support_agent_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("agent_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["support_agents.id"], name=op.f("fk_support_agent_sessions_agent_id_support_agents")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_support_agent_sessions")),
    )
    with op.batch_alter_table("support_agent_sessions", schema=None) as table:
        table.create_index(op.f("ix_support_agent_sessions_agent_id"), ["agent_id"], unique=False)
        table.create_index(op.f("ix_support_agent_sessions_expires_at"), ["expires_at"], unique=False)
    op.create_table(
        "account_decisions",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=True),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=80), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["account_requests.id"], name=op.f("fk_account_decisions_request_id_account_requests")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_account_decisions")),
    )
    with op.batch_alter_table("account_decisions", schema=None) as table:
        table.create_index(op.f("ix_account_decisions_due_at"), ["due_at"], unique=False)
