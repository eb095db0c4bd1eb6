"""A client of FHIR R4 servers: the platform (dossiers, care teams, accounts) and the directories.

Searches go out as `POST <type>/_search`, so that no name or address is ever part of a URL that a
proxy or a server would write down. Source: FHIR R4 RESTful API, `Annuaire Santé` and ROR guides.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import httpx

from bot.core.tls import ssl_context

Resource = dict[str, Any]
Params = dict[str, str] | Sequence[tuple[str, str]]

RETRIES = 2
"""Quick second tries of a request that may be repeated without harm."""
RETRY_SECONDS = 0.15
"""Mean pause before a second try, doubled each time, jittered by half."""
MAX_PAGES = 40
"""Pages that one search follows: a server that links in circles is not followed for ever."""

_FHIR_JSON = "application/fhir+json"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
KEEPALIVE_SECONDS = 2.0
"""How long an idle connection is kept: less than servers do (5 s is usual), which would close it under a request."""
_jitter = secrets.SystemRandom()

logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it writes every URL down


class FhirError(Exception):
    """The FHIR server did not do what was asked."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").splitlines()[0])


class FhirUnavailable(FhirError):
    """The FHIR server cannot be reached, or answers nothing sensible: try again later."""


class FhirConflict(FhirError):
    """Somebody else changed the resource, or several match: read again."""


class FhirNotFound(FhirError):
    """The FHIR server does not have this resource."""


class FhirUnauthorized(FhirError):
    """The FHIR server refuses our token: ours to mend."""


class FhirRejected(FhirError):
    """The FHIR server refuses the request as wrong: ours to mend.

    `status` is the HTTP status, `codes` the issue codes of its OperationOutcome (never its texts: they may quote the data).
    """

    def __init__(self, status: int = 400, codes: tuple[str, ...] = ()) -> None:
        super().__init__(f"The FHIR server refuses the request: {status} {', '.join(codes)}".strip())
        self.status = status
        self.codes = codes


