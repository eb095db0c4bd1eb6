"""The second form of events: FHIR R4 `CommunicationRequest`, alone or in a `Bundle`, read as the event that it declares.

Source: ANS, « Notification d'événements » 3.0.0 (`ans.fhir.fr.nde`, experimental), flow 3 (profile `nde-eventdeclaration`) and flow 4
(`nde-notificationrequest`): the kind is an extension whose code is of TRE_R254; usager, requester and recipient are contained; what
happened is a text. That text, and all that is said of the usager beside identifiers, names people: none of it is read but as part of a
keyed hash, so that none of it can be kept.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.mail import render_text
from bot.core.secret import keys_of
from bot.notifications.cloudevents import PREFIX, CloudEvent, parse
from bot.notifications.fhir_people import People
from bot.notifications.fhir_values import Json, Resources, dicts, extension
from bot.notifications.subject_lookup import Subject, subject_of

STAY = "stay.changed"
KINDS = {"DOC": "document.added", "NOT": "note.added", "ADM": STAY, "SOR": STAY, "TRF": STAY, "MUT": STAY}
"""Codes of TRE_R254, and of transfers, that are one of our kinds."""
EVENT_TYPES = "https://mos.esante.gouv.fr/NOS/TRE_R254-TypeEvenement/FHIR/TRE-R254-TypeEvenement"
_GUIDE, _CI_SIS = (
    "https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/",
    "http://esante.gouv.fr/ci-sis/fhir/StructureDefinition/",
)
EVENT_TYPE = (_GUIDE + "event-type", _CI_SIS + "EventType")
"""URLs of the extension with the type, in the guide and in the CI-SIS before it."""
EVENT_TIME = (_GUIDE + "event-time", _CI_SIS + "eventTime")
EMISSION_TIME = (_GUIDE + "event-emission-time", _CI_SIS + "EventEmissionTime")
NO_SYSTEM = "urn:sphere:communication-request"
"""The source of events whose identifier has no system: they are told apart by its value."""
CONTENT = "urn:sphere:communication-request:content"
"""The source of events without any identifier, which the profiles do not ask for: they are told apart by what they say."""
OCCURRED = frozenset({"active", "completed"})
"""Statuses of what did happen and people are to be notified of."""
URGENT = frozenset({"urgent", "asap", "stat"})

_FULL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_SAID = ("contained", "extension", "category", "subject", "about", "requester", "sender", "recipient", "payload", "basedOn", "priority")
"""Elements that say what happened to whom, and for whom it is meant; the others may differ when it is sent again."""
PEOPLE = People()
_ANY_DOSSIER = "SPH-0000-000000"


@dataclass(frozen=True)
class Declaration:
    """An event as it was declared: `event.subject` is right only once the dossier of `subject` is known."""

    event: CloudEvent
    subject: Subject
    also: tuple[str, ...] = ()
    """Ids under which it may be stored already: while SECRET is changed, of one without identifier."""


class InvalidRequest(ValueError):
    """An element of a CommunicationRequest is not as it must be: which one, and why, without any value of it."""

    def __init__(self, element: str, problem: str) -> None:
        super().__init__(f"{element}: {problem}")


def requests_of(body: Any) -> tuple[list[Json], Resources] | None:
    """Return the requests of a resource or a Bundle, in their order, and the Bundle's resources by reference; None: it is neither."""
    if not isinstance(body, Mapping):
        return None
    if body.get("resourceType") == "CommunicationRequest":
        return [body], {}
    if body.get("resourceType") != "Bundle":
        return None
    requests: list[Json] = []
    others: dict[str, Json] = {}
    for entry in dicts(body.get("entry")):
        for resource in dicts([entry.get("resource")]):
            if resource.get("resourceType") == "CommunicationRequest":
                requests.append(resource)
            else:
                others |= {str(entry.get("fullUrl")): resource, f"{resource.get('resourceType')}/{resource.get('id')}": resource}
    return requests, others


