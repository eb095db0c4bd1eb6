"""Account requests in the desk: the queue, and a request beside the directory, decided and taken back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.accounts.comparison import Candidate, comparison_rows, nearest_candidates
from bot.accounts.decisions import ASK, CREATE, REFUSE, Decisions
from bot.accounts.errors import AlreadyDecided, BeingCreated, RequestChanged, TooLate, UnknownRequest, UnusableText, WrongState
from bot.accounts.labels import LABELS
from bot.accounts.registry import Account
from bot.accounts.request_views import RequestDetails
from bot.accounts.requests import AccountRequests
from bot.accounts.tables import OPEN, STATES
from bot.core.errors import log_error
from bot.directory.errors import DirectoryUnavailable
from bot.directory.search import Directory
from bot.fhir.client import FhirError
from bot.support.desk import Desk
from bot.web.desk.auth import DeskAuth, DeskRequest
from bot.web.desk.rendering import Rendering

_ACTIONS = {"create": CREATE, "ask": ASK, "refuse": REFUSE}
_REFUSALS: dict[type[Exception], str] = {
    RequestChanged: "moved",
    AlreadyDecided: "decided",
    WrongState: "over",
    BeingCreated: "being_created",
    UnusableText: "text",
    TooLate: "too_late",
}
"""What an agent may be told instead of what they wanted."""


@dataclass(frozen=True)
class _Around:
    """What stands beside a request; what cannot be asked for now is said to be so."""

    candidates: list[Candidate]
    directory_away: bool
    account: Account | None
    platform_away: bool


class RequestPages:
    """The routes under `/desk/requests`."""

    def __init__(self, desk: Desk, requests: AccountRequests, decisions: Decisions, directory: Directory, rendering: Rendering) -> None:
        self._desk, self._requests, self._decisions = desk, requests, decisions
        self._directory, self._rendering = directory, rendering

    def add_to(self, routes: APIRouter, gate: DeskAuth) -> None:
        """Add the routes."""
        gate.route(routes, "GET", "/desk/requests", self.list)
        gate.route(routes, "GET", "/desk/requests/{reference}", self.show)
        gate.route(routes, "GET", "/desk/requests/{reference}/state", self.state)
        gate.route(routes, "POST", "/desk/requests/{reference}/undo", self.undo)
        gate.route(routes, "POST", "/desk/requests/{reference}/{action}", self.decide)

    async def list(self, visit: DeskRequest, request: Request) -> Response:
        """`GET /desk/requests?state=`: the open ones, oldest first, or those of one state."""
        state = request.query_params.get("state", "")
        found = await self._requests.list(state if state in STATES else None)
        shown = found if state in STATES else [one for one in found if one.state in OPEN]
        shown = shown if state in OPEN or state not in STATES else shown[::-1][:200]
        per_state = {name: sum(1 for one in found if one.state == name) for name in OPEN} if state not in STATES else {}
        return self._rendering.page(
            request, "requests", visit, requests=shown, state=state, per_state=per_state, labels=LABELS, states=STATES
        )

    async def show(self, visit: DeskRequest, request: Request) -> Response:
        """`GET /desk/requests/DC-…`: everything about one; one that was just received is *à vérifier* from now on."""
        return await self._page(visit, request, HTTPStatus.OK)

    async def state(self, visit: DeskRequest, request: Request) -> Response:
        """`GET …/state?seen=`: where it stands, for a page that looks again by itself, without the forms."""
        try:
            values = await self._standing(_reference(request))
        except UnknownRequest:
            return self._rendering.page(request, "refused", visit, HTTPStatus.NOT_FOUND, why="missing")
        seen = request.query_params.get("seen", "")
        return self._rendering.page(request, "request_state", visit, **values, seen=seen)

    async def decide(self, visit: DeskRequest, request: Request) -> Response:
        """`POST …/create|ask|refuse` with `seen` and `text`."""
        action = _ACTIONS.get(request.path_params["action"])
        if action is None:
            return self._rendering.page(request, "refused", visit, HTTPStatus.NOT_FOUND, why="missing")
        text, agent = visit.form.get("text", ""), visit.agent
        try:
            await self._decisions.decide(
                _reference(request), action, agent_id=agent.id, agent=agent.name, seen=visit.form.get("seen", ""), text=text
            )
        except tuple(_REFUSALS) as error:
            return await self._page(visit, request, HTTPStatus.CONFLICT, error=error, action=action, text=text)
        except UnknownRequest:
            return self._rendering.page(request, "refused", visit, HTTPStatus.NOT_FOUND, why="missing")
        return self._rendering.redirect(request, f"/desk/requests/{_reference(request)}")

    async def undo(self, visit: DeskRequest, request: Request) -> Response:
        """`POST …/undo`: take a decision back that was not carried out yet."""
        try:
            await self._decisions.take_back(_reference(request), visit.agent.id)
        except TooLate as error:
            return await self._page(visit, request, HTTPStatus.CONFLICT, error=error)
        except UnknownRequest:
            return self._rendering.page(request, "refused", visit, HTTPStatus.NOT_FOUND, why="missing")
        return self._rendering.redirect(request, f"/desk/requests/{_reference(request)}")

    async def _page(
        self, visit: DeskRequest, request: Request, status: HTTPStatus, error: Exception | None = None, action: str = "", text: str = ""
    ) -> Response:
        reference = _reference(request)
        try:
            values = await self._standing(reference)
            others = await self._requests.possible_duplicates(reference)
        except UnknownRequest:
            return self._rendering.page(request, "refused", visit, HTTPStatus.NOT_FOUND, why="missing")
        details: RequestDetails = values["details"]
        around = await self._around(details)
        refusal = next((name for kind, name in _REFUSALS.items() if isinstance(error, kind)), None)
        return self._rendering.page(
            request,
            "request",
            visit,
            status,
            **values,
            seen=details.version,
            others=others,
            talks=await self._desk.of_conversations({requester.conversation_id for requester in details.requesters}),
            around=around,
            lines=comparison_rows(details.person, around.candidates),
            refusal=refusal,
            by=getattr(error, "agent", None),
            tried=action,
            text=text,
        )

    async def _standing(self, reference: str) -> dict[str, Any]:
        details = await self._requests.show(reference)
        decision = await self._decisions.of(reference)
        return {"details": details, "decision": decision, "labels": LABELS, "open": details.status.state in OPEN}

    async def _around(self, details: RequestDetails) -> _Around:
        account, platform_away = None, False
        try:
            account = await self._requests.existing_account(details.person)
        except FhirError as error:
            platform_away = True
            log_error(error, "looking for an account beside a request")
        try:
            candidates = await asyncio.to_thread(nearest_candidates, self._directory, details.person)
        except DirectoryUnavailable:
            return _Around([], True, account, platform_away)
        return _Around(candidates, False, account, platform_away)


def _reference(request: Request) -> str:
    return str(request.path_params["reference"]).upper()[:20]