class FhirClient:
    """Reads, searches, creates and updates over one kept-alive connection pool.

    `timeout` is the longest wait, in seconds, for one answer; a request that timed out is not tried again at once, one that was refused
    a connection or answered 5xx or 429 is, where repeating it does no harm. `transport` replaces the network in tests of this client.
    """

    def __init__(self, base_url: str, token: str, *, timeout: float = 5.0, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._base = base_url.rstrip("/")
        trust_env = urlsplit(base_url).hostname not in _LOOPBACK
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {token}", "Accept": _FHIR_JSON},
            timeout=timeout,
            transport=transport,
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=KEEPALIVE_SECONDS),
            trust_env=trust_env,
            verify=ssl_context(trust_env=trust_env),
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def read(self, resource_type: str, resource_id: str) -> tuple[Resource, str]:
        """The resource and its ETag. Raises FhirNotFound and the errors of every call."""
        response = await self._send("GET", f"{self._base}/{resource_type}/{resource_id}", repeatable=True)
        return _resource(response, resource_type)

    async def search(self, resource_type: str, params: Params) -> list[Resource]:
        """Every resource of this type that matches, over all pages (each carries its version in `meta.versionId`).

        Raises FhirUnavailable also where the pages do not end, or lead to another server.
        """
        pairs = list(params.items()) if isinstance(params, dict) else list(params)
        response = await self._send(
            "POST",
            f"{self._base}/{resource_type}/_search",
            content=urlencode(pairs),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            repeatable=True,
        )
        found: list[Resource] = []
        for _ in range(MAX_PAGES):
            bundle = _body(response, "Bundle")
            found += _matches(bundle, resource_type)
            following = _next_link(bundle)
            if following is None:
                return found
            try:
                response = await self._send("GET", self._same_server(following), repeatable=True)
            except FhirNotFound:
                raise FhirUnavailable("The FHIR server forgot the search between two pages.") from None
        raise FhirUnavailable("The FHIR server's pages do not end.")

    async def create(self, resource: Resource, *, if_none_exist: str | None = None, author: str | None = None) -> tuple[Resource, str]:
        """Create and give back the resource as stored, with its ETag.

        With `if_none_exist` (a search query, such as `identifier=system|value`) the one existing match is given back instead; several
        raise FhirConflict. `author` (a reference) tells the platform for whom we act.
        """
        headers = _headers(author) | ({"If-None-Exist": if_none_exist} if if_none_exist else {})
        kind = resource["resourceType"]
        response = await self._send(
            "POST", f"{self._base}/{kind}", content=json.dumps(resource), headers=headers, repeatable=if_none_exist is not None
        )
        return _resource(response, kind)

    async def update(self, resource: Resource, *, if_match: str, author: str | None = None) -> tuple[Resource, str]:
        """Replace the version whose ETag is `if_match`. Raises FhirConflict where it is no longer the current one.

        An answer that is lost (FhirUnavailable) does not say whether the update was done: read again.
        """
        kind, headers = resource["resourceType"], _headers(author) | {"If-Match": if_match}
        url = f"{self._base}/{kind}/{resource['id']}"
        response = await self._send("PUT", url, content=json.dumps(resource), headers=headers, repeatable=False)
        return _resource(response, kind)

    async def _send(
        self,
        method: Literal["GET", "POST", "PUT"],
        url: str,
        *,
        repeatable: bool,
        content: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        for left in range(RETRIES, -1, -1):
            try:
                response = await self._http.request(method, url, content=content, headers=headers)
                if response.status_code < 500 and response.status_code != 429:
                    return _checked(response)
                again = repeatable
            except httpx.TimeoutException:
                raise FhirUnavailable("The FHIR server took too long to answer.") from None
            except httpx.ConnectError:
                again = True  # nothing was sent
            except (httpx.HTTPError, httpx.InvalidURL):
                again = repeatable
            if not again or left == 0:
                break
            await asyncio.sleep(RETRY_SECONDS * 2 ** (RETRIES - left) * _jitter.uniform(0.5, 1.5))
        raise FhirUnavailable()

    def _same_server(self, link: str) -> str:
        url = httpx.URL(self._base + "/").join(link)
        if (url.scheme, url.netloc) != (httpx.URL(self._base).scheme, httpx.URL(self._base).netloc):
            raise FhirUnavailable("The FHIR server's next page is on another server: our token does not go there.")
        return str(url)


def _headers(author: str | None) -> dict[str, str]:
    return {"Content-Type": _FHIR_JSON} | ({"X-Sphere-Author": author} if author else {})


def _checked(response: httpx.Response) -> httpx.Response:
    status = response.status_code
    if status < 300:
        return response
    if status in (401, 403):
        raise FhirUnauthorized()
    if status in (404, 410):
        raise FhirNotFound()
    if status in (409, 412):
        raise FhirConflict()
    if status < 400:
        raise FhirUnavailable("The FHIR server redirects: its address is not the one that is set.")
    raise FhirRejected(status, _issue_codes(response))


def _issue_codes(response: httpx.Response) -> tuple[str, ...]:
    try:
        issues = response.json()["issue"]
        return tuple(str(issue["code"])[:40] for issue in issues)
    except (ValueError, KeyError, TypeError):
        return ()


def _body(response: httpx.Response, resource_type: str) -> Resource:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        raise FhirUnavailable("The FHIR server answered something that is not JSON.") from None
    if not isinstance(body, dict) or body.get("resourceType") != resource_type:
        raise FhirUnavailable("The FHIR server answered something else than what was asked.")
    return body


def _resource(response: httpx.Response, resource_type: str) -> tuple[Resource, str]:
    body = _body(response, resource_type)
    if not isinstance(body.get("id"), str):
        raise FhirUnavailable("The FHIR server answered a resource without an id.")
    return body, response.headers.get("ETag") or etag_of(body)


def etag_of(resource: Resource) -> str:
    """The ETag of a resource that came from a search, after its `meta.versionId`. Raises FhirUnavailable where it has none."""
    version = (resource.get("meta") or {}).get("versionId")
    if not version:
        raise FhirUnavailable("The FHIR server does not say which version it gave.")
    return f'W/"{version}"'


def _matches(bundle: Resource, resource_type: str) -> list[Resource]:
    entries = bundle.get("entry") or []
    try:
        found = [entry["resource"] for entry in entries if (entry.get("search") or {}).get("mode", "match") == "match"]
        return [resource for resource in found if resource["resourceType"] == resource_type]
    except (KeyError, TypeError, AttributeError):
        raise FhirUnavailable("The FHIR server answered a malformed bundle.") from None


def _next_link(bundle: Resource) -> str | None:
    for link in bundle.get("link") or []:
        if isinstance(link, dict) and link.get("relation") == "next" and isinstance(link.get("url"), str):
            return str(link["url"])
    return None
