"""The connector: what the bot calls at the activities' `serviceUrl`."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from bot.sandbox.teams.auth import check_authorization
from bot.sandbox.teams.conversations import Rooms
from bot.sandbox.teams.faults import Faults, NoAnswer
from bot.sandbox.teams.limits import Limits
from bot.sandbox.teams.outgoing import check_activity, is_split
from bot.sandbox.teams.problems import ConnectorProblem, bad_argument, bad_syntax, closed, no_activity, not_enough_permissions, throttled
from bot.sandbox.teams.state import Call, Conversation, Json, Message, State

Do = Callable[[Request, bytes, Call], Awaitable[tuple[int, Any]]]
TYPING_SECONDS = 8.0
"""How long « écrit… » is shown."""


class Connector:
    """Each operation is authenticated, counted, limited and written down before it is done."""

    def __init__(self, state: State, limits: Limits, faults: Faults, service_url: str) -> None:
        self._state, self._limits, self._faults = state, limits, faults
        self._rooms = Rooms(state, service_url, self.send)
        self.routes = APIRouter()
        chat, one = "/v3/conversations/{conversation_id}", "/activities/{activity_id}"
        self._route("POST", "/v3/conversations", "create", self._create)
        self._route("POST", f"{chat}/activities", "send", self._send)
        self._route("POST", f"{chat}{one}", "reply", self._reply)
        self._route("PUT", f"{chat}{one}", "update", self._update)
        self._route("DELETE", f"{chat}{one}", "delete", self._delete)
        self._route("PUT", f"{chat}{one}/reactions/{{kind}}", "react", self._react)
        self._route("DELETE", f"{chat}{one}/reactions/{{kind}}", "unreact", self._react)
        self._route("GET", f"{chat}{one}/members", "get_members", self._get(self._rooms.members))
        self._route("GET", f"{chat}/members", "get_members", self._get(self._rooms.members))
        self._route("GET", f"{chat}/pagedMembers", "get_paged_members", self._get(self._rooms.paged_members))
        self._route("GET", f"{chat}/members/{{member_id}}", "get_member", self._get(self._rooms.member))
        self._route("GET", "/v3/teams/{conversation_id}", "get_team", self._get(self._rooms.team))
        self._route("GET", "/v3/teams/{conversation_id}/conversations", "get_channels", self._get(self._rooms.channels))

    def _route(self, method: str, path: str, operation: str, do: Do) -> None:
        async def endpoint(request: Request) -> Response:
            return await self._answer(request, operation, do)

        self.routes.add_api_route(path, endpoint, methods=[method], response_model=None, name=operation)

    async def _answer(self, request: Request, operation: str, do: Do) -> Response:
        began = time.monotonic()
        raw = await request.body()
        where = request.path_params
        call = Call(
            len(self._state.calls) + 1, time.time(), request.method, operation, where.get("conversation_id"), where.get("activity_id")
        )
        self._state.calls.append(call)
        try:
            return await self._guarded(request, raw, call, do)
        except ConnectorProblem as problem:
            call.status, call.code = problem.status, problem.code
            return problem.response()
        finally:
            call.seconds = time.monotonic() - began
            self._state.changed()

    async def _guarded(self, request: Request, raw: bytes, call: Call, do: Do) -> Response:
        check_authorization(request.headers.get("authorization"), self._state.app_id)
        if raw and request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise bad_syntax("The Content-Type must be application/json.")
        fault = self._faults.take(call.operation, call.conversation_id)
        if fault is not None and (problem := fault.problem()) is not None:
            raise problem
        if fault is not None and fault.kind in {"hang", "drop"}:
            if fault.kind == "hang":
                await self._faults.hang(request, fault.seconds)
            return NoAnswer()
        wait = self._limits.take(call.operation, (call.conversation_id or "").partition(";")[0])
        if wait is not None:
            raise throttled(wait)
        status, body = await do(request, raw, call)
        if fault is not None:  # lost or held: it is done
            if fault.kind == "held":
                await self._faults.hang(request, fault.seconds)
            return NoAnswer()
        call.status = status
        return Response(status_code=status) if body is None else JSONResponse(body, status)

    # --- operations ---

    async def _create(self, _request: Request, raw: bytes, call: Call) -> tuple[int, Any]:
        made = self._rooms.create(raw)
        call.conversation_id, call.activity_id = made["id"], made.get("activityId")
        return 201, made

    async def _send(self, _request: Request, raw: bytes, call: Call) -> tuple[int, Any]:
        conversation, thread = self._writable(call)
        call.body = activity = check_activity(raw, conversation)
        if activity["type"] == "typing":
            conversation.typing_at = time.time() + TYPING_SECONDS
            return 202, {}
        reply_to = activity.get("replyToId")
        if reply_to is not None and thread is None and conversation.kind == "channel":
            thread = self._message(conversation, str(reply_to)).thread
        sent = self.send(conversation, activity, thread)
        call.activity_id = sent.get("id")
        return 201, sent

    async def _reply(self, request: Request, raw: bytes, call: Call) -> tuple[int, Any]:
        conversation, _ = self._writable(call)
        activity = check_activity(raw, conversation)
        if activity["type"] == "typing":
            return await self._send(request, raw, call)
        call.body = activity
        message = self._message(conversation, call.activity_id)
        sent = self.send(conversation, activity | {"replyToId": message.id}, message.thread)
        return 201, sent

    def send(self, conversation: Conversation, activity: Json, thread: str | None) -> Json:
        """Put a checked message there: its id; nothing where Teams makes two messages of it."""
        if not is_split(activity):
            return {"id": self._state.add_message(conversation, "bot", activity, thread).id}
        first = {key: value for key, value in activity.items() if key != "attachments"}
        second = {key: value for key, value in activity.items() if key != "text"}
        root = self._state.add_message(conversation, "bot", first, thread).thread
        self._state.add_message(conversation, "bot", second, thread or root)
        return {}

    async def _update(self, _request: Request, raw: bytes, call: Call) -> tuple[int, Any]:
        conversation, _ = self._writable(call)
        call.body = activity = check_activity(raw, conversation, update=True)
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
        message.change = self._state.changed()
        return 200, None

    def _get(self, read: Callable[[Request], Any]) -> Do:
        async def do(request: Request, _raw: bytes, _call: Call) -> tuple[int, Any]:
            return 200, read(request)

        return do

    # --- what may be touched ---

    def _writable(self, call: Call) -> tuple[Conversation, str | None]:
        conversation, thread = self._state.find(call.conversation_id or "")
        if conversation.refusal is not None:
            raise closed(conversation.refusal)
        return conversation, thread

    def _message(self, conversation: Conversation, activity_id: str | None) -> Message:
        message = conversation.messages.get(activity_id or "")
        if message is None or message.deleted:
            if activity_id is not None and not activity_id.isdecimal():
                raise bad_argument("Unknown activity id.")
            raise no_activity()
        return message

    def _own(self, conversation: Conversation, activity_id: str | None) -> Message:
        message = self._message(conversation, activity_id)
        if not message.from_bot:
            raise not_enough_permissions()
        return message
