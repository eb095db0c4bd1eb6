"""Where the metrics of a bot come from, beside those that the process counts itself (`bot.core.metrics`)."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client.registry import Collector

from bot.bot_container import BotContainer
from bot.core.audit_metrics import audit_collector
from bot.core.ttl_cache import TtlCache
from bot.credential_metrics import credential_collector
from bot.directory.index_metrics import index_collector
from bot.http.health import CACHE_SECONDS, Health
from bot.http.health_metrics import health_collector
from bot.http.metrics import ReadCollector
from bot.http.security_figures import SecurityFigures
from bot.jobs.queue_metrics import QueueStates
from bot.messaging.channel import Channel, ReportingChannel
from bot.notifications.metrics_collector import NotificationStatus
from bot.watched_queues import WATCHED


def metric_sources(
    parts: BotContainer, channels: Sequence[Channel], health: Health, notifications: NotificationStatus
) -> list[ReadCollector]:
    """Return what reads the metrics of this moment, each from the database, the files or the dependencies that it is about."""
    settings, database = parts.settings, parts.database
    queues: TtlCache[Collector] = TtlCache(QueueStates(database, parts.clock, WATCHED).collector, CACHE_SECONDS)
    return [
        notifications.collector,
        queues.get,
        health_collector(health),
        index_collector(settings.directory_index),
        credential_collector(settings),
        SecurityFigures(database).collector,
        *(channel.collector for channel in channels if isinstance(channel, ReportingChannel)),
        *([audit_collector(parts.audit_copy)] if parts.audit_copy else []),
    ]
