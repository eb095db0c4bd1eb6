"""The webhook of Teams: what an activity becomes for the gateway, and what Teams is answered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from bot.channels.teams.activities import Activity, MalformedActivity
from bot.channels.teams.auth import Authenticator
from bot.channels.teams.connector import CARD_CONTENT_TYPE
from bot.channels.teams.group import TeamsGroup
from bot.channels.teams.group_cards import group_card
from bot.core.clock import Clock
from bot.http.body import BodyTooLarge, NestedTooDeeply, parse_json, read_body
from bot.http.problems import Problem, problem_response
from bot.http.rate_limit import retry_after
from bot.messaging.channel import Intake
from bot.messaging.messages import Incoming
from bot.support.groups.group import Answer

CHANNEL = "teams"
PATH = "/teams/messages"
MAX_BODY_BYTES = 256 * 1024
"""Of a request; Teams itself takes no message over 28 KB."""
MAX_TEXT_LENGTH = 4_000
"""Unicode code points of a message."""
_HANDLED_TYPES = frozenset({"message", "messageUpdate", "invoke", "conversationUpdate", "installationUpdate"})
_CARD_ACTION = "adaptiveCard/action"
_MAX_REMOVALS = 10_000
"""Chats of which it is remembered that the assistant was uninstalled from them while this process ran."""


class ActivityHandler:
    """`POST /teams/messages`: each request is authenticated, each activity stored before it is acknowledged.

    Attributes:
        accepting: whether activities are taken; if not, Teams sends them again.
        group: the support team's channel, in which nobody talks with the assistant.
    """

    def __init__(self, gateway: Intake, authenticator: Authenticator, clock: Clock, texts: Mapping[str, str]) -> None:
        self._gateway, self._authenticator, self._clock, self._texts = gateway, authenticator, clock, texts
        self._removals: OrderedDict[str, int] = OrderedDict()
        self.accepting = True
        self.group: TeamsGroup | None = None
        self.routes = APIRouter()
        self.routes.add_api_route(PATH, self._handle_request, methods=["POST"], response_model=None)

    async def _handle_request(self, request: Request) -> Response:
        try:
            return await self._response_to(request)
        except Problem as problem:
            return problem_response(problem)

    async def _response_to(self, request: Request) -> Response:
        token = self._authenticator.token(request)
        if not self.accepting:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "the assistant is stopping", headers=retry_after(5))
        body = _parse(await _read(request))
        await self._authenticator.check(token, body.get("serviceUrl") if not isinstance(body, Problem) else None)
        if isinstance(body, Problem):
            raise body
        self._authenticator.check_connector(body.get("serviceUrl"))
        if body.get("channelId") != "msteams":  # the same bot's other channels (Direct Line) let anybody say who and where they are
            raise Problem(HTTPStatus.FORBIDDEN, "only Teams may speak here")
        try:
            activity = Activity(body)
            self._authenticator.check_tenant(activity.tenants)
            return await self._handle(activity)
        except MalformedActivity:
            raise Problem(HTTPStatus.BAD_REQUEST, "the body is no activity") from None

    async def _handle(self, activity: Activity) -> Response:
        if activity.type in _HANDLED_TYPES:
            activity.check_complete()
        match activity.type:
            case "invoke":
                return await self._invoke(activity)
            case "message" if not activity.from_bot:
                await self._message(activity)
            case "messageUpdate" if self.group is not None and self.group.holds(activity):
                if activity.mentioned and activity.text_of("channelData", "eventType") == "editMessage":
                    await self.group.edited(activity)
            case "messageUpdate" if activity.personal and activity.text_of("channelData", "eventType") == "editMessage":
                await self._give(activity, Incoming(activity.edit_id, event="edited", text=activity.words))
            case "conversationUpdate" | "installationUpdate":
                await self._membership(activity)
            case _:  # typing, reactions, deletions, and whatever Teams comes to send one day
                pass
        return Response(status_code=HTTPStatus.OK)

    async def _message(self, activity: Activity) -> None:
        if activity.personal:
            await self._give(activity, _incoming(activity))
        elif self.group is not None and self.group.holds(activity):
            if await self.group.pressed(activity) is None and activity.mentioned:
                await self.group.mentioned(activity)
        elif activity.mentioned:
            await self._give(activity, Incoming(activity.client_id(), event="group"))

    async def _invoke(self, activity: Activity) -> Response:
        if activity.text_of("name") != _CARD_ACTION:
            raise Problem(HTTPStatus.NOT_IMPLEMENTED, "only buttons of cards are answered")
        if self.group is not None and self.group.holds(activity):
            return self._group_response(self.group, await self.group.pressed(activity))
        if not (activity.personal and activity.token):
            return _invoke_response(400, "application/vnd.microsoft.error", {"code": "BadRequest", "message": self._texts["not_a_button"]})
        await self._give(activity, Incoming(_press_id(activity), button=activity.token))
        return _invoke_response(200, "application/vnd.microsoft.activity.message", self._texts["received"])

    def _group_response(self, group: TeamsGroup, answer: Answer | None) -> Response:
        """Return what an agent sees who pressed a button of a ticket card: the card as it is now, or a text."""
        if answer is None:
            return _invoke_response(400, "application/vnd.microsoft.error", {"code": "BadRequest", "message": self._texts["not_a_button"]})
        if answer.card is not None:
            return _invoke_response(200, CARD_CONTENT_TYPE, group_card(answer.card, group.texts))
        return _invoke_response(200, "application/vnd.microsoft.activity.message", answer.text or group.texts.render("done"))

    async def _membership(self, activity: Activity) -> None:
        """Handle that the bot was installed or uninstalled. In a team nobody is welcomed: the assistant answers there when mentioned."""
        if activity.bot_was_removed:
            await self._gateway.mark_closed(CHANNEL, activity.address)
            self._removals[activity.address] = self._removals.pop(activity.address, 0) + 1
            if len(self._removals) > _MAX_REMOVALS:
                self._removals.popitem(last=False)
        elif activity.bot_was_added and activity.personal:
            await self._give(activity, Incoming(self._welcome_id(activity), event="welcome"))

    def _welcome_id(self, activity: Activity) -> str:
        """Return one client id for the two activities, of different ids, that Teams sends for one installation, and for their retries."""
        return f"w:{self._clock.now():%Y-%m-%dT%H}:{self._removals.get(activity.address, 0)}"

    async def _give(self, activity: Activity, incoming: Incoming) -> None:
        conversation_id = await self._gateway.find_or_open(CHANNEL, activity.address, reference=activity.reference)
        await self._gateway.receive(conversation_id, incoming)


def _incoming(activity: Activity) -> Incoming:
    """Return a message of a personal chat: a button of a client without `Action.Execute`, a text, or something that is not read."""
    if activity.token:
        return Incoming(_press_id(activity), button=activity.token)
    text = activity.text
    if not text:
        return Incoming(activity.client_id(), event="not_text", text=activity.words)
    if len(text) > MAX_TEXT_LENGTH:
        return Incoming(activity.client_id(), event="too_long", text=activity.words)
    return Incoming(activity.client_id(), text=text)


def _press_id(activity: Activity) -> str:
    """Return the client id of a press: the activity's id, or the button's token where it has none."""
    return activity.client_id() if activity.text_of("id") else f"b:{activity.token}"


def _invoke_response(status: int, kind: str, value: Any) -> Response:
    """Return the answer to a pressed button: the HTTP status is of the delivery, the inner one of the press."""
    return JSONResponse({"statusCode": status, "type": kind, "value": value})


async def _read(request: Request) -> bytes:
    """Return the body. Raise Problem (413) where it is too large."""
    try:
        return await read_body(request, MAX_BODY_BYTES)
    except BodyTooLarge:
        detail = f"a request has at most {MAX_BODY_BYTES} bytes"
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, headers={"Connection": "close"}) from None


def _parse(body: bytes) -> dict[str, Any] | Problem:
    """Return the JSON object, or what is wrong with the body: that is told only to who may speak here."""
    try:
        value = parse_json(body, nul=True)
    except NestedTooDeeply:
        return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "the body is nested too deeply")
    except ValueError:
        value = None
    return value if isinstance(value, dict) else Problem(HTTPStatus.BAD_REQUEST, "the body is no JSON object")
