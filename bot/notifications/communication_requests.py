"""The second form of events: FHIR R4 `CommunicationRequest`, alone or in a `Bundle`, read as the event that it declares.

Source: ANS, « Notification d'événements » (`ans.fhir.fr.nde`, experimental), flow 3, profile `nde-eventdeclaration`: the kind is an
extension whose code is of TRE_R254, the usager a contained `Patient`, what happened a text. That text, and all that is said of the
usager beside the dossier's reference, names people: none of it is read, so that none of it can be kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.accounts.registry import RPPS_SYSTEM
from bot.notifications.cloudevents import PREFIX, CloudEvent, parse

KINDS = {"DOC": "document.added", "NOT": "note.added"}
"""Codes of TRE_R254 that are one of our kinds. Admissions (ADM) and discharges (SOR) are none: a letter about one is a DOC."""
EVENT_TYPES = "https://mos.esante.gouv.fr/NOS/TRE_R254-TypeEvenement/FHIR/TRE-R254-TypeEvenement"
_GUIDE, _CI_SIS = (
    "https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/",
    "http://esante.gouv.fr/ci-sis/fhir/StructureDefinition/",
)
EVENT_TYPE = (_GUIDE + "event-type", _CI_SIS + "EventType")
"""URLs of the extension with the type, in the guide and in the CI-SIS before it."""
EVENT_TIME = (_GUIDE + "event-time", _CI_SIS + "eventTime")
NO_SYSTEM = "urn:sphere:communication-request"
"""The source of events whose identifier has no system: they are told apart by its value."""
OCCURRED = frozenset({"active", "completed"})
"""Statuses of what did happen and people are to be notified of."""
URGENT = frozenset({"urgent", "asap", "stat"})

Json = Mapping[str, Any]
_DOSSIER = re.compile(r"SPH-\d{4}-\d{6}")
_RPPS = re.compile(r"\d{11}")
_FULL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_PRACTITIONER = re.compile(r"(?:.*/)?Practitioner/([A-Za-z0-9.-]{1,64})(?:/_history/.*)?")


class InvalidRequest(ValueError):
    """An element of a CommunicationRequest is not as it must be: which one, and why, without any value of it."""

    def __init__(self, element: str, problem: str) -> None:
        super().__init__(f"{element}: {problem}")


def requests_of(body: Any) -> tuple[list[Json], dict[str, Json]] | None:
    """Return the requests of a resource or a Bundle, in their order, and the Bundle's patients by reference; None: it is neither."""
    if not isinstance(body, Mapping):
        return None
    if body.get("resourceType") == "CommunicationRequest":
        return [body], {}
    if body.get("resourceType") != "Bundle":
        return None
    requests: list[Json] = []
    patients: dict[str, Json] = {}
    for entry in _dicts(body.get("entry")):
        for resource in _dicts([entry.get("resource")]):
            if resource.get("resourceType") == "CommunicationRequest":
                requests.append(resource)
            elif resource.get("resourceType") == "Patient":
                patients |= {str(entry.get("fullUrl")): resource, f"Patient/{resource.get('id')}": resource}
    return requests, patients


def read(request: Json, patients: Mapping[str, Json]) -> tuple[CloudEvent | None, list[str]]:
    """Return the event that a request declares, or what is wrong with it.

    Args:
        patients: those of the same Bundle, by the references that may name them.
    """
    try:
        source, event_id = _identifier(request)
        _check_status(request)
        data: dict[str, Any] = {
            "author": _author(request),
            "recipients": _recipients(request),
            "urgent": _one_of(request, "priority", URGENT),
        }
        event = {
            "specversion": "1.0",
            "id": event_id,
            "source": source,
            "type": PREFIX + _kind(request),
            "subject": _dossier(request, patients),
            "time": _time(request),
            "data": {name: value for name, value in data.items() if value is not None},
        }
    except InvalidRequest as error:
        return None, [str(error)]
    return parse({name: value for name, value in event.items() if value is not None})


def _identifier(request: Json) -> tuple[str, str]:
    """Return source and id of the event. A resource's own `id` does not serve: each server gives another."""
    for identifier in _dicts(request.get("identifier")):
        value, system = identifier.get("value"), identifier.get("system", NO_SYSTEM)
        if isinstance(value, str) and isinstance(system, str) and value and system:
            return system, value
    raise InvalidRequest("identifier", "one with a value is needed, by which the event is known when it is sent again")


