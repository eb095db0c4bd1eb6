"""Bodies are read up to their limit, and JSON is only what RFC 8259 says."""

from __future__ import annotations

import pytest

from bot.http.body import BodyTooLarge, parse_json, read_body
from tests.unit.http.requests import request_with


async def test_a_body_of_the_maximum_size_is_read() -> None:
    assert await read_body(request_with(b"abc", b"de"), 5) == b"abcde"
    assert await read_body(request_with(), 0) == b""


async def test_a_larger_body_is_refused_wherever_it_becomes_too_large() -> None:
    for request in (request_with(b"abcdef"), request_with(b"abc", b"def"), request_with(b"abc", headers={"Content-Length": "1"})):
        with pytest.raises(BodyTooLarge, match="larger than its limit"):
            await read_body(request, 2)


@pytest.mark.parametrize("announced", ["6", "9" * 40])
async def test_what_is_announced_too_large_is_not_read(announced: str) -> None:
    async def receive() -> None:
        raise AssertionError("the body was read")

    request = request_with(headers={"Content-Length": announced})
    request._receive = receive  # type: ignore[assignment]
    with pytest.raises(BodyTooLarge):
        await read_body(request, 5)


@pytest.mark.parametrize("announced", ["", "-1", "six", "5"])
async def test_an_announcement_that_says_nothing_changes_nothing(announced: str) -> None:
    assert await read_body(request_with(b"abcde", headers={"Content-Length": announced}), 5) == b"abcde"


def test_json_is_parsed() -> None:
    assert parse_json('{"a": [1, null, "é"]}'.encode()) == {"a": [1, None, "é"]}


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b'{"a": Infinity}', b"-Infinity", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of which kind is json's own affair
        parse_json(body)
