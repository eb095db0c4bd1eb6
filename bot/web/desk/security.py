"""Pages of what protects an agent's account: the second factor, and the browsers that are signed in."""

from __future__ import annotations

from http import HTTPStatus

import segno
from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.support.agent_sessions import AgentSessions
from bot.support.agents import Agents
from bot.support.errors import NoSecondFactor, SecondFactorUnreadable, SignInFailed, SignInLocked
from bot.support.second_factor import SecondFactor
from bot.web.desk.auth import DeskAuth, DeskSession
from bot.web.desk.rendering import Renderer

SECOND_FACTOR_PATH = "/desk/second-factor"
SESSIONS_PATH = "/desk/sessions"
_FAILURES: dict[type[Exception], str] = {
    SignInLocked: "locked",
    SignInFailed: "wrong",
    SecondFactorUnreadable: "unreadable",
    NoSecondFactor: "none",
}


class SecurityPages:
    """`/desk/second-factor` and `/desk/sessions`."""

    def __init__(self, agents: Agents, factor: SecondFactor, sessions: AgentSessions, auth: DeskAuth, renderer: Renderer) -> None:
        self._agents, self._factor, self._sessions, self._auth, self._renderer = agents, factor, sessions, auth, renderer

    def add_to(self, routes: APIRouter) -> None:
        """Add the routes."""
        self._auth.route(routes, "GET", SECOND_FACTOR_PATH, self.show, unenrolled=True)
        self._auth.route(routes, "POST", SECOND_FACTOR_PATH, self.confirm, unenrolled=True)
        self._auth.route(routes, "POST", f"{SECOND_FACTOR_PATH}/recovery", self.renew_recovery)
        self._auth.route(routes, "GET", SESSIONS_PATH, self.list)
        self._auth.route(routes, "POST", SESSIONS_PATH, self.end)

    async def show(self, session: DeskSession, request: Request) -> Response:
        """`GET /desk/second-factor`: set it up, or say that it is."""
        return await self._factor_page(session, request, HTTPStatus.OK)

    async def confirm(self, session: DeskSession, request: Request) -> Response:
        """`POST /desk/second-factor` with `code`: ask for it from now on, and show the recovery codes."""
        try:
            codes = await self._factor.confirm(session.agent, session.form.get("code", ""), session.token)
        except tuple(_FAILURES) as error:
            return await self._factor_page(session, request, HTTPStatus.UNPROCESSABLE_ENTITY, failure=_failure(error))
        return self._renderer.page(request, "recovery_codes", session, codes=codes, first=True)

    async def renew_recovery(self, session: DeskSession, request: Request) -> Response:
        """`POST /desk/second-factor/recovery` with `code`: show new recovery codes."""
        try:
            codes = await self._factor.renew_recovery_codes(session.agent, session.form.get("code", ""))
        except tuple(_FAILURES) as error:
            return await self._factor_page(session, request, HTTPStatus.UNPROCESSABLE_ENTITY, failure=_failure(error))
        return self._renderer.page(request, "recovery_codes", session, codes=codes, first=False)

    async def list(self, session: DeskSession, request: Request) -> Response:
        """`GET /desk/sessions`: where this agent is signed in."""
        entries = await self._sessions.of(session.agent, session.token)
        return self._renderer.page(request, "sessions", session, entries=entries)

    async def end(self, session: DeskSession, request: Request) -> Response:
        """`POST /desk/sessions` with `end` (an id, or "others") or `shared`; a session that is over is no error."""
        which = session.form.get("end", "")
        if which == "others":
            await self._sessions.end_others(session.agent, session.token)
        elif which:
            await self._sessions.end(session.agent, which)
        elif "shared" in session.form:
            await self._agents.shorten_session(session.token)
            response = self._renderer.redirect(request, SESSIONS_PATH)
            self._auth.set_cookie(response, session.token, shared=True)
            return response
        return self._renderer.redirect(request, SESSIONS_PATH)

    async def _factor_page(self, session: DeskSession, request: Request, status: HTTPStatus, failure: str | None = None) -> Response:
        state = await self._factor.state(session.agent.id)
        enrolment, picture = None, ""
        if state.since is None:
            enrolment = await self._factor.begin(session.agent)
            picture = segno.make(enrolment.uri, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=True)
        must = self._auth.must_enrol(session.agent)
        name = "second_factor_first" if must else "second_factor"
        return self._renderer.page(
            request, name, session, status, state=state, enrolment=enrolment, picture=picture, must=must, failure=failure
        )


def _failure(error: Exception) -> str:
    return next(name for kind, name in _FAILURES.items() if isinstance(error, kind))
