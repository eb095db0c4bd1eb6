"""Rate limits on incoming requests: so many a minute from one sender.

What matters is counted by all processes together (`RateLimits`): in Redis where REDIS_URL names one, else in the database. A refused
request costs no write, so that a flood of them is cheap.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Protocol

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.requests import Request

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.core.figures import count_figure
from bot.core.keyed_hash import keyed_hash
from bot.core.limits import Exhausted, Hit, Limit, Scope, find_exhausted, take, take_one
from bot.settings import Settings

OUTAGE_SECONDS = 5.0
"""How long Redis is not asked again once it did not answer."""
_MAX_SECONDS = 60
_MINUTE = timedelta(minutes=1)
_IPV6_NETWORK = 64
"""Bits of an IPv6 address that name a subscriber's network: what follows is theirs to choose."""


class SenderLimit(Protocol):
    """At most so many hits a minute of each key."""

    async def hit(self, key: str, /) -> int | None:
        """Count a hit. Return None where it is allowed, else the seconds to wait (1 to 60)."""
        ...

    async def peek(self, key: str, /) -> int | None:
        """Return what `hit` would, without counting."""
        ...


class RateLimit:
    """At most `per_minute` hits of each key, in a sliding window of a minute, counted by each process on its own or in Redis."""

    def __init__(self, per_minute: int, storage: MemoryStorage | RedisStorage | None = None, name: str = "") -> None:
        self._item = RateLimitItemPerMinute(per_minute, namespace=name or "LIMITER")
        self._limiter = SlidingWindowCounterRateLimiter(storage or MemoryStorage())

    async def hit(self, key: str) -> int | None:
        """Count a hit: see `SenderLimit`."""
        return None if await self._limiter.hit(self._item, key) else await self._seconds_left(key)

    async def peek(self, key: str) -> int | None:
        """Look without counting: see `SenderLimit`."""
        return None if await self._limiter.test(self._item, key) else await self._seconds_left(key)

    async def _seconds_left(self, key: str) -> int:
        window = await self._limiter.get_window_stats(self._item, key)
        return min(_MAX_SECONDS, max(1, math.ceil(window.reset_time - time.time())))  # the library counts by the machine's clock


class SourceLimit:
    """At most `per_minute` requests from one address on the network (`source_of`).

    They are counted where the application says (its state `rate_limits`), else, as in tests of one page, by this process alone.
    """

    def __init__(self, name: str, per_minute: int) -> None:
        """`name` is what counters and figures call it."""
        self._name, self._per_minute, self._own = name, per_minute, RateLimit(per_minute)

    async def hit(self, request: Request) -> int | None:
        """Count a request. Return None where it is allowed, else the seconds to wait (1 to 60)."""
        return await self._counting(request).hit(source_of(request))

    async def peek(self, request: Request) -> int | None:
        """Return what `hit` would, without counting."""
        return await self._counting(request).peek(source_of(request))

    def _counting(self, request: Request) -> SenderLimit:
        shared: RateLimits | None = getattr(request.app.state, "rate_limits", None) if "app" in request.scope else None
        return self._own if shared is None else shared.by_source(self._name, self._per_minute)


