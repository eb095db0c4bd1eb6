"""Consistent copies of databases that are in use: SQLite's online backup, and PostgreSQL's own programs."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine, inspect, make_url, pool
from sqlalchemy.engine import URL

BUSY_SECONDS = 60.0


class CopyFailed(Exception):
    """A database could not be copied; the message says why."""


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a SQLite database as it is at one instant, while others write to it, into one file without a log beside it.

    Raises CopyFailed.
    """
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.close(descriptor)
    try:
        with closing(_read_only(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)  # all pages at once, in one reading transaction: with a write-ahead log writers go on meanwhile
            new.execute("PRAGMA journal_mode=DELETE").fetchall()
            problem = new.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise CopyFailed(f"{source.name} could not be copied: {error.sqlite_errorname}") from None
    if problem != "ok":
        raise CopyFailed(f"{source.name} is damaged; what was copied of it is not good")


def dump_postgres(url: URL, target: Path) -> None:
    """Write a consistent dump of a PostgreSQL database with `pg_dump`. Raises CopyFailed."""
    _run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"], url)
    target.chmod(0o600)


def load_postgres(url: URL, dump: Path) -> None:
    """Read a dump into a PostgreSQL database, all of it or nothing, in the place of what is there. Raises CopyFailed."""
    options = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run("pg_restore", [*options, f"--dbname={url.database}", str(dump)], url, database=False)


def has_tables(url: str) -> bool:
    """Return whether a database has tables. Raises CopyFailed where it cannot be reached."""
    engine = create_engine(make_url(url).set(drivername=make_url(url).drivername.replace("+aiosqlite", "")), poolclass=pool.NullPool)
    try:
        with engine.connect() as connection:
            return bool(inspect(connection).get_table_names())
    except Exception as error:
        raise CopyFailed(f"the database of DATABASE_URL cannot be reached: {type(error).__name__}") from None
    finally:
        engine.dispose()


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS)


def _run(program: str, options: list[str], url: URL, *, database: bool = True) -> None:
    """Run a program of PostgreSQL's client; the connection is told by variables, since others can read a command's arguments."""
    if shutil.which(program) is None:
        raise CopyFailed(f"{program} is not installed: install PostgreSQL's client programs, of the server's version or newer")
    host = url.host or url.query.get("host")
    found = {"PGHOST": host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password, "PGDATABASE": url.database}
    found["PGSSLMODE"] = url.query.get("sslmode")
    environment = {name: str(value) for name, value in found.items() if value and (database or name != "PGDATABASE")}
    done = subprocess.run(
        [program, "--no-password", *options], env={**os.environ, **environment}, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip().splitlines()
        raise CopyFailed(f"{program} failed: {reason[-1] if reason else f'code {done.returncode}'}")
