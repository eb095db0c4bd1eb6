"""Mails with codes that were given up before mails were encrypted: what they say is deleted, since nobody can use it any more."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    codes = "key LIKE 'login-code:%' OR key LIKE 'account-codes:%'"
    op.execute(f"UPDATE outbox SET payload = '{{}}' WHERE kind = 'mail' AND dead_at IS NOT NULL AND ({codes})")  # noqa: S608 - constants
