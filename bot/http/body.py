"""Request bodies, read up to a limit, and the JSON in them."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from starlette.requests import Request

MAX_DEPTH = 64
"""Arrays and objects within each other. Nothing that is sent to us is nested a third as deeply; code that walks a value is safe."""
MAX_INTEGER_DIGITS = 30
"""Of an integer: no column holds more, and Python takes quadratic time for each."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


class BodyTooLarge(Exception):
    """The request body is larger than its limit."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class NestedTooDeeply(ValueError):
    """The body is JSON whose arrays and objects are nested too deeply."""

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


def parse_json(body: bytes, *, any_text: bool = False, nul: bool = False) -> Any:
    """Return the value of a JSON text (RFC 8259), of which every receiver understands the same.

    Args:
        body: the text, in UTF-8.
        any_text: whether NUL and lone surrogates are left to the caller, who refuses what holds them and keeps the rest.
        nul: whether NUL is left to the caller, who takes it out: a chat platform does not send a refused message again.

    Raises:
        NestedTooDeeply: more than `MAX_DEPTH` arrays and objects are within each other.
        ValueError: the body is not JSON in UTF-8; names a member twice; holds NUL or a lone surrogate, which are no text; or a number
            that is none (`NaN`), not finite (`1e999`), or an integer of more than `MAX_INTEGER_DIGITS` digits.
    """
    text = body.decode("utf-8-sig")
    _check_depth(text)
    try:
        value = json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_integer, object_pairs_hook=_without_duplicates
        )
    except RecursionError:
        raise NestedTooDeeply from None
    if not any_text and "\\u" in text:
        _check_escapes(value, nul=nul)
    return value


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for character in re.findall(r"[\[\]{}]", _STRING.sub("", text)):
        depth += 1 if character in "[{" else -1
        if depth > MAX_DEPTH:
            raise NestedTooDeeply


def _check_escapes(value: Any, *, nul: bool) -> None:
    """Raise ValueError where a text holds what only an escape can bring in: NUL, a lone surrogate."""
    if isinstance(value, str):
        if ("\0" in value and not nul) or any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("NUL and lone surrogates are not text")
    elif isinstance(value, list):
        for member in value:
            _check_escapes(member, nul=nul)
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_escapes(name, nul=nul)
            _check_escapes(member, nul=nul)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number that is not finite")
    return number


def _integer(digits: str) -> int:
    if len(digits) > MAX_INTEGER_DIGITS:
        raise ValueError("an integer of too many digits")
    return int(digits)


def _without_duplicates(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a member is named twice")
    return found
