"""How a FHIR server knows us: a static bearer token, or tokens of OAuth2 client credentials (RFC 6749, 4.4), renewed before they end.

`OAuth2ClientCredentials` serves any server. One renewal runs at a time: within a process the others wait for it, and processes share the
token, and whose turn it is to renew it, through a `TokenStore` (`bot.fhir.access_tokens`). No token or secret is part of an error.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import time
from collections.abc import AsyncGenerator, Generator
from contextvars import Context
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import quote, urlsplit

import httpx
from sqlalchemy.exc import SQLAlchemyError

from bot.core.clock import Clock
from bot.core.errors import log_error
from bot.core.tls import ssl_context
from bot.fhir import call_metrics as measured
from bot.fhir.access_tokens import LEASE, AccessToken, Turn
from bot.fhir.errors import FhirUnauthorized, FhirUnavailable
from bot.fhir.retry_after import retry_after_of

TIMEOUT_SECONDS = 5.0
"""Longest wait for the token endpoint."""
MARGIN = timedelta(seconds=60)
"""How long before its end a token is renewed; of short ones, the last quarter of their life."""
UNKNOWN_LIFE = timedelta(minutes=30)
"""How long a token is taken to live whose end the endpoint does not tell; a 401 renews it anyway."""
REFUSED_SECONDS = 5.0
"""For how long an endpoint that refused us, or a server that refused a new token, is not asked for another one by this process."""
AWAY_SECONDS = 2.0
"""How long an endpoint that is away is left alone while the token that we have is good."""
_POLL_SECONDS = 0.05
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class TokenStore(Protocol):
    """Where the processes of an installation share tokens. Methods may raise SQLAlchemyError: then each process is on its own."""

    async def begin_renewal(self, name: str, refused: str | None) -> AccessToken | Turn:
        """Return the token that another process got meanwhile and that is not `refused`, or whose turn it is to get one."""
        ...

    async def end_renewal(self, name: str, token: AccessToken | None) -> None:
        """Keep the token that was got, None where none was, and give the turn back."""
        ...


class BearerToken(httpx.Auth):
    """A token that never changes."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Show the token."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class OAuth2ClientCredentials(httpx.Auth):
    """Bearer tokens from a token endpoint, for every request of an `httpx.AsyncClient`.

    A request whose token is refused (401) is sent once more with a new one. Requests raise FhirUnauthorized where the endpoint refuses
    us, and FhirUnavailable where it cannot be reached.
    """

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: str | None,
        scope: str | None = None,
        *,
        clock: Clock,
        store: TokenStore | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Take the endpoint and how it knows us.

        Args:
            token_url: the token endpoint.
            client_id: our id there.
            client_secret: None: the client certificate of `tls` is enough (RFC 8705).
            scope: scopes that are asked for, separated by spaces.
            clock: by which tokens end.
            store: where processes share tokens; None: this process is on its own.
            tls: certificates that are trusted, and a client certificate (`bot.core.tls`); None: the usual ones.
        """
        self._url, self._client_id, self._secret, self._scope = token_url, client_id, client_secret, scope
        self._clock, self._store = clock, store
        self._name = hashlib.sha256(repr((token_url, client_id, scope)).encode()).hexdigest()[:32]
        trust_env = urlsplit(token_url).hostname not in _LOOPBACK
        self._http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=trust_env, verify=tls or ssl_context(trust_env=trust_env))
        self._token: AccessToken | None = None
        self._renewal: asyncio.Task[AccessToken] | None = None
        self._secret_in_body = False
        self._refusal: tuple[float, FhirUnauthorized | None] | None = None
        """Until when (monotonic) no other token is asked for; with the endpoint's refusal, None where the server refused a new token."""
        self._away_until = 0.0
        """Until when an endpoint that is away is not asked for a token that nobody waits for."""

    async def aclose(self) -> None:
        """End a renewal that is running, and close the connections to the token endpoint."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)
        await self._http.aclose()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Show a token, and once another one where it is refused."""
        token = await self._valid_token()
        request.headers["Authorization"] = f"Bearer {token.value}"
        response = yield request
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return
        newer = await self._token_instead_of(token)
        if newer is None:
            return
        request.headers["Authorization"] = f"Bearer {newer.value}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._refusal = (time.monotonic() + REFUSED_SECONDS, None)

    async def _valid_token(self) -> AccessToken:
        token, now = self._token, self._clock.now()
        if token is None or token.expires_at <= now:
            return await self._renewed(None)
        idle = self._renewal is None or self._renewal.done()
        if token.renew_at <= now and idle and self._may_ask() and time.monotonic() >= self._away_until:
            self._begin_renewal(None)  # this one is good for a while: nobody waits
        return token

    async def _token_instead_of(self, refused: AccessToken) -> AccessToken | None:
        """Return another token than the one that was refused; None where the server refused a new one just now."""
        if self._token is not None and self._token.value != refused.value:
            return self._token
        if self._refusal is not None and self._refusal[1] is None and not self._may_ask():
            return None
        return await self._renewed(refused.value)

    async def _renewed(self, refused: str | None) -> AccessToken:
        if self._refusal is not None and self._refusal[1] is not None and not self._may_ask():
            raise FhirUnauthorized(str(self._refusal[1]))
        if self._renewal is None or self._renewal.done():
            self._begin_renewal(refused)
        assert self._renewal is not None
        return await asyncio.shield(self._renewal)  # whoever waits may give up; the token is got all the same

    def _may_ask(self) -> bool:
        return self._refusal is None or time.monotonic() >= self._refusal[0]

    def _begin_renewal(self, refused: str | None) -> None:
        # In a context of its own: it is everybody's, and has nothing of the turn that happened to begin it.
        self._renewal = asyncio.get_running_loop().create_task(self._renew(refused), context=Context())
        self._renewal.add_done_callback(_take_exception)

    async def _renew(self, refused: str | None) -> AccessToken:
        if self._store is None:
            self._token = await self._ask()
            return self._token
        try:
            self._token = await self._renew_among_processes(self._store, refused)
        except SQLAlchemyError as error:
            log_error(error, "sharing an access token")
            self._token = await self._ask()
        return self._token

    async def _renew_among_processes(self, store: TokenStore, refused: str | None) -> AccessToken:
        patience = time.monotonic() + LEASE.total_seconds() * 2
        while (found := await store.begin_renewal(self._name, refused)) is Turn.OTHERS:
            if time.monotonic() > patience:
                raise FhirUnavailable("No process of this installation gets a token.")
            await asyncio.sleep(_POLL_SECONDS)
        if isinstance(found, AccessToken):
            return found
        token: AccessToken | None = None
        try:
            token = await self._ask()
        finally:
            await store.end_renewal(self._name, token)
        return token

    async def _ask(self) -> AccessToken:
        outcome = "unavailable"
        try:
            token = await self._token_of_endpoint()
            outcome = "ok"
            return token
        except FhirUnavailable as error:
            outcome = measured.outcome_of(error)
            self._away_until = time.monotonic() + min(max(error.retry_after or 0.0, AWAY_SECONDS), MARGIN.total_seconds())
            raise
        finally:
            measured.TOKENS.add(outcome=outcome)

    async def _token_of_endpoint(self) -> AccessToken:
        """Return a token of the endpoint. The secret goes in a header or in the form (RFC 6749, 2.3.1): where not in one, in the other."""
        asked_at = self._clock.now()
        response = await self._post()
        if response.status_code in (400, 401) and self._secret is not None:
            self._secret_in_body = not self._secret_in_body
            response = await self._post()
            if response.status_code in (400, 401):
                self._secret_in_body = False
        if response.status_code >= 500 or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise FhirUnavailable("The token endpoint is unavailable.", retry_after=retry_after_of(response, asked_at))
        if not response.is_success:
            refusal = FhirUnauthorized(f"The token endpoint refuses us: {response.status_code} {_error_code(response)}".strip())
            self._refusal = (time.monotonic() + REFUSED_SECONDS, refusal)
            raise refusal
        self._refusal = None
        return _token_of(response, asked_at)

    async def _post(self) -> httpx.Response:
        form = {"grant_type": "client_credentials"} | ({"scope": self._scope} if self._scope else {})
        auth = httpx.Auth()
        if self._secret is None:
            form["client_id"] = self._client_id
        elif self._secret_in_body:
            form |= {"client_id": self._client_id, "client_secret": self._secret}
        else:
            auth = httpx.BasicAuth(quote(self._client_id, safe=""), quote(self._secret, safe=""))
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._http.post(self._url, data=form, auth=auth, headers={"Accept": "application/json"})
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL):
            raise FhirUnavailable("The token endpoint cannot be reached.") from None


def _token_of(response: httpx.Response, asked_at: datetime) -> AccessToken:
    """Return the token of an answer (RFC 6749, 5.1). Raise FhirUnavailable where there is none."""
    try:
        body = response.json()
        value, seconds = body["access_token"], body.get("expires_in")
        life = UNKNOWN_LIFE if seconds is None else timedelta(seconds=min(max(float(seconds), 0.0), 31_536_000.0))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        value, life = None, UNKNOWN_LIFE
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or not value:
        raise FhirUnavailable("The token endpoint answered something that is no token.") from None
    return AccessToken(value, renew_at=asked_at + life - min(MARGIN, life / 4), expires_at=asked_at + life)


def _error_code(response: httpx.Response) -> str:
    """Return the `error` of a refusal, as far as it is a code (RFC 6749, 5.2)."""
    try:
        code = str(response.json()["error"])[:40]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return code if code.replace("_", "").isalnum() and code.isascii() else ""


def _take_exception(task: asyncio.Task[AccessToken]) -> None:
    """Have the outcome of a renewal taken, also where nobody waits for it."""
    if not task.cancelled():
        task.exception()
