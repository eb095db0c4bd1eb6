"""The pages about agents' own accounts: changing one's password; for supervisors, the team."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response

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
from bot.web.desk.auth import DeskAuth, DeskRequest
from bot.web.desk.rendering import Rendering

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


class TeamPages:
    """`/desk/password` and `/desk/team`."""

    def __init__(self, agents: Agents, gate: DeskAuth, rendering: Rendering) -> None:
        self._agents, self._gate, self._rendering = agents, gate, rendering

    def add_to(self, routes: APIRouter) -> None:
        """Add the routes."""
        self._gate.route(routes, "GET", "/desk/password", self.password)
        self._gate.route(routes, "POST", "/desk/password", self.change_password)
        self._gate.route(routes, "GET", "/desk/team", self.list, supervisor=True)
        self._gate.route(routes, "POST", "/desk/team", self.add, supervisor=True)
        self._gate.route(routes, "POST", "/desk/team/{agent}/{act}", self.change, supervisor=True)

    async def password(self, visit: DeskRequest, request: Request) -> Response:
        """`GET /desk/password`."""
        return self._rendering.page(request, "password", visit, failure=None)

    async def change_password(self, visit: DeskRequest, request: Request) -> Response:
        """`POST /desk/password`: every session of theirs ends but a new one for this browser."""
        old, new = visit.form.get("old", ""), visit.form.get("new", "")
        try:
            if new != visit.form.get("again", ""):
                return self._rendering.page(request, "password", visit, HTTPStatus.UNPROCESSABLE_ENTITY, failure="again")
            await self._agents.change_password(visit.agent, old, new)
        except tuple(_REFUSALS) as error:
            return self._rendering.page(request, "password", visit, HTTPStatus.UNPROCESSABLE_ENTITY, failure=_name_of(error))
        answer = self._rendering.redirect(request, "/desk")
        self._gate.let_in(answer, await self._agents.open_session(visit.agent))
        return answer

    async def list(self, visit: DeskRequest, request: Request) -> Response:
        """`GET /desk/team`."""
        return await self._team(visit, request, HTTPStatus.OK, None)

    async def add(self, visit: DeskRequest, request: Request) -> Response:
        """`POST /desk/team`: a new agent."""
        form = visit.form
        role = form.get("role", "") if form.get("role", "") in ROLES else ROLES[0]
        try:
            await self._agents.add(form.get("login", ""), form.get("name", ""), role, form.get("password") or None, visit.agent.id)
        except tuple(_REFUSALS) as error:
            return await self._team(visit, request, HTTPStatus.UNPROCESSABLE_ENTITY, _name_of(error))
        return self._rendering.redirect(request, "/desk/team")

    async def change(self, visit: DeskRequest, request: Request) -> Response:
        """`POST /desk/team/<id>/open|close|agent|supervisor|password`."""
        agent_id, act, by = request.path_params["agent"], request.path_params["act"], visit.agent.id
        try:
            if act in ("open", "close"):
                await self._agents.set_active(agent_id, act == "open", by)
            elif act in ROLES:
                await self._agents.set_role(agent_id, act, by)
            elif act == "password":
                await self._agents.set_password(agent_id, visit.form.get("password", ""), by)
            else:
                return self._rendering.page(request, "refused", visit, HTTPStatus.NOT_FOUND, why="missing")
        except UnknownAgent:
            return self._rendering.page(request, "refused", visit, HTTPStatus.NOT_FOUND, why="missing")
        except tuple(_REFUSALS) as error:
            return await self._team(visit, request, HTTPStatus.UNPROCESSABLE_ENTITY, _name_of(error))
        return self._rendering.redirect(request, "/desk/team")

    async def _team(self, visit: DeskRequest, request: Request, status: HTTPStatus, failure: str | None) -> Response:
        return self._rendering.page(request, "team", visit, status, agents=await self._agents.list(), failure=failure)


def _name_of(error: Exception) -> str:
    return next(name for kind, name in _REFUSALS.items() if isinstance(error, kind))
