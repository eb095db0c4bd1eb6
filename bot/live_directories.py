"""Where the directories that are asked live are put together from the settings: the Annuaire Santé and the ROR.

A process makes of it what it uses: the action server looks people up, the bot also fetches changes and asks the ROR for the desk.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import cached_property

from bot.core.call_slots import CallSlots
from bot.core.clock import Clock, SystemClock
from bot.core.database import Database
from bot.core.tls import CertificateError, client_ssl_context
from bot.core.ttl_cache import TtlCache
from bot.directory.live.api_key import CALLS_A_SECOND, KEPT_FOR_TURNS, ApiKey
from bot.directory.live.lookup import LiveLookup
from bot.directory.live.national import NationalDirectory
from bot.directory.live.refresh import Refresh
from bot.directory.live.regional import RegionalDirectory
from bot.fhir.access_tokens import DatabaseTokenStore
from bot.fhir.authentication import OAuth2ClientCredentials
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirError, FhirUnauthorized
from bot.http.health import CHECK_SECONDS, DOWN, OK, REFUSED, AccessRefused, Check
from bot.settings import Settings, SettingsError

HEALTH_SECONDS = 60.0
"""The health report asks each of them at most once in this time: their calls are counted."""
_CHANGES_SECONDS = 30.0
"""Longest wait for a page of changes: as long as the service itself takes."""


class LiveDirectories:
    """The live directories that the settings name; None in the place of those that they do not."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._settings, self._database, self._clock = settings, database, clock
        self._clients: list[FhirClient] = []

    async def aclose(self) -> None:
        """Close every connection."""
        for client in self._clients:
            await client.aclose()

    @cached_property
    def lookup(self) -> LiveLookup | None:
        """Looks up in the Annuaire Santé whom the imported list does not have."""
        national = self._national
        return LiveLookup(national, seconds=self._settings.annuaire_sante_seconds) if national else None

    @cached_property
    def refresh(self) -> Refresh | None:
        """Fetches what changed in the Annuaire Santé."""
        settings, every = self._settings, timedelta(hours=self._settings.annuaire_sante_refresh_hours)
        if settings.annuaire_sante_key is None or not every:
            return None
        national = NationalDirectory(self._annuaire_client(_CHANGES_SECONDS, background=True))
        return Refresh(national, settings.directory_index, self._clock, every=every)

    @cached_property
    def regional(self) -> RegionalDirectory | None:
        """Asks the ROR. Raise SettingsError where it would not know us, or a certificate cannot be read."""
        settings = self._settings
        if settings.ror_url is None:
            return None
        if settings.ror_client_secret is None and settings.ror_cert is None:  # processes that do not ask are not given the secret
            raise SettingsError("ROR_URL needs ROR_CLIENT_SECRET, or ROR_CERT and ROR_KEY")
        try:
            tls = client_ssl_context(ca=settings.ror_ca) if settings.ror_ca else None
            token_tls = client_ssl_context(settings.ror_cert, settings.ror_key, settings.ror_ca) if settings.ror_cert else tls
        except CertificateError as error:
            raise SettingsError(f"ROR_CERT, ROR_KEY, ROR_CA: {error}") from None
        secret = settings.ror_client_secret
        tokens = OAuth2ClientCredentials(
            settings.required("ror_token_url"),
            settings.required("ror_client_id"),
            secret.get_secret_value() if secret and not settings.ror_cert else None,
            clock=self._clock,
            store=DatabaseTokenStore(self._database, self._clock, settings.required("secret")),
            tls=token_tls,
        )
        client = FhirClient(settings.ror_url, tokens, headers=[*settings.ror_headers.items()], tls=tls, search_by="get", server="ror")
        self._clients.append(client)
        return RegionalDirectory(client, settings.ror_region)

    def health_checks(self) -> dict[str, Check | None]:
        """Return the lines of the health report; none for what is not configured."""
        checks: dict[str, Check | None] = {}
        if self._national is not None:
            checks["annuaire_sante"] = _seldom(self._national.healthy)
        if self.regional is not None:
            checks["ror"] = _seldom(self.regional.healthy)
        return checks

    @cached_property
    def _national(self) -> NationalDirectory | None:
        return (
            NationalDirectory(self._annuaire_client(self._settings.annuaire_sante_seconds)) if self._settings.annuaire_sante_key else None
        )

    @cached_property
    def _slots(self) -> CallSlots:
        # By the machine's clock: the service counts real seconds.
        return CallSlots(self._database, SystemClock(), "annuaire_sante", CALLS_A_SECOND, kept_for_turns=KEPT_FOR_TURNS)

    def _annuaire_client(self, seconds: float, *, background: bool = False) -> FhirClient:
        settings = self._settings
        auth = ApiKey(settings.required("annuaire_sante_key"), self._slots, background=background)
        client = FhirClient(settings.annuaire_sante_url, auth, timeout=seconds, search_by="post", server="annuaire_sante")
        self._clients.append(client)
        return client


def _seldom(ask: Check) -> Check:
    """Return a check that asks seldom: what came of it, or that nothing came in time, is remembered."""

    async def outcome() -> str:
        try:
            async with asyncio.timeout(CHECK_SECONDS * 0.8):
                return OK if await ask() else DOWN
        except FhirUnauthorized:
            return REFUSED
        except (FhirError, TimeoutError):
            return DOWN

    remembered = TtlCache(outcome, HEALTH_SECONDS)

    async def check() -> bool:
        if (found := await remembered.get()) == REFUSED:
            raise AccessRefused
        return found == OK

    return check
