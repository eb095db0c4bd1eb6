"""The stream of a page: what waits, the queue or the conversation that it shows, as fragments that htmx puts in their places.

A change of a ticket is a signal; what is sent is read anew. Messages come first and at once; counts and queue, which all pages share, at
most four times a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from bot.support.agents import Agents
from bot.support.desk import Desk
from bot.support.desk_events import DeskEvent
from bot.support.errors import UnknownTicket
from bot.support.records import Ticket
from bot.web.desk.auth import DeskAuth, DeskRequest
from bot.web.desk.conversations import choices, filter_of
from bot.web.desk.queue_broadcast import Filter, QueueBroadcast
from bot.web.desk.rendering import Rendering
from bot.web.desk.timeline import Newest, items_of, newest_of

SHARED_SECONDS = 0.25
"""How often at most counts and queue are sent to one page."""
AGAIN_SECONDS = 20.0
"""How often ages are written anew and the session is looked at, where nothing happens."""
WRITING_SECONDS = 6.0
"""How long a page shows that the user writes after the last sign of it: twice as long as the chat page waits between two."""
HEARTBEAT_SECONDS = 15
RETRY_MS = 2_000


class Streams:
    """`GET /desk/events`."""

    def __init__(self, desk: Desk, board: QueueBroadcast, agents: Agents, rendering: Rendering) -> None:
        self.desk, self.board, self.agents, self.rendering = desk, board, agents, rendering

    def add_to(self, routes: APIRouter, gate: DeskAuth) -> None:
        """Add the routes."""
        gate.route(routes, "GET", "/desk/events", self.events)
        gate.route(routes, "GET", "/desk/alive", self.alive)

    async def alive(self, visit: DeskRequest, request: Request) -> Response:
        """`GET /desk/alive`: 204 while somebody is signed in, else 401: why a stream broke off."""
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Cache-Control": "no-store"})

    async def events(self, visit: DeskRequest, request: Request) -> Response:
        """`GET /desk/events[?ticket=&after=|?view=&queue=&q=]`: events `counts`, and `queue`, or `items`, `state`, `facts`."""
        asked = request.query_params
        raw = asked.get("ticket", "")
        ticket_id = int(raw) if raw.isascii() and raw.isdecimal() and len(raw) <= 9 else None
        page = _Page(self, visit, request, ticket_id, filter_of(request) if "view" in asked else None)
        page.newest = Newest.parse(request.headers.get("last-event-id", "")) or Newest.parse(asked.get("after", ""))
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Accel-Buffering": "no"}
        return EventSourceResponse(page.run(), ping=HEARTBEAT_SECONDS, headers=headers)


class _Page:
    """One open page."""

    def __init__(self, streams: Streams, visit: DeskRequest, request: Request, ticket_id: int | None, wanted: Filter | None) -> None:
        self._desk, self._board, self._agents = streams.desk, streams.board, streams.agents
        self._rendering, self._visit, self._request = streams.rendering, visit, request
        self._ticket_id, self._wanted = ticket_id, wanted
        self.newest: Newest | None = None
        self._stood: object = None
        self._sent_at = float("-inf")
        self._writes_until: float | None = None

    async def run(self) -> AsyncIterator[ServerSentEvent]:
        """Fragments from now on, until the process stops or the session is over."""
        with self._desk.events() as changes:
            async for event in self._conversation():
                yield event
            async for event in self._shared(None):
                yield event
            source, waiting = aiter(changes), None
            changed_at: float | None = None
            try:
                while True:
                    waiting = waiting or asyncio.ensure_future(_next(source))
                    await asyncio.wait({waiting}, timeout=self._patience(changed_at))
                    for event in self._stopped_writing():
                        yield event
                    if waiting.done():
                        change, waiting = waiting.result(), None
                        if change is None:
                            return
                        if change.typing:
                            for event in self._writing(change):
                                yield event
                        else:
                            changed_at = time.monotonic()
                            if change.ticket_id == self._ticket_id:
                                async for event in self._conversation():
                                    yield event
                    if changed_at is None and not self._is_idle():
                        continue
                    if changed_at is None and await self._agents.session(self._visit.token, used=False) is None:
                        return
                    if changed_at is None or self._patience(changed_at) == 0:
                        async for event in self._shared(changed_at):
                            yield event
                        changed_at = None
            finally:
                if waiting is not None:
                    waiting.cancel()
                    with suppress(asyncio.CancelledError):
                        await waiting

    def _patience(self, changed_at: float | None) -> float:
        """Seconds until something is to be sent: what all pages share, or that the user does not write any more."""
        due = self._sent_at + (AGAIN_SECONDS if changed_at is None else SHARED_SECONDS)
        return max(0.0, min(due, self._writes_until or due) - time.monotonic())

    def _is_idle(self) -> bool:
        """Whether ages are to be written anew, as nothing happened for a while."""
        return time.monotonic() >= self._sent_at + AGAIN_SECONDS

    def _writing(self, change: DeskEvent) -> Iterator[ServerSentEvent]:
        """The user of this page's conversation writes."""
        if change.ticket_id == self._ticket_id:
            began, self._writes_until = self._writes_until is None, time.monotonic() + WRITING_SECONDS
            if began:
                yield self._event("writing", None, on=True)

    def _stopped_writing(self, *, sent: bool = False) -> Iterator[ServerSentEvent]:
        """They do not any more: they were silent for a while, or what they wrote was sent."""
        if self._writes_until is not None and (sent or time.monotonic() >= self._writes_until):
            self._writes_until = None
            yield self._event("writing", None, on=False)

    async def _conversation(self) -> AsyncIterator[ServerSentEvent]:
        """What is new in the conversation; else, as somebody did something with it, how it stands."""
        if self._ticket_id is None:
            return
        try:
            if self.newest is not None:
                messages = await self._desk.messages(self._ticket_id, self.newest.message)
                if messages:
                    self.newest = Newest(int(messages[-1]["id"]), self.newest.note)
                    for event in self._stopped_writing(sent=any(message["author"] == "user" for message in messages)):
                        yield event
                    yield self._event("items", str(self.newest), items=items_of(messages, ()))
                    async for event in self._standing(await self._desk.find(self._ticket_id)):
                        yield event
                    return
            view = await self._desk.view(self._ticket_id)
        except UnknownTicket:
            return
        known = self.newest or Newest()
        messages = [message for message in view.messages if int(message["id"]) > known.message]
        notes = [note for note in view.notes if note.id > known.note]
        if messages or notes:
            self.newest = newest_of(view.messages, view.notes)
            yield self._event("items", str(self.newest), items=items_of(messages, notes, view.opened_message))
        async for event in self._standing(view.ticket):
            yield event
        yield self._event("facts", None, view=view, ticket=view.ticket)

    async def _standing(self, ticket: Ticket) -> AsyncIterator[ServerSentEvent]:
        """The buttons, where others are due: sent anew, they take away what was begun in their forms."""
        stands = (ticket.state, ticket.agent and ticket.agent.id, ticket.queue, ticket.dossier, ticket.tags)
        if stands != self._stood:
            first, self._stood = self._stood is None, stands
            if not first:
                yield self._event(
                    "state", None, ticket=ticket, refusal=None, by=None, **await choices(self._desk, self._agents, self._visit)
                )

    async def _shared(self, since: float | None) -> AsyncIterator[ServerSentEvent]:
        """What waits, and the queue."""
        yield self._event("counts", None, counts=await self._board.counts(since))
        if self._wanted is not None:
            entries = await self._board.entries(self._wanted, self._visit.agent.id, since)
            yield self._event("queue", None, "queue_rows", entries=entries, wanted=self._wanted)
        self._sent_at = time.monotonic()

    def _event(self, name: str, event_id: str | None, template: str | None = None, **values: object) -> ServerSentEvent:
        html = self._rendering.html(self._request, template or name, self._visit, **values)
        return ServerSentEvent(html, event=name, id=event_id, retry=RETRY_MS)


async def _next(source: AsyncIterator[DeskEvent]) -> DeskEvent | None:
    return await anext(source, None)