def _check_status(request: Json) -> None:
    if not _one_of(request, "status", OCCURRED):
        raise InvalidRequest("status", f"must be one of: {', '.join(sorted(OCCURRED))}")
    if request.get("doNotPerform") not in (None, False):
        raise InvalidRequest("doNotPerform", "what is not to be told is not taken")


def _kind(request: Json) -> str:
    codes = [coding.get("code") for concept in _concepts(request) for coding in _dicts(concept.get("coding")) if _of_the_list(coding)]
    found = next((KINDS[code] for code in codes if isinstance(code, str) and code in KINDS), None)
    if found is not None:
        return found
    known = ", ".join(f"{code} ({kind})" for code, kind in KINDS.items())
    if codes:
        raise InvalidRequest("extension event-type", f"nobody is told of this type of event; those that are taken: {known}")
    raise InvalidRequest("extension event-type", f"a code of {EVENT_TYPES} is needed, one of: {known}")


def _concepts(request: Json) -> Iterator[Json]:
    """Yield the type from the profile's extension, then from where R4 without the profile has it."""
    yield from _dicts([_extension(request, EVENT_TYPE, "valueCodeableConcept")])
    yield from _dicts(request.get("category"))


def _of_the_list(coding: Json) -> bool:
    # Published examples write the system with and without the name of the list's file behind it.
    return str(coding.get("system", "")).startswith(EVENT_TYPES)


def _dossier(request: Json, patients: Mapping[str, Json]) -> str:
    for subject in _dicts([request.get("subject")]):
        reference = str(subject.get("reference"))
        contained = (r for r in _dicts(request.get("contained")) if r.get("resourceType") == "Patient" and reference == f"#{r.get('id')}")
        patient = next(contained, patients.get(reference, {}))
        for identifier in _dicts([subject.get("identifier"), *_list(patient.get("identifier"))]):
            value = identifier.get("value")
            if isinstance(value, str) and _DOSSIER.fullmatch(value):
                return value
    raise InvalidRequest(
        "subject", "the dossier's reference, SPH-YYYY-NNNNNN, must be an identifier of the subject or of the Patient sent along"
    )


def _time(request: Json) -> Any:
    """Return when it happened, else when it was declared. A date without a time of day orders nothing: the arrival counts then."""
    times = (_extension(request, EVENT_TIME, "valueDateTime"), request.get("authoredOn"))
    return next((time for time in times if isinstance(time, str) and _FULL_TIME.match(time)), None)


def _author(request: Json) -> str | None:
    """Return the author's account by the platform's reference, or "<system>|<number>" by the RPPS of a contained Practitioner."""
    for name in ("requester", "sender"):
        for who in _dicts([request.get(name)]):
            if found := _practitioner(who) or _rpps(request, who):
                return found
    return None


def _rpps(request: Json, who: Json) -> str | None:
    contained = (r for r in _dicts(request.get("contained")) if who.get("reference") == f"#{r.get('id')}")
    identifiers = (identifier for r in contained if r.get("resourceType") == "Practitioner" for identifier in _dicts(r.get("identifier")))
    for identifier in identifiers:
        value = identifier.get("value")
        if identifier.get("system") == RPPS_SYSTEM and isinstance(value, str) and _RPPS.fullmatch(value):
            return f"{RPPS_SYSTEM}|{value}"
    return None


def _recipients(request: Json) -> list[str] | None:
    """Return whom to notify, of those about the dossier; None: the care team."""
    recipients = _list(request.get("recipient"))
    found = [_practitioner(recipient) for recipient in recipients]
    if None in found:
        raise InvalidRequest("recipient", "must be references Practitioner/<id> of the platform; without any, the care team is told")
    return [account for account in found if account] or None


def _practitioner(reference: Any) -> str | None:
    text = reference.get("reference") if isinstance(reference, Mapping) else None
    match = _PRACTITIONER.fullmatch(text) if isinstance(text, str) else None
    return match[1] if match else None


def _extension(request: Json, urls: tuple[str, ...], value: str) -> Any:
    return next((e.get(value) for e in _dicts(request.get("extension")) if e.get("url") in urls), None)


def _one_of(request: Json, element: str, codes: frozenset[str]) -> bool:
    return str(request.get(element)) in codes


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: Any) -> Iterator[Json]:
    return (item for item in _list(value) if isinstance(item, Mapping))
