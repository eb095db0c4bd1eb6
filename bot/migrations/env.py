"""Alembic environment: one transaction for a whole upgrade, on a connection of its own."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import create_engine, event, pool, text

from bot.core.database import BUSY_SECONDS, UtcDateTime
from bot.core.postgres import begin_session, connect_options
from bot.migrations.tables import metadata

UPGRADE_LOCK = 0x53504844
"""Key of the advisory lock that an upgrade holds on PostgreSQL."""


def _render_plain_type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our own column types in migrations as the plain types that they are in the database."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


is_sqlite = context.config.attributes["url"].get_backend_name() == "sqlite"
connect_args = {"timeout": BUSY_SECONDS} if is_sqlite else connect_options(context.config.attributes["url"])
engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool, connect_args=connect_args)
if is_sqlite:  # the driver would commit each statement by itself; this makes it all or nothing, and one upgrade at a time
    event.listen(engine, "connect", lambda connection, _record: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
else:  # an upgrade may wait for another one as long as that takes; one whose machine dies is over soon
    event.listen(engine, "connect", lambda connection, _record: begin_session(connection, 0))
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=is_sqlite, transactional_ddl=True, render_item=_render_plain_type
    )
    with context.begin_transaction():
        if not is_sqlite:  # bots of several machines that start at once: one upgrades, the others find it done
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
        context.run_migrations()
engine.dispose()
