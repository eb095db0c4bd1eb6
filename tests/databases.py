"""Databases to test and measure on: SQLite files, and databases of a throw-away PostgreSQL.

PostgreSQL is that of TEST_POSTGRES_URL (`postgresql+psycopg://user@host/database`, whose user may create databases), else a cluster
that is made in a temporary folder on first use, listens on a Unix socket there alone, and goes with the process.
"""

from __future__ import annotations

import atexit
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from bot.core.database import Database, sqlite_url
from bot.migrations import upgrade
from tests.postgres import Cluster, NoPostgres


@cache
def server_url(*, durable: bool = True) -> str:
    """The server to make databases on. Raises NoPostgres."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        return given
    cluster = Cluster(durable=durable)
    atexit.register(cluster.stop)
    return cluster.url


@contextmanager
def postgres_database(*, durable: bool = True, newest: bool = False) -> Iterator[str]:
    """SQLAlchemy URL of a database, empty or of the newest schema, which is dropped at the end. Raises NoPostgres."""
    template = _newest_postgres(server_url(durable=durable)) if newest else "template1"
    with _made_database(server_url(durable=durable), template) as url:
        yield url


@contextmanager
def _made_database(server_address: str, template: str) -> Iterator[str]:
    server = make_url(server_address)
    name = f"test_{secrets.token_hex(6)}"
    plain = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield server.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@cache
def _newest_postgres(server_address: str) -> str:
    """Name of a database of the newest schema that others are copied from: tests/unit/test_migrations.py tests how it comes to be."""
    making = _made_database(server_address, "template1")
    url = making.__enter__()
    atexit.register(making.__exit__, None, None, None)
    upgrade(url)
    return str(make_url(url).database)


@cache
def newest_sqlite() -> bytes:
    """A SQLite file of the newest schema that others are copied from: tests/unit/test_migrations.py tests how it comes to be."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "sphere.db"
        upgrade(sqlite_url(file))
        return file.read_bytes()


@contextmanager
def database_url(kind: str, folder: Path, *, newest: bool = False) -> Iterator[str]:
    """URL of a database of kind "sqlite" (a file in `folder`) or "postgresql": empty, or of the newest schema.

    A test that wants PostgreSQL is skipped where there is none, unless REQUIRE_POSTGRES is set.
    """
    if kind == "sqlite":
        file = folder / "sphere.db"
        if newest and not file.exists():
            file.write_bytes(newest_sqlite())
        yield sqlite_url(file)
        return
    try:
        server_url(durable=False)
    except NoPostgres as error:
        if os.environ.get("REQUIRE_POSTGRES"):
            raise
        pytest.skip(f"{error} (apt-get install postgresql, or TEST_POSTGRES_URL)")
    with postgres_database(durable=False, newest=newest) as url:
        yield url


@asynccontextmanager
async def fresh_database(kind: str, folder: Path) -> AsyncIterator[Database]:
    """A database of the newest schema that holds nothing; see `database_url`."""
    with database_url(kind, folder, newest=True) as url:
        database = Database(url)
        try:
            yield database
        finally:
            await database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def every_database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Has a test run on each kind: gives the URL, which settings made in the test take for DATABASE_URL.

    On PostgreSQL its schema is the newest one; the SQLite file is made by whoever opens it first.
    """
    with database_url(request.param, tmp_path, newest=request.param != "sqlite") as url:
        monkeypatch.setenv("DATABASE_URL", url)
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def every_empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Has a test run on each kind, without a table: gives the URL."""
    with database_url(request.param, tmp_path) as url:
        yield url
