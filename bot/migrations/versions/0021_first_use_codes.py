"""The first-use code of an account, encrypted with its request: what SECRET alone gave was lost when it was changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("account_requests", sa.Column("sealed_code", sa.String(length=200), nullable=True))