def read(request: Json, others: Resources, secret: str, people: People = PEOPLE) -> tuple[Declaration | None, list[str]]:
    """Return what a request declares, or what is wrong with it.

    Args:
        others: resources of the same Bundle, by the references that may name them.
        secret: key of the hash by which a request without identifier is known.
        people: reads who declares it and whom it is for.
    """
    try:
        source, event_id, *also = _identity(request, secret)
        _check_status(request)
        code = _code(request)
        data: dict[str, Any] = {
            "author": people.author_of(request, others),
            "recipients": people.recipients_of(request, others),
            "urgent": str(request.get("priority")) in URGENT,
            "title": render_text("notifications/stays", code=code).strip() if KINDS[code] == STAY else None,
        }
        event = {
            "specversion": "1.0",
            "id": event_id,
            "source": source,
            "type": PREFIX + KINDS[code],
            "subject": _ANY_DOSSIER,
            "time": _time(request),
            "data": {name: value for name, value in data.items() if value is not None},
        }
        subject = subject_of(request, others)
        if subject is None:
            raise InvalidRequest("subject", "a Patient is needed: contained, in the Bundle, by identifier or by reference")
    except ValueError as error:
        return None, [str(error)]
    parsed, problems = parse({name: value for name, value in event.items() if value is not None})
    return (Declaration(parsed, subject, tuple(also)) if parsed else None), problems


def _identity(request: Json, secret: str) -> tuple[str, ...]:
    """Return source and id of the event, and its id under the other secret while that is changed.

    A resource's own `id` does not serve: each server gives another.
    """
    for identifier in dicts(request.get("identifier")):
        value, system = identifier.get("value"), identifier.get("system", NO_SYSTEM)
        if isinstance(value, str) and isinstance(system, str) and value and system:
            return system, value
    said = {name: _comparable(request[name]) for name in _SAID if name in request}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return CONTENT, *(hmac.new(key.encode(), text, hashlib.sha256).hexdigest() for key in keys_of(secret))


def _comparable(value: Any) -> Any:
    """Return a value without what servers add, alike from JSON and from XML."""
    if isinstance(value, Mapping):
        return {name: _comparable(inner) for name, inner in value.items() if name not in ("meta", "text")}
    if isinstance(value, list):
        emitted = (isinstance(one, Mapping) and one.get("url") in EMISSION_TIME for one in value)
        return [_comparable(one) for one, left_out in zip(value, emitted, strict=True) if not left_out]
    return value if isinstance(value, str) else json.dumps(value)


def _check_status(request: Json) -> None:
    if str(request.get("status")) not in OCCURRED:
        raise InvalidRequest("status", f"must be one of: {', '.join(sorted(OCCURRED))}")
    if request.get("doNotPerform") not in (None, False):
        raise InvalidRequest("doNotPerform", "what is not to be told is not taken")


def _code(request: Json) -> str:
    """Return the code of the type: from the profile's extension, else from where R4 without the profile has it."""
    concepts = [*dicts([extension(request, EVENT_TYPE, "valueCodeableConcept")]), *dicts(request.get("category"))]
    # Published examples write the system with and without the name of the list's file behind it.
    known = [c.get("code") for one in concepts for c in dicts(one.get("coding")) if str(c.get("system", "")).startswith(EVENT_TYPES)]
    for code in known:
        if isinstance(code, str) and code in KINDS:
            return code
    taken = ", ".join(f"{code} ({kind})" for code, kind in KINDS.items())
    if known:
        raise InvalidRequest("extension event-type", f"nobody is told of this type of event; those that are taken: {taken}")
    raise InvalidRequest("extension event-type", f"a code of {EVENT_TYPES} is needed, one of: {taken}")


def _time(request: Json) -> Any:
    """Return when it happened, else when it was declared. A date without a time of day orders nothing: the arrival counts then."""
    times = (extension(request, EVENT_TIME, "valueDateTime"), request.get("authoredOn"))
    return next((time for time in times if isinstance(time, str) and _FULL_TIME.match(time)), None)
