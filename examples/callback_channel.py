"""A channel in sixty lines: messages come in by HTTP and go out to a callback URL. Run with `CHANNELS=examples.callback_channel`."""

from __future__ import annotations

import hmac
import os
from http import HTTPStatus

import httpx
from fastapi import APIRouter, Request, Response

from bot.http.problems import Problem
from bot.messaging.channel import Channel, ChannelCapabilities, ChannelContext, ChannelUnavailable, Chat, OutboundMessage
from bot.messaging.messages import Incoming


class CallbackChannel:
    """`POST /callback/messages` with {"chat", "id", "text" | "button"}; answers are posted to CALLBACK_URL."""

    capabilities = ChannelCapabilities("callback", False, 1000, 5, 40, buttons_per_row=1, can_edit=False, can_delete=False)

    def __init__(self, wiring: ChannelContext, url: str, token: str) -> None:
        self._gateway, self._url, self._token = wiring.gateway, url, token
        self._http = httpx.AsyncClient(timeout=10, trust_env=False)
        self.routes = APIRouter()
        self.routes.add_api_route("/callback/messages", self.receive, methods=["POST"])

    async def receive(self, request: Request) -> Response:
        """Store what came in, then acknowledge it."""
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {self._token}".encode()):
            raise Problem(HTTPStatus.UNAUTHORIZED, "the token is not the right one")
        body = await request.json()
        conversation = await self._gateway.find_or_open(self.capabilities.name, str(body["chat"]))
        await self._gateway.receive(conversation, Incoming(str(body["id"]), body.get("text"), body.get("button")))
        return Response(status_code=HTTPStatus.ACCEPTED)

    async def send(self, chat: Chat, part: OutboundMessage) -> str:
        """Post a message to the callback; its id is what the callback answers."""
        choices = [{"title": choice.title, "token": choice.token} for choice in part.quick_replies]
        try:
            answer = await self._http.post(self._url, json={"chat": chat.address, "text": part.text, "buttons": choices, "link": part.link})
            return answer.raise_for_status().text[:100]
        except httpx.HTTPError as error:
            raise ChannelUnavailable from error

    async def start(self) -> None: ...
    async def stop_receiving(self) -> None: ...
    async def replace(self, chat: Chat, sent_id: str, part: OutboundMessage) -> None: ...
    async def delete(self, chat: Chat, sent_id: str) -> None: ...
    async def typing(self, chat: Chat) -> None: ...

    async def stop(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def healthy(self) -> bool:
        """Nothing to ask."""
        return True


def create(wiring: ChannelContext) -> Channel | None:
    """The channel, where CALLBACK_URL and CALLBACK_TOKEN are set."""
    url, token = os.environ.get("CALLBACK_URL"), os.environ.get("CALLBACK_TOKEN")
    return CallbackChannel(wiring, url, token) if url and token else None
