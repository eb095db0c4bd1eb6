"""Sending requests to one FHIR server: retries, what it asks for by Retry-After, the turn's time budget, and what its statuses mean."""

from __future__ import annotations

import asyncio
import logging
import secrets
import ssl
import time
from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit

import httpx

from bot.core import tracing
from bot.core.clock import SystemClock
from bot.core.time_budget import seconds_left, waiting
from bot.core.tls import ssl_context
from bot.fhir import call_metrics as measured
from bot.fhir.authentication import BearerToken, OAuth2ClientCredentials
from bot.fhir.errors import FhirConflict, FhirError, FhirNotFound, FhirRejected, FhirUnauthorized, FhirUnavailable
from bot.fhir.retry_after import retry_after_of

RETRIES = 2
"""Immediate retries of a request that may be repeated without harm."""
RETRY_SECONDS = 0.15
"""Mean pause before the first retry, doubled each time, jittered by half."""
PATIENCE_SECONDS = 5.0
"""How long a server that asks for a pause is waited for; where a budget holds, as long as that. Whoever can come back later does."""
LONGEST_PAUSE = 60.0
"""After that a server which asked for a longer pause is tried again: what was asked of one request need not be meant for all."""
KEEPALIVE_SECONDS = 2.0
"""How long an idle connection is kept: less than servers do (5 s is usual), which would close it during a request."""
MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""Longest answer that is read, unpacked: some ten times a page of two hundred care teams."""
WHOLE_ANSWER = 3
"""How many times the longest wait for one byte a whole answer may take, whatever it is made of: the byte after it starts that wait anew."""
FHIR_JSON = "application/fhir+json"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_REFUSED_ACCESS = frozenset({"security", "login", "unknown", "expired", "session"})
"""Issue codes that refuse our access as such (FHIR R4, IssueType); `forbidden` may be about one resource."""
_OF_THE_WAY = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers that are of a body as it is sent, not as it was read."""
_jitter = secrets.SystemRandom()

logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it logs every URL


