"""Signing in to the desk with a password, and out again. The sign-in page is the only one that is open to everybody."""

from __future__ import annotations

import re
import secrets
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from bot.http.forms import read_form
from bot.support.agents import Agents
from bot.support.errors import SignInFailed, SignInLocked
from bot.web.desk.auth import DeskAuth, DeskRequest, place_after
from bot.web.desk.rendering import Rendering

LARGEST_FORM = 4_096
"""Bytes: login, password, seal, and the page that was asked for."""
TRIES_PER_MINUTE = 30
"""By address: each costs 50 ms of a core. What guards a password is the lock on its login."""
VISIT_SECONDS = 12 * 3600
_BROWSER = re.compile(r"[A-Za-z0-9_-]{43}")


class SignIn:
    """The sign-in page and its form, sealed for the browser that was shown it: no other site can sign somebody in as another."""

    def __init__(self, agents: Agents, gate: DeskAuth, rendering: Rendering, issuer: str | None = None) -> None:
        """`issuer` is what agents call the OpenID Connect issuer, where there is one."""
        self._issuer = issuer
        self._agents, self._gate, self._rendering = agents, gate, rendering
        self._cookie = "__Host-sphere-desk-visit" if gate.safe else "sphere-desk-visit"
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(TRIES_PER_MINUTE)

    def add_to(self, routes: APIRouter) -> None:
        """The routes: the sign-in page and its form, and signing out."""
        routes.add_api_route("/desk/sign-in", self.show, methods=["GET"])
        routes.add_api_route("/desk/sign-in", self.enter, methods=["POST"])
        self._gate.route(routes, "POST", "/desk/sign-out", self.leave)

    async def show(self, request: Request) -> Response:
        """`GET /desk/sign-in?next=`."""
        if await self._gate.visit(request) is not None:
            return self._rendering.redirect(request, place_after(request.query_params.get("next", "")))
        return self.page(request, HTTPStatus.OK, request.query_params.get("next", ""))

    def page(self, request: Request, status: HTTPStatus, after: str, **values: object) -> Response:
        """The page, with a fresh seal. `after` is where signing in leads."""
        browser = self.browser(request) or secrets.token_urlsafe(32)
        shown = {"failure": None, "until": None, "login": "", "issuer": self._issuer, **values}
        page = self._rendering.page(request, "sign_in", None, status, after=place_after(after), seal=self._gate.seal(browser), **shown)
        self.remember(page, browser)
        return page

    def remember(self, response: Response, browser: str) -> None:
        """Have the browser keep the secret that its forms are sealed for. Lax: it comes back from the issuer with it."""
        response.set_cookie(self._cookie, browser, max_age=VISIT_SECONDS, secure=self._gate.safe, httponly=True, samesite="lax", path="/")

    async def enter(self, request: Request) -> Response:
        """`POST /desk/sign-in`."""
        form, browser = await read_form(request, LARGEST_FORM), self.browser(request)
        after, login = form.get("next", ""), form.get("login", "")[:80]
        if browser is None or not self._gate.sealed(self._gate.seal(browser), form):
            return self.page(request, HTTPStatus.FORBIDDEN, after, failure="stale", login=login)
        if not await self._limiter.hit(self._limit, "desk", request.client.host if request.client else ""):
            return self.page(request, HTTPStatus.TOO_MANY_REQUESTS, after, failure="too_often", login=login)
        try:
            _, token = await self._agents.sign_in(login, form.get("password", ""))
        except SignInLocked as error:
            return self.page(request, HTTPStatus.FORBIDDEN, after, failure="locked", until=error.until, login=login)
        except SignInFailed:
            return self.page(request, HTTPStatus.FORBIDDEN, after, failure="wrong", login=login)
        answer = self._rendering.redirect(request, place_after(after))
        self._gate.let_in(answer, token)
        return answer

    async def leave(self, visit: DeskRequest, request: Request) -> Response:
        """`POST /desk/sign-out`."""
        await self._agents.sign_out(visit.token)
        answer = self._rendering.redirect(request, "/desk/sign-in")
        self._gate.let_out(answer)
        return answer

    def browser(self, request: Request) -> str | None:
        """The secret in the browser's cookie."""
        value = request.cookies.get(self._cookie, "")
        return value if _BROWSER.fullmatch(value) else None
