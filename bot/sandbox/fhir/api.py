"""The FHIR API of the sandbox: read, search, create, update, capabilities. Source: FHIR R4, "RESTful API"."""

from __future__ import annotations

import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.http.body import BodyTooLarge, NestedTooDeeply, parse_json
from bot.http.body import read_body as read_limited_body
from bot.sandbox.fhir.capability_statement import capability_statement
from bot.sandbox.fhir.operation_outcomes import FhirResponse, OperationOutcomeError
from bot.sandbox.fhir.search_parameters import Predicate, compile_search
from bot.sandbox.fhir.store import Resource, Store, VersionMismatch
from bot.sandbox.fhir.subscriptions import check_subscription
from bot.sandbox.fhir.validation import MODELS, validate_resource

MAX_BODY = 256 * 1024
"""Bytes of a request body."""
DEFAULT_COUNT, MAX_COUNT = 50, 200
"""Resources per page of a search, in `_count`."""
MAX_OPEN_SEARCHES = 1_000
"""Searches whose next page is remembered; the next page of an older one is answered 410."""

Handler = Callable[[Request], Awaitable[Response]]


class FhirApi:
    """Handlers of the FHIR routes over one store; `on_write` is called after each write."""

    def __init__(self, store: Store, token: str, on_write: Callable[[], None]) -> None:
        self._store = store
        self._token = token.encode()
        self._on_write = on_write
        self._pages: OrderedDict[str, tuple[str, Predicate, int, int, int]] = OrderedDict()

    def routes(self) -> list[Route]:
        """Return the routes below the FHIR base; methods that a path does not have are answered 405."""
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        paths: list[tuple[str, dict[str, Handler]]] = [
            ("/metadata", {"GET": self._metadata}),
            ("/{type}/_search", {"POST": self._search}),
            ("/{type}", {"GET": self._search, "POST": self._create}),
            ("/{type}/{id}", {"GET": self._read, "PUT": self._update}),
            ("/{rest:path}", {}),
        ]
        return [Route(path, self._dispatch(handlers), methods=methods) for path, handlers in paths]

    def check_token(self, request: Request) -> None:
        """Raise OperationOutcomeError 401 unless the request holds the bearer token."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self._token):
            raise OperationOutcomeError(401, "login", "a valid bearer token is needed", headers={"WWW-Authenticate": "Bearer"})

    def _dispatch(self, handlers: dict[str, Handler]) -> Handler:
        async def handle(request: Request) -> Response:
            try:
                if handlers.get("GET") != self._metadata:
                    self.check_token(request)
                if not handlers or request.path_params.get("type", "Patient") not in MODELS:
                    raise OperationOutcomeError(404, "not-supported", "no such resource type")
                handler = handlers.get("GET" if request.method == "HEAD" else request.method)
                if handler is None:
                    raise OperationOutcomeError(405, "not-supported", "not done here", headers={"Allow": ", ".join(handlers)})
                return await handler(request)
            except OperationOutcomeError as error:
                return error.response()

        return handle

    async def _metadata(self, request: Request) -> Response:
        return FhirResponse(capability_statement(_base(request)))

    async def _read(self, request: Request) -> Response:
        return _answer(request, self._find(request), 200)

    async def _create(self, request: Request) -> Response:
        resource_type = request.path_params["type"]
        body = await self._resource(request, resource_type)
        condition = request.headers.get("if-none-exist")
        if condition is not None:
            predicate = compile_search(resource_type, parse_qsl(condition.rpartition("?")[2], keep_blank_values=True))
            found = [resource for _, resource in self._store.all(resource_type) if predicate(resource)]
            if len(found) > 1:
                raise OperationOutcomeError(412, "multiple-matches", "several resources match If-None-Exist")
            if found:
                return _answer(request, found[0], 200)
        stored = self._store.create(body, request.headers.get("x-sphere-author"))
        self._on_write()
        return _answer(request, stored, 201)

    async def _update(self, request: Request) -> Response:
        resource_type = request.path_params["type"]
        body = await self._resource(request, resource_type)
        if body.get("id") != request.path_params["id"]:
            raise OperationOutcomeError(400, "invalid", "the id of the body is not that of the address", expression=f"{resource_type}.id")
        self._find(request)
        version = _version(request.headers.get("if-match"))
        try:
            stored = self._store.update(body, version, request.headers.get("x-sphere-author"))
        except VersionMismatch:
            raise OperationOutcomeError(412, "conflict", "the resource has another version by now") from None
        self._on_write()
        return _answer(request, stored, 200)

    async def _search(self, request: Request) -> Response:
        resource_type = request.path_params["type"]
        pairs = parse_qsl(request.url.query, keep_blank_values=True)
        if request.method == "POST":
            _check_content_type(request, ("application/x-www-form-urlencoded",))
            pairs += parse_qsl((await read_body(request)).decode("utf-8", "replace"), keep_blank_values=True)
        parameters = dict(pairs)
        if "_page" in parameters:
            page = self._pages.get(parameters["_page"])
            if page is None or page[0] != resource_type:
                raise OperationOutcomeError(410, "expired", "this page of a search is no longer there")
            _, predicate, count, after, total = page
        else:
            predicate, count, after = compile_search(resource_type, pairs), _count(parameters.get("_count")), 0
            total = sum(1 for _, resource in self._store.all(resource_type) if predicate(resource))
        return FhirResponse(self._bundle(request, resource_type, predicate, count, after, total))

    def _bundle(self, request: Request, resource_type: str, predicate: Predicate, count: int, after: int, total: int) -> Resource:
        found = [(seq, body) for seq, body in self._store.all(resource_type, after=after) if predicate(body)] if count else []
        page, base = found[:count], _base(request)
        links = [{"relation": "self", "url": f"{base}/{resource_type}"}]
        if len(found) > count:
            key = secrets.token_urlsafe(12)
            self._pages[key] = (resource_type, predicate, count, page[-1][0], total)
            if len(self._pages) > MAX_OPEN_SEARCHES:
                self._pages.popitem(last=False)
            links.append({"relation": "next", "url": f"{base}/{resource_type}?_page={key}"})
        entries = [{"fullUrl": f"{base}/{resource_type}/{body['id']}", "resource": body, "search": {"mode": "match"}} for _, body in page]
        bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": total, "link": links}
        return bundle | ({"entry": entries} if entries else {})  # FHIR has no empty arrays

    def _find(self, request: Request) -> Resource:
        found = self._store.get(request.path_params["type"], request.path_params["id"])
        if found is None:
            raise OperationOutcomeError(404, "not-found", "no such resource")
        return found

    async def _resource(self, request: Request, resource_type: str) -> Resource:
        _check_content_type(request, ("application/fhir+json", "application/json"))
        raw = await read_body(request)
        try:
            body: Any = parse_json(raw)
        except NestedTooDeeply:
            raise OperationOutcomeError(422, "structure", "the body is nested too deeply") from None
        except ValueError:
            raise OperationOutcomeError(400, "structure", "the body is not JSON in UTF-8") from None
        validate_resource(resource_type, body)
        if resource_type == "Subscription":
            check_subscription(self._store, body)
        return dict(body)


async def read_body(request: Request) -> bytes:
    """Return the body. Raise OperationOutcomeError 413 where it is too long."""
    try:
        return await read_limited_body(request, MAX_BODY)
    except BodyTooLarge:
        raise OperationOutcomeError(413, "too-long", f"a body has at most {MAX_BODY} bytes") from None


def _check_content_type(request: Request, allowed: tuple[str, ...]) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in allowed:
        raise OperationOutcomeError(415, "not-supported", f"the content type must be {' or '.join(allowed)}")


def _version(if_match: str | None) -> str | None:
    if if_match is None:
        return None
    found = re.fullmatch(r'(?:W/)?"(\d+)"', if_match.strip())
    if not found:
        raise OperationOutcomeError(400, "value", 'If-Match must be of the form W/"version"')
    return found[1]


def _count(text: str | None) -> int:
    if text is None:
        return DEFAULT_COUNT
    if not re.fullmatch(r"\d{1,9}", text):
        raise OperationOutcomeError(400, "value", "_count must be a number", expression="http._count")
    return min(int(text), MAX_COUNT)


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}/fhir"


def _answer(request: Request, resource: Resource, status: int) -> FhirResponse:
    version = resource["meta"]["versionId"]
    headers = {"ETag": f'W/"{version}"'}
    if request.method == "POST":
        headers["Location"] = f"{_base(request)}/{resource['resourceType']}/{resource['id']}/_history/{version}"
    return FhirResponse(resource, status_code=status, headers=headers)
