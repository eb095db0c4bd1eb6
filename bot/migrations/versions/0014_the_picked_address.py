"""Which agent picked the address that the codes of an account go to, where several were given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("account_requests") as batch:
        batch.add_column(sa.Column("address_picked_by", sa.String(80), nullable=True))
