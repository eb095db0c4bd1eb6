"""Request bodies, read up to a limit, and the JSON in them."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request


class BodyTooLarge(Exception):
    """The request body is larger than its limit."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Return the body of `request`.

    Nothing is read where `Content-Length` announces too much. What was not read makes the connection useless for another
    request, so whoever answers 413 closes it.

    Raises:
        BodyTooLarge: the body has, or is announced with, more than `max_bytes` bytes.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:12]) > max_bytes:
        raise BodyTooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise BodyTooLarge
    return bytes(body)


def parse_json(body: bytes) -> Any:
    """Return the value of a JSON text (RFC 8259).

    Raises:
        ValueError: the body is not JSON, holds `NaN` or `Infinity`, which Python would read, or is nested too deeply.
    """
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
