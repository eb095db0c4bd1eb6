"""The ROR (Répertoire Opérationnel des Ressources) asked live: whether a professional is known there, and where.

It finds nobody by name: a person is asked for by RPPS, which it has bare under the system of national identifications. Searches go out by
GET, the only way that it documents; a RPPS is public. Source: FHIR R4 API of the ROR, model 3.0.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from bot.core.errors import log_error
from bot.core.text_folding import digits
from bot.directory.live.ports import PagedSearch, found, of_type, referred_id
from bot.directory.live.resources import IDNPS_SYSTEM
from bot.directory.records import proper_case
from bot.fhir.errors import FhirError, FhirRejected
from bot.fhir.resources import Resource

PAGE = 200
SECONDS = 4.0
"""Longest wait of a page of the desk for the ROR, all its calls together."""
REMEMBERED_SECONDS = 600.0
MOST_PLACES = 5
_MOST_PAGES = 3
_REGIONS = "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM"
_SERVICES_OF = "_has:PractitionerRole:service:practitioner.identifier"


class RorUnavailable(Exception):
    """The ROR does not answer, or refuses us."""


@dataclass(frozen=True)
class RorPresence:
    """Whether the ROR knows a person, and where they take part in what it offers: « Cabinet du Mail – Consultation de cardiologie »."""

    known: bool
    places: tuple[str, ...] = ()


class RegionalDirectory:
    """Asks the ROR about professionals."""

    def __init__(self, fhir: PagedSearch, region: str | None = None, *, seconds: float = SECONDS) -> None:
        """`region`: code of TRE_R30 of the region whose entries count; None: of all regions."""
        self._fhir, self._seconds = fhir, seconds
        self._tag = [("_tag", f"{_REGIONS}|{region}")] if region else []
        self._remembered: dict[str, tuple[float, RorPresence]] = {}

    async def healthy(self) -> bool:
        """Return whether the ROR answers a search; asks for a number that nobody has."""
        await found(self._fhir, "Practitioner", [("identifier", f"{IDNPS_SYSTEM}|00000000000"), ("_count", "1")], most=1)
        return True

    async def presence(self, rpps: str) -> RorPresence:
        """Return whether the ROR knows the person with this RPPS, and where. Raise RorUnavailable."""
        number = digits(rpps)
        at, known = self._remembered.get(number, (float("-inf"), RorPresence(False)))
        if time.monotonic() - at < REMEMBERED_SECONDS:
            return known
        try:
            async with asyncio.timeout(self._seconds):
                presence = await self._ask(number)
        except (FhirError, TimeoutError) as error:
            log_error(error, "asking the ROR")
            raise RorUnavailable from None
        self._remembered = {rpps: entry for rpps, entry in self._remembered.items() if time.monotonic() - entry[0] < REMEMBERED_SECONDS}
        self._remembered[number] = (time.monotonic(), presence)
        return presence

    async def _ask(self, rpps: str) -> RorPresence:
        token = f"{IDNPS_SYSTEM}|{rpps}"
        count = ("_count", str(PAGE))
        people = await found(self._fhir, "Practitioner", [("identifier", token), *self._tag, count], most=1)
        if not any(_has_number(practitioner, rpps) for practitioner in of_type(people, "Practitioner")):
            return RorPresence(False)
        parameters = [(_SERVICES_OF, token), ("_include", "HealthcareService:organization"), *self._tag, count]
        try:
            offers = await found(self._fhir, "HealthcareService", parameters, most=_MOST_PAGES)
        except FhirRejected as error:  # the chain is a draft in its documentation
            log_error(error, "asking the ROR where somebody works")
            return RorPresence(True)
        return RorPresence(True, _places(offers))


def _has_number(practitioner: Resource, rpps: str) -> bool:
    numbers = [digits(str(i.get("value", ""))) for i in practitioner.get("identifier") or [] if isinstance(i, dict)]
    return practitioner.get("active") is not False and (rpps in numbers or f"8{rpps}" in numbers)


def _places(offers: list[Resource]) -> tuple[str, ...]:
    organizations = {str(resource.get("id")): str(resource.get("name") or "") for resource in of_type(offers, "Organization")}
    places: dict[str, None] = {}
    for service in of_type(offers, "HealthcareService"):
        provider = service.get("providedBy")
        organization = organizations.get(referred_id(provider), "") or str((provider or {}).get("display") or "")
        parts = dict.fromkeys(part for part in (proper_case(organization), str(service.get("name") or "")) if part)
        if parts and service.get("active") is not False:
            places[" – ".join(parts)] = None
    return tuple(places)[:MOST_PLACES]
