"""Pages of the desk's accounts: one's own password, and for supervisors the list of agents."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.support.agent_sessions import browser_name
from bot.support.agents import ROLES, Agents
from bot.support.errors import (
    LastSupervisor,
    LoginTaken,
    SignInFailed,
    SignInLocked,
    UnknownAgent,
    UnusableLogin,
    UnusableName,
    WeakPassword,
)
from bot.web.desk.auth import DeskAuth, DeskSession
from bot.web.desk.rendering import Renderer

_REFUSALS: dict[type[Exception], str] = {
    LoginTaken: "login_taken",
    UnusableLogin: "login",
    UnusableName: "name",
    WeakPassword: "weak",
    LastSupervisor: "last",
    UnknownAgent: "unknown",
    SignInFailed: "wrong",
    SignInLocked: "locked",
}


class AgentPages:
    """`/desk/password` and `/desk/team`."""

    def __init__(self, agents: Agents, auth: DeskAuth, renderer: Renderer) -> None:
        self._agents, self._auth, self._renderer = agents, auth, renderer

    def add_to(self, routes: APIRouter) -> None:
        """Add the routes."""
        self._auth.route(routes, "GET", "/desk/password", self.password)
        self._auth.route(routes, "POST", "/desk/password", self.change_password)
        self._auth.route(routes, "GET", "/desk/team", self.list, supervisor=True)
        self._auth.route(routes, "POST", "/desk/team", self.add, supervisor=True)
        self._auth.route(routes, "POST", "/desk/team/{agent}/{action}", self.change, supervisor=True)

    async def password(self, session: DeskSession, request: Request) -> Response:
        """`GET /desk/password`."""
        return self._renderer.page(request, "password", session, failure=None)

    async def change_password(self, session: DeskSession, request: Request) -> Response:
        """`POST /desk/password`: end every session of the agent, and begin a new one for this browser."""
        old, new = session.form.get("old", ""), session.form.get("new", "")
        try:
            if new != session.form.get("again", ""):
                return self._renderer.page(request, "password", session, HTTPStatus.UNPROCESSABLE_ENTITY, failure="again")
            await self._agents.change_password(session.agent, old, new)
        except tuple(_REFUSALS) as error:
            return self._renderer.page(request, "password", session, HTTPStatus.UNPROCESSABLE_ENTITY, failure=_failure(error))
        browser = browser_name(request.headers.get("user-agent", ""))
        token = await self._agents.open_session(session.agent, method=session.agent.method, shared=session.agent.on_shared, browser=browser)
        response = self._renderer.redirect(request, "/desk")
        self._auth.set_cookie(response, token, shared=session.agent.on_shared)
        return response

    async def list(self, session: DeskSession, request: Request) -> Response:
        """`GET /desk/team`."""
        return await self._agents_page(session, request, HTTPStatus.OK, None)

    async def add(self, session: DeskSession, request: Request) -> Response:
        """`POST /desk/team`: add an agent."""
        form = session.form
        role = form.get("role", "") if form.get("role", "") in ROLES else ROLES[0]
        try:
            await self._agents.add(form.get("login", ""), form.get("name", ""), role, form.get("password") or None, session.agent.id)
        except tuple(_REFUSALS) as error:
            return await self._agents_page(session, request, HTTPStatus.UNPROCESSABLE_ENTITY, _failure(error))
        return self._renderer.redirect(request, "/desk/team")

    async def change(self, session: DeskSession, request: Request) -> Response:
        """`POST /desk/team/<id>/open|close|agent|supervisor|password`."""
        agent_id, action, changed_by = request.path_params["agent"], request.path_params["action"], session.agent.id
        try:
            if action in ("open", "close"):
                await self._agents.set_active(agent_id, action == "open", changed_by)
            elif action in ROLES:
                await self._agents.set_role(agent_id, action, changed_by)
            elif action == "password":
                await self._agents.set_password(agent_id, session.form.get("password", ""), changed_by)
            else:
                return self._renderer.not_found(request, session)
        except UnknownAgent:
            return self._renderer.not_found(request, session)
        except tuple(_REFUSALS) as error:
            return await self._agents_page(session, request, HTTPStatus.UNPROCESSABLE_ENTITY, _failure(error))
        return self._renderer.redirect(request, "/desk/team")

    async def _agents_page(self, session: DeskSession, request: Request, status: HTTPStatus, failure: str | None) -> Response:
        return self._renderer.page(request, "team", session, status, agents=await self._agents.list(), failure=failure)


def _failure(error: Exception) -> str:
    return next(name for kind, name in _REFUSALS.items() if isinstance(error, kind))
