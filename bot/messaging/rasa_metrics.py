"""Requests to Rasa, as the gateway sees them: each attempt, by what came of it."""

from __future__ import annotations

from http import HTTPStatus

import httpx

from bot.core.metrics import Count, Duration
from bot.core.tracing import SpanPoint

CALLS = ("messages", "masks")
OUTCOMES = ("ok", "busy", "refused", "error", "foreign", "timeout", "no_connection")
"""`busy`: 503, 429, 409, 502, which pass; `refused`: another 4xx; `error`: another 5xx; `foreign`: not Rasa's answer."""
REQUESTS = Count("sphere_rasa_requests", "Requests to Rasa, repeated ones too.", {"call": CALLS, "outcome": OUTCOMES})
SECONDS = Duration("sphere_rasa_request_seconds", "How long Rasa takes for a request.", {"call": CALLS})
SPAN = SpanPoint("rasa", "client", {"call": CALLS, "outcome": OUTCOMES})
_BUSY = frozenset({HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.CONFLICT, HTTPStatus.BAD_GATEWAY})


def outcome_of_status(status: int) -> str:
    """Return the outcome that an answer's status is."""
    if status == HTTPStatus.OK:
        return "ok"
    if status in _BUSY:
        return "busy"
    return "refused" if status < 500 else "error"


def outcome_of_error(error: httpx.HTTPError) -> str:
    """Return the outcome that a failed request is; a foreign answer is told by its class's name, which is not httpx's."""
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)):
        return "no_connection"
    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    return "error" if type(error).__module__.startswith("httpx") else "foreign"
