"""A gateway before a real sandbox: it wants OAuth2 tokens that end, and may behave in the ways that platforms' gateways do."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.sandbox.server import create_app
from tests.unit.sandbox.sandbox_server import EVENTS_TOKEN, TOKEN, UNREACHABLE_URL, Sandbox, seeded, serve_app

CLIENT, SECRET, SCOPE = "assistant", "s3cret/+:é", "system/*.*"


class Gateway:
    """ASGI middleware. `/token` gives tokens; what else is asked needs one, which is replaced by the sandbox's own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.life = 3600.0
        """Seconds that a token is good for."""
        self.tells_life: float | None = None
        """`expires_in`, where it is another."""
        self.refuses_client = self.refuses_tokens = self.only_form = self.is_away = False
        self.given: dict[str, float] = {}
        """Tokens, and until when (monotonic) they are good."""
        self.asked: list[tuple[str, str, int]] = []
        """Requests that were let through or refused: method, path with query, status."""
        self.token_requests = 0
        self.before: Callable[[Scope], tuple[int, dict[str, str], bytes] | None] = lambda _scope: None
        """An answer of the gateway itself, instead of the server's."""
        self._lock = threading.Lock()

    def end_tokens(self) -> None:
        """End every token that was given."""
        self.given.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(("/token", "/fhir")):
            await self.app(scope, receive, send)
        elif scope["path"] == "/token":
            await self._give(scope, receive, send)
        else:
            await self._pass(scope, receive, send)

    async def _give(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.token_requests += 1
        scheme, _, basic = dict(scope["headers"]).get(b"authorization", b"").decode().partition(" ")
        shown = (form.get("client_id"), form.get("client_secret"))
        if scheme == "Basic" and not self.only_form:
            name, _, secret = base64.b64decode(basic).decode().partition(":")
            shown = (unquote(name), unquote(secret))
        if self.is_away:
            await _answer(send, 503, {})
        elif shown != (CLIENT, SECRET) or self.refuses_client:
            await _answer(send, 401, {"error": "invalid_client", "error_description": f"no {shown}"})
        elif form.get("grant_type") != "client_credentials" or form.get("scope") != SCOPE:
            await _answer(send, 400, {"error": "invalid_scope"})
        else:
            token = secrets.token_urlsafe(24)
            self.given[token] = time.monotonic() + self.life
            told = self.tells_life if self.tells_life is not None else self.life
            await _answer(send, 200, {"access_token": token, "token_type": "Bearer", "expires_in": told})

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Bearer ")
        where = scope["path"] + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                with self._lock:
                    self.asked.append((scope["method"], where, message["status"]))
            await send(message)

        if token == TOKEN:  # the test itself, past the gateway
            await self.app(scope, receive, send)
            return
        if self.refuses_tokens or self.given.get(token, 0.0) < time.monotonic():
            await _answer(noting, 401, {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "login"}]})
            return
        if (own := self.before(scope)) is not None:
            status, headers, body = own
            raw = [(name.encode(), value.encode()) for name, value in headers.items()]
            await noting({"type": "http.response.start", "status": status, "headers": raw})
            await noting({"type": "http.response.body", "body": body})
            return
        others = [(name, value) for name, value in scope["headers"] if name != b"authorization"]
        await self.app({**scope, "headers": [*others, (b"authorization", f"Bearer {TOKEN}".encode())]}, receive, noting)


async def _answer(send: Send, status: int, body: object) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


@contextmanager
def running_gateway(folder: Path) -> Iterator[tuple[Gateway, Sandbox]]:
    """Run a sandbox behind a gateway, and yield both; the sandbox is a client past the gateway."""
    seeded(folder)
    app: Any = create_app(folder, TOKEN, UNREACHABLE_URL, EVENTS_TOKEN, smtp_port=0)
    gateway = Gateway(app)
    with serve_app(gateway) as url:
        sandbox = Sandbox(url, app)
        try:
            yield gateway, sandbox
        finally:
            sandbox.http.close()
