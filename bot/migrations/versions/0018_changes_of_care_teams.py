"""Changes of care teams: what is told of our own acts, and by which ways a change was heard of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "team_acts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("dossier", sa.String(length=32), nullable=False),
        sa.Column("act", sa.String(length=8), nullable=False),
        sa.Column("member", sa.String(length=100), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_acts")),
        sa.UniqueConstraint("key", name=op.f("uq_team_acts_key")),
    )
    op.add_column("events", sa.Column("member", sa.String(length=100), nullable=True))
    op.add_column("events", sa.Column("ways", sa.String(length=40), nullable=False, server_default=""))
    op.add_column("events", sa.Column("same_as", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_events_subject"), "events", ["subject", "id"], unique=False)
