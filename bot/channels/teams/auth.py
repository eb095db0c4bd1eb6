"""Who sent a request: the JWT of the Bot Framework, checked by the SDK, and the one tenant that is served."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

import jwt

from bot.channels.teams.registration import Registration
from bot.channels.teams.sdk import TokenValidator
from bot.core.errors import log_error
from bot.http.problems import Problem

_SECONDS = 10.0
"""A check that takes longer is given up: the keys could not be fetched, and Teams asks again."""
_THREADS = 4
_LONGEST_TOKEN = 16 * 1024
_ENDORSEMENT = "msteams"
"""What a key must be endorsed for. The Bot Framework signs for its other channels too, with keys of the same set."""
_KEYS_AWAY = (jwt.exceptions.PyJWKClientConnectionError, jwt.exceptions.PyJWKSetError)


class _Endorsements(jwt.PyJWKClient):
    """Which keys may speak for Teams: what the SDK's check leaves out. Fetched like the keys, and as often."""

    _endorsed: frozenset[str] = frozenset()

    def fetch_data(self) -> Any:
        """The keys, as JSON."""
        data = super().fetch_data()
        keys = [key for key in data["keys"] if isinstance(key, dict)]
        self._endorsed = frozenset(str(key.get("kid")) for key in keys if _ENDORSEMENT in (key.get("endorsements") or ()))
        return data

    def check(self, token: str) -> None:
        """Raises PyJWTError unless the token's key is endorsed."""
        key = self.get_signing_key_from_jwt(token)
        if key.key_id not in self._endorsed:
            raise jwt.InvalidTokenError("the key is not endorsed")


class Authenticator:
    """Checks requests. The SDK fetches keys and verifies signatures in blocking calls, so that is done in threads of its own."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration
        # Of the SDK's validators the one for connector tokens alone: its other one takes tokens of every tenant, without serviceUrl.
        self._validator = TokenValidator.for_service(registration.app_id, cloud=registration.cloud)
        self._endorsements = _Endorsements(self._validator.options.jwks_uri)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="teams-auth")

    def close(self) -> None:
        """Begin no check any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def token(self, authorization: str | None) -> str:
        """The bearer token of the header. Raises Problem (401) where there is none."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(token.strip()) <= _LONGEST_TOKEN:
            raise unauthorized()
        return token.strip()

    async def check(self, token: str, service_url: object) -> None:
        """Raises Problem: 401 unless `token` is of the Bot Framework, for this bot, still good and for `service_url`, if that is a text;
        503 when its keys cannot be fetched."""
        try:
            async with asyncio.timeout(_SECONDS):
                claims = await asyncio.get_running_loop().run_in_executor(self._threads, self._validate, token, service_url)
        except (TimeoutError, OSError, json.JSONDecodeError, *_KEYS_AWAY) as error:
            log_error(error, "fetching the keys that Teams signs with")
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "the signature cannot be checked now", headers={"Retry-After": "5"}) from None
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError):  # the last three: claims of other types than they should have
            raise unauthorized() from None
        if "exp" not in claims:
            raise unauthorized()

    def _validate(self, token: str, service_url: object) -> Mapping[str, Any]:
        claims = asyncio.run(self._validator.validate_token(token, service_url if isinstance(service_url, str) else None))
        self._endorsements.check(token)
        return claims

    def check_connector(self, service_url: object) -> None:
        """Raises Problem (401) unless answers may be sent there."""
        if not isinstance(service_url, str) or not service_url or not self._registration.may_send_to(service_url):
            raise unauthorized()

    def check_tenant(self, tenants: frozenset[str]) -> None:
        """Raises Problem (403) unless the activity is of the tenant, by each of the places that name one."""
        served = self._registration.tenant_id
        if served is not None and {tenant.lower() for tenant in tenants} != {served.lower()}:
            raise Problem(HTTPStatus.FORBIDDEN, "this assistant serves another organization")


def unauthorized() -> Problem:
    """The one answer to every token that does not hold: it tells nobody which part was wrong."""
    return Problem(HTTPStatus.UNAUTHORIZED, "a valid token of the Bot Framework is needed", headers={"WWW-Authenticate": "Bearer"})
