"""`INSERT … ON CONFLICT` in the dialect of the database at hand."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession


def upsert(session: AsyncSession, table: Any) -> Any:
    """Return an `Insert` for `table` (a `Table` or a mapped class) that has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


def insert_or_ignore(session: AsyncSession, table: Any) -> Any:
    """Return an `Insert` that leaves a row which is there already as it is."""
    return upsert(session, table).on_conflict_do_nothing()
