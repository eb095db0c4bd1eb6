"""What the handlers of the Web chat API share: bodies, rate limits, headers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import Request

from bot.http.body import BodyTooLarge, parse_json, read_body
from bot.http.problems import Problem
from bot.http.rate_limit import retry_after
from bot.messaging.texts import Texts

CHANNEL = "web"
MAX_BODY_BYTES = 64 * 1024
"""Of a request: 4,000 code points are at most 48,000 bytes, each written as two JSON escapes of six."""
API_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Of every answer: nobody may cache it, nor take it for another type than it says."""


async def read_chat_body(request: Request, texts: Texts) -> bytes:
    """Return the body. Raise Problem 413 where it is too large."""
    try:
        return await read_body(request, MAX_BODY_BYTES)
    except BodyTooLarge:
        raise too_long(texts) from None


def too_long(texts: Texts) -> Problem:
    """Return the 413. The rest of the body is not read: the connection cannot be used again."""
    detail = texts.render("too_long", limit="4 000")
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, headers={"Connection": "close"})


def chat_json(body: bytes, texts: Texts) -> Any:
    """Return the JSON value of a body. Raise Problem 422 where it has none."""
    try:
        return parse_json(body)
    except ValueError:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, texts.render("malformed")) from None


def refuse_if(texts: Texts, what: str, seconds: int | None) -> None:
    """Raise Problem 429 where there are seconds to wait; `what` was sent is `sessions` or `messages`."""
    if seconds is not None:
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, texts.render(f"too_many_{what}", seconds=seconds), headers=retry_after(seconds))
