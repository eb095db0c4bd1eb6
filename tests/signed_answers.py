"""Stand-ins for Rasa and the action server answer signed requests alone, and sign their answers, as those do."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.core.message_signatures import ANSWER_HEADER, MessageSigner, route_of

Message = MutableMapping[str, Any]


class SignedAnswers:
    """ASGI middleware around a stand-in that has `key`."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app, self._signer = app, MessageSigner(key)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        nonce = self._signer.verify_request(route_of(scope["path"]), body, request.headers.get("authorization", ""))
        if nonce is None:
            await JSONResponse({"status": 401}, 401)(scope, receive, send)
            return
        start: Message = {}
        pieces: list[bytes] = []

        async def received() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            pieces.append(message.get("body", b""))
            if not message.get("more_body"):
                answer = b"".join(pieces)
                signature = self._signer.sign_answer(nonce, start["status"], answer)
                headers = [*start["headers"], (ANSWER_HEADER.lower().encode(), signature.encode())]
                await send({**start, "headers": headers})
                await send({"type": "http.response.body", "body": answer})

        await self._app(scope, received, kept)
