"""Event streams of the desk's pages: fragments of HTML that htmx puts in their places, as server-sent events.

A change of a ticket is a signal; what is sent is read anew. Messages come first and at once; counts and queue, which all pages share, at
most four times a second. Nothing is sent that was not checked to be for a session that goes on, nor anything of a ticket before its reading
is in the audit trail.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, suppress
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from bot.http.parameters import parse_id
from bot.messaging.turn_metrics import STREAMS
from bot.support.agents import Agents
from bot.support.desk import Desk
from bot.support.desk_events import DeskEvent
from bot.support.errors import UnknownTicket
from bot.support.records import Ticket
from bot.web.desk.auth import DeskAuth, DeskSession
from bot.web.desk.conversations import TICKET_ID_DIGITS, form_choices, queue_filter_of
from bot.web.desk.queue_broadcast import QueueBroadcast, QueueFilter
from bot.web.desk.rendering import Renderer
from bot.web.desk.timeline import TimelinePosition, position_of, timeline_of

QUEUE_SECONDS = 0.25
"""How often at most counts and queue are sent to one page."""
REFRESH_SECONDS = 20.0
"""How often ages are rendered anew, where nothing happens."""
SESSION_SECONDS = 1.0
"""How often at most, and how soon after its end, a stream asks whether its session goes on, whatever happens on the desk."""
READING_SECONDS = 3_600.0
"""How often a stream that stays open is another reading of its ticket."""
TYPING_SECONDS = 6.0
"""How long a page shows that the user is typing after the last sign of it: twice as long as the chat page waits between two."""
HEARTBEAT_SECONDS = 15
RETRY_MS = 2_000
T = TypeVar("T")


class EventStreams:
    """`GET /desk/events` and `GET /desk/alive`."""

    def __init__(self, desk: Desk, broadcast: QueueBroadcast, agents: Agents, renderer: Renderer) -> None:
        self.desk, self.broadcast, self.agents, self.renderer = desk, broadcast, agents, renderer

    def add_to(self, routes: APIRouter, auth: DeskAuth) -> None:
        """Add the routes."""
        auth.route(routes, "GET", "/desk/events", partial(self.events, auth))
        auth.route(routes, "GET", "/desk/alive", self.alive)

    async def alive(self, session: DeskSession, request: Request) -> Response:
        """`GET /desk/alive`: 204 while somebody is signed in, else 401; so a page learns why its stream broke off."""
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Cache-Control": "no-store"})

    async def events(self, auth: DeskAuth, session: DeskSession, request: Request) -> Response:
        """`GET /desk/events[?ticket=&after=|?view=&queue=&q=]`: events `counts`, and `queue`, or `items`, `state`, `facts`, `writing`."""
        query = request.query_params
        ticket_id = parse_id(query.get("ticket", ""), TICKET_ID_DIGITS)
        stream = _PageStream(self, auth, session, request, ticket_id, queue_filter_of(request) if "view" in query else None)
        stream.position = TimelinePosition.parse(request.headers.get("last-event-id", "")) or TimelinePosition.parse(query.get("after", ""))
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Accel-Buffering": "no"}
        return EventSourceResponse(stream.run(), ping=HEARTBEAT_SECONDS, headers=headers)


class _PageStream:
    """The stream of one open page: of a ticket, of the queue as a filter shows it, or of neither."""

    def __init__(
        self,
        streams: EventStreams,
        auth: DeskAuth,
        session: DeskSession,
        request: Request,
        ticket_id: int | None,
        queue_filter: QueueFilter | None,
    ) -> None:
        self._desk, self._broadcast, self._agents = streams.desk, streams.broadcast, streams.agents
        self._renderer, self._auth, self._session, self._request = streams.renderer, auth, session, request
        self._ticket_id, self._queue_filter = ticket_id, queue_filter
        self.position: TimelinePosition | None = None
        self._last_state: object = None
        self._sent_at = self._checked_at = self._recorded_at = float("-inf")
        self._typing_until: float | None = None

    async def run(self) -> AsyncIterator[ServerSentEvent]:
        """Yield events from now on, until the process stops or the session is over."""
        with STREAMS.held(page="desk"):
            async with aclosing(self._run()) as events:
                async for event in events:
                    yield event

    async def _run(self) -> AsyncGenerator[ServerSentEvent, None]:
        events = self._events()
        coming: asyncio.Future[ServerSentEvent | None] | None = None
        try:
            while True:
                coming = coming or asyncio.ensure_future(_next(events))
                await asyncio.wait({coming}, timeout=max(0.0, self._checked_at + SESSION_SECONDS - time.monotonic()))
                if not await self._session_goes_on():
                    return
                if coming.done():
                    event, coming = coming.result(), None
                    if event is None:
                        return
                    yield event
        finally:
            if coming is None or not coming.cancel():  # what is cancelled closes them itself
                await events.aclose()

    async def _session_goes_on(self) -> bool:
        """Return whether the session is not over, as the database says it now or said it less than `SESSION_SECONDS` ago."""
        now = time.monotonic()
        if now < self._checked_at + SESSION_SECONDS:
            return True
        agent = await self._agents.session(self._session.token, used=False)
        if agent is None or self._auth.must_enrol(agent):
            return False
        self._checked_at = now
        return True

    async def _events(self) -> AsyncGenerator[ServerSentEvent, None]:
        """Yield events from now on, until the process stops."""
        with self._desk.events() as changes:
            async for event in self._conversation_events():
                yield event
            async for event in self._queue_events(None):
                yield event
            source, waiting = aiter(changes), None
            changed_at: float | None = None
            try:
                while True:
                    waiting = waiting or asyncio.ensure_future(_next(source))
                    await asyncio.wait({waiting}, timeout=self._seconds_until_due(changed_at))
                    for event in self._typing_stopped():
                        yield event
                    if waiting.done():
                        change, waiting = waiting.result(), None
                        if change is None:
                            return
                        if change.typing:
                            for event in self._typing_started(change):
                                yield event
                        else:
                            changed_at = time.monotonic()
                            if change.ticket_id == self._ticket_id:
                                async for event in self._conversation_events():
                                    yield event
                    if changed_at is None and not self._needs_refresh():
                        continue
                    if changed_at is None or self._seconds_until_due(changed_at) == 0:
                        async for event in self._queue_events(changed_at):
                            yield event
                        changed_at = None
            finally:
                if waiting is not None:
                    waiting.cancel()
                    with suppress(asyncio.CancelledError):
                        await waiting

    def _seconds_until_due(self, changed_at: float | None) -> float:
        """Return the seconds until counts and queue are to be sent, or that the user does not type any more."""
        due = self._sent_at + (REFRESH_SECONDS if changed_at is None else QUEUE_SECONDS)
        return max(0.0, min(due, self._typing_until or due) - time.monotonic())

    def _needs_refresh(self) -> bool:
        """Return whether ages are to be rendered anew, as nothing happened for a while."""
        return time.monotonic() >= self._sent_at + REFRESH_SECONDS

    def _typing_started(self, change: DeskEvent) -> Iterator[ServerSentEvent]:
        """Yield the typing indicator where the user of this page's conversation begins to type."""
        if change.ticket_id == self._ticket_id:
            began, self._typing_until = self._typing_until is None, time.monotonic() + TYPING_SECONDS
            if began:
                yield self._event("writing", None, on=True)

    def _typing_stopped(self, *, sent: bool = False) -> Iterator[ServerSentEvent]:
        """Take the typing indicator back: the user paused for a while, or what they typed was sent."""
        if self._typing_until is not None and (sent or time.monotonic() >= self._typing_until):
            self._typing_until = None
            yield self._event("writing", None, on=False)

    async def _conversation_events(self) -> AsyncIterator[ServerSentEvent]:
        """Yield what is new in the conversation; else, as somebody did something with the ticket, its state and context."""
        if self._ticket_id is None:
            return
        try:
            if self.position is not None:
                messages = await self._desk.messages(self._ticket_id, self.position.message)
                if messages:
                    ticket = await self._desk.find(self._ticket_id)
                    await self._record_reading(ticket)
                    self.position = TimelinePosition(int(messages[-1]["id"]), self.position.note)
                    for event in self._typing_stopped(sent=any(message["author"] == "user" for message in messages)):
                        yield event
                    yield self._event("items", str(self.position), items=timeline_of(messages, ()))
                    async for event in self._state_events(ticket):
                        yield event
                    return
            view = await self._desk.view(self._ticket_id)
        except UnknownTicket:
            return
        await self._record_reading(view.ticket)
        position = self.position or TimelinePosition()
        messages = [message for message in view.messages if int(message["id"]) > position.message]
        notes = [note for note in view.notes if note.id > position.note]
        if messages or notes:
            self.position = position_of(view.messages, view.notes)
            yield self._event("items", str(self.position), items=timeline_of(messages, notes, view.opened_message))
        async for event in self._state_events(view.ticket):
            yield event
        yield self._event("facts", None, view=view, ticket=view.ticket)

    async def _record_reading(self, ticket: Ticket) -> None:
        """Record that the agent reads the ticket, before anything of it is sent, as its page does."""
        now = time.monotonic()
        if now >= self._recorded_at + READING_SECONDS:
            await self._desk.record_reading(self._session.agent.id, ticket.reference, dossier=ticket.dossier)
            self._recorded_at = now

    async def _state_events(self, ticket: Ticket) -> AsyncIterator[ServerSentEvent]:
        """Yield the buttons where the ticket's state changed: sent more often, they would empty a form that is being filled in."""
        state = (ticket.state, ticket.agent and ticket.agent.id, ticket.queue, ticket.dossier, ticket.tags)
        if state != self._last_state:
            first, self._last_state = self._last_state is None, state
            if not first:
                yield self._event(
                    "state", None, ticket=ticket, refusal=None, by=None, **await form_choices(self._desk, self._agents, self._session)
                )

    async def _queue_events(self, since: float | None) -> AsyncIterator[ServerSentEvent]:
        """Yield the counts, and on a queue page its rows."""
        yield self._event("counts", None, counts=await self._broadcast.counts(since))
        if self._queue_filter is not None:
            entries = await self._broadcast.entries(self._queue_filter, self._session.agent.id, since)
            yield self._event("queue", None, "queue_rows", entries=entries, queue_filter=self._queue_filter)
        self._sent_at = time.monotonic()

    def _event(self, name: str, event_id: str | None, template: str | None = None, **variables: object) -> ServerSentEvent:
        html = self._renderer.html(self._request, template or name, self._session, **variables)
        return ServerSentEvent(html, event=name, id=event_id, retry=RETRY_MS)


async def _next(source: AsyncIterator[T]) -> T | None:
    return await anext(source, None)
