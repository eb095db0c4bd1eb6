"""The migrations make exactly the tables that the code declares, and may be run again."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, insert

from bot.migrations import upgrade
from bot.migrations.tables import metadata
from tests.databases import every_empty_database
from tests.stack import ROOT

__all__ = ["every_empty_database"]

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ROW = {"kind": "mail", "key": "x", "payload": {}, "created_at": NOW, "not_before": NOW, "attempts": 0}


def test_migrations_and_declared_tables_agree(every_empty_database: str) -> None:
    upgrade(every_empty_database)
    engine = create_engine(every_empty_database.replace("+aiosqlite", ""))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_bots_that_start_at_once_make_one_schema(every_empty_database: str) -> None:
    command = [sys.executable, "-c", "import sys; from bot.migrations import upgrade; upgrade(sys.argv[1])", every_empty_database]
    starting = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    errors = [process.communicate()[1] for process in starting]
    assert [process.returncode for process in starting] == [0] * 4, errors
    upgrade(every_empty_database)


def test_a_bot_starts_while_another_one_writes(every_empty_database: str) -> None:
    upgrade(every_empty_database)
    engine = create_engine(every_empty_database.replace("+aiosqlite", ""))
    with engine.connect() as writing:
        if engine.dialect.name == "sqlite":
            writing.exec_driver_sql("BEGIN IMMEDIATE")
        writing.execute(insert(metadata.tables["outbox"]), ROW)
        upgrade(every_empty_database)  # a lock that it waited for would never be free
        writing.rollback()
    engine.dispose()
