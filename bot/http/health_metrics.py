"""The health report as metrics: which dependency answers, and which refuses us."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.http.health import NOT_CONFIGURED, OK, REFUSED, Health


def health_collector(health: Health) -> Callable[[], Awaitable[Collector]]:
    """Return what reads the state of the dependencies of this moment."""

    async def read() -> Collector:
        return _HealthCollector(await health.dependencies())

    return read


class _HealthCollector(Collector):
    def __init__(self, lines: Mapping[str, str]) -> None:
        self._lines = {name: line for name, line in lines.items() if line != NOT_CONFIGURED}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("sphere_dependency_up", "Whether a dependency answers and takes our access.", labels=["dependency"])
        refused = GaugeMetricFamily("sphere_dependency_refused", "Whether a dependency refuses our access.", labels=["dependency"])
        for name, line in self._lines.items():
            up.add_metric([name], line == OK)
            refused.add_metric([name], line == REFUSED)
        yield up
        yield refused
