"""Event intake: the platform's events, authenticated, checked, each stored once."""

from __future__ import annotations

import asyncio
import hmac
import json
import math
import time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.responses import Response

from bot.core.clock import Clock
from bot.core.database import Database, announce
from bot.core.upsert import insert_or_ignore
from bot.notifications import communication_requests
from bot.notifications.cloudevents import CloudEvent, parse
from bot.notifications.fan_out import QUEUE
from bot.notifications.tables import Event

MAX_BODY = 1024 * 1024
"""Bytes of a request."""
MAX_BATCH = 1_000
"""Events of a batch."""
MALFORMED_PER_MINUTE = 60
"""Requests with a malformed event that one sender may make a minute; what it sends after that is refused unread."""
FHIR = "application/fhir+json"
_TYPES = ("application/cloudevents+json", "application/cloudevents-batch+json", "application/json", FHIR)
_YIELD_EVERY = 50
"""Events read before others have their turn: a large batch holds nobody up."""


class _Refused(Exception):
    """The request as a whole is not taken."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.response = JSONResponse(
            {"type": "about:blank", "status": status, "detail": detail, **more},
            status_code=status,
            media_type="application/problem+json",
            headers=headers,
        )


class _Malformed(_Refused):
    """The request cannot be read, as a whole or in part: it is counted against its sender."""

    def __init__(self, detail: str, **more: Any) -> None:
        super().__init__(400, detail, **more)


def router(
    database: Database,
    clock: Clock,
    token: str,
    malformed_a_minute: int = MALFORMED_PER_MINUTE,
) -> APIRouter:
    """Return the route `POST /events`.

    It answers 202 once everything is stored; 400 says what is wrong, event by event, and the valid ones are stored all the same.
    """
    routes, limit = APIRouter(), _MalformedLimit(malformed_a_minute)

    @routes.post("/events", status_code=202)
    async def take_events(request: Request) -> Response:
        sender = request.client.host if request.client else ""
        try:
            _check_token(request, token)
            await limit.check(sender)
            events, problems = await _events(*await _json(request))
            await _store(database, clock, events)
            if problems:
                raise _Malformed("some events are malformed; the others are stored", accepted=len(events), errors=problems)
        except _Malformed as malformed:
            await limit.count(sender)
            return malformed.response
        except _Refused as refused:
            return refused.response
        return JSONResponse({"accepted": len(events)}, status_code=202)

    return routes


class _MalformedLimit:
    """Counts malformed requests by the sender's address: who exceeds the limit is told to wait before anything is read or parsed."""

    def __init__(self, malformed_a_minute: int) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(malformed_a_minute)

    async def check(self, sender: str) -> None:
        """Raise _Refused (429) where the sender has used up its malformed requests."""
        if await self._limiter.test(self._limit, sender):
            return
        stats = await self._limiter.get_window_stats(self._limit, sender)
        seconds = min(60, max(1, math.ceil(stats.reset_time - time.time())))  # the library counts by the machine's clock
        raise _Refused(429, "too many malformed requests; nothing was read", {"Retry-After": str(seconds)})

    async def count(self, sender: str) -> None:
        """Count one malformed request."""
        await self._limiter.hit(self._limit, sender)


def _check_token(request: Request, token: str) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise _Refused(401, "a valid bearer token is needed", {"WWW-Authenticate": "Bearer"})


async def _json(request: Request) -> tuple[str, Any]:
    """Return the content type and the parsed body. Raise _Refused or _Malformed."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in _TYPES:
        raise _Refused(415, f"the content type must be one of: {', '.join(_TYPES)}")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            raise _Refused(413, f"a request has at most {MAX_BODY} bytes")
        parts.append(part)
    try:
        body = json.loads(b"".join(parts), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise _Malformed("the body is not JSON") from None
    if content_type == "application/cloudevents+json" and not isinstance(body, dict):
        raise _Malformed("a structured event is one JSON object")
    if content_type == "application/cloudevents-batch+json" and not isinstance(body, list):
        raise _Malformed("a batch is a JSON array")
    return content_type, body


def _refuse_constant(_text: str) -> None:
    raise ValueError("not JSON")


async def _events(content_type: str, body: Any) -> tuple[list[CloudEvent], list[dict[str, Any]]]:
    if content_type == FHIR:
        found = communication_requests.requests_of(body)
        if found is None:
            raise _Malformed("the body must be a CommunicationRequest, or a Bundle of them")
        values, patients = found
        reads = (communication_requests.read(value, patients) for value in values)
    else:
        values = body if isinstance(body, list) else [body]
        reads = (parse(value) for value in values)
    if len(values) > MAX_BATCH:
        raise _Refused(413, f"a batch has at most {MAX_BATCH} events")
    events, problems = [], []
    for index, (event, wrong) in enumerate(reads):
        if event is not None:
            events.append(event)
        else:
            problems.append({"index": index, "problems": wrong})
        if index % _YIELD_EVERY == _YIELD_EVERY - 1:
            await asyncio.sleep(0)
    return events, problems


async def _store(database: Database, clock: Clock, events: list[CloudEvent]) -> None:
    if not events:
        return
    now = clock.now()
    rows = [
        {
            "source": event.source,
            "event_id": event.id,
            "kind": event.kind,
            "subject": event.subject,
            "occurred_at": event.time,
            "received_at": now,
            "data": event.data.model_dump(exclude_none=True) if event.data else {},
        }
        for event in events
    ]
    async with database.writing() as session:
        await session.execute(insert_or_ignore(session, Event), rows)
        announce(session, QUEUE.name)
