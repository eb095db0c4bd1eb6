"""Faults of the connector, injected on demand."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.types import Receive, Scope, Send

from bot.sandbox.teams.errors import INJECTABLE_STATUSES, ConnectorError, injected_error


class Fault(BaseModel):
    """A fault for the next `count` requests that it concerns (None: until it is cleared).

    `kind` is a status, answered without doing anything; `hang`: nothing is done, and the connection ends after `seconds` without an
    answer; `drop`: nothing is done, and the connection ends; `lost`: the request is done, and the connection ends without an answer;
    `held`: the request is done, and the connection ends without an answer after `seconds`.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["hang", "drop", "lost", "held"] | int
    operation: str | None = None
    """create, send, reply, update, delete, get…; None: all operations that write."""
    conversation: str | None = None
    count: int | None = Field(1, ge=1)
    retry_after: int | None = Field(None, ge=1)
    seconds: float = Field(60.0, ge=0, le=600)

    @model_validator(mode="after")
    def _known(self) -> Fault:
        if isinstance(self.kind, int) and self.kind not in INJECTABLE_STATUSES:
            raise ValueError(f"status must be one of {sorted(INJECTABLE_STATUSES)}")
        return self

    def error(self) -> ConnectorError | None:
        """Return the error to answer with, if `kind` is a status."""
        return injected_error(self.kind, self.retry_after) if isinstance(self.kind, int) else None


class Faults:
    """The faults that are set, oldest first."""

    def __init__(self) -> None:
        self.pending: list[Fault] = []
        self._released = asyncio.Event()

    def release(self) -> None:
        """End all requests that hang."""
        self._released.set()

    async def hang(self, request: Request, seconds: float) -> None:
        """Wait for `seconds`, or until the client disconnects. The body must have been read."""
        waits = [asyncio.ensure_future(request.receive()), asyncio.ensure_future(self._released.wait())]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()

    def next_for(self, operation: str, conversation_id: str | None) -> Fault | None:
        """Return the first fault that concerns a request, and count it."""
        for fault in self.pending:
            if fault.conversation not in {None, (conversation_id or "").partition(";")[0], conversation_id}:
                continue
            if fault.operation == operation or (fault.operation is None and not operation.startswith("get")):
                if fault.count is not None:
                    fault.count -= 1
                self.pending = [kept for kept in self.pending if kept.count != 0]
                return fault
        return None


class DroppedConnection(Response):
    """A response that ends the connection before it is complete, which is a network error to the client."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Announce two bytes and send none."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
