"""What was said before a chat's link to an account ended is no longer shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("conversations") as batch:
        batch.add_column(sa.Column("history_from", sa.Integer(), server_default="0", nullable=False))
