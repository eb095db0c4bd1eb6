"""A client of FHIR R4 servers: the platform (dossiers, care teams, accounts) and the directories.

Searches go out as `POST <type>/_search`, so that no name or address is ever part of a URL that a proxy or a server would log; by `GET`
only where a server takes nothing else. Servers and their gateways differ in what they support: what is refused is done in another way
(docs/dev/platform.md). Source: FHIR R4 RESTful API, `Annuaire Santé` and ROR guides.
"""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import AsyncIterator, Sequence
from typing import Literal
from urllib.parse import parse_qsl, urlencode

import httpx

from bot.fhir.errors import FhirConflict, FhirError, FhirNotFound, FhirRejected, FhirUnauthorized, FhirUnavailable
from bot.fhir.paging import MAX_PAGES, matches_of, next_link_of, own_url, resources_of
from bot.fhir.references import References, is_id
from bot.fhir.resources import Resource, body_of, content_of, etag_of, id_of_location, is_representation, resource_of, same_version
from bot.fhir.sender import FHIR_JSON, Sender

Params = dict[str, str] | Sequence[tuple[str, str]]
SearchBy = Literal["auto", "post", "get"]

_NO_POST_SEARCH = frozenset({403, 405, 415, 501})
_NO_HEADER = frozenset({400, 501})
"""Statuses with which servers refuse a header that they do not know, beside those of a conflict."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_log = logging.getLogger(__name__)


class FhirClient:
    """Reads, searches, creates and updates over one kept-alive connection pool.

    Every method raises the errors of `bot.fhir.errors`, FhirUnavailable also where the time budget of the turn is over.
    """

    def __init__(
        self,
        base_url: str,
        access: str | httpx.Auth | None,
        *,
        timeout: float = 5.0,
        transport: httpx.AsyncBaseTransport | None = None,
        tls: ssl.SSLContext | None = None,
        headers: Sequence[tuple[str, str]] = (),
        search_by: SearchBy = "auto",
        aliases: Sequence[str] = (),
        server: str = "platform",
    ) -> None:
        """Make a client of one server.

        Args:
            base_url: of the server's RESTful API.
            access: bearer token of every request, or what makes it (`bot.fhir.authentication`); None: headers or certificate are enough.
            timeout: longest wait for one answer, in seconds.
            transport: replaces the network in tests of this client.
            tls: trusted certificates and our own (`bot.core.tls.client_ssl_context`).
            headers: further headers of every request.
            search_by: `auto`: by POST, and by GET once POST was refused.
            aliases: other addresses by which the server's resources may refer to each other.
            server: what metrics and traces call it (`bot.fhir.call_metrics.SERVERS`).
        """
        self._base = base_url.rstrip("/")
        self.references = References(self._base, aliases)
        """Reads references of its resources."""
        self._sender = Sender(base_url, access, timeout=timeout, transport=transport, tls=tls, headers=headers, server=server)
        self.search_by: SearchBy = search_by
        """How searches are sent; `auto` becomes `post` or `get` with the first answer."""
        self.takes_conditions = True
        """Whether If-None-Exist was not refused yet."""
        self._matches = False
        """Whether If-Match was taken once."""

    async def aclose(self) -> None:
        """Close every connection."""
        await self._sender.aclose()

    async def ping(self) -> None:
        """Make the smallest call that needs access. Raises what it comes to: FhirUnauthorized where our access is refused."""
        try:
            await self._sender.send("GET", f"{self._base}/Practitioner?_id=none&_count=1", repeatable=True)
        except FhirNotFound:
            return  # a server may say so of an id that it does not have
        except FhirRejected as rejected:
            if rejected.status == httpx.codes.FORBIDDEN:
                raise FhirUnauthorized(status=rejected.status) from None
            raise

    async def read(self, resource_type: str, resource_id: str) -> tuple[Resource, str]:
        """Return the resource and its ETag, "" where the server has none. Raises FhirNotFound, also for what can be no id."""
        if not is_id(resource_id):
            raise FhirNotFound
        response = await self._send("GET", f"{self._base}/{resource_type}/{resource_id}", repeatable=True)
        return resource_of(response, resource_type)

    async def search(self, resource_type: str, params: Params) -> list[Resource]:
        """Return every resource of this type that matches, from all pages.

        Raises FhirUnavailable also where the pages do not end, or lead to another server.
        """
        found: list[Resource] = []
        async for bundle, is_last in self._bundles(resource_type, params, MAX_PAGES):
            found += matches_of(bundle, resource_type)
            if is_last:
                return found
        raise FhirUnavailable("The FHIR server's pages do not end.")

    async def pages(self, resource_type: str, params: Params, *, most: int | None = MAX_PAGES) -> AsyncIterator[list[Resource]]:
        """Yield what each page of a search holds: matches, and what they bring along (`_include`, `_revinclude`).

        Reads the first `most` pages, or all of them however many there are (None). Raises FhirUnavailable also where the pages lead to
        another server, or all of them in a circle.
        """
        async for bundle, _ in self._bundles(resource_type, params, most):
            yield resources_of(bundle)

    async def _bundles(self, resource_type: str, params: Params, most: int | None) -> AsyncIterator[tuple[Resource, bool]]:
        """Yield the first `most` pages, and whether each is the last one."""
        seen: set[str] = set()
        count = 1
        response = await self._first_page(resource_type, urlencode(list(params.items()) if isinstance(params, dict) else list(params)))
        while True:
            bundle = body_of(response, "Bundle")
            following = next_link_of(bundle)
            yield bundle, following is None
            if following is None or count == most:
                return
            if most is None and following in seen:
                raise FhirUnavailable("The FHIR server's pages lead in a circle.")
            seen.add(following)
            count += 1
            try:
                response = await self._send("GET", own_url(self._base, following, resource_type), repeatable=True)
            except FhirNotFound:
                raise FhirUnavailable("The FHIR server forgot the search between two pages.") from None

    async def first_pages(self, resource_type: str, params: Params) -> tuple[list[Resource], bool]:
        """Return what is on the first two pages of a search, and whether there is a second one. Raises what `search` does."""
        pairs = list(params.items()) if isinstance(params, dict) else list(params)
        bundle = body_of(await self._first_page(resource_type, urlencode(pairs)), "Bundle")
        found, following = matches_of(bundle, resource_type), next_link_of(bundle)
        if following is None:
            return found, False
        response = await self._send("GET", own_url(self._base, following, resource_type), repeatable=True)
        return found + matches_of(body_of(response, "Bundle"), resource_type), True

    async def create(self, resource: Resource, *, if_none_exist: str | None = None, author: str | None = None) -> tuple[Resource, str]:
        """Create a resource, and return it as stored, with its ETag.

        With `if_none_exist` (a search query, such as `identifier=system|value`) the one existing match is returned instead; several
        raise FhirConflict. A server that refuses such a condition is searched first. `author` (a reference) tells the platform for whom
        we act.
        """
        if if_none_exist is None:
            return await self._create(resource, author)
        if self.takes_conditions:
            try:
                return await self._create(resource, author, if_none_exist)
            except FhirConflict:
                pass  # several match, or the condition itself is refused
            except FhirRejected as rejected:
                if rejected.status not in _NO_HEADER:
                    raise
        kind = resource["resourceType"]
        found = await self.search(kind, parse_qsl(if_none_exist, keep_blank_values=True))
        if len(found) > 1:
            raise FhirConflict
        if found:
            return found[0], etag_of(found[0])
        created = await self._create(resource, author)
        if self.takes_conditions:
            _log.warning("the FHIR server refuses If-None-Exist: it is searched before something is created")
            self.takes_conditions = False
        return created

    async def update(self, resource: Resource, *, if_match: str, author: str | None = None) -> tuple[Resource, str]:
        """Replace the version whose ETag is `if_match`. Raises FhirConflict where it is no longer the current one.

        A server that cannot take the condition at all (400, 501) is asked without it where nothing changed; a conflict never is. An
        answer that is lost (FhirUnavailable) does not say whether the update was done: read again.
        """
        try:
            answer = await self._put(resource, if_match, author)
        except (FhirConflict, FhirRejected) as error:
            refused = error
            if self._matches or not if_match or (isinstance(refused, FhirRejected) and refused.status not in _NO_HEADER):
                raise
        else:
            self._matches = self._matches or bool(if_match)
            return answer
        _, etag = await self.read(resource["resourceType"], resource["id"])
        if not same_version(etag, if_match):
            raise FhirConflict
        if etag != if_match:  # it may compare them letter by letter
            try:
                return await self._put(resource, etag, author)
            except (FhirConflict, FhirRejected) as error:
                refused = error
        if isinstance(refused, FhirConflict) or refused.status not in _NO_HEADER:
            raise refused  # what was read may be older than what the condition was compared with
        answer = await self._put(resource, "", author)
        _log.warning("the FHIR server refuses If-Match: of two who write at once, one may undo what the other did")
        return answer

    async def replace(self, before: Resource, after: Resource, *, author: str | None = None) -> None:
        """Replace a resource that was read or found. Raises FhirConflict where it is another one by now.

        Of a search that does not tell the version, that is read; where there are none, what is there must still be the same.
        """
        etag = etag_of(before)
        if not etag:
            current, etag = await self.read(before["resourceType"], before["id"])
            if content_of(current) != content_of(before):
                raise FhirConflict
        await self.update(after, if_match=etag, author=author)

    async def _first_page(self, resource_type: str, query: str) -> httpx.Response:
        if self.search_by != "get":
            try:
                response = await self._send("POST", f"{self._base}/{resource_type}/_search", content=query, headers=_FORM, repeatable=True)
            except (FhirNotFound, FhirRejected, FhirUnauthorized) as refused:
                status = 405 if isinstance(refused, FhirNotFound) else refused.status
                if self.search_by == "post" or status not in _NO_POST_SEARCH:
                    raise
            else:
                self.search_by = "post"
                return response
        response = await self._send("GET", f"{self._base}/{resource_type}?{query}", repeatable=True)
        if self.search_by == "auto":
            _log.warning("the FHIR server takes no searches by POST: what is searched stands in URLs (PLATFORM_SEARCH)")
            self.search_by = "get"
        return response

    async def _create(self, resource: Resource, author: str | None, if_none_exist: str | None = None) -> tuple[Resource, str]:
        headers = _headers(author) | ({"If-None-Exist": if_none_exist} if if_none_exist else {})
        kind = resource["resourceType"]
        response = await self._send(
            "POST", f"{self._base}/{kind}", content=json.dumps(resource), headers=headers, repeatable=if_none_exist is not None
        )
        if is_representation(response, kind):
            return resource_of(response, kind)
        resource_id = id_of_location(response, kind)
        if resource_id is None:
            raise FhirUnavailable("The FHIR server does not say which resource it made.")
        return await self._read_back(kind, resource_id)

    async def _put(self, resource: Resource, if_match: str, author: str | None) -> tuple[Resource, str]:
        if not is_id(resource["id"]):
            raise FhirNotFound
        kind, headers = resource["resourceType"], _headers(author) | ({"If-Match": if_match} if if_match else {})
        url = f"{self._base}/{kind}/{resource['id']}"
        response = await self._send("PUT", url, content=json.dumps(resource), headers=headers, repeatable=False)
        return resource_of(response, kind) if is_representation(response, kind) else await self._read_back(kind, resource["id"])

    async def _read_back(self, kind: str, resource_id: str) -> tuple[Resource, str]:
        try:
            return await self.read(kind, resource_id)
        except FhirNotFound:
            raise FhirUnavailable("The FHIR server does not find what it just took.") from None

    async def _send(
        self,
        method: Literal["GET", "POST", "PUT"],
        url: str,
        *,
        repeatable: bool,
        content: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        try:
            return await self._sender.send(method, url, repeatable=repeatable, content=content, headers=headers)
        except FhirRejected as rejected:
            if rejected.status == httpx.codes.FORBIDDEN and await self._is_refused():
                raise FhirUnauthorized(status=rejected.status) from None
            raise

    async def _is_refused(self) -> bool:
        """Return whether the server refuses our access as such, and not this one request."""
        try:
            await self.ping()
        except FhirUnauthorized:
            return True
        except FhirError:
            return False
        return False


def _headers(author: str | None) -> dict[str, str]:
    return {"Content-Type": FHIR_JSON, "Prefer": "return=representation"} | ({"X-Sphere-Author": author} if author else {})
