"""Resources as FHIR servers answer them: checked, with the ETag of their version."""

from __future__ import annotations

import re
from typing import Any

import httpx

from bot.fhir.errors import FhirUnavailable
from bot.fhir.references import is_id

Resource = dict[str, Any]
"""A FHIR resource as JSON."""
_ID = r"[A-Za-z0-9.-]{1,64}"


def resource_of(response: httpx.Response, resource_type: str) -> tuple[Resource, str]:
    """Return the resource that was answered and its ETag, "" where it has none. Raise FhirUnavailable where it is something else."""
    body = body_of(response, resource_type)
    if not isinstance(body.get("id"), str):
        raise FhirUnavailable("The FHIR server answered a resource without an id.")
    return body, response.headers.get("ETag") or etag_of(body)


def body_of(response: httpx.Response, resource_type: str) -> Resource:
    """Return the JSON body of an answer. Raise FhirUnavailable where it is no resource of this type."""
    body = _json(response)
    if not isinstance(body, dict) or body.get("resourceType") != resource_type:
        raise FhirUnavailable("The FHIR server answered something else than what was asked.")
    return body


def is_representation(response: httpx.Response, resource_type: str) -> bool:
    """Return whether a write was answered with the resource, and not with nothing, or only with how it went (FHIR R4, `Prefer`).

    Raise FhirUnavailable where it was answered with something else.
    """
    if not response.content.strip():
        return False
    body = _json(response)
    if isinstance(body, dict) and body.get("resourceType") == "OperationOutcome":
        return False
    body_of(response, resource_type)
    return True


def id_of_location(response: httpx.Response, resource_type: str) -> str | None:
    """Return the id of the resource that a creation made, as its headers tell it; None where they do not."""
    for name in ("Location", "Content-Location"):
        found = re.search(rf"(?:^|/){resource_type}/({_ID})(?:/_history/{_ID})?/?$", response.headers.get(name, "").partition("?")[0])
        if found and is_id(found[1]):
            return found[1]
    return None


def etag_of(resource: Resource) -> str:
    """Return the ETag of a resource from its `meta.versionId`, "" where the server does not tell it."""
    version = (resource.get("meta") or {}).get("versionId")
    return f'W/"{version}"' if version else ""


def same_version(one: str, other: str) -> bool:
    """Return whether two ETags are of one version, weak or not; "" is of none."""
    return bool(one) and _opaque(one) == _opaque(other)


def content_of(resource: Resource) -> Resource:
    """Return a resource without what the server itself notes about it."""
    return {name: value for name, value in resource.items() if name not in ("meta", "text")}


def _opaque(etag: str) -> str:
    return etag.strip().removeprefix("W/").strip('"')


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        raise FhirUnavailable("The FHIR server answered something that is not JSON.") from None
