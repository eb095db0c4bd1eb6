"""A gateway before a FHIR server that makes it behave as others do, each behaviour switched on by itself."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.unit.sandbox.sandbox_server import serve_app

BACKEND = "http://fhir-backend.internal:8080/fhir"
"""What a server behind a gateway believes its own address to be."""
CLIENT = {"grant_type": "client_credentials", "client_id": "sphere", "client_secret": "s3cret"}
_PASSED_ON = ("content-type", "if-match", "if-none-exist", "prefer", "x-sphere-author", "accept")
_PASSED_BACK = ("content-type", "etag", "location", "last-modified")


@dataclass
class Behaviours:
    """What the gateway does; by default it passes everything on."""

    token_uses: int | None = None
    """Tokens are given for client credentials, and each one ends after so many requests, whatever was said of it."""
    headers: dict[str, str] = field(default_factory=dict)
    """Headers without which nothing is passed on."""
    get_only: bool = False
    """Searches by POST are answered 405."""
    page_size: int | None = None
    """Searches have so many resources on a page."""
    foreign_next: bool = False
    """Links of pages name the server behind the gateway."""
    empty_writes: Literal["", "unless preferred", "always"] = ""
    """Create and update are answered without a body."""
    versions_in_searches: bool = True
    """Whether what a search finds tells its version."""
    refused_condition: int | None = None
    """Status of requests that hold If-None-Exist."""
    throttled: int | None = None
    """Every so many requests one is answered 429 with Retry-After."""
    failing: int | None = None
    """Every so many requests one is answered 503 and not passed on."""
    lossy: int | None = None
    """Every so many requests one is passed on, and answered 502."""
    seconds: float = 0.0
    """What every answer takes longer."""
    frozen: bool = False
    """Nothing is answered."""


class Gateway:
    """The gateway before the FHIR base `inner`, which is asked with `token`."""

    def __init__(self, inner: str, token: str) -> None:
        self._inner, self._token = inner, token
        self.url = ""
        self.behaviours = Behaviours()
        self.asked: list[tuple[str, str]] = []
        """Method and path of each request for the FHIR server."""
        self.tokens: dict[str, int] = {}
        """Tokens that were given, with the requests that each is good for."""
        routes = [Route("/token", self._give_token, methods=["POST"])]
        routes.append(Route("/fhir/{path:path}", self._handle, methods=["GET", "POST", "PUT"]))
        self.app = Starlette(routes=routes, lifespan=self._lifespan)

    @property
    def fhir(self) -> str:
        """FHIR base of the gateway."""
        return f"{self.url}/fhir"

    async def _give_token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        given = request.headers.get("authorization", "")
        by_header = given == httpx.BasicAuth(CLIENT["client_id"], CLIENT["client_secret"])._auth_header
        if form.get("grant_type") != "client_credentials" or not (by_header or CLIENT.items() <= form.items()):
            return JSONResponse({"error": "invalid_client"}, 401)
        token = secrets.token_urlsafe(16)
        self.tokens[token] = self.behaviours.token_uses or 1
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": 3600}, headers={"Cache-Control": "no-store"})

    async def _handle(self, request: Request) -> Response:
        does = self.behaviours
        self.asked.append((request.method, request.url.path))
        if does.frozen:
            await asyncio.sleep(60)
        await asyncio.sleep(does.seconds)
        refused = self._refusal(request)
        if refused is not None:
            return refused
        answer = await self._pass_on(request)
        if does.lossy and len(self.asked) % does.lossy == 0:
            return Response(status_code=502)
        return self._passed_back(request, answer)

    def _refusal(self, request: Request) -> Response | None:
        does, count = self.behaviours, len(self.asked)
        if any(request.headers.get(name) != value for name, value in does.headers.items()):
            return JSONResponse({"error": "the gateway does not know you"}, 403)
        if not self._is_known(request):
            return _outcome(401, "login")
        if does.throttled and count % does.throttled == 0:
            return Response(status_code=429, headers={"Retry-After": "0"})
        if does.failing and count % does.failing == 0:
            return Response("<html>Service Unavailable</html>", 503, media_type="text/html")
        if does.get_only and request.method == "POST" and request.url.path.endswith("/_search"):
            return _outcome(405, "not-supported")
        if does.refused_condition and "if-none-exist" in request.headers:
            return _outcome(does.refused_condition, "not-supported")
        return None

    def _is_known(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if self.behaviours.token_uses is None:
            return token == self._token or bool(self.behaviours.headers)
        left = self.tokens.get(token, 0)
        self.tokens[token] = left - 1
        return scheme == "Bearer" and left > 0

    async def _pass_on(self, request: Request) -> httpx.Response:
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        query, content, size = request.url.query, await request.body(), self.behaviours.page_size
        if size and request.url.path.endswith("/_search"):
            content += f"&_count={size}".encode()
        elif size and request.method == "GET" and request.url.path.count("/") == 2 and "_page=" not in query:
            query += f"&_count={size}"
        url = f"{self._inner}/{request.path_params['path']}" + (f"?{query}" if query else "")
        headers["Authorization"] = f"Bearer {self._token}"
        return await self._http.request(request.method, url, headers=headers, content=content)

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(trust_env=False, timeout=60, verify=False) as self._http:
            yield

    def _passed_back(self, request: Request, answer: httpx.Response) -> Response:
        does = self.behaviours
        base = BACKEND if does.foreign_next else self.fhir
        headers = {name: answer.headers[name].replace(self._inner, base) for name in _PASSED_BACK if name in answer.headers}
        content = answer.content.replace(self._inner.encode(), base.encode())
        is_write = request.method in ("POST", "PUT") and not request.url.path.endswith("/_search")
        is_wanted = does.empty_writes == "unless preferred" and "return=representation" in request.headers.get("prefer", "")
        if does.empty_writes and is_write and answer.is_success and not is_wanted:
            content = b""
            headers.pop("content-type")
        if not does.versions_in_searches and b'"searchset"' in content:
            content = _without_versions(json.loads(content))
        return Response(content, answer.status_code, headers)


def _without_versions(bundle: dict[str, Any]) -> bytes:
    for entry in bundle.get("entry", []):
        entry["resource"].get("meta", {}).pop("versionId", None)
    return json.dumps(bundle).encode()


def _outcome(status: int, code: str) -> Response:
    issue = [{"severity": "error", "code": code}]
    return JSONResponse({"resourceType": "OperationOutcome", "issue": issue}, status, media_type="application/fhir+json")


@contextmanager
def running_gateway(inner: str, token: str) -> Iterator[Gateway]:
    """Run a gateway before the FHIR base `inner`."""
    gateway = Gateway(inner, token)
    with serve_app(gateway.app) as url:
        gateway.url = url
        yield gateway
