"""Channel `web`: the Web chat API (docs/reference.md), used by the chat page, portals and tests.

A chat is known by a bearer token (`bot.identity.chat_sessions`); its sessions are opened and ended in `session_api`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from sse_starlette import EventSourceResponse, ServerSentEvent

from bot.channels.web.authentication import Authentication
from bot.channels.web.event_stream import events_until_end
from bot.channels.web.notifications import WebNotifications
from bot.channels.web.requests import API_HEADERS, CHANNEL, chat_json, read_chat_body, refuse_if, too_long
from bot.channels.web.session_api import SessionApi
from bot.channels.web.session_watch import SessionWatch
from bot.http.parameters import parse_id
from bot.http.problems import Problem, validation_errors
from bot.http.rate_limit import RateLimit, SourceLimit, source_of
from bot.identity.chat_sessions import OpenSession
from bot.identity.service import Identity
from bot.messaging.gateway import Gateway
from bot.messaging.inbox import TooManyMessages
from bot.messaging.messages import Incoming
from bot.settings import Settings

MAX_TEXT_LENGTH = 4_000
"""Unicode code points of a message."""
HEARTBEAT_SECONDS = 15
TYPING_PER_MINUTE = 60
"""How often a chat may say that its user is typing; the page does so every three seconds."""
QUIET_MESSAGES = 10
"""Messages of the last minute below which a chat that is linked to no account goes on, however much else its address sends."""
MAX_STREAMS = 10
"""Streams of events that a chat may have open at one process: a page opens one, and a lost connection is noticed late."""
_RETRY_SECONDS = 10
_DOSSIER = re.compile(r"SPH-\d{4}-\d{6}")


def _writable(text: str) -> str:
    """Return the text. Raise ValueError where it holds what no database or terminal keeps: NUL, lone surrogates."""
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("NUL and lone surrogates are not text")
    return text


def _visible(text: str) -> str:
    """Return the text. Raise ValueError where there is nothing to see: only spaces, control or format characters (Z, Cc, Cf)."""
    if all(unicodedata.category(char) in {"Zs", "Zl", "Zp", "Cc", "Cf"} for char in text):
        raise ValueError("nothing to read")
    return text


class _PostedMessage(BaseModel):
    """Body of `POST /chat/messages`: an id and either a text or the token of a button."""

    model_config = ConfigDict(strict=True, extra="ignore")

    id: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_writable), AfterValidator(_visible)]
    text: Annotated[str, AfterValidator(_writable), AfterValidator(_visible)] | None = None
    button: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_writable)] | None = None

    @model_validator(mode="after")
    def _either(self) -> _PostedMessage:
        if (self.text is None) == (self.button is None):
            raise ValueError("either text or button")
        return self


class WebChat:
    """The handlers of the Web chat API."""

    def __init__(
        self,
        gateway: Gateway,
        identity: Identity,
        authentication: Authentication,
        watch: SessionWatch,
        notifications: WebNotifications,
        settings: Settings,
    ) -> None:
        self._gateway, self._identity = gateway, identity
        self._authentication, self._watch, self._notifications = authentication, watch, notifications
        self._unlinked_limit = SourceLimit("unlinked_messages", settings.chat_unlinked_per_minute)
        self._messages_limit = RateLimit(settings.chat_messages_per_minute)
        self._streams: Counter[str] = Counter()
        self._typing_limit = RateLimit(TYPING_PER_MINUTE)

    async def post_message(self, request: Request) -> Response:
        """`POST /chat/messages[?wait=true]` → 202, or 200 with the replies of the turn."""
        session = await self._authentication.session_of(request)
        conversation_id = session.conversation_id
        incoming = self._parse(await self._body(request))
        await self._check_messages(request, session)
        try:
            received = await self._gateway.receive(conversation_id, incoming, CHANNEL)
        except TooManyMessages:  # other processes count as well
            self._refuse_if("messages", _RETRY_SECONDS)
            raise
        if request.query_params.get("wait", "").lower() in {"true", "1"}:
            replies = await self._gateway.wait_for_replies(conversation_id, received)
            if replies is not None:
                return JSONResponse({"messages": replies}, headers=API_HEADERS)
        return JSONResponse({"id": incoming.client_id}, status_code=HTTPStatus.ACCEPTED, headers=API_HEADERS)

    async def typing(self, request: Request) -> Response:
        """`POST /chat/typing` → 204: the user is typing, which agents are shown while they have the conversation; not what they type."""
        conversation_id = await self._conversation_id(request)
        self._refuse_if("messages", await self._typing_limit.hit(conversation_id))
        await self._gateway.user_typing(conversation_id)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=API_HEADERS)

    async def history(self, request: Request) -> Response:
        """`GET /chat/messages[?after=]` → `{"messages"}`, oldest first; without `after` the latest 1,000."""
        conversation_id = await self._conversation_id(request)
        messages = await self._gateway.history(conversation_id, self._message_id(request.query_params.get("after")))
        return JSONResponse({"messages": messages}, headers=API_HEADERS)

    async def events(self, request: Request) -> Response:
        """`GET /chat/events` → server-sent events, from the start or from `Last-Event-ID` (or `after`), until the session ends."""
        session = await self._authentication.session_of(request)
        after = self._message_id(request.headers.get("last-event-id") or request.query_params.get("after"))
        if self._streams[session.conversation_id] >= MAX_STREAMS:
            self._refuse_if("messages", _RETRY_SECONDS)
        return EventSourceResponse(self._events(session, after), ping=HEARTBEAT_SECONDS, headers=API_HEADERS)

    async def _events(self, session: OpenSession, after: int | None) -> AsyncIterator[ServerSentEvent]:
        """Yield a stream's events; count the stream among those of its chat as long as it is open."""
        self._streams[session.conversation_id] += 1
        try:
            with self._watch.ending(session.token_hash) as ending:
                async for event in events_until_end(self._gateway, session.conversation_id, after, ending):
                    yield event
        finally:
            self._streams[session.conversation_id] -= 1
            self._streams += Counter()  # drops what is zero

    async def notifications(self, request: Request) -> Response:
        """`GET /chat/notifications[?before=&dossier=]` → `{"unread", "notifications", "more"}`, newest first."""
        conversation_id = await self._conversation_id(request)
        dossier = request.query_params.get("dossier")
        if dossier is not None and not _DOSSIER.fullmatch(dossier):
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, self._gateway.texts.render("malformed"))
        before = self._message_id(request.query_params.get("before"))
        return JSONResponse(await self._notifications.page(conversation_id, before=before, dossier=dossier), headers=API_HEADERS)

    async def read_notifications(self, request: Request) -> Response:
        """`POST /chat/notifications/read` with `{"ids": […]}` or `{"all": true}` → `{"unread", "read"}`."""
        conversation_id = await self._conversation_id(request)
        body = chat_json(await self._body(request), self._gateway.texts)
        self._refuse_if("messages", await self._messages_limit.hit(conversation_id))
        return JSONResponse(await self._notifications.mark_read(conversation_id, body), headers=API_HEADERS)

    async def _conversation_id(self, request: Request) -> str:
        """Return the conversation of the bearer token. Raise Problem 401 where there is none."""
        return (await self._authentication.session_of(request)).conversation_id

    async def _body(self, request: Request) -> bytes:
        return await read_chat_body(request, self._gateway.texts)

    def _parse(self, body: bytes) -> Incoming:
        try:
            posted = _PostedMessage.model_validate(chat_json(body, self._gateway.texts))
        except ValidationError as error:
            errors = validation_errors(error.errors(include_input=False, include_url=False, include_context=False))
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, self._gateway.texts.render("malformed"), errors=errors) from None
        if posted.text is not None and len(posted.text) > MAX_TEXT_LENGTH:
            raise too_long(self._gateway.texts)
        return Incoming(posted.id, posted.text, posted.button)

    def _message_id(self, raw: str | None) -> int | None:
        if raw is None:
            return None
        message_id = parse_id(raw)
        if message_id is None:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, self._gateway.texts.render("malformed"))
        return message_id

    async def _check_messages(self, request: Request, session: OpenSession) -> None:
        """Count a message. Raise Problem 429 where its chat, or the address that it comes from, sent too many in the last minute.

        The messages of a chat that is linked to an account count for that chat alone: whoever else is behind the same address can
        neither use them up nor be stopped by them. Chats that are linked to none share what their address may send; when that is used
        up, those that sent little still go on.
        """
        conversation_id = session.conversation_id
        self._refuse_if("messages", await self._messages_limit.hit(conversation_id))
        await self._identity.note_source(conversation_id, source_of(request))
        if session.linked:
            return
        seconds = await self._unlinked_limit.hit(request)
        if seconds is not None and await self._gateway.sent_lately(conversation_id, QUIET_MESSAGES):
            self._refuse_if("messages", seconds)

    def _refuse_if(self, what: str, seconds: int | None) -> None:
        refuse_if(self._gateway.texts, what, seconds)


def router(
    gateway: Gateway,
    identity: Identity,
    authentication: Authentication,
    watch: SessionWatch,
    notifications: WebNotifications,
    sessions: SessionApi,
    settings: Settings,
) -> APIRouter:
    """Return the routes of the Web chat API."""
    chat = WebChat(gateway, identity, authentication, watch, notifications, settings)
    routes = APIRouter(prefix="/chat")
    sessions.add_to(routes)
    routes.add_api_route("/messages", chat.post_message, methods=["POST"])
    routes.add_api_route("/messages", chat.history, methods=["GET"])
    routes.add_api_route("/typing", chat.typing, methods=["POST"])
    routes.add_api_route("/events", chat.events, methods=["GET"])
    routes.add_api_route("/notifications", chat.notifications, methods=["GET"])
    routes.add_api_route("/notifications/read", chat.read_notifications, methods=["POST"])
    return routes
