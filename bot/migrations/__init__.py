"""Migrations of the database schema (Alembic)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, pool
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError


def configuration(url: str) -> Config:
    """Return Alembic's configuration for the database at a SQLAlchemy URL, which may be an asynchronous one."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = make_url(url).set(drivername=make_url(url).drivername.replace("+aiosqlite", ""))
    return config


@cache
def _scripts() -> ScriptDirectory:
    """Return the migrations of this version, which are read once in a process."""
    return ScriptDirectory.from_config(configuration("sqlite://"))


class DatabaseError(Exception):
    """The database cannot be opened or upgraded; the message says why, and what to do."""


class DatabaseAway(DatabaseError):
    """The database does not answer now; it may later."""


def upgrade(url: str) -> None:
    """Upgrade the database to the newest schema, without any lock where it has it already.

    Raises DatabaseError: it is a newer version's, damaged, closed to us, full; DatabaseAway where it does not answer now.
    """
    config = configuration(url)
    try:
        if not _is_newest(config):
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise _explained(make_url(url), error) from None


def check(url: str) -> None:
    """Look at the database without changing it, where there is one. Raises DatabaseError as `upgrade` does."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").exists():
        return
    try:
        _is_newest(configuration(url))
    except DBAPIError as error:
        raise _explained(address, error) from None


def current_revision(config: Config) -> str | None:
    """Return the revision of the database's schema; None where it has none."""
    engine = create_engine(config.attributes["url"], poolclass=pool.NullPool)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def knows_revision(revision: str) -> bool:
    """Return whether this version has the schema `revision`, and so opens a database that has it."""
    return revision in {script.revision for script in _scripts().walk_revisions()}


def _is_newest(config: Config) -> bool:
    """Tell whether the schema is the newest, without a lock: a bot that starts beside others which write must not wait for them.

    Raises DatabaseError where it is a schema that this version does not know.
    """
    engine = create_engine(config.attributes["url"], poolclass=pool.NullPool)
    scripts = _scripts()
    try:
        with engine.connect() as connection:
            found = set(MigrationContext.configure(connection).get_current_heads())
    finally:
        engine.dispose()
    unknown = found - {script.revision for script in scripts.walk_revisions()}
    if unknown:
        raise DatabaseError(
            f"the database is of a newer version (schema {', '.join(sorted(unknown))}; this one knows up to {scripts.get_current_head()}): "
            "start that version, or put back the backup that was made before it"
        )
    return found == set(scripts.get_heads())


def _explained(url: URL, error: DBAPIError) -> DatabaseError:
    """Return an error of the driver as one sentence; passwords of the URL, and values of statements, stay out of it."""
    if url.get_backend_name() != "sqlite":
        return DatabaseAway(f"the database {url.host or ''}/{url.database} does not answer as it should ({type(error.orig).__name__})")
    code = getattr(error.orig, "sqlite_errorname", "")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseAway(f"the database {url.database} is held by another process: end what reads or writes it")
    reason = next((text for start, text in _SQLITE_REASONS.items() if code.startswith(start)), f"cannot be used ({code or 'no code'})")
    return DatabaseError(f"the database {url.database} {reason}")


_SQLITE_REASONS = {
    "SQLITE_NOTADB": "is damaged: put it back from a backup",
    "SQLITE_CORRUPT": "is damaged: put it back from a backup",
    "SQLITE_FULL": "cannot be written to: the disk is full",
    "SQLITE_IOERR": "cannot be written to: the disk is full or broken",
    "SQLITE_READONLY": "is read-only: the assistant must be able to write to it and to its folder",
    "SQLITE_CANTOPEN": "cannot be opened: its folder is missing, or closed to the assistant",
    "SQLITE_PERM": "cannot be opened: it is closed to the assistant",
}
