"""Groups of the support team: threads of tickets, what was heard in them, messaging accounts of agents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("support_moves", schema=None) as table:
        table.add_column(sa.Column("about", sa.Integer(), nullable=True))
    with op.batch_alter_table("support_notes", schema=None) as table:
        table.add_column(sa.Column("key", sa.String(length=200), nullable=True))
        table.create_unique_constraint(op.f("uq_support_notes_key"), ["key"])
    op.create_table(
        "support_threads",
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("thread", sa.String(length=300), nullable=True),
        sa.Column("open", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("shown", sa.Integer(), server_default="0", nullable=False),
        sa.Column("head", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["support_tickets.id"], name=op.f("fk_support_threads_ticket_id_support_tickets")),
        sa.PrimaryKeyConstraint("channel", "ticket_id", name=op.f("pk_support_threads")),
    )
    with op.batch_alter_table("support_threads", schema=None) as table:
        table.create_index("ix_support_threads_thread", ["channel", "thread"], unique=False)
        table.create_index("ix_support_threads_open", ["channel", "open"], unique=False)
    op.create_table(
        "support_group_inputs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("thread", sa.String(length=300), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("unwanted", sa.String(length=128), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_group_inputs")),
        sa.UniqueConstraint("key", name=op.f("uq_support_group_inputs_key")),
    )
    with op.batch_alter_table("support_group_inputs", schema=None) as table:
        table.create_index("ix_support_group_inputs_said", ["channel", "said_at", "id"], unique=False)
        table.create_index(op.f("ix_support_group_inputs_at"), ["at"], unique=False)
    op.create_table(
        "support_agent_links",
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=128), nullable=False),
        sa.Column("agent_id", sa.String(length=32), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["support_agents.id"], name=op.f("fk_support_agent_links_agent_id_support_agents")),
        sa.PrimaryKeyConstraint("channel", "person", name=op.f("pk_support_agent_links")),
        sa.UniqueConstraint("channel", "agent_id", name=op.f("uq_support_agent_links_channel_agent_id")),
    )
    op.create_table(
        "support_link_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("agent_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["support_agents.id"], name=op.f("fk_support_link_codes_agent_id_support_agents")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_support_link_codes")),
    )
    with op.batch_alter_table("support_link_codes", schema=None) as table:
        table.create_index(op.f("ix_support_link_codes_agent_id"), ["agent_id"], unique=False)
