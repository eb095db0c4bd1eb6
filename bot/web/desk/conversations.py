"""Conversations in the desk: the queue, a conversation with its context, and what an agent does with it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.core.database import random_id
from bot.support.agents import Agents
from bot.support.desk import Desk
from bot.support.desk_queries import TicketView
from bot.support.errors import (
    AlreadyTaken,
    ConversationBusy,
    DeskError,
    EmptyText,
    NotOver,
    NotYours,
    StillJoining,
    TextTooLong,
    TicketOver,
    UnknownTicket,
    WrongQueue,
    WrongReference,
)
from bot.support.records import Agent, Outcome
from bot.web.desk.auth import DeskAuth, DeskRequest
from bot.web.desk.queue_broadcast import VIEWS, Filter, QueueBroadcast
from bot.web.desk.rendering import Rendering
from bot.web.desk.timeline import items_of, newest_of

_REFUSALS: dict[type[DeskError], str] = {
    TicketOver: "over",
    AlreadyTaken: "taken",
    NotYours: "not_yours",
    StillJoining: "joining",
    ConversationBusy: "busy",
    NotOver: "not_over",
    EmptyText: "empty",
    TextTooLong: "long",
    WrongReference: "reference",
    WrongQueue: "queue",
}
"""What an agent may be told instead of what they wanted."""
Act = Callable[[int, DeskRequest], Awaitable[object]]


class ConversationPages:
    """The routes under `/desk` and `/desk/conversations`."""

    def __init__(self, desk: Desk, board: QueueBroadcast, agents: Agents, rendering: Rendering) -> None:
        self._desk, self._board, self._agents, self._rendering = desk, board, agents, rendering

    def add_to(self, routes: APIRouter, gate: DeskAuth) -> None:
        """Add the routes."""
        gate.route(routes, "GET", "/desk", self.queue)
        gate.route(routes, "GET", "/desk/conversations/{ticket}", self.show)
        one = "/desk/conversations/{ticket}"
        acts: dict[str, Act] = {
            "take": self._take,
            "release": lambda ticket, visit: self._desk.release(ticket, visit.agent.agent),
            "transfer": self._transfer,
            "edit": self._edit,
            "close": self._close,
            "reopen": lambda ticket, visit: self._desk.reopen(ticket, visit.agent.agent),
        }
        for name, act in acts.items():
            gate.route(routes, "POST", f"{one}/{name}", self._acting(act))
        gate.route(routes, "POST", f"{one}/reply", self.reply)
        gate.route(routes, "POST", f"{one}/note", self.note)
        gate.route(routes, "POST", f"{one}/looking", self.looking)
        gate.route(routes, "POST", f"{one}/typing", self.typing)

    async def queue(self, visit: DeskRequest, request: Request) -> Response:
        """`GET /desk?view=&queue=&q=`: the queue."""
        wanted = filter_of(request)
        now = time.monotonic()  # what this very agent has just done is to be seen
        entries = await self._board.entries(wanted, visit.agent.id, now)
        counts = await self._board.counts(now)
        return self._rendering.page(
            request, "queue", visit, entries=entries, wanted=wanted, queues=self._desk.queues, views=VIEWS, counts=counts
        )

    async def show(self, visit: DeskRequest, request: Request) -> Response:
        """`GET /desk/conversations/<id>`."""
        return await self._page(visit, request, HTTPStatus.OK)

    def _acting(self, act: Act) -> Callable[[DeskRequest, Request], Awaitable[Response]]:
        """A route that does something with a conversation, then shows how it stands: the fragment for htmx, else the page."""

        async def done(visit: DeskRequest, request: Request) -> Response:
            try:
                ticket_id = _ticket_id(request)
                await act(ticket_id, visit)
            except UnknownTicket:
                return self._missing(visit, request)
            except DeskError as error:
                if "hx-request" in request.headers:
                    return await self._state(visit, request, HTTPStatus.CONFLICT, error)
                return await self._page(visit, request, HTTPStatus.CONFLICT, error)
            if "hx-request" in request.headers:
                return await self._state(visit, request, HTTPStatus.OK)
            return self._rendering.redirect(request, f"/desk/conversations/{ticket_id}")

        return done

    async def reply(self, visit: DeskRequest, request: Request) -> Response:
        """`POST …/reply` with `text` and `key`: the same key is said once."""
        form = visit.form
        try:
            sent = await self._desk.reply(_ticket_id(request), visit.agent.agent, form.get("text", ""), key=form.get("key", "")[:100])
        except UnknownTicket:
            return self._missing(visit, request)
        except DeskError as error:
            return await self._composer(visit, request, HTTPStatus.CONFLICT, error, text=form.get("text", ""), key=form.get("key", ""))
        return await self._composer(visit, request, HTTPStatus.OK, masked=sent.masked)

    async def note(self, visit: DeskRequest, request: Request) -> Response:
        """`POST …/note` with `text`."""
        text = visit.form.get("text", "")
        try:
            await self._desk.note(_ticket_id(request), visit.agent.agent, text)
        except UnknownTicket:
            return self._missing(visit, request)
        except DeskError as error:
            return await self._composer(visit, request, HTTPStatus.CONFLICT, error, note=text, mode="note")
        return await self._composer(visit, request, HTTPStatus.OK, mode="note")

    async def looking(self, visit: DeskRequest, request: Request) -> Response:
        """`POST …/looking`, each ten seconds by the page itself: who else has it before them. `gone`: the page is being left."""
        try:
            ticket_id = _ticket_id(request)
            if visit.form.get("gone"):
                await self._desk.stop_viewing(ticket_id, visit.agent.agent)
                return self._rendering.page(request, "viewers", visit, viewers=())
            viewers = await self._desk.mark_viewing(ticket_id, visit.agent.agent)
        except UnknownTicket:
            return self._missing(visit, request)
        return self._rendering.page(request, "viewers", visit, viewers=viewers)

    async def typing(self, visit: DeskRequest, request: Request) -> Response:
        """`POST …/typing`: the user is shown that somebody writes."""
        try:
            await self._desk.show_typing(_ticket_id(request), visit.agent.agent)
        except UnknownTicket:
            return self._missing(visit, request)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def _take(self, ticket_id: int, visit: DeskRequest) -> object:
        return await self._desk.take(ticket_id, visit.agent.agent, take_over=visit.form.get("over") == "1")

    async def _transfer(self, ticket_id: int, visit: DeskRequest) -> object:
        kind, _, name = visit.form.get("to", "").partition(":")
        if kind == "queue":
            return await self._desk.transfer(ticket_id, visit.agent.agent, queue=name)
        account = await self._agents.get(name) if kind == "agent" else None
        if account is None or not account.active:
            raise WrongQueue
        return await self._desk.transfer(ticket_id, visit.agent.agent, to=account.agent)

    async def _edit(self, ticket_id: int, visit: DeskRequest) -> object:
        tags = visit.form.get("tags")
        return await self._desk.edit(
            ticket_id, visit.agent.agent, dossier=visit.form.get("dossier"), tags=None if tags is None else _split(tags)
        )

    async def _close(self, ticket_id: int, visit: DeskRequest) -> object:
        try:
            outcome = Outcome(visit.form.get("outcome", ""))
        except ValueError:
            raise EmptyText from None
        return await self._desk.close(ticket_id, visit.agent.agent, outcome, _split(visit.form.get("tags", "")))

    async def _state(self, visit: DeskRequest, request: Request, status: HTTPStatus, error: DeskError | None = None) -> Response:
        ticket = await self._desk.find(_ticket_id(request))
        values = {"ticket": ticket, **await choices(self._desk, self._agents, visit), **_refusal(error)}
        return self._rendering.page(request, "state", visit, status, **values)

    async def _composer(
        self, visit: DeskRequest, request: Request, status: HTTPStatus, error: DeskError | None = None, **values: Any
    ) -> Response:
        """The form to write in: as it was where nothing was said, empty where it was."""
        if "hx-request" not in request.headers:
            if error is None:
                return self._rendering.redirect(request, f"/desk/conversations/{_ticket_id(request)}")
            return await self._page(visit, request, status, error, **values)
        view = await self._desk.view(_ticket_id(request))
        shown = {**await self._blank(view, visit.agent.agent), **_refusal(error), **values}
        return self._rendering.page(request, "composer", visit, status, ticket=view.ticket, **shown)

    async def _page(
        self, visit: DeskRequest, request: Request, status: HTTPStatus, error: DeskError | None = None, **values: Any
    ) -> Response:
        try:
            view = await self._desk.view(_ticket_id(request))
        except UnknownTicket:
            return self._missing(visit, request)
        agent = visit.agent.agent
        shown = {**await self._blank(view, agent), **await choices(self._desk, self._agents, visit), **_refusal(error), **values}
        return self._rendering.page(
            request,
            "conversation",
            visit,
            status,
            view=view,
            ticket=view.ticket,
            items=items_of(view.messages, view.notes, view.opened_message, days=True),
            newest=newest_of(view.messages, view.notes),
            viewers=tuple(viewer for viewer in view.viewers if viewer.id != agent.id),
            counts=await self._board.counts(),
            **shown,
        )

    async def _blank(self, view: TicketView, agent: Agent) -> dict[str, Any]:
        """What the composer holds, nothing being written yet."""
        canned = [(one.name, self._desk.fill_canned_reply(one, view, agent)) for one in await self._desk.canned_replies()]
        return {"text": "", "note": "", "mode": "reply", "masked": False, "key": random_id(), "canned": canned}

    def _missing(self, visit: DeskRequest, request: Request) -> Response:
        return self._rendering.page(request, "refused", visit, HTTPStatus.NOT_FOUND, why="missing")


async def choices(desk: Desk, agents: Agents, visit: DeskRequest) -> dict[str, Any]:
    """What the forms of a conversation offer: whom to pass it on to, the queues, how it may have ended."""
    colleagues = [one for one in await agents.list() if one.active and one.id != visit.agent.id]
    return {"colleagues": colleagues, "queues": desk.queues, "outcomes": list(Outcome)}


def filter_of(request: Request) -> Filter:
    """What of the queue is asked for; anything unknown is nothing."""
    asked = request.query_params
    view = asked.get("view", "")
    return Filter(view if view in VIEWS else VIEWS[0], asked.get("queue", "")[:32], asked.get("q", "").strip()[:80])


def _ticket_id(request: Request) -> int:
    """Raises UnknownTicket."""
    raw = str(request.path_params["ticket"])
    if not (raw.isascii() and raw.isdecimal() and len(raw) <= 9):
        raise UnknownTicket
    return int(raw)


def _refusal(error: DeskError | None) -> dict[str, Any]:
    why = next((name for kind, name in _REFUSALS.items() if isinstance(error, kind)), None)
    return {"refusal": why, "by": getattr(error, "agent", None)}


def _split(tags: str) -> list[str]:
    return [tag.strip() for tag in tags.split(",") if tag.strip()]
