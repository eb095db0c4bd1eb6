"""Signing in to the desk with a password and a second factor, and signing out. The sign-in pages are the only ones open to everybody."""

from __future__ import annotations

import hmac
from datetime import timedelta
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.core.clock import Clock
from bot.core.keyed_hash import keyed_hash
from bot.http.csrf import FIELD
from bot.http.forms import read_form
from bot.http.rate_limit import SourceLimit, source_of
from bot.http.sessions import SessionCookie, new_session_token
from bot.http.urls import root_path
from bot.settings import Settings
from bot.support.agent_sessions import browser_name
from bot.support.agents import TOTP, AgentAccount, Agents
from bot.support.errors import NoSecondFactor, SecondFactorNeeded, SecondFactorUnreadable, SignInFailed, SignInLocked, UnknownAgent
from bot.support.second_factor import SecondFactor
from bot.web.desk.auth import DeskAuth, DeskSession, page_after_sign_in
from bot.web.desk.device_cookie import DeviceCookie
from bot.web.desk.rendering import Renderer

MAX_FORM_BYTES = 4_096
"""Login, password, CSRF token, and the page that was asked for."""
ATTEMPTS_PER_MINUTE = 30
"""By address: each attempt costs 50 ms of a core. What protects a password are the limits of `bot.support.sign_in_limits`."""
COOKIE_SECONDS = 12 * 3600
SECOND_STEP_LIFETIME = timedelta(minutes=5)
"""How long after the password the code may be given."""
_MAX_LOGIN = 80
"""Characters of a login that are read."""
_MAX_ID = 40


