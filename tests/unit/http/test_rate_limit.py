"""So many a minute of each key, and how long to wait after that."""

from __future__ import annotations

from bot.http.rate_limit import RateLimit, client_address, retry_after
from tests.unit.http.requests import request_with


async def test_each_key_has_its_own_count() -> None:
    limit = RateLimit(2)
    assert [await limit.hit("a") for _ in range(2)] == [None, None]
    seconds = await limit.hit("a")
    assert seconds is not None
    assert 1 <= seconds <= 60
    assert retry_after(seconds) == {"Retry-After": str(seconds)}
    assert await limit.hit("b") is None


async def test_peeking_does_not_count() -> None:
    limit = RateLimit(1)
    assert [await limit.peek("a") for _ in range(3)] == [None] * 3
    assert await limit.hit("a") is None
    assert await limit.peek("a") is not None


def test_the_address_of_a_client() -> None:
    assert client_address(request_with()) == "192.0.2.1"
    assert client_address(request_with(client=None)) == ""
