"""Event intake (`POST /events`): the platform's events are authenticated, validated, and each stored once."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from bot.core.clock import Clock
from bot.core.database import Database, announce
from bot.core.upsert import insert_or_ignore
from bot.http.bearer import has_bearer_token, unauthorized
from bot.http.body import BodyTooLarge, NestedTooDeeply, parse_json, read_body
from bot.http.problems import Problem, problem_response
from bot.http.rate_limit import SourceLimit, retry_after
from bot.notifications import communication_requests
from bot.notifications.cloudevents import CloudEvent, parse
from bot.notifications.fan_out import QUEUE
from bot.notifications.membership_events import FAMILIES, Change, Way, lock_dossiers, store_change
from bot.notifications.tables import Event

MAX_BODY_BYTES = 1024 * 1024
"""Of a request."""
MAX_BATCH = 1_000
"""Events of a batch."""
MALFORMED_PER_MINUTE = 60
"""Malformed requests that one sender may make; what it sends after that is not even read for a while."""
FHIR = "application/fhir+json"
_TYPES = ("application/cloudevents+json", "application/cloudevents-batch+json", "application/json", FHIR)
_EVENTS_PER_STEP = 50
"""Events validated before other tasks run: a large batch holds nobody up."""


class _Malformed(Problem):
    """What was sent cannot be read, as a whole or in part: it is counted against its sender."""

    def __init__(self, detail: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST, **members: Any) -> None:
        super().__init__(status, detail, **members)


def router(
    database: Database,
    clock: Clock,
    token: str,
    malformed_per_minute: int = MALFORMED_PER_MINUTE,
) -> APIRouter:
    """Return the route `POST /events`.

    It answers 202 once everything is stored. 400 says what is wrong, event by event; the valid ones are stored all the same. Whoever
    only sends what is malformed gets 429 before anything is read.

    Args:
        database: where events are stored.
        clock: for the instant of receipt.
        token: the bearer token of the platform.
        malformed_per_minute: malformed requests that one address may make.
    """
    routes, malformed_limit = APIRouter(), SourceLimit("events_malformed", malformed_per_minute)

    @routes.post("/events", status_code=202)
    async def take_events(request: Request) -> Response:
        try:
            if not has_bearer_token(request, token):
                raise unauthorized()
            if (seconds := await malformed_limit.peek(request)) is not None:
                detail = "too many malformed requests; nothing was read"
                raise Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers=retry_after(seconds))
            events, problems = await _events(*await _read(request))
            await _store(database, clock, events)
            if problems:
                raise _Malformed("some events are malformed; the others are stored", accepted=len(events), errors=problems)
        except Problem as problem:
            if isinstance(problem, _Malformed):
                await malformed_limit.hit(request)
            return problem_response(problem)
        return JSONResponse({"accepted": len(events)}, status_code=202)

    return routes


async def _read(request: Request) -> tuple[str, Any]:
    """Return the content type and the JSON of the body. Raise Problem: 415, 413, 422 where it is nested too deeply, 400."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in _TYPES:
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the content type must be one of: {', '.join(_TYPES)}")
    try:
        body = parse_json(await read_body(request, MAX_BODY_BYTES), any_text=True)
    except BodyTooLarge:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has at most {MAX_BODY_BYTES} bytes") from None
    except NestedTooDeeply:
        raise _Malformed("the body is nested too deeply", HTTPStatus.UNPROCESSABLE_ENTITY) from None
    except ValueError:
        raise _Malformed("the body is not JSON") from None
    if content_type == "application/cloudevents+json" and not isinstance(body, dict):
        raise _Malformed("a structured event is one JSON object")
    if content_type == "application/cloudevents-batch+json" and not isinstance(body, list):
        raise _Malformed("a batch is a JSON array")
    return content_type, body


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
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a batch has at most {MAX_BATCH} events")
    events, problems = [], []
    for index, (event, wrong) in enumerate(reads):
        if event is not None:
            events.append(event)
        else:
            problems.append({"index": index, "problems": wrong})
        if index % _EVENTS_PER_STEP == _EVENTS_PER_STEP - 1:
            await asyncio.sleep(0)
    return events, problems


async def _store(database: Database, clock: Clock, events: list[CloudEvent]) -> None:
    if not events:
        return
    now = clock.now()
    changes = [change for event in events if (change := _change(event)) is not None]
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
        if event.kind not in FAMILIES
    ]
    async with database.writing() as session:
        if rows:
            await session.execute(insert_or_ignore(session, Event), rows)
        await lock_dossiers(session, [change.dossier for change in changes])
        for change in changes:
            await store_change(session, change, now)
        announce(session, QUEUE.name)


def _change(event: CloudEvent) -> Change | None:
    """Return what an event tells of a care team, which others may tell as well."""
    if event.kind not in FAMILIES or event.subject is None:
        return None
    data = event.data.model_dump(exclude_none=True) if event.data else {}
    named = data.get("recipients") or []
    member = str(named[0]).removeprefix("Practitioner/") if FAMILIES[event.kind] == "access" and len(named) == 1 else None
    return Change(Way.EVENTS, event.source, event.id, event.kind, event.subject, member, event.time, data)
