"""The FHIR API of the sandbox over HTTP: read, search, create, update, Bundles, capabilities. Source: FHIR R4, "RESTful API"."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.http.body import BodyTooLarge, NestedTooDeeply, parse_json
from bot.http.body import read_body as read_limited_body
from bot.sandbox.fhir.bundles import Bundles
from bot.sandbox.fhir.capability_statement import capability_statement
from bot.sandbox.fhir.interactions import Interactions
from bot.sandbox.fhir.operation_outcomes import FhirResponse, OperationOutcomeError
from bot.sandbox.fhir.searches import Searches
from bot.sandbox.fhir.store import Resource, Store
from bot.sandbox.fhir.validation import MODELS

MAX_BODY = 256 * 1024
"""Bytes of a request body."""
BASE = "/fhir"
"""Path of the FHIR base."""

Handler = Callable[[Request], Awaitable[Response]]


class FhirApi:
    """Handlers of the FHIR routes over one store; `on_write` is called after each write."""

    def __init__(self, store: Store, token: str, on_write: Callable[[], None]) -> None:
        self._interactions, self._searches = Interactions(store), Searches(store)
        self._bundles = Bundles(self._interactions, self._searches)
        self._token = token.encode()
        self._on_write = on_write

    def routes(self) -> list[Route]:
        """Return the routes at and below the FHIR base; methods that a path does not have are answered 405."""
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        paths: list[tuple[str, dict[str, Handler]]] = [
            ("", {"POST": self._bundle}),
            ("/", {"POST": self._bundle}),
            ("/metadata", {"GET": self._metadata}),
            ("/{type}/_search", {"POST": self._search}),
            ("/{type}", {"GET": self._search, "POST": self._create, "PUT": self._update_matching}),
            ("/{type}/{id}", {"GET": self._read, "PUT": self._update}),
            ("/{rest:path}", {}),
        ]
        return [Route(BASE + path, self._dispatch(handlers), methods=methods) for path, handlers in paths]

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

    async def _bundle(self, request: Request) -> Response:
        representation = "return=representation" in request.headers.get("prefer", "").replace(" ", "")
        body = await _json(request)
        answer = self._bundles.process(_base(request), body, _author(request), representation=representation)
        self._on_write()
        return FhirResponse(answer)

    async def _read(self, request: Request) -> Response:
        return _answer(request, self._interactions.read(request.path_params["type"], request.path_params["id"]), 200)

    async def _create(self, request: Request) -> Response:
        body = self._interactions.check(request.path_params["type"], await _json(request))
        stored, status = self._interactions.create(body, request.headers.get("if-none-exist"), _author(request))
        self._on_write()
        return _answer(request, stored, status)

    async def _update(self, request: Request) -> Response:
        body = self._interactions.check(request.path_params["type"], await _json(request))
        stored = self._interactions.update(body, request.path_params["id"], request.headers.get("if-match"), _author(request))
        self._on_write()
        return _answer(request, stored, 200)

    async def _update_matching(self, request: Request) -> Response:
        body = self._interactions.check(request.path_params["type"], await _json(request))
        if_match = request.headers.get("if-match")
        stored, status = self._interactions.update_matching(body, request.url.query, if_match, _author(request))
        self._on_write()
        return _answer(request, stored, status)

    async def _search(self, request: Request) -> Response:
        pairs = parse_qsl(request.url.query, keep_blank_values=True)
        if request.method == "POST":
            _check_content_type(request, ("application/x-www-form-urlencoded",))
            pairs += parse_qsl((await read_body(request)).decode("utf-8", "replace"), keep_blank_values=True)
        return FhirResponse(self._searches.bundle(_base(request), request.path_params["type"], pairs))


async def read_body(request: Request) -> bytes:
    """Return the body. Raise OperationOutcomeError 413 where it is too long."""
    try:
        return await read_limited_body(request, MAX_BODY)
    except BodyTooLarge:
        raise OperationOutcomeError(413, "too-long", f"a body has at most {MAX_BODY} bytes") from None


async def _json(request: Request) -> Any:
    _check_content_type(request, ("application/fhir+json", "application/json"))
    try:
        return parse_json(await read_body(request))
    except NestedTooDeeply:
        raise OperationOutcomeError(422, "structure", "the body is nested too deeply") from None
    except ValueError:
        raise OperationOutcomeError(400, "structure", "the body is not JSON in UTF-8") from None


def _author(request: Request) -> str | None:
    return request.headers.get("x-sphere-author")


def _check_content_type(request: Request, allowed: tuple[str, ...]) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in allowed:
        raise OperationOutcomeError(415, "not-supported", f"the content type must be {' or '.join(allowed)}")


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{BASE}"


def _answer(request: Request, resource: Resource, status: int) -> FhirResponse:
    version = resource["meta"]["versionId"]
    headers = {"ETag": f'W/"{version}"'}
    if request.method == "POST" or status == 201:
        headers["Location"] = f"{_base(request)}/{resource['resourceType']}/{resource['id']}/_history/{version}"
    return FhirResponse(resource, status_code=status, headers=headers)
