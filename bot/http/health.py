"""Health report: whether each dependency of the service answers; nothing about how it is configured."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus

from fastapi import APIRouter, Response

from bot.core.database_errors import RETRY_AFTER_SECONDS
from bot.core.ttl_cache import TtlCache

CHECK_SECONDS = 2.0
"""How long a check may take; after that its dependency is down."""
CACHE_SECONDS = 1.0
"""However often the report is asked for, dependencies are checked once in this time."""
OK, DOWN, NOT_CONFIGURED, REFUSED, DRAINING = "ok", "down", "not configured", "refused", "draining"


class AccessRefused(Exception):
    """The dependency answers, and refuses our access: somebody has to mend it."""


Check = Callable[[], Awaitable[bool]]
"""Returns whether a dependency answers; may raise anything where it does not, AccessRefused where it refuses us."""
StatusLines = Callable[[], Awaitable[Mapping[str, str]]]
"""Gives further lines of the report by name, which decide nothing; raises nothing."""
_NO_STORE = {"Cache-Control": "no-store"}


class Health:
    """Runs the named checks in parallel."""

    def __init__(self, checks: Mapping[str, Check | None], required: frozenset[str], more: Sequence[StatusLines] = ()) -> None:
        """Take the checks, in the order of the report.

        Args:
            checks: by name of the dependency; None where it is not configured.
            required: names of the dependencies without which the service cannot do its main job.
            more: where further lines come from.
        """
        self._checks, self._required, self._more = dict(checks), required, tuple(more)
        self._lines = TtlCache(self._run, CACHE_SECONDS)

    async def report(self) -> tuple[HTTPStatus, dict[str, str]]:
        """Return 200 or 503, and the report: `ok`, `down`, `refused` or `not configured` for each dependency, then the further lines."""
        lines = await self._lines.get()
        down = [name for name in self._required if lines[name] in (DOWN, REFUSED)]
        return (HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.OK), {"status": DOWN if down else OK, **lines}

    async def dependencies(self) -> dict[str, str]:
        """Return the line of each dependency alone."""
        lines = await self._lines.get()
        return {name: lines[name] for name in self._checks}

    async def _run(self) -> dict[str, str]:
        results, more = await asyncio.gather(
            asyncio.gather(*(_status(check) for check in self._checks.values())), asyncio.gather(*(lines() for lines in self._more))
        )
        report = dict(zip(self._checks, results, strict=True))
        for lines in more:
            report |= lines
        return report


async def _status(check: Check | None) -> str:
    if check is None:
        return NOT_CONFIGURED
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return OK if await check() else DOWN
    except AccessRefused:
        return REFUSED
    except Exception:  # whatever it is, the dependency does not answer: that is the report
        return DOWN


class Readiness:
    """Whether requests are to be sent to this process: it serves, its database answers, and it is not about to stop."""

    def __init__(self, database: Check, more: Mapping[str, Check | None]) -> None:
        """Take the check of the database, and those of what is told and decides nothing, None where it is not configured."""
        self.draining = False
        self._checks: dict[str, Check | None] = {"database": database, **more}
        self._lines = TtlCache(self._run, CACHE_SECONDS)

    async def report(self) -> tuple[HTTPStatus, dict[str, str]]:
        """Return 200 or 503, and a line for each check under that of the whole: `ok`, `down` or `draining`."""
        lines = await self._lines.get()
        ready = not self.draining and lines["database"] == OK
        status = DRAINING if self.draining else (OK if ready else DOWN)
        return (HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE), {"status": status, **lines}

    async def _run(self) -> dict[str, str]:
        results = await asyncio.gather(*(_status(check) for check in self._checks.values()))
        return dict(zip(self._checks, results, strict=True))


def router(health: Health, readiness: Readiness) -> APIRouter:
    """Return the routes of monitoring, which ask nobody who it is.

    `GET /health`, the report; `GET /health/ready`, whether a proxy is to send requests here; `GET /health/live`, 200 as long as the
    process serves.
    """
    routes = APIRouter()

    @routes.get("/health")
    async def report() -> Response:
        status, lines = await health.report()
        return Response(json.dumps(lines, indent=1) + "\n", status.value, media_type="application/json", headers=_NO_STORE)

    @routes.get("/health/ready")
    async def ready() -> Response:
        status, lines = await readiness.report()
        headers = _NO_STORE if status is HTTPStatus.OK else {**_NO_STORE, "Retry-After": str(RETRY_AFTER_SECONDS)}
        return Response(json.dumps(lines, indent=1) + "\n", status.value, media_type="application/json", headers=headers)

    @routes.get("/health/live")
    async def live() -> Response:
        return Response("ok\n", media_type="text/plain", headers=_NO_STORE)

    return routes
