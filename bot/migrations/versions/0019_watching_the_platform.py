"""Watching the platform: care teams as they were last seen, subscriptions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "known_teams",
        sa.Column("team_id", sa.String(length=64), nullable=False),
        sa.Column("dossier", sa.String(length=32), nullable=True),
        sa.Column("patient", sa.String(length=64), nullable=True),
        sa.Column("version", sa.String(length=64), nullable=True),
        sa.Column("updated_at", instant, nullable=True),
        sa.Column("seen_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("team_id", name=op.f("pk_known_teams")),
    )
    op.create_index(op.f("ix_known_teams_patient"), "known_teams", ["patient"], unique=False)
    op.create_table(
        "known_members",
        sa.Column("team_id", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=100), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=True),
        sa.Column("starts", sa.String(length=40), nullable=True),
        sa.Column("ends", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("team_id", "member", name=op.f("pk_known_members")),
    )
    op.create_index(op.f("ix_known_members_account_id"), "known_members", ["account_id"], unique=False)
    op.create_table(
        "platform_watch",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("baseline_at", instant, nullable=True),
        sa.Column("cursor", instant, nullable=True),
        sa.Column("looked_at", instant, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_at", instant, nullable=True),
        sa.Column("lease_until", instant, nullable=True),
        sa.Column("owner", sa.String(length=160), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_platform_watch")),
    )
    op.create_table(
        "platform_subscriptions",
        sa.Column("criteria", sa.String(length=200), nullable=False),
        sa.Column("payload", sa.Boolean(), nullable=False),
        sa.Column("remote_id", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("repairs", sa.Integer(), nullable=False),
        sa.Column("checked_at", instant, nullable=True),
        sa.Column("heard_at", instant, nullable=True),
        sa.PrimaryKeyConstraint("criteria", name=op.f("pk_platform_subscriptions")),
    )
    op.create_table(
        "platform_looks",
        sa.Column("resource", sa.String(length=100), nullable=False),
        sa.Column("asked_at", instant, nullable=False),
        sa.Column("not_before", instant, nullable=True),
        sa.Column("lease_until", instant, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("resource", name=op.f("pk_platform_looks")),
    )
