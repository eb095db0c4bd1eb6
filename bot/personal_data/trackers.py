"""What Rasa's tracker store holds of a person: the sessions of their conversations (table `trackers`, `nlu.tracker_store`)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, create_engine, event, inspect, text
from sqlalchemy.engine import make_url

from bot.core.postgres import begin_session, connect_options

BUSY_SECONDS = 15
BATCH_SIZE = 500


def read_trackers(store: str, conversations: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the events of these conversations, in their order. `store`: path of a SQLite file, or URL of a PostgreSQL database."""
    wanted = text("SELECT conversation, events FROM trackers WHERE conversation IN :ids ORDER BY conversation, session")
    found: dict[str, list[dict[str, Any]]] = {}
    with _trackers(store) as connection:
        for batch in _batches(conversations) if connection is not None else ():
            assert connection is not None
            for conversation, events in connection.execute(wanted.bindparams(bindparam("ids", expanding=True)), {"ids": batch}):
                found.setdefault(conversation, []).extend(json.loads(events))
    return found


def erase_trackers(store: str, conversations: Collection[str]) -> int:
    """Delete the sessions of these conversations, and return how many events they had."""
    count = sum(len(events) for events in read_trackers(store, conversations).values())
    with _trackers(store) as connection:
        if connection is None:
            return 0
        for batch in _batches(conversations):
            deletion = text("DELETE FROM trackers WHERE conversation IN :ids").bindparams(bindparam("ids", expanding=True))
            connection.execute(deletion, {"ids": batch})
        connection.commit()
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return count


@contextmanager
def _trackers(store: str) -> Iterator[Connection | None]:
    """Open the store; None where there is none yet."""
    if "://" not in store and not Path(store).exists():
        yield None
        return
    if "://" in store:
        url = make_url(store).set(drivername="postgresql+psycopg")
        engine = create_engine(url, connect_args=connect_options(url))
        event.listen(engine, "connect", lambda connection, _: begin_session(connection, BUSY_SECONDS))
    else:
        engine = create_engine(f"sqlite:///{store}", connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA secure_delete=ON"))
    try:
        with engine.connect() as connection:
            yield connection if inspect(connection).has_table("trackers") else None
    finally:
        engine.dispose()


def _batches(conversations: Collection[str]) -> Iterator[list[str]]:
    ids = sorted(conversations)
    for start in range(0, len(ids), BATCH_SIZE):
        yield ids[start : start + BATCH_SIZE]
