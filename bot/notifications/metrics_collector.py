"""The metrics of notifications as Prometheus collects them (`bot.http.metrics`), and their lines of the health report.

Counts and ages only: nothing about anybody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.core.ttl_cache import TtlCache
from bot.notifications.delivery_metrics import DeliveryMetrics

STATUS_SECONDS = 2.0
"""How long the lines of the health report may take to read."""
_OUTCOMES = ("on_time", "late", "overdue", "under_way", "failed")


class NotificationMetricsCollector(Collector):
    """Gives the metrics of one moment as gauges."""

    def __init__(self, metrics: DeliveryMetrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield each metric with all its labels."""
        yield from _messages(self._metrics)
        yield from _waiting_sends(self._metrics)
        yield from _outbox(self._metrics)


class NotificationStatus:
    """What the health report and `/metrics` say of notifications, from metrics that are read once in a while."""

    def __init__(self, metrics: TtlCache[DeliveryMetrics]) -> None:
        self._metrics = metrics

    async def collector(self) -> Collector:
        """Return the metrics of this moment."""
        return NotificationMetricsCollector(await self._metrics.get())

    async def health_lines(self) -> Mapping[str, str]:
        """Return the lines of the health report: `ok`, `late` or `down`, and counts.

        Late is no reason for 503: what waits is kept, and another process would not be faster.
        """
        try:
            async with asyncio.timeout(STATUS_SECONDS):
                metrics = await self._metrics.get()
        except Exception:  # the line of the database says it as well
            return {"notifications": "down"}
        ratio = metrics.on_time_ratio("1h")
        return {
            "notifications": "late" if metrics.late else "ok",
            "notifications_on_time_1h": "nothing was due" if ratio is None else f"{ratio:.4f}",
            "notifications_waiting": str(sum(waiting.count for waiting in metrics.waiting)),
            "events_waiting": str(metrics.events),
            "outbox_waiting": str(sum(queue.open for queue in metrics.queues)),
            "dead_letters": str(sum(metrics.dead.values())),
        }


def _messages(metrics: DeliveryMetrics) -> Iterator[GaugeMetricFamily]:
    ratio = GaugeMetricFamily(
        "sphere_notifications_on_time_ratio",
        "Of the messages that were due, the share that their channel had within 10 s; none where nothing was due.",
        labels=["window"],
    )
    messages = GaugeMetricFamily(
        "sphere_notifications_messages",
        "Messages handed over within the window, by way and by what became of them.",
        labels=["window", "way", "outcome"],
    )
    for window, per_channel in metrics.deliveries.items():
        if (share := metrics.on_time_ratio(window)) is not None:
            ratio.add_metric([window], share)
        for counts in per_channel:
            for outcome in _OUTCOMES:
                messages.add_metric([window, counts.channel, outcome], float(getattr(counts, outcome)))
    yield ratio
    yield messages


def _waiting_sends(metrics: DeliveryMetrics) -> Iterator[GaugeMetricFamily]:
    waiting = GaugeMetricFamily(
        "sphere_notifications_sends_waiting",
        "Notices that wait for their hour, the end of a quiet window, or to be handed over.",
        labels=["way", "mode"],
    )
    overdue = GaugeMetricFamily(
        "sphere_notifications_sends_overdue", "Of those that wait, how many have been due for more than 10 s.", labels=["way", "mode"]
    )
    for counts in metrics.waiting:
        waiting.add_metric([counts.channel, counts.mode], counts.count)
        overdue.add_metric([counts.channel, counts.mode], counts.overdue)
    yield waiting
    yield overdue
    yield GaugeMetricFamily(
        "sphere_notifications_sends_oldest_seconds",
        "How long the oldest notice that waits has been due.",
        value=metrics.oldest_overdue_seconds,
    )
    yield GaugeMetricFamily(
        "sphere_notifications_events_waiting", "Events whose people have not all got their notice.", value=metrics.events
    )
    yield GaugeMetricFamily(
        "sphere_notifications_events_oldest_seconds", "How long ago the oldest of them came in.", value=metrics.oldest_event_seconds
    )


def _outbox(metrics: DeliveryMetrics) -> Iterator[GaugeMetricFamily]:
    queues = metrics.queues
    columns = (
        ("sphere_outbox_open", "Rows that are not delivered yet.", [queue.open for queue in queues]),
        ("sphere_outbox_retrying", "Of them, how many failed before.", [queue.retrying for queue in queues]),
        (
            "sphere_outbox_retries_1h",
            "Attempts beyond the first of what the last hour delivered.",
            [queue.retries for queue in queues],
        ),
        ("sphere_outbox_oldest_seconds", "How long the oldest row has been due.", [queue.oldest_seconds for queue in queues]),
    )
    for name, meaning, values in columns:
        family = GaugeMetricFamily(name, meaning, labels=["kind"])
        for queue, value in zip(queues, values, strict=True):
            family.add_metric([queue.kind], value)
        yield family
    dead = GaugeMetricFamily(
        "sphere_outbox_dead_letters",
        "Rows that were given up, by class of the last error.",
        labels=["kind", "error"],
    )
    for (kind, error), count in metrics.dead.items():
        dead.add_metric([kind, error], count)
    yield dead
