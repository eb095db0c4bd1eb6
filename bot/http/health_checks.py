"""Checks for the health report (`bot.http.health`) of the usual kinds of dependencies."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urljoin

import httpx
from pydantic import SecretStr
from sqlalchemy import text

from bot.core.database import Database
from bot.core.message_signatures import ANSWER_HEADER, MessageSigner, route_of
from bot.core.tls import ssl_context
from bot.http.health import CHECK_SECONDS, Check


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
