"""Pages of a search: bundles of matches, linked to the next one."""

from __future__ import annotations

import httpx

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


def resources_of(bundle: Resource) -> list[Resource]:
    """Return what a page of a search holds, matches and what they bring along. Raise FhirUnavailable where the bundle is malformed."""
    try:
        found = [entry["resource"] for entry in bundle.get("entry") or [] if (entry.get("search") or {}).get("mode") != "outcome"]
        return [resource for resource in found if resource["resourceType"] != "OperationOutcome"]
    except (KeyError, TypeError, AttributeError):
        raise FhirUnavailable("The FHIR server answered a malformed bundle.") from None


def next_link_of(bundle: Resource) -> str | None:
    """Return the URL of the next page; None: there is none."""
    for link in bundle.get("link") or []:
        if isinstance(link, dict) and link.get("relation") == "next" and isinstance(link.get("url"), str):
            return str(link["url"])
    return None


def own_url(base: str, link: str, resource_type: str) -> str:
    """Return a link of a page as it is asked for at `base`. Raise FhirUnavailable where it leads elsewhere: our token does not go there.

    Behind a gateway servers may link by a name, scheme or path that only they know. Such a link is asked for at our own base, where its
    path is one below it, or ends as a search does (`/<type>`, `/<type>/_search`, or the last part of the base, where a server pages there).
    """
    ours = httpx.URL(base + "/")
    try:
        url = ours.join(link)
    except httpx.InvalidURL:
        raise FhirUnavailable("The FHIR server's next page has no address.") from None
    if (url.scheme, url.netloc) == (ours.scheme, ours.netloc):
        return str(url)
    query, path = f"?{url.query.decode()}" if url.query else "", url.path.rstrip("/")
    if f"{path}/".startswith(ours.path):
        return base + path[len(ours.path) - 1 :] + query
    for tail in (f"/{resource_type}/_search", f"/{resource_type}", ""):
        prefix = path.removesuffix(tail) if tail else path
        if (tail or query) and path.endswith(tail) and prefix.rpartition("/")[2] in ("", ours.path.rstrip("/").rpartition("/")[2]):
            return base + tail.removesuffix("/_search") + query
    raise FhirUnavailable("The FHIR server's next page is on another server: our token does not go there.")
