"""Rate limits per conversation and tenant, counted in sliding windows."""

from __future__ import annotations

from bot.sandbox.teams import RateLimits
from bot.sandbox.teams.rate_limits import DOCUMENTED_SEND_WINDOWS


def test_limits_per_conversation() -> None:
    now = [100.0]
    limits = RateLimits(clock=lambda: now[0])
    assert [limits.consume("send", "a:1") for _ in range(8)] == [None] * 7 + [1]
    assert limits.consume("send", "a:2") is None
    assert limits.consume("get_members", "a:1") is None
    now[0] += 1.0
    for _ in range(53):
        now[0] += 0.2
        assert limits.consume("update", "a:1") is None
    assert limits.consume("send", "a:1") == 19
    now[0] += 18.5
    assert limits.consume("send", "a:1") is None


def test_limits_of_a_tenant_and_the_documented_two_seconds() -> None:
    now = [100.0]
    limits = RateLimits(clock=lambda: now[0])
    assert [limits.consume("send", f"a:{n}") for n in range(51)] == [None] * 50 + [1]
    short = RateLimits(clock=lambda: now[0], send=DOCUMENTED_SEND_WINDOWS)
    assert [short.consume("send", "a:1") for _ in range(7)] == [None] * 7
    now[0] += 1.1
    assert [short.consume("send", "a:1") for _ in range(2)] == [None, 1]
