"""An OpenID provider (`oidc-provider-mock`) on loopback, which checks PKCE and can be made to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import httpx
import jwt
import werkzeug.serving
from cryptography.hazmat.primitives.asymmetric import rsa

with warnings.catch_warnings(record=True):  # it warns of what it is made of: authlib.jose, httpx
    from oidc_provider_mock import app

Claims = dict[str, Any]
FORGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class _Quiet(werkzeug.serving.WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


class Provider:
    """The provider, as tests see and change it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.authorized: list[dict[str, str]] = []
        """Parameters that browsers came with."""
        self.exchanged: list[dict[str, str]] = []
        """Forms that codes were exchanged with."""
        self.away: set[str] = set()
        """Paths that answer 503."""
        self.signs: Callable[[Claims], str] | None = None
        """Makes an ID token from its claims, in the place of the real one."""
        self.userinfo: Claims | None = None
        self.metadata: dict[str, Any] = {}
        """What is put into the published metadata."""
        self._challenges: dict[str, str] = {}

    def know(self, sub: str, **claims: Any) -> None:
        """Have a user who signs in with as much assurance as is asked for, unless the claims say otherwise."""
        httpx.put(f"{self.url}/users/{sub}", json={"acr": "eidas1"} | claims, trust_env=False).raise_for_status()

    def sign(self, claims: Claims) -> str:
        """Return an ID token with the provider's own key; only while it answers a request."""
        key = flask.g.oidc_provider_mock_storage.jwk.as_dict(is_private=True)
        return jwt.encode(claims, jwt.PyJWK(key).key, algorithm="RS256", headers={"kid": key["kid"]})

    def before(self) -> Any:
        request = flask.request
        if request.path in self.away:
            return "away", 503
        if request.path == "/oauth2/token":
            form = request.form.to_dict()
            self.exchanged.append(form)
            if self._challenges.get(form.get("code", "")) != challenge_of(form.get("code_verifier", "")):
                return {"error": "invalid_grant"}, 400
        return None

    def after(self, response: flask.Response) -> flask.Response:
        request = flask.request
        if request.path == "/oauth2/authorize" and request.method == "POST":
            asked = request.args.to_dict()
            self.authorized.append(asked)
            code = parse_qs(urlsplit(response.headers.get("Location", "")).query).get("code", [""])[0]
            self._challenges[code] = asked.get("code_challenge", "")
        if request.path == "/oauth2/token" and self.signs is not None and response.status_code == 200:
            tokens = json.loads(response.data)
            tokens["id_token"] = self.signs(_payload(tokens["id_token"]))
            response.data = json.dumps(tokens)
        if request.path == "/.well-known/openid-configuration" and response.status_code == 200:
            response.data = json.dumps(json.loads(response.data) | self.metadata)
        if request.path == "/userinfo" and self.userinfo is not None:
            response.data = json.dumps(self.userinfo)
        return response


def challenge_of(verifier: str) -> str:
    """Return the challenge of a verifier (RFC 7636, S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _payload(token: str) -> Claims:
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def forged(claims: Claims) -> str:
    """Return a token signed with a key that the provider does not have."""
    return jwt.encode(claims, FORGER, algorithm="RS256", headers={"kid": "forged"})


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Run a provider that knows nobody yet."""
    flask_app = app()
    flask_app.debug = False
    server = werkzeug.serving.make_server("127.0.0.1", 0, flask_app, threaded=True, request_handler=_Quiet)
    running = Provider(f"http://127.0.0.1:{server.server_port}")
    flask_app.before_request(running.before)
    flask_app.after_request(running.after)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
