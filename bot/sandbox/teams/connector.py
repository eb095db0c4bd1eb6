"""The Bot Framework connector, which the bot calls at the activities' `serviceUrl`."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from bot.sandbox.teams.activity_validation import is_split_in_two, validate_activity
from bot.sandbox.teams.authentication import check_authorization
from bot.sandbox.teams.conversations_api import ConversationsApi
from bot.sandbox.teams.errors import (
    ConnectorError,
    activity_not_found,
    bad_argument,
    bad_syntax,
    forbidden,
    not_enough_permissions,
    throttled,
)
from bot.sandbox.teams.faults import DroppedConnection, Faults
from bot.sandbox.teams.rate_limits import RateLimits
from bot.sandbox.teams.state import Call, Conversation, Json, Message, State

Handler = Callable[[Request, bytes, Call], Awaitable[tuple[int, Any]]]
TYPING_SECONDS = 8.0
"""Time for which the typing indicator is shown."""


class Connector:
    """Operations of the connector; each is recorded, authenticated and rate-limited before it is carried out."""

    def __init__(self, state: State, limits: RateLimits, faults: Faults, service_url: str) -> None:
        self._state, self._limits, self._faults = state, limits, faults
        self._conversations_api = ConversationsApi(state, service_url, self.send)
        self.routes = APIRouter()
        chat, one = "/v3/conversations/{conversation_id}", "/activities/{activity_id}"
        self._route("POST", "/v3/conversations", "create", self._create)
        self._route("POST", f"{chat}/activities", "send", self._send)
        self._route("POST", f"{chat}{one}", "reply", self._reply)
        self._route("PUT", f"{chat}{one}", "update", self._update)
        self._route("DELETE", f"{chat}{one}", "delete", self._delete)
        self._route("PUT", f"{chat}{one}/reactions/{{kind}}", "react", self._react)
        self._route("DELETE", f"{chat}{one}/reactions/{{kind}}", "unreact", self._react)
        self._route("GET", f"{chat}{one}/members", "get_members", self._get(self._conversations_api.members))
        self._route("GET", f"{chat}/members", "get_members", self._get(self._conversations_api.members))
        self._route("GET", f"{chat}/pagedMembers", "get_paged_members", self._get(self._conversations_api.paged_members))
        self._route("GET", f"{chat}/members/{{member_id}}", "get_member", self._get(self._conversations_api.member))
        self._route("GET", "/v3/teams/{conversation_id}", "get_team", self._get(self._conversations_api.team))
        self._route("GET", "/v3/teams/{conversation_id}/conversations", "get_channels", self._get(self._conversations_api.channels))

    def _route(self, method: str, path: str, operation: str, handler: Handler) -> None:
        async def endpoint(request: Request) -> Response:
            return await self._handle(request, operation, handler)

        self.routes.add_api_route(path, endpoint, methods=[method], response_model=None, name=operation)

    async def _handle(self, request: Request, operation: str, handler: Handler) -> Response:
        began = time.monotonic()
        raw = await request.body()
        params = request.path_params
        call = Call(
            len(self._state.calls) + 1, time.time(), request.method, operation, params.get("conversation_id"), params.get("activity_id")
        )
        self._state.calls.append(call)
        try:
            return await self._checked(request, raw, call, handler)
        except ConnectorError as error:
            call.status, call.code = error.status, error.code
            return error.response()
        finally:
            call.seconds = time.monotonic() - began
            self._state.mark_changed()

    async def _checked(self, request: Request, raw: bytes, call: Call, handler: Handler) -> Response:
        check_authorization(request.headers.get("authorization"), self._state.app_id)
        if raw and request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise bad_syntax("The Content-Type must be application/json.")
        fault = self._faults.next_for(call.operation, call.conversation_id)
        if fault is not None and (error := fault.error()) is not None:
            raise error
        if fault is not None and fault.kind in {"hang", "drop"}:
            if fault.kind == "hang":
                await self._faults.hang(request, fault.seconds)
            return DroppedConnection()
        wait = self._limits.consume(call.operation, (call.conversation_id or "").partition(";")[0])
        if wait is not None:
            raise throttled(wait)
        status, body = await handler(request, raw, call)
        if fault is not None:  # lost or held: the operation was carried out
            if fault.kind == "held":
                await self._faults.hang(request, fault.seconds)
            return DroppedConnection()
        call.status = status
        return Response(status_code=status) if body is None else JSONResponse(body, status)

    async def _create(self, _request: Request, raw: bytes, call: Call) -> tuple[int, Any]:
        created = self._conversations_api.create(raw)
        call.conversation_id, call.activity_id = created["id"], created.get("activityId")
        return 201, created

    async def _send(self, _request: Request, raw: bytes, call: Call) -> tuple[int, Any]:
        conversation, thread = self._writable(call)
        call.body = activity = validate_activity(raw, conversation)
        if activity["type"] == "typing":
            conversation.typing_until = time.time() + TYPING_SECONDS
            return 202, {}
        reply_to = activity.get("replyToId")
        if reply_to is not None and thread is None and conversation.kind == "channel":
            thread = self._message(conversation, str(reply_to)).thread
        sent = self.send(conversation, activity, thread)
        call.activity_id = sent.get("id")
        return 201, sent

    async def _reply(self, request: Request, raw: bytes, call: Call) -> tuple[int, Any]:
        conversation, _ = self._writable(call)
        activity = validate_activity(raw, conversation)
        if activity["type"] == "typing":
            return await self._send(request, raw, call)
        call.body = activity
        message = self._message(conversation, call.activity_id)
        sent = self.send(conversation, activity | {"replyToId": message.id}, message.thread)
        return 201, sent

    def send(self, conversation: Conversation, activity: Json, thread: str | None) -> Json:
        """Add a valid message and return its id; an empty object where Teams splits it in two."""
        if not is_split_in_two(activity):
            return {"id": self._state.add_message(conversation, "bot", activity, thread).id}
        first = {key: value for key, value in activity.items() if key != "attachments"}
        second = {key: value for key, value in activity.items() if key != "text"}
        root = self._state.add_message(conversation, "bot", first, thread).thread
        self._state.add_message(conversation, "bot", second, thread or root)
        return {}

    async def _update(self, _request: Request, raw: bytes, call: Call) -> tuple[int, Any]:
        conversation, _ = self._writable(call)
        call.body = activity = validate_activity(raw, conversation, update=True)
        message = self._own(conversation, call.activity_id)
        self._state.replace(message, activity)
        return 200, {"id": message.id}

    async def _delete(self, _request: Request, _raw: bytes, call: Call) -> tuple[int, Any]:
        conversation, _ = self._writable(call)
        self._state.delete(self._own(conversation, call.activity_id))
        return 200, None

    async def _react(self, request: Request, _raw: bytes, call: Call) -> tuple[int, Any]:
        conversation, _ = self._writable(call)
        message = self._message(conversation, call.activity_id)
        reaction = ("bot", request.path_params["kind"])
        message.reactions = [one for one in message.reactions if one != reaction]
        if call.operation == "react":
            message.reactions.append(reaction)
        message.change = self._state.mark_changed()
        return 200, None

    def _get(self, read: Callable[[Request], Any]) -> Handler:
        async def handle(request: Request, _raw: bytes, _call: Call) -> tuple[int, Any]:
            return 200, read(request)

        return handle

    def _writable(self, call: Call) -> tuple[Conversation, str | None]:
        conversation, thread = self._state.find(call.conversation_id or "")
        if conversation.refusal is not None:
            raise forbidden(conversation.refusal)
        return conversation, thread

    def _message(self, conversation: Conversation, activity_id: str | None) -> Message:
        message = conversation.messages.get(activity_id or "")
        if message is None or message.deleted:
            if activity_id is not None and not activity_id.isdecimal():
                raise bad_argument("Unknown activity id.")
            raise activity_not_found()
        return message

    def _own(self, conversation: Conversation, activity_id: str | None) -> Message:
        message = self._message(conversation, activity_id)
        if not message.from_bot:
            raise not_enough_permissions()
        return message
