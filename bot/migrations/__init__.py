"""Migrations of the database schema (Alembic)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, pool
from sqlalchemy.engine import make_url


def configuration(url: str) -> Config:
    """Return Alembic's configuration for the database at a SQLAlchemy URL, which may be an asynchronous one."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = make_url(url).set(drivername=make_url(url).drivername.replace("+aiosqlite", ""))
    return config


def upgrade(url: str) -> None:
    """Upgrade the database to the newest schema, without any lock where it has it already."""
    config = configuration(url)
    if not _is_newest(config):
        command.upgrade(config, "head")


def _is_newest(config: Config) -> bool:
    """Tell whether the schema is the newest, without a lock: a bot that starts beside others which write must not wait for them."""
    engine = create_engine(config.attributes["url"], poolclass=pool.NullPool)
    try:
        with engine.connect() as connection:
            heads = MigrationContext.configure(connection).get_current_heads()
        return set(heads) == set(ScriptDirectory.from_config(config).get_heads())
    finally:
        engine.dispose()
