"""An endpoint that receives the events which the sandbox posts, in place of the assistant."""

from __future__ import annotations

import threading
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.unit.sandbox.sandbox_server import EVENTS_TOKEN


class EventsReceiver:
    """Accepts events as `/events` does; answers `statuses` before."""

    def __init__(self, *statuses: int) -> None:
        self.events: list[dict[str, Any]] = []
        self._statuses = list(statuses)
        self._more = threading.Condition()
        self.app = Starlette(routes=[Route("/events", self._receive, methods=["POST"])])

    async def _receive(self, request: Request) -> Response:
        assert request.headers["authorization"] == f"Bearer {EVENTS_TOKEN}"
        assert request.headers["content-type"] == "application/cloudevents+json"
        if self._statuses:
            return Response(status_code=self._statuses.pop(0))
        body = await request.json()
        with self._more:
            self.events.append(body)
            self._more.notify_all()
        return Response(status_code=202)

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Wait until there are `count` events, and return all."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.events) >= count, timeout=60)
            return list(self.events)
