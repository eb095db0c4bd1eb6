"""Whether an error means that the database cannot be used at the moment: locked, full, read-only, away. Then it is worth trying again."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, TimeoutError

RETRY_AFTER_SECONDS = 5
"""When a client is told to try again."""

_SQLITE = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PROTOCOL")
"""Beginnings of SQLite's result codes for a file that is locked, full, not writable or not there."""
_SQLSTATES = ("08", "25006", "40", "53", "55P03", "57", "58")
"""Beginnings of PostgreSQL's codes: connection, read-only transaction, deadlock, disk full or too many connections, a lock that is not
free, shutdown, input or output."""


def is_unavailable(error: BaseException) -> bool:
    """Return whether `error` came from a database that cannot be used at the moment; false for an error of ours, such as wrong SQL."""
    if isinstance(error, TimeoutError):  # no connection of the pool was free, or the write lock was not
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        return str(name).startswith(_SQLITE)
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_SQLSTATES)
    return type(error.orig).__name__ in ("OperationalError", "InterfaceError")  # refused before the server could give a code
