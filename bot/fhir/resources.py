"""Resources as FHIR servers answer them: checked, with the ETag of their version."""

from __future__ import annotations

from typing import Any

import httpx

from bot.fhir.errors import FhirUnavailable

Resource = dict[str, Any]
"""A FHIR resource as JSON."""


def resource_of(response: httpx.Response, resource_type: str) -> tuple[Resource, str]:
    """Return the resource that was answered and its ETag. Raise FhirUnavailable where it is something else."""
    body = body_of(response, resource_type)
    if not isinstance(body.get("id"), str):
        raise FhirUnavailable("The FHIR server answered a resource without an id.")
    return body, response.headers.get("ETag") or etag_of(body)


def body_of(response: httpx.Response, resource_type: str) -> Resource:
    """Return the JSON body of an answer. Raise FhirUnavailable where it is no resource of this type."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        raise FhirUnavailable("The FHIR server answered something that is not JSON.") from None
    if not isinstance(body, dict) or body.get("resourceType") != resource_type:
        raise FhirUnavailable("The FHIR server answered something else than what was asked.")
    return body


def etag_of(resource: Resource) -> str:
    """Return the ETag of a resource that a search found, from its `meta.versionId`. Raise FhirUnavailable where it has none."""
    version = (resource.get("meta") or {}).get("versionId")
    if not version:
        raise FhirUnavailable("The FHIR server does not say which version it gave.")
    return f'W/"{version}"'
