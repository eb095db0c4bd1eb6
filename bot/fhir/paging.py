"""Pages of a search: bundles of matches, linked to the next one."""

from __future__ import annotations

from bot.fhir.errors import FhirUnavailable
from bot.fhir.resources import Resource

MAX_PAGES = 40
"""Pages of one search that are read: a server whose pages link in circles is not followed for ever."""


def matches_of(bundle: Resource, resource_type: str) -> list[Resource]:
    """Return the resources of this type that a page of a search found. Raise FhirUnavailable where the bundle is malformed."""
    entries = bundle.get("entry") or []
    try:
        found = [entry["resource"] for entry in entries if (entry.get("search") or {}).get("mode", "match") == "match"]
        return [resource for resource in found if resource["resourceType"] == resource_type]
    except (KeyError, TypeError, AttributeError):
        raise FhirUnavailable("The FHIR server answered a malformed bundle.") from None


def next_link_of(bundle: Resource) -> str | None:
    """Return the URL of the next page; None: there is none."""
    for link in bundle.get("link") or []:
        if isinstance(link, dict) and link.get("relation") == "next" and isinstance(link.get("url"), str):
            return str(link["url"])
    return None
