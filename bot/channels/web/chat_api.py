"""Channel `web`: the Web chat API (docs/reference.md), used by the chat page, portals and tests.

A chat is known by a bearer token; only its SHA-256 is kept, so that who reads the database cannot
speak in anybody's chat.
"""

from __future__ import annotations

import json
import math
import re
import secrets
import unicodedata
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from sse_starlette import EventSourceResponse, ServerSentEvent

from bot.channels.web.notifications import Bell
from bot.core.clock import Clock
from bot.http.problems import Problem
from bot.identity.continuations import Continuations, hash_token
from bot.messaging.gateway import Gateway, Typing, Unread
from bot.messaging.messages import Incoming, Message
from bot.settings import Settings

CHANNEL = "web"
LONGEST_TEXT = 4_000
"""Unicode code points of a message."""
LARGEST_BODY = 64 * 1024
"""Bytes of a request: 4,000 code points are at most 48,000 bytes, each written as two JSON escapes of six."""
HEARTBEAT_SECONDS = 15
TYPING_PER_MINUTE = 60
"""How often a chat may say that its user is writing; the page does so every three seconds."""
_DOSSIER = re.compile(r"SPH-\d{4}-\d{6}")
NO_STORE = {"Cache-Control": "no-store"}


def _writable(text: str) -> str:
    """Refuse what no database or terminal keeps: NUL, lone surrogates."""
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("NUL and lone surrogates are not text")
    return text


def _visible(text: str) -> str:
    """Refuse a text with nothing to see: only spaces, control or format characters (categories Z, Cc, Cf)."""
    if all(unicodedata.category(char) in {"Zs", "Zl", "Zp", "Cc", "Cf"} for char in text):
        raise ValueError("nothing to read")
    return text


class _Posted(BaseModel):
    """Body of `POST /chat/messages`: an id and either a text or a button."""

    model_config = ConfigDict(strict=True, extra="ignore")

    id: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_writable), AfterValidator(_visible)]
    text: Annotated[str, AfterValidator(_writable), AfterValidator(_visible)] | None = None
    button: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_writable)] | None = None

    @model_validator(mode="after")
    def _either(self) -> _Posted:
        if (self.text is None) == (self.button is None):
            raise ValueError("either text or button")
        return self


