"""Pages of account requests: the list, and a request beside the directory, which agents decide on, or take a decision back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.accounts.comparison import comparison_rows
from bot.accounts.decisions import ASK, CREATE, REFUSE, Decisions
from bot.accounts.errors import (
    AddressNotGiven,
    AddressToPick,
    AlreadyDecided,
    BeingCreated,
    RequestChanged,
    TooLate,
    UnknownRequest,
    UnusableAddress,
    UnusableText,
    WrongState,
)
from bot.accounts.labels import LABELS
from bot.accounts.request_views import RequestDetails
from bot.accounts.requests import AccountRequests
from bot.accounts.tables import OPEN, STATES
from bot.support.desk import Desk
from bot.web.desk.auth import DeskAuth, DeskSession
from bot.web.desk.rendering import Renderer
from bot.web.desk.request_context import RequestContexts

MAX_DECIDED = 200
"""Requests of a list of decided ones, which begins with the newest."""
_ACTIONS = {"create": CREATE, "ask": ASK, "refuse": REFUSE}
_REFUSALS: dict[type[Exception], str] = {
    RequestChanged: "moved",
    AlreadyDecided: "decided",
    WrongState: "over",
    BeingCreated: "being_created",
    UnusableText: "text",
    AddressToPick: "address",
    AddressNotGiven: "address_not_given",
    UnusableAddress: "address_unusable",
    TooLate: "too_late",
}
"""Why an agent's decision is refused, as the template names it."""


class AccountRequestPages:
    """The routes under `/desk/requests`."""

    def __init__(self, desk: Desk, requests: AccountRequests, decisions: Decisions, contexts: RequestContexts, renderer: Renderer) -> None:
        self._desk, self._requests, self._decisions = desk, requests, decisions
        self._contexts, self._renderer = contexts, renderer

    def add_to(self, routes: APIRouter, auth: DeskAuth) -> None:
        """Add the routes."""
        auth.route(routes, "GET", "/desk/requests", self.list)
        auth.route(routes, "GET", "/desk/requests/{reference}", self.show)
        auth.route(routes, "GET", "/desk/requests/{reference}/state", self.state)
        auth.route(routes, "POST", "/desk/requests/{reference}/undo", self.undo)
        auth.route(routes, "POST", "/desk/requests/{reference}/address", self.pick_address)
        auth.route(routes, "POST", "/desk/requests/{reference}/{action}", self.decide)

    async def list(self, session: DeskSession, request: Request) -> Response:
        """`GET /desk/requests?state=`: list the open requests, oldest first, or those of one state."""
        state = request.query_params.get("state", "")
        rows = await self._requests.list(state if state in STATES else None)
        listed = rows if state in STATES else [row for row in rows if row.state in OPEN]
        listed = listed if state in OPEN or state not in STATES else listed[::-1][:MAX_DECIDED]
        per_state = {name: sum(1 for row in rows if row.state == name) for name in OPEN} if state not in STATES else {}
        return self._renderer.page(
            request, "requests", session, requests=listed, state=state, per_state=per_state, labels=LABELS, states=STATES
        )

    async def show(self, session: DeskSession, request: Request) -> Response:
        """`GET /desk/requests/DC-…`: show everything about a request; one that was just received is *à vérifier* from now on."""
        return await self._page(session, request, HTTPStatus.OK)

    async def state(self, session: DeskSession, request: Request) -> Response:
        """`GET …/state?seen=`: show the state of a request without the forms, for a page that refreshes itself."""
        try:
            values = await self._status(_reference(request))
        except UnknownRequest:
            return self._renderer.not_found(request, session)
        seen = request.query_params.get("seen", "")
        return self._renderer.page(request, "request_state", session, **values, seen=seen)

    async def decide(self, session: DeskSession, request: Request) -> Response:
        """`POST …/create|ask|refuse` with `seen`, the version that the page showed, and `text`: decide."""
        action = _ACTIONS.get(request.path_params["action"])
        if action is None:
            return self._renderer.not_found(request, session)
        text, agent = session.form.get("text", ""), session.agent
        try:
            await self._decisions.decide(
                _reference(request), action, agent_id=agent.id, agent=agent.name, seen=session.form.get("seen", ""), text=text
            )
        except tuple(_REFUSALS) as error:
            return await self._page(session, request, HTTPStatus.CONFLICT, error=error, action=action, text=text)
        except UnknownRequest:
            return self._renderer.not_found(request, session)
        return self._renderer.redirect(request, f"/desk/requests/{_reference(request)}")

    async def pick_address(self, session: DeskSession, request: Request) -> Response:
        """`POST …/address` with `seen` and `email`: pick where the codes go, among the addresses given, or complete the missing one."""
        agent, form = session.agent, session.form
        try:
            await self._requests.pick_address(
                _reference(request), form.get("email", ""), agent.name, agent_id=agent.id, seen=form.get("seen", "")
            )
        except tuple(_REFUSALS) as error:
            return await self._page(session, request, HTTPStatus.CONFLICT, error=error, action="address", text=form.get("email", ""))
        except UnknownRequest:
            return self._renderer.not_found(request, session)
        return self._renderer.redirect(request, f"/desk/requests/{_reference(request)}")

    async def undo(self, session: DeskSession, request: Request) -> Response:
        """`POST …/undo`: take back a decision that was not carried out yet."""
        try:
            await self._decisions.take_back(_reference(request), session.agent.id)
        except TooLate as error:
            return await self._page(session, request, HTTPStatus.CONFLICT, error=error)
        except UnknownRequest:
            return self._renderer.not_found(request, session)
        return self._renderer.redirect(request, f"/desk/requests/{_reference(request)}")

    async def _page(
        self, session: DeskSession, request: Request, status: HTTPStatus, error: Exception | None = None, action: str = "", text: str = ""
    ) -> Response:
        reference = _reference(request)
        try:
            values = await self._status(reference)
            others = await self._requests.possible_duplicates(reference)
        except UnknownRequest:
            return self._renderer.not_found(request, session)
        details: RequestDetails = values["details"]
        await self._desk.record_reading(session.agent.id, reference)
        context = await self._contexts.of(details.person)
        refusal = next((name for kind, name in _REFUSALS.items() if isinstance(error, kind)), None)
        return self._renderer.page(
            request,
            "request",
            session,
            status,
            **values,
            seen=details.version,
            others=others,
            conversations=await self._desk.tickets_of({requester.conversation_id for requester in details.requesters}),
            request_context=context,
            lines=comparison_rows(details.person, context.directory.candidates),
            refusal=refusal,
            by=getattr(error, "agent", None),
            tried=action,
            text=text,
        )

    async def _status(self, reference: str) -> dict[str, Any]:
        details = await self._requests.show(reference)
        decision = await self._decisions.of(reference)
        return {"details": details, "decision": decision, "labels": LABELS, "open": details.status.state in OPEN}


def _reference(request: Request) -> str:
    return str(request.path_params["reference"]).upper()[:20]
