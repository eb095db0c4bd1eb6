"""Authentication of the Annuaire Santé: its API key, within the calls a second that it allows all of us together."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy.exc import SQLAlchemyError

from bot.core.clock import SystemClock
from bot.core.errors import log_error
from bot.directory.live.ports import Slots
from bot.fhir.errors import FhirUnavailable
from bot.fhir.retry_after import retry_after_of

HEADER = "ESANTE-API-KEY"
CALLS_A_SECOND = 17
"""What it allows an application, all its processes together."""
KEPT_FOR_TURNS = 5
"""Of these, how many fetching changes leaves to those who wait for an answer."""
UNANSWERED = timedelta(seconds=5)
"""How long a call that was given up may still be on its way."""
_LONGEST_PAUSE = 300.0


class ApiKey(httpx.Auth):
    """Shows the key, once there is a slot for the call."""

    def __init__(self, key: str, slots: Slots, *, background: bool = False) -> None:
        self._key, self._slots, self._background = key, slots, background

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Wait for a slot, and free it after the answer. Raise FhirUnavailable where nothing can be counted."""
        try:
            slot = await self._slots.acquire(background=self._background)
        except (SQLAlchemyError, TimeoutError):  # a database that is busy raises the second
            raise FhirUnavailable("Calls to the Annuaire Santé cannot be counted.") from None
        request.headers[HEADER] = self._key
        answered = False
        try:
            response = yield request
            answered = True
            if pause := _pause_asked(response):
                await self._counting(self._slots.pause(pause))
        finally:
            await self._counting(self._slots.release(slot) if answered else self._slots.release(slot, UNANSWERED))

    @staticmethod
    async def _counting(done: Coroutine[Any, Any, None]) -> None:
        """Have it done; where it cannot be written the answer counts all the same, and the slot frees itself later."""
        try:
            await done
        except (SQLAlchemyError, TimeoutError) as error:
            log_error(error, "counting calls to the Annuaire Santé")


def _pause_asked(response: httpx.Response) -> timedelta | None:
    """Return for how long nobody shall call: as it says with a 429 or another error that will pass; a second where a 429 does not say."""
    too_many = response.status_code == httpx.codes.TOO_MANY_REQUESTS
    if not too_many and not response.is_server_error:
        return None
    asked = retry_after_of(response, SystemClock().now())
    seconds = min(asked, _LONGEST_PAUSE) if asked is not None else 1.0 if too_many else 0.0
    return timedelta(seconds=seconds) if seconds else None
