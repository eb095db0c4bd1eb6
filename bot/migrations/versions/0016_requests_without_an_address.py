"""Account requests whose e-mail address nobody has given yet: the SPHERE team completes it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("account_requests") as batch:
        batch.alter_column("email", existing_type=sa.String(length=254), nullable=True)
