"""`GET /metrics`: metrics in Prometheus' text format. Who provides them registers a collector."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from bot.http.bearer import has_bearer_token, unauthorized
from bot.http.problems import problem_response
from bot.http.rate_limit import client_address
from bot.settings import Settings

_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")

ReadCollector = Callable[[], Awaitable[Collector]]
"""Reads the metrics of this moment; they are then collected without waiting for anything."""


def router(settings: Settings, *sources: ReadCollector) -> APIRouter:
    """Return the route `GET /metrics` of all sources; 401 for whoever may not ask (`_is_allowed`)."""
    routes = APIRouter()

    @routes.get("/metrics")
    async def metrics(request: Request) -> Response:
        if not _is_allowed(settings, request):
            return problem_response(unauthorized())
        body = render(*[await read() for read in sources])
        return Response(body, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})

    return routes


def render(*collectors: Collector) -> bytes:
    """Return the metrics of these collectors in Prometheus' text format."""
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)


def _is_allowed(settings: Settings, request: Request) -> bool:
    """Return whether the request may read metrics.

    With METRICS_TOKEN, whoever has it. Without, this machine alone, directly, and only where nothing is published (PUBLIC_URL).
    """
    if settings.metrics_token is not None:
        return has_bearer_token(request, settings.required("metrics_token"))
    proxied = any(name in request.headers for name in _PROXY_HEADERS)
    client = client_address(request)
    return settings.public_url is None and not proxied and _is_loopback(client) and _is_loopback(request.url.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
