"""Signing in to the desk with a password, and signing out. The sign-in page is the only one that is open to everybody."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.http.csrf import FIELD
from bot.http.forms import read_form
from bot.http.rate_limit import SourceLimit, source_of
from bot.http.sessions import SessionCookie, new_session_token
from bot.http.urls import root_path
from bot.settings import Settings
from bot.support.agents import Agents
from bot.support.errors import SignInFailed, SignInLocked
from bot.web.desk.auth import DeskAuth, DeskSession, page_after_sign_in
from bot.web.desk.device_cookie import DeviceCookie
from bot.web.desk.rendering import Renderer

MAX_FORM_BYTES = 4_096
"""Login, password, CSRF token, and the page that was asked for."""
ATTEMPTS_PER_MINUTE = 30
"""By address: each attempt costs 50 ms of a core. What protects a password are the limits of `bot.support.sign_in_limits`."""
COOKIE_SECONDS = 12 * 3600
_MAX_LOGIN = 80
"""Characters of a login that are read."""


class SignIn:
    """The sign-in page. Its form has a CSRF token for a browser that nobody is signed in with yet.

    So no other site can sign somebody in as somebody else.
    """

    def __init__(self, agents: Agents, auth: DeskAuth, renderer: Renderer, settings: Settings, issuer: str | None = None) -> None:
        """`issuer` is what agents call the OpenID Connect issuer, where there is one."""
        self._agents, self._auth, self._renderer, self._issuer = agents, auth, renderer, issuer
        secure = settings.own_url.startswith("https://")
        self._cookie, self._device = SessionCookie("sphere-desk-visit", secure=secure), DeviceCookie(secure=secure)
        self._rate_limit = SourceLimit("desk_attempts", ATTEMPTS_PER_MINUTE)

    def add_to(self, routes: APIRouter) -> None:
        """Add the routes: the sign-in page and its form, and signing out."""
        routes.add_api_route("/desk/sign-in", self.show, methods=["GET"])
        routes.add_api_route("/desk/sign-in", self.sign_in, methods=["POST"])
        self._auth.route(routes, "POST", "/desk/sign-out", self.sign_out)

    async def show(self, request: Request) -> Response:
        """`GET /desk/sign-in?next=`."""
        if await self._auth.session_of(request) is not None:
            return self._renderer.redirect(request, page_after_sign_in(request.query_params.get("next", "")))
        return self.page(request, HTTPStatus.OK, request.query_params.get("next", ""))

    def page(self, request: Request, status: HTTPStatus, next_page: str, **variables: object) -> Response:
        """Return the sign-in page, which leads on to `next_page`."""
        browser = self.browser_token(request) or new_session_token()
        filled = {"failure": None, "until": None, "login": "", "issuer": self._issuer, **variables}
        response = self._renderer.page(
            request, "sign_in", None, status, after=page_after_sign_in(next_page), csrf_token=self._auth.csrf.token(browser), **filled
        )
        self.set_cookie(response, browser)
        return response

    def browser_token(self, request: Request) -> str | None:
        """Return the secret in the cookie of a browser that was shown the page."""
        return self._cookie.read(request)

    def set_cookie(self, response: Response, browser: str) -> None:
        """Have the browser keep the secret that its CSRF token is made from; it comes back from the issuer with it."""
        self._cookie.set(response, browser, COOKIE_SECONDS)

    async def sign_in(self, request: Request) -> Response:
        """`POST /desk/sign-in`."""
        form, browser = await read_form(request, MAX_FORM_BYTES), self.browser_token(request)
        next_page, login = form.get("next", ""), form.get("login", "")[:_MAX_LOGIN]
        if browser is None or not self._auth.csrf.is_valid(form.get(FIELD, ""), browser):
            return self.page(request, HTTPStatus.FORBIDDEN, next_page, failure="stale", login=login)
        if await self._rate_limit.hit(request) is not None:
            return self.page(request, HTTPStatus.TOO_MANY_REQUESTS, next_page, failure="too_often", login=login)
        try:
            agent, token = await self._agents.sign_in(
                login, form.get("password", ""), source=source_of(request), device=self._device.read(request)
            )
        except SignInLocked as error:
            return self.page(request, HTTPStatus.FORBIDDEN, next_page, failure="locked", until=error.until, login=login)
        except SignInFailed:
            return self.page(request, HTTPStatus.FORBIDDEN, next_page, failure="wrong", login=login)
        response = self._renderer.redirect(request, page_after_sign_in(next_page))
        self._auth.set_cookie(response, token)
        self._device.set(response, self._agents.device_token(agent.login), f"{root_path(request)}/desk/sign-in")
        return response

    async def sign_out(self, session: DeskSession, request: Request) -> Response:
        """`POST /desk/sign-out`."""
        await self._agents.sign_out(session.token)
        response = self._renderer.redirect(request, "/desk/sign-in")
        self._auth.delete_cookie(response)
        return response
