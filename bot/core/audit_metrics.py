"""Metrics of the copy of the audit trail, as Prometheus collects them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.core.audit_copy import AuditCopy


class AuditCollector(Collector):
    """Gives how many events were not copied at one moment."""

    def __init__(self, waiting: int) -> None:
        self._waiting = waiting

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the one gauge."""
        yield GaugeMetricFamily(
            "sphere_audit_events_not_copied", "Events of the audit trail that wait for their copy.", value=self._waiting
        )


def audit_collector(copy: AuditCopy) -> Callable[[], Awaitable[Collector]]:
    """Return what reads the metrics of this moment."""

    async def read() -> Collector:
        return AuditCollector(await copy.waiting())

    return read
