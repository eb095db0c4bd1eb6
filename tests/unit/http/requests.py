"""Requests as the server hands them to a handler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.requests import Request


def request_with(*chunks: bytes, headers: dict[str, str] | None = None, client: str | None = "192.0.2.1", **scope: Any) -> Request:
    """Return a POST request whose body comes in these chunks."""
    messages: Iterator[dict[str, Any]] = iter(
        {"type": "http.request", "body": chunk, "more_body": index < len(chunks) - 1} for index, chunk in enumerate(chunks or (b"",))
    )

    async def receive() -> dict[str, Any]:
        return next(messages)

    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    return Request({"type": "http", "method": "POST", "headers": raw, "client": client and (client, 1), **scope}, receive)