class SignIn:
    """The sign-in pages. Their forms have a CSRF token for a browser that nobody is signed in with yet.

    So no other site can sign somebody in as somebody else. That the password was right is signed for the browser that gave it: between
    the two steps nothing is stored, and no session is open.
    """

    def __init__(
        self,
        agents: Agents,
        factor: SecondFactor,
        auth: DeskAuth,
        renderer: Renderer,
        settings: Settings,
        clock: Clock,
        issuer: str | None = None,
    ) -> None:
        """`issuer` is what agents call the OpenID Connect issuer, where there is one."""
        self._agents, self._factor, self._auth, self._renderer, self._clock, self._issuer = agents, factor, auth, renderer, clock, issuer
        self._passwords = settings.desk_passwords
        self._secret = settings.required("secret")
        secure = settings.own_url.startswith("https://")
        self._cookie, self._device = SessionCookie("sphere-desk-visit", secure=secure), DeviceCookie(secure=secure)
        self._rate_limit = SourceLimit("desk_attempts", ATTEMPTS_PER_MINUTE)

    def add_to(self, routes: APIRouter) -> None:
        """Add the routes: the sign-in page, its form and that of the second step, and signing out."""
        routes.add_api_route("/desk/sign-in", self.show, methods=["GET"])
        routes.add_api_route("/desk/sign-in", self.sign_in, methods=["POST"])
        routes.add_api_route("/desk/sign-in/code", self.second_step, methods=["POST"])
        self._auth.route(routes, "POST", "/desk/sign-out", self.sign_out, unenrolled=True)

    async def show(self, request: Request) -> Response:
        """`GET /desk/sign-in?next=`."""
        if await self._auth.session_of(request) is not None:
            return self._renderer.redirect(request, page_after_sign_in(request.query_params.get("next", "")))
        failure = "timed_out" if "timed_out" in request.query_params else None
        return self.page(request, HTTPStatus.OK, request.query_params.get("next", ""), failure=failure)

    def page(self, request: Request, status: HTTPStatus, next_page: str, **variables: object) -> Response:
        """Return the sign-in page, which leads on to `next_page`."""
        filled = {"failure": None, "until": None, "login": "", "issuer": self._issuer, "passwords": self._passwords, **variables}
        return self._page(request, "sign_in", status, next_page, always_shared=self._agents.all_shared, **filled)

    def _page(self, request: Request, name: str, status: HTTPStatus, next_page: str, **variables: object) -> Response:
        browser = self.browser_token(request) or new_session_token()
        after, csrf_token = page_after_sign_in(next_page), self._auth.csrf.token(browser)
        response = self._renderer.page(request, name, None, status, after=after, csrf_token=csrf_token, **variables)
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
        next_page, login, shared = form.get("next", ""), form.get("login", "")[:_MAX_LOGIN], "shared" in form
        if browser is None or not self._auth.csrf.is_valid(form.get(FIELD, ""), browser):
            return self.page(request, HTTPStatus.FORBIDDEN, next_page, failure="stale", login=login)
        if not self._passwords:
            return self.page(request, HTTPStatus.FORBIDDEN, next_page, failure="no_passwords")
        if await self._rate_limit.hit(request) is not None:
            return self.page(request, HTTPStatus.TOO_MANY_REQUESTS, next_page, failure="too_often", login=login)
        source, device = source_of(request), self._device.read(request)
        try:
            agent, token = await self._agents.sign_in(
                login, form.get("password", ""), shared=shared, browser=_browser(request), source=source, device=device
            )
        except SecondFactorNeeded as needed:
            return self._second_page(request, HTTPStatus.OK, next_page, needed.agent_id, browser, shared=shared)
        except SignInLocked as error:
            return self.page(request, HTTPStatus.FORBIDDEN, next_page, failure="locked", until=error.until, login=login)
        except SignInFailed:
            return self.page(request, HTTPStatus.FORBIDDEN, next_page, failure="wrong", login=login)
        return await self.signed_in(request, next_page, token, shared=shared, agent=agent)

    async def second_step(self, request: Request) -> Response:
        """`POST /desk/sign-in/code`: the code of the second factor, or a recovery code, after the password."""
        form, browser = await read_form(request, MAX_FORM_BYTES), self.browser_token(request)
        next_page, agent_id, shared = form.get("next", ""), form.get("agent", "")[:_MAX_ID], "shared" in form
        if browser is None or not self._auth.csrf.is_valid(form.get(FIELD, ""), browser):
            return self.page(request, HTTPStatus.FORBIDDEN, next_page, failure="stale")
        if not self._is_proven(browser, agent_id, form.get("at", ""), form.get("proof", "")):
            return self.page(request, HTTPStatus.FORBIDDEN, next_page, failure="too_late")
        if await self._rate_limit.hit(request) is not None:
            return self.page(request, HTTPStatus.TOO_MANY_REQUESTS, next_page, failure="too_often")
        try:
            agent = await self._factor.verify(agent_id, form.get("code", ""))
        except SignInLocked as error:
            return self.page(request, HTTPStatus.FORBIDDEN, next_page, failure="locked", until=error.until)
        except SignInFailed:
            return self._second_page(request, HTTPStatus.FORBIDDEN, next_page, agent_id, browser, shared=shared, failure="wrong")
        except SecondFactorUnreadable:
            return self.page(request, HTTPStatus.FORBIDDEN, next_page, failure="unreadable")
        except (NoSecondFactor, UnknownAgent):  # it was reset meanwhile: from the beginning
            return self.page(request, HTTPStatus.FORBIDDEN, next_page, failure="too_late")
        token = await self._agents.open_session(agent, method=TOTP, shared=shared, browser=_browser(request))
        return await self.signed_in(request, next_page, token, shared=shared, agent=agent)

    async def signed_in(
        self, request: Request, next_page: str, token: str, *, shared: bool = False, agent: AgentAccount | None = None
    ) -> Response:
        """Give the browser its new session, in the place of the one that it may still have.

        A browser in which an `agent` gave a password is known from now on, unless several people use it.
        """
        await self._auth.end_former_session(request)
        response = self._renderer.redirect(request, page_after_sign_in(next_page))
        self._auth.set_cookie(response, token, shared=shared)
        if agent is not None and not shared and not self._agents.all_shared:
            self._device.set(response, self._agents.device_token(agent.login), f"{root_path(request)}/desk/sign-in")
        return response

    async def sign_out(self, session: DeskSession, request: Request) -> Response:
        """`POST /desk/sign-out`."""
        await self._agents.sign_out(session.token)
        response = self._renderer.redirect(request, "/desk/sign-in")
        self._auth.delete_cookie(response)
        return response

    def _second_page(
        self,
        request: Request,
        status: HTTPStatus,
        next_page: str,
        agent_id: str,
        browser: str,
        *,
        shared: bool,
        failure: str | None = None,
    ) -> Response:
        at = str(int(self._clock.now().timestamp()))
        proof = {"agent": agent_id, "at": at, "proof": self._proof(browser, agent_id, at), "shared": shared}
        return self._page(request, "second_step", status, next_page, failure=failure, **proof)

    def _is_proven(self, browser: str, agent_id: str, at: str, proof: str) -> bool:
        """Return whether this browser gave the password of this agent, not long ago."""
        if not hmac.compare_digest(self._proof(browser, agent_id, at).encode(), proof.encode()):
            return False
        return self._clock.now().timestamp() - int(at) <= SECOND_STEP_LIFETIME.total_seconds()

    def _proof(self, browser: str, agent_id: str, at: str) -> str:
        return keyed_hash(self._secret, "desk-password-given", browser, agent_id, at)


def _browser(request: Request) -> str:
    return browser_name(request.headers.get("user-agent", ""))
