"""Signing in to the desk with OpenID Connect: whoever has an account of the desk under the address that the issuer verified.

Nothing is stored meanwhile: the state is signed for the browser that left, and nonce and verifier are derived from both.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.core.clock import Clock
from bot.core.errors import log_error
from bot.core.keyed_hash import keyed_hash
from bot.http.rate_limit import source_of
from bot.http.sessions import new_session_token
from bot.identity.oidc import Issuer, IssuerUnavailable, OidcError
from bot.settings import Settings
from bot.support.agent_sessions import browser_name
from bot.support.agents import OIDC, Agents
from bot.web.desk.auth import DeskAuth, page_after_sign_in
from bot.web.desk.rendering import Renderer
from bot.web.desk.sign_in import SignIn

CALLBACK = "/desk/oidc/callback"
STATE_LIFETIME = timedelta(minutes=10)
"""How long somebody may take at the issuer."""


class OidcSignIn:
    """`GET /desk/oidc` (to the issuer) and `GET /desk/oidc/callback` (back): public, the second by its state."""

    def __init__(self, agents: Agents, auth: DeskAuth, sign_in: SignIn, renderer: Renderer, settings: Settings, clock: Clock) -> None:
        """Raise SettingsError where no issuer is configured."""
        self._agents, self._auth, self._sign_in, self._renderer, self._clock = agents, auth, sign_in, renderer, clock
        self._issuer = Issuer(settings, clock, CALLBACK)
        self._secret = settings.required("secret")

    def add_to(self, routes: APIRouter) -> None:
        """Add the routes."""
        routes.add_api_route("/desk/oidc", self.start, methods=["GET"])
        routes.add_api_route(CALLBACK, self.callback, methods=["GET"])

    async def start(self, request: Request) -> Response:
        """`GET /desk/oidc?next=`: to the issuer."""
        browser = self._sign_in.browser_token(request) or new_session_token()
        state = self._state(browser, page_after_sign_in(request.query_params.get("next", "")))
        try:
            url = await self._issuer.authorization_url(state=state, **self._derived(browser, state))
        except OidcError as error:
            return self._failed(request, error)
        response = self._renderer.redirect(request, "")
        response.headers["Location"] = url
        self._sign_in.set_cookie(response, browser)
        return response

    async def callback(self, request: Request) -> Response:
        """`GET /desk/oidc/callback`: nothing in it is believed before browser, state and ID token fit together."""
        query, browser = request.query_params, self._sign_in.browser_token(request)
        state, code = query.get("state", ""), query.get("code")
        next_page = self._next_page(browser, state) if browser else None
        if browser is None or next_page is None or not code or "error" in query:
            return self._sign_in.page(request, HTTPStatus.FORBIDDEN, "", failure="oidc")
        try:
            identified = await self._issuer.identify(code, issuer=query.get("iss"), **self._derived(browser, state))
        except OidcError as error:
            return self._failed(request, error)
        agent = await self._agents.by_login(identified.email) if identified.email else None
        if agent is None:
            await self._agents.record_failed_sign_in(identified.email or "", "failed", source_of(request))
            return self._sign_in.page(request, HTTPStatus.FORBIDDEN, "", failure="oidc")
        browser_label = browser_name(request.headers.get("user-agent", ""))
        token = await self._agents.open_session(agent, method=OIDC, browser=browser_label)
        return await self._sign_in.signed_in(request, next_page, token)

    def _failed(self, request: Request, error: OidcError) -> Response:
        log_error(error, "signing in to the desk by OpenID Connect")
        unavailable = isinstance(error, IssuerUnavailable)
        status = HTTPStatus.SERVICE_UNAVAILABLE if unavailable else HTTPStatus.FORBIDDEN
        return self._sign_in.page(request, status, "", failure="oidc_away" if unavailable else "oidc")

    def _state(self, browser: str, next_page: str) -> str:
        content = f"{int(self._clock.now().timestamp())}.{secrets.token_urlsafe(16)}.{next_page}"
        return f"{content}.{self._signature(browser, content)}"

    def _next_page(self, browser: str, state: str) -> str | None:
        """Return where signing in leads; None where the state is not this browser's, or too old."""
        content, _, signature = state.rpartition(".")
        if not hmac.compare_digest(self._signature(browser, content).encode(), signature.encode()):
            return None
        issued_at, _, next_page = content.split(".", 2)
        return next_page if self._clock.now().timestamp() - int(issued_at) <= STATE_LIFETIME.total_seconds() else None

    def _signature(self, browser: str, content: str) -> str:
        return keyed_hash(self._secret, "desk-oidc", browser, content)

    def _derived(self, browser: str, state: str) -> dict[str, str]:
        """Return nonce and verifier, for the issuer's methods."""
        return {name: keyed_hash(self._secret, f"desk-oidc-{name}", browser, state) for name in ("nonce", "verifier")}
