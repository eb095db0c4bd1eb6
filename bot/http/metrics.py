"""`GET /metrics`: metrics in Prometheus' text format. Who provides them registers a collector."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from bot.core.metrics import PROCESS
from bot.http.bearer import is_bearer, unauthorized
from bot.http.problems import problem_response
from bot.http.rate_limit import client_address
from bot.settings import Settings

_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")

ReadCollector = Callable[[], Awaitable[Collector]]
"""Reads the metrics of this moment; they are then collected without waiting for anything."""


def router(settings: Settings, *sources: ReadCollector) -> APIRouter:
    """Return the route `GET /metrics` of all sources; 401 for whoever may not ask (`MetricsAccess`)."""
    routes, access = APIRouter(), MetricsAccess(settings)

    @routes.get("/metrics")
    async def metrics(request: Request) -> Response:
        if not access.allows(request.headers, client_address(request), request.url.netloc):
            return problem_response(unauthorized())
        body = render(*[await read() for read in sources]) + generate_latest(PROCESS)
        return Response(body, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})

    return routes


def render(*collectors: Collector) -> bytes:
    """Return the metrics of these collectors in Prometheus' text format."""
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)


class MetricsAccess:
    """Who may read metrics.

    With METRICS_TOKEN, whoever has it. Without, this machine alone, directly, and only where nothing is published (PUBLIC_URL).
    """

    def __init__(self, settings: Settings) -> None:
        self._token = settings.required("metrics_token") if settings.metrics_token is not None else None
        self._published = settings.public_url is not None

    def allows(self, headers: Mapping[str, str], client: str, host: str) -> bool:
        """Return whether a request may, by its headers, the address that it came from and the host that it named (with its port)."""
        if self._token is not None:
            return is_bearer(headers.get("authorization", ""), self._token)
        proxied = any(name in headers for name in _PROXY_HEADERS)
        return not self._published and not proxied and _is_loopback(client) and _is_loopback(urlsplit(f"//{host}").hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
