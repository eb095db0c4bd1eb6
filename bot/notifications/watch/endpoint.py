"""Where the platform notifies us by its subscriptions (rest-hook): `/platform/notifications`, known by the secret of the header.

Plain R4 posts an empty body, or puts or posts the resource, some servers below `/CareTeam/<id>`; the backport of R5 posts a Bundle that
begins with the subscription's status: a handshake, a heartbeat, or events. Of care teams nothing is taken from what is sent but their
ids: they are read on the platform, by the watcher.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import or_, update
from starlette.responses import Response

from bot.core.clock import Clock
from bot.core.database import Database, announce
from bot.core.errors import log_error
from bot.core.upsert import upsert
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirError
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.fhir.outcomes import Issue, outcome_response
from bot.fhir.references import is_id
from bot.fhir.xml import FHIR_XML, resource_from_xml
from bot.http.bearer import CHALLENGE, bearer_token
from bot.http.body import BodyTooLarge, parse_json, read_body
from bot.notifications.event_intake import MAX_BATCH, MAX_BODY_BYTES
from bot.notifications.fhir_intake import FhirIntake, TooMany, UnknownBody
from bot.notifications.fhir_values import Json, dicts
from bot.notifications.subject_lookup import SubjectLookup
from bot.notifications.watch.subscriptions import PATH, notification_tokens
from bot.notifications.watch.tables import LOOKS, WATCHES, PlatformLook, PlatformSubscription, PlatformWatch
from bot.settings import Settings

TYPES = ("CareTeam", "CommunicationRequest")
STATUSES = ("Parameters", "SubscriptionStatus")
"""What a Bundle of the backport begins with, in R4 and since."""
MOST_LOOKS = 200
_NAMED = re.compile(rf"(?:.*/)?({'|'.join(TYPES)})/([A-Za-z0-9.-]{{1,64}})(?:/_history/.*)?")


def router(settings: Settings, database: Database, clock: Clock, fhir: FhirClient, mapping: PlatformMapping = DEFAULT_MAPPING) -> APIRouter:
    """Return the routes. Raises SettingsError where SECRET is missing."""
    routes, tokens = APIRouter(), [token.encode() for token in notification_tokens(settings)]
    lookup = SubjectLookup(fhir, mapping)
    declared = FhirIntake(database, clock, lookup, settings.required("events_token"), MAX_BATCH)

    async def notified(request: Request) -> Response:
        given = (bearer_token(request) or "").encode()
        if not any(hmac.compare_digest(given, token) for token in tokens):
            return outcome_response(HTTPStatus.UNAUTHORIZED, [Issue("login", "the header of the subscription is needed")], CHALLENGE)
        try:
            body = await _body(request)
            named, resources = _named(str(request.path_params.get("rest", "")), body)
            if body is not None and named is None:
                raise ValueError("neither a resource that is subscribed to nor a notification of a subscription")
            if any(one.get("resourceType") == "CommunicationRequest" for one in resources):
                await declared.take({"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]})
        except BodyTooLarge:
            return outcome_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, [Issue("too-long", f"at most {MAX_BODY_BYTES} bytes")])
        except FhirError as error:
            log_error(error, "taking an event that the platform notified of")
            return outcome_response(HTTPStatus.SERVICE_UNAVAILABLE, [Issue("transient", "the platform cannot be asked")])
        except (UnknownBody, TooMany, ValueError) as error:
            return outcome_response(HTTPStatus.BAD_REQUEST, [Issue("structure", str(error) or "too many resources")])
        await _note(database, clock, named or [], complete=bool(resources) and not named)
        return Response(status_code=200)

    for path in (PATH, PATH + "/{rest:path}"):
        routes.add_api_route(path, notified, methods=["POST", "PUT", "DELETE"])
    return routes


async def _body(request: Request) -> Any:
    """Return the JSON of the body; None where there is none. Raises ValueError and BodyTooLarge."""
    raw = await read_body(request, MAX_BODY_BYTES)
    if not raw.strip():
        return None
    xml = request.headers.get("content-type", "").partition(";")[0].strip().lower() == FHIR_XML
    return resource_from_xml(raw) if xml else parse_json(raw)


def _named(path: str, body: Any) -> tuple[list[str] | None, list[Json]]:
    """Return what is to be read, as "Type/id" (None: nothing is known in the body), and the resources that were sent."""
    resources = list(_resources(body))
    known = [one for one in resources if one.get("resourceType") in TYPES]
    status = any(one.get("resourceType") in STATUSES for one in resources)
    if body is not None and not known and not status:
        return None, []
    sent = {f"{one['resourceType']}/{one.get('id')}" for one in known}
    references = {path, *sent, *(text for one in resources if one.get("resourceType") in STATUSES for text in _references(one))}
    found = {f"{match[1]}/{match[2]}" for text in references if (match := _NAMED.fullmatch(text)) and is_id(match[2])}
    complete = {f"{one['resourceType']}/{one.get('id')}" for one in known if one.get("resourceType") == "CommunicationRequest"}
    return sorted(found - complete)[:MOST_LOOKS], known


def _resources(body: Any) -> Iterator[Json]:
    for resource in dicts([body]):
        if resource.get("resourceType") == "Bundle":
            for entry in dicts(resource.get("entry")):
                yield from dicts([entry.get("resource")])
        else:
            yield resource


def _references(value: Any) -> Iterator[str]:
    """Yield every reference within a status: what the events are about."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


async def _note(database: Database, clock: Clock, named: list[str], *, complete: bool) -> None:
    """Have resources read, or, where none is named (an empty body, a heartbeat), everything that changed.

    `complete`: what was sent was taken as it is, and nothing is to be read.
    """
    now = clock.now()
    types = {name.partition("/")[0] for name in named} or set(TYPES)
    async with database.writing() as session:
        of_types = or_(*(PlatformSubscription.criteria.startswith(f"{name}?") for name in types))
        await session.execute(
            update(PlatformSubscription).where(of_types).values(heard_at=now).execution_options(synchronize_session=False)
        )
        for name in named:
            row = upsert(session, PlatformLook).values(resource=name, asked_at=now, attempts=0)
            again = {"asked_at": now, "not_before": None}
            await session.execute(row.on_conflict_do_update(index_elements=["resource"], set_=again))
        if not named and not complete:
            soon = update(PlatformWatch).where(PlatformWatch.next_at.is_not(None)).values(next_at=now)
            await session.execute(soon.execution_options(synchronize_session=False))
        announce(session, LOOKS.name)
        announce(session, WATCHES.name)
