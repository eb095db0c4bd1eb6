"""The connection pool of the database, measured: how many connections are in use, who waits for one, and how long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import WeakSet

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.pool import AsyncAdaptedQueuePool, PoolProxiedConnection

from bot.core.metrics import PROCESS, Duration, Level

WAITING = Level("sphere_database_connections_waiting", "Who waits for a connection to the database now.")
WAIT = Duration("sphere_database_connection_wait_seconds", "How long a connection was waited for, whether or not it came.")


class MeasuredPool(AsyncAdaptedQueuePool):
    """SQLAlchemy's pool for asyncio, which says how it is used."""

    def __init__(self, creator: Any, **options: Any) -> None:
        super().__init__(creator, **options)
        self.largest: int = self.size() + options.get("max_overflow", 10)
        """Connections that there may be at the most."""
        _POOLS.add(self)

    def connect(self) -> PoolProxiedConnection:
        """Return a connection, waiting for one where all are in use. Raises sqlalchemy.exc.TimeoutError."""
        with WAITING.held(), WAIT.measured():
            return super().connect()


_POOLS: WeakSet[MeasuredPool] = WeakSet()


class _PoolCollector(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        pools = list(_POOLS)
        in_use = sum(max(0, pool.checkedout()) for pool in pools)
        yield GaugeMetricFamily("sphere_database_connections_in_use", "Connections that somebody works with.", value=in_use)
        largest = sum(pool.largest for pool in pools)
        yield GaugeMetricFamily("sphere_database_connections_max", "Connections that there may be at the most.", value=largest)


PROCESS.register(_PoolCollector())
