"""A client of FHIR R4 servers: the platform (dossiers, care teams, accounts) and the directories.

Searches go out as `POST <type>/_search`, so that no name or address is ever part of a URL that a
proxy or a server would log. Source: FHIR R4 RESTful API, `Annuaire Santé` and ROR guides.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlencode, urlsplit

import httpx

from bot.core.tls import ssl_context
from bot.fhir.errors import FhirConflict, FhirNotFound, FhirRejected, FhirUnauthorized, FhirUnavailable
from bot.fhir.paging import MAX_PAGES, matches_of, next_link_of
from bot.fhir.resources import Resource, body_of, resource_of

Params = dict[str, str] | Sequence[tuple[str, str]]

RETRIES = 2
"""Immediate retries of a request that may be repeated without harm."""
RETRY_SECONDS = 0.15
"""Mean pause before the first retry, doubled each time, jittered by half."""

_FHIR_JSON = "application/fhir+json"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
KEEPALIVE_SECONDS = 2.0
"""How long an idle connection is kept: less than servers do (5 s is usual), which would close it during a request."""
_jitter = secrets.SystemRandom()

logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it logs every URL


class FhirClient:
    """Reads, searches, creates and updates over one kept-alive connection pool.

    A request that timed out is not retried at once. One that was refused a connection, or answered with 5xx or 429, is, where repeating it
    does no harm.
    """

    def __init__(self, base_url: str, token: str, *, timeout: float = 5.0, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Make a client of one server.

        Args:
            base_url: of the server's RESTful API.
            token: bearer token of every request.
            timeout: longest wait for one answer, in seconds.
            transport: replaces the network in tests of this client.
        """
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
        """Return the resource and its ETag. Raises FhirNotFound and the errors of every call."""
        response = await self._send("GET", f"{self._base}/{resource_type}/{resource_id}", repeatable=True)
        return resource_of(response, resource_type)

    async def search(self, resource_type: str, params: Params) -> list[Resource]:
        """Return every resource of this type that matches, from all pages. Each carries its version in `meta.versionId`.

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
            bundle = body_of(response, "Bundle")
            found += matches_of(bundle, resource_type)
            following = next_link_of(bundle)
            if following is None:
                return found
            try:
                response = await self._send("GET", self._same_server(following), repeatable=True)
            except FhirNotFound:
                raise FhirUnavailable("The FHIR server forgot the search between two pages.") from None
        raise FhirUnavailable("The FHIR server's pages do not end.")

    async def create(self, resource: Resource, *, if_none_exist: str | None = None, author: str | None = None) -> tuple[Resource, str]:
        """Create a resource, and return it as stored, with its ETag.

        With `if_none_exist` (a search query, such as `identifier=system|value`) the one existing match is returned instead; several
        raise FhirConflict. `author` (a reference) tells the platform for whom we act.
        """
        headers = _headers(author) | ({"If-None-Exist": if_none_exist} if if_none_exist else {})
        kind = resource["resourceType"]
        response = await self._send(
            "POST", f"{self._base}/{kind}", content=json.dumps(resource), headers=headers, repeatable=if_none_exist is not None
        )
        return resource_of(response, kind)

    async def update(self, resource: Resource, *, if_match: str, author: str | None = None) -> tuple[Resource, str]:
        """Replace the version whose ETag is `if_match`. Raises FhirConflict where it is no longer the current one.

        An answer that is lost (FhirUnavailable) does not say whether the update was done: read again.
        """
        kind, headers = resource["resourceType"], _headers(author) | {"If-Match": if_match}
        url = f"{self._base}/{kind}/{resource['id']}"
        response = await self._send("PUT", url, content=json.dumps(resource), headers=headers, repeatable=False)
        return resource_of(response, kind)

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
