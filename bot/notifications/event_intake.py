"""Event intake (`POST /events`): the platform's events are authenticated, validated, and each stored once.

CloudEvents are answered by problem details, FHIR by an OperationOutcome; both are told what is wrong without any value being quoted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirError
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.fhir.outcomes import FHIR_JSON, Issue, outcome_response
from bot.fhir.xml import FHIR_XML, resource_from_xml
from bot.http.bearer import has_bearer_token, unauthorized
from bot.http.body import BodyTooLarge, NestedTooDeeply, parse_json, read_body
from bot.http.problems import Problem, problem_response
from bot.http.rate_limit import SourceLimit, retry_after
from bot.notifications.cloudevents import CloudEvent, parse
from bot.notifications.event_store import store_events
from bot.notifications.fhir_intake import FhirIntake, Taken, TooMany, UnknownBody
from bot.notifications.subject_lookup import SubjectLookup

MAX_BODY_BYTES = 1024 * 1024
"""Of a request."""
MAX_BATCH = 1_000
"""Events of a batch."""
MALFORMED_PER_MINUTE = 60
"""Malformed requests that one sender may make; what it sends after that is not even read for a while."""
RETRY_SECONDS = 30
"""When a sender may try again whose usagers could not be looked for."""
_CLOUD_TYPES = ("application/cloudevents+json", "application/cloudevents-batch+json", "application/json")
_FHIR_TYPES = (FHIR_JSON, FHIR_XML)
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
    *,
    fhir: FhirClient | None = None,
    mapping: PlatformMapping = DEFAULT_MAPPING,
) -> APIRouter:
    """Return the routes `POST /events`, and `POST /events/CommunicationRequest` for those who take `/events` for a FHIR base.

    202 once everything is stored (201 and the resource at the second). 400 says what is wrong, event by event; the valid ones are stored
    all the same. Whoever only sends what is malformed gets 429 before anything is read.

    Args:
        database: where events are stored.
        clock: for the instant of receipt.
        token: the bearer token of the platform.
        malformed_per_minute: malformed requests that one address may make.
        fhir: the platform, where usagers are looked for by identifier; None: only those whose dossier is named are known.
        mapping: what it calls things.
    """
    routes, malformed_limit = APIRouter(), SourceLimit("events_malformed", malformed_per_minute)
    lookup = SubjectLookup(fhir, mapping)
    declared = FhirIntake(database, clock, lookup, token, MAX_BATCH)

    async def take(request: Request, types: tuple[str, ...]) -> tuple[Any, Mapping[str, int]]:
        """Return the body and what is answered. Raise Problem."""
        if not has_bearer_token(request, token):
            raise unauthorized()
        if (seconds := await malformed_limit.peek(request)) is not None:
            detail = "too many malformed requests; nothing was read"
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers=retry_after(seconds))
        try:
            content_type, body = await _read(request, types)
            if content_type in _FHIR_TYPES:
                return body, _answer_of(await _take_declared(declared, body))
            events, problems = await _events(body)
            await store_events(database, clock, [event.read_by(lookup.references) for event in events])
            if problems:
                raise _Malformed("some events are malformed; the others are stored", accepted=len(events), errors=problems)
        except _Malformed:
            await malformed_limit.hit(request)
            raise
        return body, {"accepted": len(events)}

    @routes.post("/events", status_code=202)
    async def take_events(request: Request) -> Response:
        try:
            _, answer = await take(request, (*_CLOUD_TYPES, *_FHIR_TYPES))
        except Problem as problem:
            return _refusal(request, problem)
        return JSONResponse(answer, status_code=202)

    @routes.post("/events/CommunicationRequest", status_code=201)
    async def take_communication_request(request: Request) -> Response:
        try:
            body, _ = await take(request, _FHIR_TYPES)
        except Problem as problem:
            return _refusal(request, problem, fhir_only=True)
        return JSONResponse(body, status_code=201, media_type=FHIR_JSON)

    return routes


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _refusal(request: Request, problem: Problem, *, fhir_only: bool = False) -> Response:
    """Return the answer of a problem, in the form of what was sent."""
    if not fhir_only and _content_type(request) not in _FHIR_TYPES:
        return problem_response(problem)
    issues = problem.members.get("issues") or [Issue(_ISSUE_CODES.get(problem.status, "invalid"), problem.detail)]
    return outcome_response(problem.status, issues, problem.headers)


_ISSUE_CODES = {
    HTTPStatus.UNAUTHORIZED: "login",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "not-supported",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-long",
    HTTPStatus.TOO_MANY_REQUESTS: "throttled",
    HTTPStatus.SERVICE_UNAVAILABLE: "transient",
    HTTPStatus.BAD_REQUEST: "structure",
    HTTPStatus.UNPROCESSABLE_ENTITY: "structure",
}


async def _take_declared(declared: FhirIntake, body: Any) -> Taken:
    try:
        taken = await declared.take(body)
    except UnknownBody as error:
        raise _Malformed(str(error)) from None
    except TooMany:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a Bundle has at most {MAX_BATCH} events") from None
    except FhirError as error:
        log_error(error, "looking for whom a declared event is about")
        detail = "the platform cannot be asked whose dossier it is; nothing was stored"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=retry_after(RETRY_SECONDS)) from None
    if taken.issues:
        raise _Malformed("some events are malformed; the others are stored", accepted=taken.accepted, issues=taken.issues)
    return taken


def _answer_of(taken: Taken) -> dict[str, int]:
    return {"accepted": taken.accepted} | ({"without_dossier": taken.without_dossier} if taken.without_dossier else {})


async def _read(request: Request, types: tuple[str, ...]) -> tuple[str, Any]:
    """Return the content type and the body as JSON. Raise Problem: 415, 413, 422 where it is nested too deeply, 400."""
    content_type = _content_type(request)
    if content_type not in types:
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the content type must be one of: {', '.join(types)}")
    try:
        raw = await read_body(request, MAX_BODY_BYTES)
        body = resource_from_xml(raw) if content_type == FHIR_XML else parse_json(raw, any_text=True)
    except BodyTooLarge:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has at most {MAX_BODY_BYTES} bytes") from None
    except NestedTooDeeply:
        raise _Malformed("the body is nested too deeply", HTTPStatus.UNPROCESSABLE_ENTITY) from None
    except ValueError:
        raise _Malformed("the body is not XML" if content_type == FHIR_XML else "the body is not JSON") from None
    if content_type == "application/cloudevents+json" and not isinstance(body, dict):
        raise _Malformed("a structured event is one JSON object")
    if content_type == "application/cloudevents-batch+json" and not isinstance(body, list):
        raise _Malformed("a batch is a JSON array")
    return content_type, body


async def _events(body: Any) -> tuple[list[CloudEvent], list[dict[str, Any]]]:
    values = body if isinstance(body, list) else [body]
    if len(values) > MAX_BATCH:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a batch has at most {MAX_BATCH} events")
    events, problems = [], []
    for index, (event, wrong) in enumerate(parse(value) for value in values):
        if event is not None:
            events.append(event)
        else:
            problems.append({"index": index, "problems": wrong})
        if index % _EVENTS_PER_STEP == _EVENTS_PER_STEP - 1:
            await asyncio.sleep(0)
    return events, problems
