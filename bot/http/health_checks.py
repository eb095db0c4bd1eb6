"""Checks for the health report (`bot.http.health`) of the usual kinds of dependencies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urljoin

import httpx
from pydantic import SecretStr
from sqlalchemy import text

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.heartbeat import beat
from bot.core.message_signatures import ANSWER_HEADER, MessageSigner, route_of
from bot.core.tls import ssl_context
from bot.http.health import CHECK_SECONDS, Check

WRITE_SECONDS = 5.0
"""The health report writes to the database at most once in this time, and again at once after a write that failed."""


class HttpChecks:
    """Checks that a URL answers 200, over connections that all of them share."""

    def __init__(self) -> None:
        self._http = httpx.AsyncClient(timeout=CHECK_SECONDS, trust_env=False, verify=ssl_context())

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def get(self, base: str | None, path: str, headers: Mapping[str, str] | None = None, *, key: SecretStr | None = None) -> Check | None:
        """Return the check of `path` below `base`; None where there is no base.

        Args:
            base: a URL; None: the dependency is not configured.
            path: relative to it.
            headers: of the request.
            key: key that the request is signed with, and the answer; an answer that is not signed comes from somebody else.
        """
        if base is None:
            return None
        url = urljoin(base, path)

        async def check() -> bool:
            return (await self._http.get(url, headers=dict(headers or {}))).status_code == HTTPStatus.OK

        async def check_signed() -> bool:
            assert key is not None
            signer = MessageSigner(key.get_secret_value())
            nonce, authorization = signer.sign_request(route_of(path), b"")
            answer = await self._http.get(url, headers={"Authorization": authorization})
            is_own = signer.is_answer(nonce, answer.status_code, answer.content, answer.headers.get(ANSWER_HEADER))
            return is_own and answer.status_code == HTTPStatus.OK

        return check if key is None else check_signed


class DatabaseCheck:
    """The check that the database answers a query, and takes a write, which it is asked for at most once in `WRITE_SECONDS`.

    A write that waits for a lock cannot be called back: it goes on, and as long as it does the database is down, without another one.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._attempt: asyncio.Task[None] | None = None
        self._written = float("-inf")

    async def __call__(self) -> bool:
        """Return whether it does, within `CHECK_SECONDS` where it is locked."""
        if self._attempt is None:
            self._attempt = asyncio.create_task(self._try())
            self._attempt.add_done_callback(_take_exception)
        attempt = self._attempt
        done, _ = await asyncio.wait({attempt}, timeout=CHECK_SECONDS * 0.9)
        if not done:
            return False
        self._attempt = None
        return attempt.exception() is None

    async def _try(self) -> None:
        async with self._database.reading() as session:
            await session.scalar(text("SELECT 1"))
        if time.monotonic() - self._written >= WRITE_SECONDS:
            await beat(self._database, self._clock, "health")
            self._written = time.monotonic()


class ReadingCheck:
    """The check that the database answers a query, over a connection of its own: a crowd that uses all the others makes no bot unready."""

    def __init__(self, database: Database) -> None:
        self._database = Database(database.url.render_as_string(hide_password=False), connections=1, measured=False)

    async def __call__(self) -> bool:
        """Return whether it does."""
        async with self._database.reading() as session:
            await session.scalar(text("SELECT 1"))
        return True

    async def aclose(self) -> None:
        """Close the connection."""
        await self._database.close()


def _take_exception(task: asyncio.Task[None]) -> None:
    """Have the outcome of a task taken, also where nobody asks for the report again."""
    if not task.cancelled():
        task.exception()


def smtp_check(host: str, port: int | None) -> Check | None:
    """Return the check that an SMTP server greets (RFC 5321: 220); None where there is no port."""
    if not port:
        return None

    async def check() -> bool:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            greeting = await reader.readline()
            writer.write(b"QUIT\r\n")
            await writer.drain()
            return greeting.startswith(b"220")
        finally:
            writer.close()

    return check
