"""How a connection to PostgreSQL notices that the other side is gone, and how long either may hold up the other.

A machine that loses its power or its network says no goodbye: without these, its transactions hold their locks, and statements to a
server that went wait, until the operating system gives up, which takes hours. `nlu/tracker_store.py` has the same for Rasa.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import URL

CONNECT_SECONDS = 5
IDLE_IN_TRANSACTION_SECONDS = 30.0
"""How long a transaction may ask nothing before the server ends its session: none of ours waits for anything but the database."""
KEEPALIVE_IDLE_SECONDS, KEEPALIVE_INTERVAL_SECONDS, KEEPALIVE_COUNT = 5, 2, 3
"""After so long without a word the other side is asked whether it lives, again after so long, and given up after so many questions."""
UNACKNOWLEDGED_SECONDS = 11
"""How long what was sent may stay unacknowledged: as long as the keepalives take."""


def connect_options(url: URL) -> dict[str, Any]:
    """Return what libpq is to be told for each connection; what the URL says of it itself holds."""
    options = {
        "connect_timeout": CONNECT_SECONDS,
        "keepalives": 1,
        "keepalives_idle": KEEPALIVE_IDLE_SECONDS,
        "keepalives_interval": KEEPALIVE_INTERVAL_SECONDS,
        "keepalives_count": KEEPALIVE_COUNT,
        "tcp_user_timeout": UNACKNOWLEDGED_SECONDS * 1000,
    }
    return {name: value for name, value in options.items() if name not in url.query}


def begin_session(connection: Any, lock_seconds: float) -> None:
    """Have the server wait so long for any lock (0: without end), and notice that the client of this new connection is gone."""
    settings = {
        "lock_timeout": int(lock_seconds * 1000),
        "idle_in_transaction_session_timeout": int(IDLE_IN_TRANSACTION_SECONDS * 1000),
        "tcp_keepalives_idle": KEEPALIVE_IDLE_SECONDS,
        "tcp_keepalives_interval": KEEPALIVE_INTERVAL_SECONDS,
        "tcp_keepalives_count": KEEPALIVE_COUNT,
        "tcp_user_timeout": UNACKNOWLEDGED_SECONDS * 1000,
    }
    cursor = connection.cursor()
    cursor.execute("; ".join(f"SET {name} = {value}" for name, value in settings.items()))
    cursor.close()
    connection.commit()
