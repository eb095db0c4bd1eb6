"""Accesses with a first and a last day: what is announced of them, what account requests and the audit trail hold of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "dated_accesses",
        sa.Column("dossier", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("added_by", sa.String(length=64), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("dossier", "account_id", name=op.f("pk_dated_accesses")),
    )
    op.create_index(op.f("ix_dated_accesses_due_at"), "dated_accesses", ["due_at"], unique=False)
    op.add_column("account_request_askers", sa.Column("access_from", sa.Date(), nullable=True))
    op.add_column("account_request_askers", sa.Column("access_until", sa.Date(), nullable=True))
    op.add_column("audit_events", sa.Column("period", sa.String(length=24), nullable=True))
