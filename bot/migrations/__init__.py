"""The database's schema and its history (Alembic)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url


def configuration(url: str) -> Config:
    """Alembic's configuration for the database at a SQLAlchemy URL, which may be an asynchronous one."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = make_url(url).set(drivername=make_url(url).drivername.replace("+aiosqlite", ""))
    return config


def upgrade(url: str) -> None:
    """Bring the database to the newest schema; one that is there already is left alone."""
    command.upgrade(configuration(url), "head")
