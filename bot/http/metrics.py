"""`GET /metrics`: what operators watch, as Prometheus collects it (text format). Counts and ages only: nothing about anybody."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterator
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from bot.core.ttl_cache import TtlCache
from bot.http.problems import Problem, problem_response
from bot.notifications.delivery_metrics import DeliveryCounts, DeliveryMetrics
from bot.settings import Settings

_PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_OUTCOMES = ("on_time", "late", "overdue", "under_way", "failed")


def router(settings: Settings, figures: TtlCache[DeliveryMetrics]) -> APIRouter:
    """The route. Who may ask is decided by `_allowed`."""
    routes = APIRouter()

    @routes.get("/metrics")
    async def metrics(request: Request) -> Response:
        if not _allowed(settings, request):
            headers = {"WWW-Authenticate": "Bearer"}
            return problem_response(Problem(HTTPStatus.UNAUTHORIZED, "a valid bearer token is needed", headers=headers))
        body = render(await figures.get())
        return Response(body, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})

    return routes


def _allowed(settings: Settings, request: Request) -> bool:
    """With METRICS_TOKEN, whoever has it. Without: this machine alone, directly, and only where nothing is published (PUBLIC_URL)."""
    if settings.metrics_token is not None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), settings.required("metrics_token").encode())
    proxied = any(name in request.headers for name in _PROXIED)
    client = request.client.host if request.client else ""
    return settings.public_url is None and not proxied and _loopback(client) and _loopback(request.url.hostname or "")


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def render(figures: DeliveryMetrics) -> bytes:
    """The figures in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Collector(figures))
    return generate_latest(registry)


class _Collector(Collector):
    def __init__(self, figures: DeliveryMetrics) -> None:
        self._figures = figures

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from _told(self._figures)
        yield from _waiting(self._figures)
        yield from _outbox(self._figures)


def _told(figures: DeliveryMetrics) -> Iterator[GaugeMetricFamily]:
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
    for window, ways in figures.deliveries.items():
        if (share := figures.on_time_ratio(window)) is not None:
            ratio.add_metric([window], share)
        for told in ways:
            for outcome in _OUTCOMES:
                messages.add_metric([window, told.channel, outcome], _of(told, outcome))
    yield ratio
    yield messages


def _of(told: DeliveryCounts, outcome: str) -> float:
    return float(getattr(told, outcome))


def _waiting(figures: DeliveryMetrics) -> Iterator[GaugeMetricFamily]:
    waiting = GaugeMetricFamily(
        "sphere_notifications_sends_waiting",
        "Notices that wait for their hour, the end of a quiet window, or to be handed over.",
        labels=["way", "mode"],
    )
    overdue = GaugeMetricFamily(
        "sphere_notifications_sends_overdue", "Of those that wait, how many have been due for more than 10 s.", labels=["way", "mode"]
    )
    for found in figures.waiting:
        waiting.add_metric([found.channel, found.mode], found.count)
        overdue.add_metric([found.channel, found.mode], found.overdue)
    yield waiting
    yield overdue
    yield _single(
        "sphere_notifications_sends_oldest_seconds", "How long the oldest notice that waits has been due.", figures.oldest_overdue_seconds
    )
    yield _single("sphere_notifications_events_waiting", "Events whose people have not all got their notice.", figures.events)
    yield _single("sphere_notifications_events_oldest_seconds", "How long ago the oldest of them came in.", figures.oldest_event_seconds)


def _outbox(figures: DeliveryMetrics) -> Iterator[GaugeMetricFamily]:
    queues = figures.queues
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
    for (kind, error), count in figures.dead.items():
        dead.add_metric([kind, error], count)
    yield dead


def _single(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)