class WebChat:
    """The Web chat API's operations."""

    def __init__(self, gateway: Gateway, continuations: Continuations, bell: Bell, settings: Settings, clock: Clock) -> None:
        self._gateway, self._continuations, self._bell, self._clock = gateway, continuations, bell, clock
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._sessions = RateLimitItemPerMinute(settings.chat_sessions_per_minute)
        self._messages = RateLimitItemPerMinute(settings.chat_messages_per_minute)
        self._typing = RateLimitItemPerMinute(TYPING_PER_MINUTE)

    async def open(self, request: Request) -> Response:
        """`POST /chat/sessions` → `{"token"}`; with `{"continue": token}` for the conversation of another channel that the link is of."""
        address = request.client.host if request.client else ""
        await self._count(self._sessions, "sessions", address)
        link = _continued(await self._body(request))
        if link is not None:
            return await self._continue(link)
        token = secrets.token_urlsafe(32)
        await self._gateway.open(CHANNEL, hash_token(token))
        return JSONResponse({"token": token}, headers=NO_STORE)

    async def _continue(self, link: str) -> Response:
        """Open the web chat of a conversation once; the dialogue goes on there by itself."""
        opened = await self._continuations.open(link)
        if opened is None:
            raise Problem(HTTPStatus.UNAUTHORIZED, self._gateway.texts.say("unknown_continuation"))
        conversation_id, token = opened
        await self._gateway.receive(conversation_id, Incoming(f"continued:{hash_token(link)}", event="continued"), CHANNEL)
        return JSONResponse({"token": token}, headers=NO_STORE)

    async def post(self, request: Request) -> Response:
        """`POST /chat/messages[?wait=true]` → 202, or 200 with the replies of the turn."""
        conversation_id = await self._conversation(request)
        incoming = self._parse(await self._body(request))
        await self._count(self._messages, "messages", conversation_id)
        received = await self._gateway.receive(conversation_id, incoming, CHANNEL)
        if request.query_params.get("wait", "").lower() in {"true", "1"}:
            replies = await self._gateway.replies(conversation_id, received)
            if replies is not None:
                return JSONResponse({"messages": replies}, headers=NO_STORE)
        return JSONResponse({"id": incoming.client_id}, status_code=HTTPStatus.ACCEPTED, headers=NO_STORE)

    async def typing(self, request: Request) -> Response:
        """`POST /chat/typing` → 204: the user is writing, which the team is shown while it has the word. What is written is not sent."""
        conversation_id = await self._conversation(request)
        await self._count(self._typing, "messages", f"typing:{conversation_id}")
        await self._gateway.writes(conversation_id)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=NO_STORE)

    async def history(self, request: Request) -> Response:
        """`GET /chat/messages[?after=]` → `{"messages"}`, oldest first; without `after` the latest 1,000."""
        conversation_id = await self._conversation(request)
        messages = await self._gateway.history(conversation_id, self._message_id(request.query_params.get("after")))
        return JSONResponse({"messages": messages}, headers=NO_STORE)

    async def events(self, request: Request) -> Response:
        """`GET /chat/events` → server-sent events, from the start or from `Last-Event-ID` (or `after`)."""
        conversation_id = await self._conversation(request)
        after = self._message_id(request.headers.get("last-event-id") or request.query_params.get("after"))
        source = self._gateway.events(conversation_id, after)
        return EventSourceResponse(_server_sent(source), ping=HEARTBEAT_SECONDS, headers=NO_STORE)

    async def notifications(self, request: Request) -> Response:
        """`GET /chat/notifications[?before=&dossier=]` → `{"unread", "notifications", "more"}`, newest first."""
        conversation_id = await self._conversation(request)
        dossier = request.query_params.get("dossier")
        if dossier is not None and not _DOSSIER.fullmatch(dossier):
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, self._gateway.texts.say("malformed"))
        before = self._message_id(request.query_params.get("before"))
        return JSONResponse(await self._bell.page(conversation_id, before=before, dossier=dossier), headers=NO_STORE)

    async def read(self, request: Request) -> Response:
        """`POST /chat/notifications/read` with `{"ids": […]}` or `{"all": true}` → `{"unread", "read"}`."""
        conversation_id = await self._conversation(request)
        body = await self._body(request)
        await self._count(self._messages, "messages", conversation_id)
        return JSONResponse(await self._bell.read(conversation_id, body), headers=NO_STORE)

    async def _conversation(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            hashed = hash_token(token.strip())
            found = await self._gateway.find(CHANNEL, hashed) or await self._continuations.session_conversation(hashed)
            if found is not None:
                return found
        headers = {"WWW-Authenticate": "Bearer"}
        raise Problem(HTTPStatus.UNAUTHORIZED, self._gateway.texts.say("unknown_session"), headers=headers)

    async def _body(self, request: Request) -> bytes:
        """The body, refused as soon as it is known to be too large."""
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:12]) > LARGEST_BODY:
            raise self._too_long()
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                raise self._too_long()
        return bytes(body)

    def _parse(self, body: bytes) -> Incoming:
        try:
            posted = _Posted.model_validate_json(body)
        except ValidationError as error:
            found = [
                {"pointer": "/" + "/".join(str(part) for part in e["loc"]), "detail": e["type"]}
                for e in error.errors(include_input=False, include_url=False, include_context=False)
            ]
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, self._gateway.texts.say("malformed"), errors=found) from None
        if posted.text is not None and len(posted.text) > LONGEST_TEXT:
            raise self._too_long()
        return Incoming(posted.id, posted.text, posted.button)

    def _too_long(self) -> Problem:
        # The rest of the body is not read: the connection cannot be used again.
        headers = {"Connection": "close"}
        return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._gateway.texts.say("too_long", limit="4 000"), headers=headers)

    def _message_id(self, raw: str | None) -> int | None:
        if raw is None:
            return None
        if not (raw.isascii() and raw.isdecimal() and len(raw) <= 18):
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, self._gateway.texts.say("malformed"))
        return int(raw)

    async def _count(self, limit: RateLimitItemPerMinute, what: str, who: str) -> None:
        """Raises Problem 429 when `who` did `what` too often in the last minute."""
        if await self._limiter.hit(limit, what, who):
            return
        stats = await self._limiter.get_window_stats(limit, what, who)
        seconds = min(60, max(1, math.ceil(stats.reset_time - self._clock.now().timestamp())))
        detail = self._gateway.texts.say(f"too_many_{what}", seconds=seconds)
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers={"Retry-After": str(seconds)})


def router(gateway: Gateway, continuations: Continuations, bell: Bell, settings: Settings, clock: Clock) -> APIRouter:
    """The routes of the Web chat API."""
    chat = WebChat(gateway, continuations, bell, settings, clock)
    routes = APIRouter(prefix="/chat")
    routes.add_api_route("/sessions", chat.open, methods=["POST"])
    routes.add_api_route("/messages", chat.post, methods=["POST"])
    routes.add_api_route("/messages", chat.history, methods=["GET"])
    routes.add_api_route("/typing", chat.typing, methods=["POST"])
    routes.add_api_route("/events", chat.events, methods=["GET"])
    routes.add_api_route("/notifications", chat.notifications, methods=["GET"])
    routes.add_api_route("/notifications/read", chat.read, methods=["POST"])
    return routes


def _continued(body: bytes) -> str | None:
    """The token of the link that a session is opened with, if it is."""
    try:
        link = json.loads(body)["continue"] if body.strip() else None
    except (ValueError, KeyError, TypeError):
        return None
    return link if isinstance(link, str) else None


async def _server_sent(source: AsyncIterator[Message | Typing | Unread]) -> AsyncIterator[ServerSentEvent]:
    async for event in source:
        if isinstance(event, Typing):
            yield ServerSentEvent(json.dumps({"on": event.on}), event="typing")
        elif isinstance(event, Unread):
            yield ServerSentEvent(json.dumps({"unread": event.notices}), event="notifications")
        else:
            yield ServerSentEvent(json.dumps(event, ensure_ascii=False), event="message", id=event["id"])