class Sender:
    """One kept-alive connection pool to one server, with how that knows us."""

    def __init__(
        self,
        base_url: str,
        access: str | httpx.Auth | None,
        *,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None,
        tls: ssl.SSLContext | None,
        headers: Sequence[tuple[str, str]],
        server: str,
    ) -> None:
        self._longest = timeout * WHOLE_ANSWER
        trust_env = urlsplit(base_url).hostname not in _LOOPBACK
        self._auth = BearerToken(access) if isinstance(access, str) else access
        self._http = httpx.AsyncClient(
            auth=self._auth,
            headers=[*headers, ("Accept", FHIR_JSON)],
            timeout=timeout,
            transport=transport,
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=KEEPALIVE_SECONDS),
            trust_env=trust_env,
            verify=tls or ssl_context(trust_env=trust_env),
        )
        self._base, self._server = base_url, server
        self._not_before = 0.0
        """Until when (monotonic) the server wants to be left alone."""

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()
        if isinstance(self._auth, OAuth2ClientCredentials):
            await self._auth.aclose()

    async def send(
        self,
        method: Literal["GET", "POST", "PUT"],
        url: str,
        *,
        repeatable: bool,
        content: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Return the answer, whose status is good; else raise one of `bot.fhir.errors`.

        A request that timed out is not sent again. One that was refused a connection, or answered by 429, is; by another error that will
        pass, or by nothing, where it is `repeatable`.
        """
        labels, outcome = {"server": self._server, "call": measured.kind_of_call(method, url, self._base)}, "unavailable"
        with measured.SPAN.begun(**labels) as span, measured.SECONDS.measured(**labels):
            try:
                response = await self._send(method, url, repeatable, content, headers)
                outcome = "ok"
            except FhirError as error:
                outcome = measured.outcome_of(error)
                raise
            finally:
                measured.CALLED.add(**labels, outcome=outcome)
                span.note(outcome=outcome)
        return response

    async def _send(self, method: str, url: str, repeatable: bool, content: str | None, headers: dict[str, str] | None) -> httpx.Response:
        for left in range(RETRIES, -1, -1):
            asked_pause: float | None = None
            await self._wait_for_turn()
            try:
                response = await self._once(method, url, content, headers)
                status = response.status_code
                if (status < 500 and status != httpx.codes.TOO_MANY_REQUESTS) or status == httpx.codes.NOT_IMPLEMENTED:
                    return check_status(response)
                asked_pause = retry_after_of(response, SystemClock().now())
                again = repeatable or status == httpx.codes.TOO_MANY_REQUESTS  # it was not even looked at
            except (TimeoutError, httpx.TimeoutException):
                raise FhirUnavailable("The FHIR server took too long to answer.") from None
            except httpx.ConnectError:
                again = True  # nothing was sent
            except (httpx.HTTPError, httpx.InvalidURL):
                again = repeatable
            if asked_pause:
                self._not_before = time.monotonic() + min(asked_pause, LONGEST_PAUSE)
            if not again or left == 0:
                break
            measured.RETRIES.add(server=self._server)
            if asked_pause is None:
                await self._sleep(RETRY_SECONDS * 2 ** (RETRIES - left) * _jitter.uniform(0.5, 1.5))
            elif asked_pause > _patience():
                break
        raise FhirUnavailable(retry_after=asked_pause)

    async def _once(self, method: str, url: str, content: str | None, headers: dict[str, str] | None) -> httpx.Response:
        left = seconds_left()
        if left is not None and left <= 0:
            raise FhirUnavailable("The time that this turn has for the FHIR server is over.")
        async with asyncio.timeout(self._longest if left is None else min(left, self._longest)):
            with waiting():
                sent = {**(headers or {}), **self._trace()}
                async with self._http.stream(method, url, content=content, headers=sent) as response:
                    return await _read_whole(response)

    def _trace(self) -> dict[str, str]:
        """Return the header of a trace whose spans are sent: to the platform alone, whose operators may look into it too."""
        context = tracing.current()
        return tracing.headers() if context is not None and context.sampled and self._server == "platform" else {}

    async def _wait_for_turn(self) -> None:
        """Wait until the server wants to be asked again. Raise FhirUnavailable where that is too long."""
        pause = self._not_before - time.monotonic()
        if pause <= 0:
            return
        if pause > _patience():
            raise FhirUnavailable("The FHIR server asks for a pause.", retry_after=pause)
        await self._sleep(pause * _jitter.uniform(1.0, 1.1))  # not all who wait at once

    async def _sleep(self, seconds: float) -> None:
        with waiting():
            await asyncio.sleep(seconds)


async def _read_whole(response: httpx.Response) -> httpx.Response:
    """Return the answer with its body. Raise FhirUnavailable where that is too long to be one."""
    declared, body = response.headers.get("Content-Length", ""), bytearray()
    if not (declared.isascii() and declared.isdecimal() and int(declared[:20]) > MAX_ANSWER_BYTES):
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                break
        else:
            unpacked = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in _OF_THE_WAY]
            return httpx.Response(response.status_code, headers=unpacked, content=bytes(body), request=response.request)
    raise FhirUnavailable("The FHIR server's answer is too long.")


def check_status(response: httpx.Response) -> httpx.Response:
    """Return the answer where its status is good. Raise what the status means."""
    status = response.status_code
    if status < 300:
        return response
    codes = _issue_codes(response)
    if status == httpx.codes.UNAUTHORIZED:
        raise FhirUnauthorized(status=status)
    if status == httpx.codes.FORBIDDEN and (not codes or _REFUSED_ACCESS & set(codes) or "error=" in _challenge(response)):
        raise FhirUnauthorized(status=status)
    if status in (404, 410):
        raise FhirNotFound()
    if status in (409, 412):
        raise FhirConflict()
    if status < 400:
        raise FhirUnavailable("The FHIR server redirects: its address is not the one that is set.")
    raise FhirRejected(status, codes)


def _patience() -> float:
    left = seconds_left()
    return PATIENCE_SECONDS if left is None else min(left, PATIENCE_SECONDS)


def _challenge(response: httpx.Response) -> str:
    return str(response.headers.get("WWW-Authenticate", ""))


def _issue_codes(response: httpx.Response) -> tuple[str, ...]:
    try:
        issues = response.json()["issue"]
        return tuple(str(issue["code"])[:40] for issue in issues)
    except (ValueError, KeyError, TypeError, RecursionError):
        return ()
