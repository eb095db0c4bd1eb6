"""Who declares an event and whom it is for, in a `CommunicationRequest`: as account, as member, or as "<system>|<RPPS>"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress

from bot.accounts.professional_numbers import IDNPS_SYSTEM, RPPS_SYSTEM
from bot.notifications.fhir_values import Json, Resources, dicts, items, resolve

_RPPS, _IDNPS = re.compile(r"\d{11}"), re.compile(r"8(\d{11})")
_OF_PLATFORM = re.compile(r"(?:.*/)?(Practitioner|PractitionerRole)/([A-Za-z0-9.-]{1,64})(?:/_history/.*)?")
_OTHERS = ("Organization", "Patient", "RelatedPerson", "Device", "Group", "CareTeam", "HealthcareService")
"""Types of recipients that are no professional: none of them has an account."""


def author_of(request: Json, others: Resources) -> str | None:
    """Return who declares it; None for an organization, or somebody unknown."""
    for name in ("requester", "sender"):
        for who in dicts([request.get(name)]):
            with suppress(ValueError):  # who is not sent along is not known
                if found := _person(request, who, others):
                    return found
    return None


def recipients_of(request: Json, others: Resources) -> list[str] | None:
    """Return whom to notify, of those about the dossier; None: the care team; nobody where only others than professionals are named.

    Raises ValueError for what is no reference at all.
    """
    named = items(request.get("recipient"))
    found: list[str] = []
    for recipient in named:
        who = _person(request, recipient, others) if isinstance(recipient, Mapping) else None
        if who:
            found.append(who)
        elif not _is_other(request, recipient, others):
            raise ValueError(
                "recipient: must be Practitioner/<id> or PractitionerRole/<id> of the platform, or a professional sent along by RPPS; "
                "without any, the care team is told"
            )
    return list(dict.fromkeys(found)) if named else None


def _person(request: Json, who: Json, others: Resources) -> str | None:
    """Return a professional: by RPPS where one is given, else by the platform's reference."""
    resource = resolve(request, who, others)
    if rpps := _rpps(who, resource):
        return rpps
    if resource is not None:
        if resource.get("resourceType") != "PractitionerRole":
            return None
        inner = resource.get("practitioner")
        if not isinstance(inner, Mapping):
            return None
        return _rpps(inner, resolve(request, inner, others)) or _of_platform(inner)
    return _of_platform(who)


def _of_platform(who: Json) -> str | None:
    text = who.get("reference")
    match = _OF_PLATFORM.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    return match[2] if match[1] == "Practitioner" else f"PractitionerRole/{match[2]}"


def _rpps(who: Json, resource: Json | None) -> str | None:
    of_resource = resource.get("identifier") if resource and resource.get("resourceType") in ("Practitioner", "PractitionerRole") else None
    for identifier in dicts([who.get("identifier"), *items(of_resource)]):
        value = identifier.get("value")
        if not isinstance(value, str) or identifier.get("system") not in (RPPS_SYSTEM, IDNPS_SYSTEM):
            continue
        if _RPPS.fullmatch(value):
            return f"{RPPS_SYSTEM}|{value}"
        if national := _IDNPS.fullmatch(value):
            return f"{RPPS_SYSTEM}|{national[1]}"
    return None


def _is_other(request: Json, who: object, others: Resources) -> bool:
    if not isinstance(who, Mapping):
        return False
    resource = resolve(request, who, others)
    if resource is not None:
        return resource.get("resourceType") in (*_OTHERS, "Practitioner", "PractitionerRole")  # one whose number is not known, too
    return str(who.get("reference", "")).rpartition("/")[0].rpartition("/")[2] in _OTHERS or isinstance(who.get("identifier"), Mapping)
