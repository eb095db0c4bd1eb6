"""Run by Alembic: one transaction for a whole upgrade, on a connection of its own."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import create_engine, event, pool

from bot.core.database import BUSY_SECONDS, UtcDateTime
from bot.migrations.tables import metadata


def _plain_types(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our own column types as the plain ones that they are in the database."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


on_sqlite = context.config.attributes["url"].get_backend_name() == "sqlite"
patience = {"timeout": BUSY_SECONDS} if on_sqlite else {}
engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool, connect_args=patience)
if on_sqlite:  # the driver would commit each statement by itself: all or nothing, and one upgrade at a time
    event.listen(engine, "connect", lambda connection, _record: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=on_sqlite, transactional_ddl=True, render_item=_plain_types
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
