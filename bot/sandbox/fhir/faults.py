"""Faults of the platform, injected on demand, so that tests see how the assistant copes."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.http.body import parse_json
from bot.sandbox.fhir.operation_outcomes import OperationOutcomeError

Mode = Literal["none", "down", "slow", "garbage", "lost"]


class Fault(BaseModel):
    """How the FHIR server misbehaves.

    `down`: 503; `slow`: the answer comes after `seconds`; `garbage`: 200 with a body that is not FHIR; `lost`: the request is done,
    then answered 503. `method` and `type` (of resource) limit it to some requests, `count` to so many of these.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode
    seconds: Annotated[float, Field(ge=0, le=300)] = 10.0
    count: Annotated[int, Field(ge=1)] | None = None
    method: Literal["GET", "POST", "PUT"] | None = None
    type: str | None = None


class FaultMiddleware:
    """ASGI middleware around the FHIR routes; the current fault is kept in memory only."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._fault = Fault(mode="none")
        self._left: int | None = None

    def set(self, body: bytes) -> Fault:
        """Set the fault that a JSON body describes. Raises OperationOutcomeError 400 where it describes none."""
        try:
            self._fault = Fault.model_validate(parse_json(body))
        except (ValidationError, ValueError):
            raise OperationOutcomeError(400, "invalid", "not a fault: mode, seconds, count, method, type") from None
        self._left = self._fault.count
        return self._fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, with the fault where it concerns it."""
        mode = self._mode_of(scope)
        if mode == "slow":
            await asyncio.sleep(self._fault.seconds)
        if mode in ("none", "slow"):
            await self._app(scope, receive, send)
        elif mode == "down":
            await OperationOutcomeError(503, "transient", "down").response()(scope, receive, send)
        elif mode == "lost":
            await self._app(scope, receive, _discard)
            await OperationOutcomeError(503, "transient", "lost").response()(scope, receive, send)
        else:
            await _send_garbage(send)

    def _mode_of(self, scope: Scope) -> Mode:
        fault = self._fault
        if scope["type"] != "http" or fault.mode == "none" or self._left == 0:
            return "none"
        resource_type = str(scope["path"]).removeprefix("/fhir/").split("/")[0]
        if (fault.method and scope["method"] != fault.method) or (fault.type and resource_type != fault.type):
            return "none"
        if self._left is not None:
            self._left -= 1
        return fault.mode


async def _discard(_message: object) -> None:
    return None


async def _send_garbage(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"<html>It works! \xff\xfe</html>"})
