"""Checks for the health report (`bot.http.health`) of the usual kinds of dependencies."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urljoin

import httpx
from sqlalchemy import text

from bot.core.database import Database
from bot.core.tls import ssl_context
from bot.http.health import CHECK_SECONDS, Check


class HttpChecks:
    """Checks that a URL answers 200, over connections that all of them share."""

    def __init__(self) -> None:
        self._http = httpx.AsyncClient(timeout=CHECK_SECONDS, trust_env=False, verify=ssl_context())

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def get(self, base: str | None, path: str, headers: Mapping[str, str] | None = None) -> Check | None:
        """Return the check of `path` below `base`; None where there is no base."""
        if base is None:
            return None
        url = urljoin(base, path)

        async def check() -> bool:
            return (await self._http.get(url, headers=dict(headers or {}))).status_code == HTTPStatus.OK

        return check


def database_check(database: Database) -> Check:
    """Return the check that the database answers a query."""

    async def check() -> bool:
        async with database.reading() as session:
            return bool(await session.scalar(text("SELECT 1")))

    return check


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