class RateLimits:
    """Makes the rate limits that the processes of an installation share."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._database, self._clock, self._lifted = database, clock, settings.lifts_limits
        self._secret = settings.required("secret")
        self._made: dict[str, SenderLimit] = {}
        self._redis: Redis | None = None
        self._storage: RedisStorage | None = None
        self._outage = Outage()
        if settings.redis_url is not None:
            url = settings.redis_url.get_secret_value()
            self._redis = Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
            options: dict[str, Any] = {"connection_pool": self._redis.connection_pool}
            self._storage = RedisStorage(f"async+{url}", implementation="redispy", **options)

    @property
    def check(self) -> Callable[[], Awaitable[bool]] | None:
        """The check of the health report that Redis answers; None where there is none."""
        redis = self._redis

        async def ping() -> bool:
            assert redis is not None
            return bool(await redis.ping())

        return None if redis is None else ping

    def by_source(self, name: str, per_minute: int) -> SenderLimit:
        """Return a limit on what comes from one address on the network, whose keys are `source_of` a request; `LIMITS=test` lifts it."""
        if name not in self._made:
            self._made[name] = _NoLimit() if self._lifted else self._shared(Limit(name, Scope.SOURCE, per_minute, _MINUTE))
        return self._made[name]

    def _shared(self, limit: Limit) -> SenderLimit:
        counted = _DatabaseLimit(limit, self._database, self._clock, self._secret)
        if self._storage is None:
            return counted
        return _RedisLimit(RateLimit(limit.amount, self._storage, limit.name), counted, self._secret, self._outage)

    async def aclose(self) -> None:
        """Close the connections to Redis."""
        if self._redis is not None:
            await self._redis.aclose()
            await self._redis.connection_pool.disconnect()


class _NoLimit:
    async def hit(self, _key: str) -> int | None:
        return None

    async def peek(self, _key: str) -> int | None:
        return None


class _DatabaseLimit:
    """Counts in the database."""

    def __init__(self, limit: Limit, database: Database, clock: Clock, secret: str) -> None:
        self.limit, self._database, self._clock, self._secret = limit, database, clock, secret

    async def hit(self, key: str) -> int | None:
        now, hit = self._clock.now(), self._hit(key)
        if not self._database.is_sqlite:
            async with self._database.single() as session:
                return self._seconds(await take_one(session, hit, now))
        async with self._database.reading() as session:
            refused = await find_exhausted(session, [hit], now)
        if refused is None or refused.hits == self.limit.amount:  # the first refusal goes into the figures
            async with self._database.writing() as session:
                refused = await take(session, [hit], now)
        return self._seconds(refused)

    async def peek(self, key: str) -> int | None:
        async with self._database.reading() as session:
            return self._seconds(await find_exhausted(session, [self._hit(key)], self._clock.now()))

    async def note_refusal(self) -> None:
        """Count a refusal in the figures."""
        async with self._database.writing() as session:
            await count_figure(session, f"limit_{self.limit.name}")

    def _hit(self, key: str) -> Hit:
        return Hit(self.limit, keyed_hash(self._secret, "sender", key))

    def _seconds(self, refused: Exhausted | None) -> int | None:
        if refused is None:
            return None
        return min(_MAX_SECONDS, max(1, math.ceil((refused.until - self._clock.now()).total_seconds())))


class Outage:
    """Since when Redis is away: it is asked again now and then only, since each question to one that is silent is a wait."""

    def __init__(self) -> None:
        self._until = -math.inf

    @property
    def lasts(self) -> bool:
        """Whether Redis need not be asked now."""
        return time.monotonic() < self._until

    def note(self, error: RedisError) -> None:
        """Note that Redis did not answer; the first such error of an outage is logged, and one each `OUTAGE_SECONDS`."""
        if not self.lasts:
            self._until = time.monotonic() + OUTAGE_SECONDS
            log_error(error, "counting requests in Redis")


class _RedisLimit:
    """Counts in Redis, and in the database while that is away."""

    def __init__(self, limit: RateLimit, fallback: _DatabaseLimit, secret: str, outage: Outage) -> None:
        self._limit, self._fallback, self._secret, self._outage = limit, fallback, secret, outage
        self._noted_at = -math.inf

    async def hit(self, key: str) -> int | None:
        if self._outage.lasts:
            return await self._fallback.hit(key)
        try:
            seconds = await self._limit.hit(keyed_hash(self._secret, "sender", key))
        except RedisError as error:
            self._outage.note(error)
            return await self._fallback.hit(key)
        if seconds is not None and self._noted_at + _MAX_SECONDS <= time.monotonic():  # a flood must not become writes
            self._noted_at = time.monotonic()
            await self._fallback.note_refusal()
        return seconds

    async def peek(self, key: str) -> int | None:
        if self._outage.lasts:
            return await self._fallback.peek(key)
        try:
            return await self._limit.peek(keyed_hash(self._secret, "sender", key))
        except RedisError as error:
            self._outage.note(error)
            return await self._fallback.peek(key)


def client_address(request: Request) -> str:
    """Return the IP address that a request came from; empty where the server does not know it.

    Behind a proxy that TRUSTED_PROXIES names it is the one that the proxy tells (`bot.http.proxies`).
    """
    return request.client.host if request.client else ""


def source_of(request: Request) -> str:
    """Return by what all limits by source count a request: its IPv4 address, or the /64 network of its IPv6 address."""
    text = client_address(request)
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), _IPV6_NETWORK), strict=False))


def retry_after(seconds: int) -> dict[str, str]:
    """Return the header that goes with 429."""
    return {"Retry-After": str(seconds)}
