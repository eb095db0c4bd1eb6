"""The database's schema and its history (Alembic)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, pool
from sqlalchemy.engine import make_url


def configuration(url: str) -> Config:
    """Alembic's configuration for the database at a SQLAlchemy URL, which may be an asynchronous one."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = make_url(url).set(drivername=make_url(url).drivername.replace("+aiosqlite", ""))
    return config


def upgrade(url: str) -> None:
    """Bring the database to the newest schema; one that is there already is left alone."""
    config = configuration(url)
    if not _is_newest(config):
        command.upgrade(config, "head")


def _is_newest(config: Config) -> bool:
    """Return whether the schema is the newest, before anything is locked: a bot that starts must not wait for others that write."""
    engine = create_engine(config.attributes["url"], poolclass=pool.NullPool)
    try:
        with engine.connect() as connection:
            known = MigrationContext.configure(connection).get_current_heads()
        return set(known) == set(ScriptDirectory.from_config(config).get_heads())
    finally:
        engine.dispose()
