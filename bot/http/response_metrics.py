"""Answers to requests, counted by the way in and by class of status."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.core.metrics import Count

WAYS = ("chat", "desk", "account", "events", "platform", "telegram", "teams", "health", "metrics")
"""First segments of the paths that are told apart; what scanners try is `other`."""
ANSWERS = Count("sphere_http_responses", "Answers to requests.", {"way": WAYS, "status": ("1xx", "2xx", "3xx", "4xx", "429", "5xx", "503")})


class CountedResponses:
    """Counts each answer as it begins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = int(message["status"])
                told = str(status) if status in (429, 503) else f"{status // 100}xx"
                ANSWERS.add(way=scope["path"].lstrip("/").partition("/")[0], status=told)
            await send(message)

        await self._app(scope, receive, counting)
