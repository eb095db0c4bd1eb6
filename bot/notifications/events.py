"""Where the platform's events come in: authenticated, checked, each stored once."""

from __future__ import annotations

import hmac
import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy.dialects import postgresql, sqlite
from starlette.responses import Response

from bot.clock import Clock
from bot.database import Database
from bot.notifications.cloudevents import CloudEvent, parse
from bot.notifications.tables import Event

MAX_BODY = 1024 * 1024
"""Bytes of a request."""
MAX_BATCH = 1_000
"""Events of a batch."""
_TYPES = ("application/cloudevents+json", "application/cloudevents-batch+json", "application/json")


class _Refused(Exception):
    """The request as a whole is not taken."""

    def __init__(self, status: int, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.response = JSONResponse(
            {"type": "about:blank", "status": status, "detail": detail, **more},
            status_code=status,
            media_type="application/problem+json",
            headers={"WWW-Authenticate": "Bearer"} if status == 401 else None,
        )


def router(database: Database, clock: Clock, token: str) -> APIRouter:
    """`POST /events`: 202 once everything is stored; 400 says what is wrong, event by event, and the good ones are stored all the same."""
    routes = APIRouter()

    @routes.post("/events", status_code=202)
    async def take_events(request: Request) -> Response:
        try:
            _check_token(request, token)
            events, problems = _events(await _json(request))
            await _store(database, clock, events)
            if problems:
                raise _Refused(400, "some events are malformed; the others are stored", accepted=len(events), errors=problems)
        except _Refused as refused:
            return refused.response
        return JSONResponse({"accepted": len(events)}, status_code=202)

    return routes


def _check_token(request: Request, token: str) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise _Refused(401, "a valid bearer token is needed")


async def _json(request: Request) -> Any:
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
        raise _Refused(400, "the body is not JSON") from None
    if content_type == "application/cloudevents+json" and not isinstance(body, dict):
        raise _Refused(400, "a structured event is one JSON object")
    if content_type == "application/cloudevents-batch+json" and not isinstance(body, list):
        raise _Refused(400, "a batch is a JSON array")
    return body


def _refuse_constant(_text: str) -> None:
    raise ValueError("not JSON")


def _events(body: Any) -> tuple[list[CloudEvent], list[dict[str, Any]]]:
    values = body if isinstance(body, list) else [body]
    if len(values) > MAX_BATCH:
        raise _Refused(413, f"a batch has at most {MAX_BATCH} events")
    events, problems = [], []
    for index, value in enumerate(values):
        event, wrong = parse(value)
        if event is not None:
            events.append(event)
        else:
            problems.append({"index": index, "problems": wrong})
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
    insert = (sqlite if database.is_sqlite else postgresql).insert(Event)
    async with database.writing() as session:
        await session.execute(insert.on_conflict_do_nothing(), rows)
