"""Pages of conversations: the queue, a conversation with its context, and what an agent does with its ticket."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.core.database import random_id
from bot.http.parameters import parse_id
from bot.support.agents import Agents
from bot.support.desk import Desk
from bot.support.desk_queries import TicketView
from bot.support.errors import (
    AlreadyTaken,
    ConversationBusy,
    DeskError,
    EmptyText,
    NamesUnreadable,
    NotOver,
    NotYours,
    StillJoining,
    TextTooLong,
    TicketOver,
    TooManyDossiers,
    UnknownTicket,
    WrongQueue,
    WrongReference,
)
from bot.support.records import Agent, Outcome
from bot.web.desk.auth import DeskAuth, DeskSession
from bot.web.desk.queue_broadcast import VIEWS, QueueBroadcast, QueueFilter
from bot.web.desk.rendering import Renderer
from bot.web.desk.timeline import position_of, timeline_of

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
    NamesUnreadable: "unreadable",
    TooManyDossiers: "dossiers",
}
"""Why what an agent wanted is refused, as the template names it."""
TICKET_ID_DIGITS = 9
Action = Callable[[int, DeskSession], Awaitable[object]]
"""Does something with the ticket of this id."""


class ConversationPages:
    """The routes under `/desk` and `/desk/conversations`."""

    def __init__(self, desk: Desk, broadcast: QueueBroadcast, agents: Agents, renderer: Renderer) -> None:
        self._desk, self._broadcast, self._agents, self._renderer = desk, broadcast, agents, renderer

    def add_to(self, routes: APIRouter, auth: DeskAuth) -> None:
        """Add the routes."""
        auth.route(routes, "GET", "/desk", self.queue)
        auth.route(routes, "GET", "/desk/conversations/{ticket}", self.show)
        path = "/desk/conversations/{ticket}"
        actions: dict[str, Action] = {
            "take": self._take,
            "release": lambda ticket, session: self._desk.release(ticket, session.agent.agent),
            "transfer": self._transfer,
            "edit": self._edit,
            "close": self._close,
            "reopen": lambda ticket, session: self._desk.reopen(ticket, session.agent.agent),
        }
        for name, action in actions.items():
            auth.route(routes, "POST", f"{path}/{name}", self._action_route(action))
        auth.route(routes, "POST", f"{path}/reply", self.reply)
        auth.route(routes, "POST", f"{path}/note", self.note)
        auth.route(routes, "POST", f"{path}/looking", self.viewing)
        auth.route(routes, "POST", f"{path}/typing", self.typing)

    async def queue(self, session: DeskSession, request: Request) -> Response:
        """`GET /desk?view=&queue=&q=`: show the queue."""
        queue_filter = queue_filter_of(request)
        now = time.monotonic()  # the queue is read anew: it shows what this very agent has just done
        entries = await self._broadcast.entries(queue_filter, session.agent.id, now)
        counts = await self._broadcast.counts(now)
        return self._renderer.page(
            request, "queue", session, entries=entries, queue_filter=queue_filter, queues=self._desk.queues, views=VIEWS, counts=counts
        )

    async def show(self, session: DeskSession, request: Request) -> Response:
        """`GET /desk/conversations/<id>`: show a conversation."""
        return await self._page(session, request, HTTPStatus.OK)

    def _action_route(self, action: Action) -> Callable[[DeskSession, Request], Awaitable[Response]]:
        """Return the handler that does something with a ticket, then shows its state: the fragment for htmx, else the page."""

        async def handle(session: DeskSession, request: Request) -> Response:
            try:
                ticket_id = _ticket_id(request)
                await action(ticket_id, session)
            except UnknownTicket:
                return self._renderer.not_found(request, session)
            except DeskError as error:
                if "hx-request" in request.headers:
                    return await self._state(session, request, HTTPStatus.CONFLICT, error)
                return await self._page(session, request, HTTPStatus.CONFLICT, error)
            if "hx-request" in request.headers:
                return await self._state(session, request, HTTPStatus.OK)
            return self._renderer.redirect(request, f"/desk/conversations/{ticket_id}")

        return handle

    async def reply(self, session: DeskSession, request: Request) -> Response:
        """`POST …/reply` with `text` and `key`: send a reply; the same key is sent once.

        Where parts of it would be replaced by masks the form comes back with what would leave, to be sent so (`seen`: the digest of that
        text), changed, or said in the trusted web chat alone (`elsewhere`).
        """
        form, agent = session.form, session.agent.agent
        text, key = form.get("text", ""), form.get("key", "")[:100]
        kept: dict[str, Any] = {"text": text, "key": key}
        try:
            ticket_id = _ticket_id(request)
            if form.get("elsewhere"):
                await self._desk.reply_elsewhere(ticket_id, agent, text, key=key)
                return await self._composer(session, request, HTTPStatus.OK, told_elsewhere=True)
            preview = await self._desk.preview(ticket_id, agent, text)
            if preview.replaced and form.get("seen") != _digest(preview.text):
                return await self._composer(session, request, HTTPStatus.OK, show=True, preview=preview, seen=_digest(preview.text), **kept)
            sent = await self._desk.reply(ticket_id, agent, text, key=key)
        except UnknownTicket:
            return self._renderer.not_found(request, session)
        except DeskError as error:
            return await self._composer(session, request, HTTPStatus.CONFLICT, error, **kept)
        return await self._composer(session, request, HTTPStatus.OK, masked=sent.masked)

    async def note(self, session: DeskSession, request: Request) -> Response:
        """`POST …/note` with `text`: add an internal note."""
        text = session.form.get("text", "")
        try:
            await self._desk.note(_ticket_id(request), session.agent.agent, text)
        except UnknownTicket:
            return self._renderer.not_found(request, session)
        except DeskError as error:
            return await self._composer(session, request, HTTPStatus.CONFLICT, error, note=text, mode="note")
        return await self._composer(session, request, HTTPStatus.OK, mode="note")

    async def viewing(self, session: DeskSession, request: Request) -> Response:
        """`POST …/looking`, each ten seconds by the page itself: show who else views the conversation. `gone`: the page is being left."""
        try:
            ticket_id = _ticket_id(request)
            if session.form.get("gone"):
                await self._desk.stop_viewing(ticket_id, session.agent.agent)
                return self._renderer.page(request, "viewers", session, viewers=())
            viewers = await self._desk.mark_viewing(ticket_id, session.agent.agent)
        except UnknownTicket:
            return self._renderer.not_found(request, session)
        return self._renderer.page(request, "viewers", session, viewers=viewers)

    async def typing(self, session: DeskSession, request: Request) -> Response:
        """`POST …/typing`: show the user that somebody is typing."""
        try:
            await self._desk.show_typing(_ticket_id(request), session.agent.agent)
        except UnknownTicket:
            return self._renderer.not_found(request, session)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def _take(self, ticket_id: int, session: DeskSession) -> object:
        return await self._desk.take(ticket_id, session.agent.agent, take_over=session.form.get("over") == "1")

    async def _transfer(self, ticket_id: int, session: DeskSession) -> object:
        kind, _, name = session.form.get("to", "").partition(":")
        if kind == "queue":
            return await self._desk.transfer(ticket_id, session.agent.agent, queue=name)
        account = await self._agents.get(name) if kind == "agent" else None
        if account is None or not account.active:
            raise WrongQueue
        return await self._desk.transfer(ticket_id, session.agent.agent, to=account.agent)

    async def _edit(self, ticket_id: int, session: DeskSession) -> object:
        tags = session.form.get("tags")
        return await self._desk.edit(
            ticket_id, session.agent.agent, dossier=session.form.get("dossier"), tags=None if tags is None else _split(tags)
        )

    async def _close(self, ticket_id: int, session: DeskSession) -> object:
        try:
            outcome = Outcome(session.form.get("outcome", ""))
        except ValueError:
            raise EmptyText from None
        return await self._desk.close(ticket_id, session.agent.agent, outcome, _split(session.form.get("tags", "")))

    async def _state(self, session: DeskSession, request: Request, status: HTTPStatus, error: DeskError | None = None) -> Response:
        ticket = await self._desk.find(_ticket_id(request))
        variables = {"ticket": ticket, **await form_choices(self._desk, self._agents, session), **_refusal(error)}
        return self._renderer.page(request, "state", session, status, **variables)

    async def _composer(
        self,
        session: DeskSession,
        request: Request,
        status: HTTPStatus,
        error: DeskError | None = None,
        *,
        show: bool = False,
        **variables: Any,
    ) -> Response:
        """Return the form to write in: as it was where nothing was sent, empty where it was; `show`: also where no script runs."""
        if "hx-request" not in request.headers:
            if error is None and not show:
                return self._renderer.redirect(request, f"/desk/conversations/{_ticket_id(request)}")
            return await self._page(session, request, status, error, **variables)
        view = await self._desk.view(_ticket_id(request))
        filled = {
            **await self._empty_composer(view, session.agent.agent),
            **_refusal(error),
            **variables,
            "identified": view.context.person is not None,
        }
        return self._renderer.page(request, "composer", session, status, ticket=view.ticket, **filled)

    async def _page(
        self, session: DeskSession, request: Request, status: HTTPStatus, error: DeskError | None = None, **variables: Any
    ) -> Response:
        try:
            view = await self._desk.view(_ticket_id(request))
        except UnknownTicket:
            return self._renderer.not_found(request, session)
        agent = session.agent.agent
        await self._desk.record_reading(agent.id, view.ticket.reference, dossier=view.ticket.dossier)
        filled = {
            **await self._empty_composer(view, agent),
            **await form_choices(self._desk, self._agents, session),
            **_refusal(error),
            **variables,
            "identified": view.context.person is not None,
        }
        return self._renderer.page(
            request,
            "conversation",
            session,
            status,
            view=view,
            ticket=view.ticket,
            items=timeline_of(view.messages, view.notes, view.opened_message, days=True),
            position=position_of(view.messages, view.notes),
            viewers=tuple(viewer for viewer in view.viewers if viewer.id != agent.id),
            counts=await self._broadcast.counts(),
            **filled,
        )

    async def _empty_composer(self, view: TicketView, agent: Agent) -> dict[str, Any]:
        """Return the variables of a composer in which nothing is written yet."""
        canned = [(reply.name, self._desk.fill_canned_reply(reply, view, agent)) for reply in await self._desk.canned_replies()]
        empty = {"text": "", "note": "", "mode": "reply", "masked": False, "preview": None, "seen": "", "told_elsewhere": False}
        return {**empty, "key": random_id(), "canned": canned}


async def form_choices(desk: Desk, agents: Agents, session: DeskSession) -> dict[str, Any]:
    """Return what the forms of a conversation offer: agents and queues to transfer it to, and outcomes."""
    colleagues = [agent for agent in await agents.list() if agent.active and agent.id != session.agent.id]
    return {"colleagues": colleagues, "queues": desk.queues, "outcomes": list(Outcome)}


def queue_filter_of(request: Request) -> QueueFilter:
    """Return the filter that a request asks for; anything unknown counts for nothing."""
    query = request.query_params
    view = query.get("view", "")
    return QueueFilter(view if view in VIEWS else VIEWS[0], query.get("queue", "")[:32], query.get("q", "").strip()[:80])


def _ticket_id(request: Request) -> int:
    """Return the id in the path. Raise UnknownTicket."""
    ticket_id = parse_id(str(request.path_params["ticket"]), TICKET_ID_DIGITS)
    if ticket_id is None:
        raise UnknownTicket
    return ticket_id


def _refusal(error: DeskError | None) -> dict[str, Any]:
    why = next((name for kind, name in _REFUSALS.items() if isinstance(error, kind)), None)
    return {"refusal": why, "by": getattr(error, "agent", None)}


def _digest(text: str) -> str:
    """Return what the form remembers of a text that the agent has seen."""
    return hashlib.sha256(text.encode()).hexdigest()


def _split(tags: str) -> list[str]:
    return [tag.strip() for tag in tags.split(",") if tag.strip()]
