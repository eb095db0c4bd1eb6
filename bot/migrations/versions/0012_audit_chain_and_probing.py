"""The audit trail is a chain of hashes and is copied outside; possible duplicates of dossiers; counters of probing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.core.audit import APPEND_ONLY, GENESIS, HASHED, AuditEvent, chain_hash
from bot.core.database import Table

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_LIFTED = {
    "sqlite": ("DROP TRIGGER IF EXISTS audit_events_no_update",),
    "postgresql": ("DROP TRIGGER IF EXISTS audit_events_append_only ON audit_events",),
}
_BATCH = 1_000


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("audit_events", schema=None) as table:
        table.add_column(sa.Column("conversation", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("previous", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("hash", sa.String(length=64), nullable=True))
    dialect = op.get_bind().dialect.name
    for statement in _LIFTED.get(dialect, ()):
        op.execute(statement)
    _chain_what_is_there()
    for statement in APPEND_ONLY.get(dialect, ()):
        op.execute(statement)
    op.create_table(
        "audit_copies",
        sa.Column("sink", sa.String(length=200), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sink", name=op.f("pk_audit_copies")),
    )
    op.create_table(
        "dossier_probes",
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_dossier_probes")),
    )
    op.create_index("ix_dossier_probes_since", "dossier_probes", ["since"], unique=False)
    op.create_table(
        "possible_duplicates",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("existing", sa.String(length=32), nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_possible_duplicates")),
        sa.UniqueConstraint("existing", "created", name=op.f("uq_possible_duplicates_existing_created")),
    )
    op.create_index("ix_possible_duplicates_created", "possible_duplicates", ["created"], unique=False)


def _chain_what_is_there() -> None:
    """Chain the events that were written before, in their order."""
    connection, table = op.get_bind(), Table.metadata.tables[AuditEvent.__tablename__]
    previous, last = GENESIS, 0
    while True:
        wanted = sa.select(table.c.id, *(table.c[name] for name in HASHED)).where(table.c.id > last).order_by(table.c.id).limit(_BATCH)
        rows = [*connection.execute(wanted).mappings()]
        for row in rows:
            hashed = chain_hash(previous, {name: row[name] for name in HASHED})
            connection.execute(sa.update(table).where(table.c.id == row["id"]).values(previous=previous, hash=hashed))
            previous = hashed
        if len(rows) < _BATCH:
            return
        last = rows[-1]["id"]
