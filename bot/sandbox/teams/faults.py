"""Makes the connector misbehave on demand."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.types import Receive, Scope, Send

from bot.sandbox.teams.problems import STATUSES, ConnectorProblem, asked_for


class Fault(BaseModel):
    """What goes wrong, for the next `count` requests (None: until taken back) that it concerns.

    `kind` is a status, answered without anything being done; `hang`: no answer for `seconds`, nothing is done, then the connection
    ends; `drop`: the connection ends, nothing is done; `lost`: it is done, then the connection ends without an answer; `held`:
    it is done, and the answer is kept back for `seconds`.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["hang", "drop", "lost", "held"] | int
    operation: str | None = None
    """create, send, reply, update, delete, get…; None: all that write."""
    conversation: str | None = None
    count: int | None = Field(1, ge=1)
    retry_after: int | None = Field(None, ge=1)
    seconds: float = Field(60.0, ge=0, le=600)

    @model_validator(mode="after")
    def _known(self) -> Fault:
        if isinstance(self.kind, int) and self.kind not in STATUSES:
            raise ValueError(f"status must be one of {sorted(STATUSES)}")
        return self

    def problem(self) -> ConnectorProblem | None:
        """The answer, where it is one."""
        return asked_for(self.kind, self.retry_after) if isinstance(self.kind, int) else None


class Faults:
    """Those that are set, oldest first."""

    def __init__(self) -> None:
        self.set: list[Fault] = []
        self._over = asyncio.Event()

    def release(self) -> None:
        """Let go of what hangs."""
        self._over.set()

    async def hang(self, request: Request, seconds: float) -> None:
        """Wait so long, or until the client gave up. The body must have been read."""
        waits = [asyncio.ensure_future(request.receive()), asyncio.ensure_future(self._over.wait())]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()

    def take(self, operation: str, conversation_id: str | None) -> Fault | None:
        """The first fault that concerns a request; counts it."""
        for fault in self.set:
            if fault.conversation not in {None, (conversation_id or "").partition(";")[0], conversation_id}:
                continue
            if fault.operation == operation or (fault.operation is None and not operation.startswith("get")):
                if fault.count is not None:
                    fault.count -= 1
                self.set = [kept for kept in self.set if kept.count != 0]
                return fault
        return None


class NoAnswer(Response):
    """Ends the connection before the answer is complete: to a client it is a network error."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
