"""Signing in to the desk with the OpenID Connect issuer: whoever has an account of the desk under the address that it verified.

Nothing is kept meanwhile: the state is signed for the browser that left, nonce and verifier are derived from both.
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
from bot.identity.oidc import Issuer, IssuerUnavailable, OidcError
from bot.settings import Settings
from bot.support.agents import Agents
from bot.web.desk.auth import DeskAuth, place_after
from bot.web.desk.rendering import Rendering
from bot.web.desk.sign_in import SignIn

CALLBACK = "/desk/oidc/callback"
LIFE = timedelta(minutes=10)
"""How long somebody may take at the issuer."""


class OidcSignIn:
    """`GET /desk/oidc` (to the issuer) and `GET /desk/oidc/callback` (back): public, the second by its state."""

    def __init__(self, agents: Agents, gate: DeskAuth, sign_in: SignIn, rendering: Rendering, settings: Settings, clock: Clock) -> None:
        """Raises SettingsError where no issuer is configured."""
        self._agents, self._gate, self._sign_in, self._rendering, self._clock = agents, gate, sign_in, rendering, clock
        self._issuer = Issuer(settings, clock, CALLBACK)
        self._secret = settings.required("secret")

    def add_to(self, routes: APIRouter) -> None:
        """Add the routes."""
        routes.add_api_route("/desk/oidc", self.leave, methods=["GET"])
        routes.add_api_route(CALLBACK, self.back, methods=["GET"])

    async def leave(self, request: Request) -> Response:
        """`GET /desk/oidc?next=`."""
        browser = self._sign_in.browser(request) or secrets.token_urlsafe(32)
        state = self._state(browser, place_after(request.query_params.get("next", "")))
        try:
            address = await self._issuer.address(state=state, **self._derived(browser, state))
        except OidcError as error:
            return self._failed(request, error)
        answer = self._rendering.redirect(request, "")
        answer.headers["Location"] = address
        self._sign_in.remember(answer, browser)
        return answer

    async def back(self, request: Request) -> Response:
        """`GET /desk/oidc/callback`: nothing of it is believed before browser, state and ID token fit together."""
        asked, browser = request.query_params, self._sign_in.browser(request)
        state, code = asked.get("state", ""), asked.get("code")
        place = self._place(browser, state) if browser else None
        if browser is None or place is None or not code or "error" in asked:
            return self._sign_in.page(request, HTTPStatus.FORBIDDEN, "", failure="oidc")
        try:
            who = await self._issuer.identify(code, issuer=asked.get("iss"), **self._derived(browser, state))
        except OidcError as error:
            return self._failed(request, error)
        agent = await self._agents.by_login(who.email) if who.email else None
        if agent is None:
            return self._sign_in.page(request, HTTPStatus.FORBIDDEN, "", failure="oidc")
        answer = self._rendering.redirect(request, place)
        self._gate.let_in(answer, await self._agents.open_session(agent))
        return answer

    def _failed(self, request: Request, error: OidcError) -> Response:
        log_error(error, "signing in to the desk by OpenID Connect")
        away = isinstance(error, IssuerUnavailable)
        status = HTTPStatus.SERVICE_UNAVAILABLE if away else HTTPStatus.FORBIDDEN
        return self._sign_in.page(request, status, "", failure="oidc_away" if away else "oidc")

    def _state(self, browser: str, place: str) -> str:
        left = f"{int(self._clock.now().timestamp())}.{secrets.token_urlsafe(16)}.{place}"
        return f"{left}.{self._signed(browser, left)}"

    def _place(self, browser: str, state: str) -> str | None:
        """Where signing in leads; None where the state is not this browser's, or too old."""
        left, _, signature = state.rpartition(".")
        if not hmac.compare_digest(self._signed(browser, left).encode(), signature.encode()):
            return None
        at, _, place = left.split(".", 2)
        return place if self._clock.now().timestamp() - int(at) <= LIFE.total_seconds() else None

    def _signed(self, browser: str, left: str) -> str:
        return keyed_hash(self._secret, "desk-oidc", browser, left)

    def _derived(self, browser: str, state: str) -> dict[str, str]:
        parts = {name: keyed_hash(self._secret, f"desk-oidc-{name}", browser, state) for name in ("nonce", "verifier")}
        return {"nonce": parts["nonce"], "verifier": parts["verifier"]}
