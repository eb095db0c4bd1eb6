"""Authentication of Teams' requests: the JWT of the Bot Framework, checked by the SDK, and the one tenant that is served."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

import jwt
from fastapi import Request

from bot.channels.teams.registration import Registration
from bot.channels.teams.sdk import TokenValidator
from bot.core.errors import log_error
from bot.http.bearer import bearer_token, unauthorized
from bot.http.problems import Problem
from bot.http.rate_limit import retry_after

_TIMEOUT_SECONDS = 10.0
"""A check that takes longer is given up: the keys could not be fetched, and Teams asks again."""
_THREADS = 4
_MAX_TOKEN_LENGTH = 16 * 1024
_ENDORSEMENT = "msteams"
"""What a key must be endorsed for. The Bot Framework signs for its other channels too, with keys of the same set."""
_KEYS_UNAVAILABLE = (jwt.exceptions.PyJWKClientConnectionError, jwt.exceptions.PyJWKSetError)


class _EndorsedKeys(jwt.PyJWKClient):
    """The keys that are endorsed for Teams, which the SDK does not check. Fetched like the keys, and as often."""

    _endorsed: frozenset[str] = frozenset()

    def fetch_data(self) -> Any:
        """Return the key set, as JSON, and remember which keys are endorsed."""
        data = super().fetch_data()
        keys = [key for key in data["keys"] if isinstance(key, dict)]
        self._endorsed = frozenset(str(key.get("kid")) for key in keys if _ENDORSEMENT in (key.get("endorsements") or ()))
        return data

    def check(self, token: str) -> None:
        """Raise PyJWTError unless the token's key is endorsed."""
        key = self.get_signing_key_from_jwt(token)
        if key.key_id not in self._endorsed:
            raise jwt.InvalidTokenError("the key is not endorsed")


class Authenticator:
    """Checks requests. The SDK fetches keys and verifies signatures in blocking calls, which therefore run in threads of their own."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration
        # Of the SDK's validators the one for connector tokens alone: its other one takes tokens of every tenant, without serviceUrl.
        self._validator = TokenValidator.for_service(registration.app_id, cloud=registration.cloud)
        self._endorsed_keys = _EndorsedKeys(self._validator.options.jwks_uri)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="teams-auth")

    def close(self) -> None:
        """Begin no further check."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def token(self, request: Request) -> str:
        """Return the bearer token. Raise Problem (401) where there is none."""
        token = bearer_token(request)
        if token is None or len(token) > _MAX_TOKEN_LENGTH:
            raise _unauthorized()
        return token

    async def check(self, token: str, service_url: object) -> None:
        """Check that `token` is of the Bot Framework, for this bot, unexpired, and for `service_url`, if that is a text.

        Raises:
            Problem: 401 where it is not; 503 where the keys cannot be fetched.
        """
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                claims = await asyncio.get_running_loop().run_in_executor(self._threads, self._validate, token, service_url)
        except (TimeoutError, OSError, json.JSONDecodeError, *_KEYS_UNAVAILABLE) as error:
            log_error(error, "fetching the keys that Teams signs with")
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "the signature cannot be checked now", headers=retry_after(5)) from None
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError):  # the last three: claims of other types than they should have
            raise _unauthorized() from None
        if "exp" not in claims:
            raise _unauthorized()

    def _validate(self, token: str, service_url: object) -> Mapping[str, Any]:
        claims = asyncio.run(self._validator.validate_token(token, service_url if isinstance(service_url, str) else None))
        self._endorsed_keys.check(token)
        return claims

    def check_connector(self, service_url: object) -> None:
        """Raise Problem (401) unless answers may be sent to `service_url`."""
        if not isinstance(service_url, str) or not service_url or not self._registration.may_send_to(service_url):
            raise _unauthorized()

    def check_tenant(self, tenants: frozenset[str]) -> None:
        """Raise Problem (403) unless the activity is of the tenant that is served, by each of the places that name one."""
        served = self._registration.tenant_id
        if served is not None and {tenant.lower() for tenant in tenants} != {served.lower()}:
            raise Problem(HTTPStatus.FORBIDDEN, "this assistant serves another organization")


def _unauthorized() -> Problem:
    """Return the one answer to every token that is invalid: it does not say in which part."""
    return unauthorized("a valid token of the Bot Framework is needed")
