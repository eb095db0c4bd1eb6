"""SPHERE accounts: the `Practitioner` resources of the platform that the mapping file says are accounts (`bot.fhir.mapping`).

Identifiers follow the ANS (`bot.accounts.professional_numbers`). An account created for a request carries the request's reference under
`urn:sphere:account-request`, so that creating it twice makes one.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.accounts.account_resources import FIRST_USE_URL, organization_of, practitioner_of, role_of
from bot.accounts.directory_record import CODES, Fiche
from bot.accounts.professional_numbers import RPPS_SYSTEM as RPPS_SYSTEM  # others read it here
from bot.accounts.professional_numbers import adeli_tokens, numbers_of, rpps_tokens
from bot.core.clock import Clock, SystemClock
from bot.core.text_folding import fold
from bot.directory.concepts import profession_of
from bot.dossiers.practitioner_roles import PractitionerRoles, is_refused_access
from bot.fhir.client import FhirClient
from bot.fhir.contact_points import current_values
from bot.fhir.errors import FhirConflict, FhirNotFound, FhirRejected, FhirUnauthorized
from bot.fhir.human_names import PROFESSIONAL_USES, name_of
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.fhir.resources import Resource

_TITLES = {code: title for title, code in CODES["title"].items()}
_log = logging.getLogger(__name__)
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_BATCH_SIZE = 100
"""Accounts that one search asks for."""
_SEARCHABLE = re.compile(r"[^\s,|$\\]+@[^\s,|$\\]+")
"""An address without the characters that have a meaning in a FHIR search; no account's address has them."""


@dataclass(frozen=True)
class Account:
    """An account of the platform. Empty strings where the platform says nothing; `phone` as the platform writes it.

    Attributes:
        email: the preferred one of `emails`, to which mails go.
        active: whether it is open.
        request: the reference of the account request that it was created for, or "".
        emails: every address that is current; any of them signs in.
    """

    id: str
    family: str
    given: str
    prefix: str
    email: str
    phone: str
    rpps: str
    adeli: str
    profession: str
    active: bool
    request: str = ""
    emails: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every current address, the preferred one first."""
        return tuple(dict.fromkeys(address for address in (self.email, *self.emails) if address))

    def address(self, typed: str) -> str | None:
        """Return the current address that is the one typed, as the platform writes it; None where the account has none such."""
        wanted = typed.strip().lower()
        return next((address for address in self.addresses if address.lower() == wanted), None)

    @property
    def name(self) -> str:
        """Given and family name: « Claire Moreau »."""
        return f"{self.given} {self.family}".strip()

    @property
    def reference(self) -> str:
        """The FHIR reference: "Practitioner/<id>"."""
        return f"Practitioner/{self.id}"


class AccountRegistry:
    """Finds and makes accounts. Every method raises the errors of `bot.fhir.errors`, FhirUnavailable first of all."""

    def __init__(self, fhir: FhirClient, clock: Clock | None = None, mapping: PlatformMapping = DEFAULT_MAPPING) -> None:
        self._fhir, self._clock, self._mapping = fhir, clock or SystemClock(), mapping
        self._roles, self.identifiers = PractitionerRoles(fhir, self._clock, mapping), mapping.identifiers

    async def get(self, account_id: str) -> Account | None:
        """Return the account of this id, open or closed (see `active`)."""
        try:
            resource, _ = await self._fhir.read("Practitioner", account_id)
        except FhirNotFound:
            return None
        return self._account(resource)

    async def first_use_hash(self, account_id: str) -> str | None:
        """Return the hash of the account's first-use code, where the platform still shows it."""
        try:
            resource, _ = await self._fhir.read("Practitioner", account_id)
        except FhirNotFound:
            return None
        found = (one.get("valueString") for one in resource.get("extension") or [] if one.get("url") == FIRST_USE_URL)
        return next((value for value in found if isinstance(value, str)), None)

    async def get_many(self, account_ids: Collection[str]) -> list[Account]:
        """Return those of these accounts that exist, open or closed, in no particular order."""
        ids = sorted({account_id for account_id in account_ids if _ID.fullmatch(account_id)})
        batches = [",".join(ids[start : start + _BATCH_SIZE]) for start in range(0, len(ids), _BATCH_SIZE)]
        asked = (self._fhir.search("Practitioner", {"_id": batch, "_count": str(_BATCH_SIZE)}) for batch in batches)
        return [self._account(practitioner) for found in await asyncio.gather(*asked) for practitioner in found]

    async def by_email(self, email: str) -> Account | None:
        """Return the one open account with this current e-mail; None also where several have it, as nobody could say whose it is."""
        wanted = email.strip().lower()
        if not _SEARCHABLE.fullmatch(wanted):
            return None
        found = [account for account in await self._open("email", wanted) if account.address(wanted)]
        return found[0] if len(found) == 1 else None

    async def by_identifier(self, rpps: str | None = None, adeli: str | None = None) -> Account | None:
        """Return the open account with this RPPS, else with this ADELI number."""
        if rpps:
            for account in await self._open("identifier", rpps_tokens(rpps, self._mapping.identifiers)):
                if account.rpps == rpps:
                    return account
        if adeli:
            for account in await self._open("identifier", adeli_tokens(adeli, self._mapping.identifiers)):
                if account.adeli == adeli:
                    return account
        return None

    async def create(self, fiche: Fiche, key: str, *, first_use_hash: str | None = None) -> Account:
        """Create the account of `fiche` for the request `key`, or return the one that exists already.

        An account exists already if it was created for this request before, or if it is open and has this RPPS; its `request` tells
        the two apart.
        """
        mark = f"{self._mapping.marks.account_request}|{key}"
        existing = await self._open("identifier", mark)
        if existing:
            return existing[0]
        # With the RPPS, two requests for one person that run at once create one account too.
        unique = f"{self._mapping.identifiers.rpps}|{fiche.rpps}" if fiche.rpps else mark
        criteria = "".join(f"&{name}={value}" for name, value in self._mapping.account.criteria)
        practitioner = practitioner_of(fiche, key, self._mapping, first_use_hash)
        resource, _ = await self._fhir.create(practitioner, if_none_exist=f"identifier={unique}{criteria}")
        return self._account(resource)

    async def place(self, account: Account, fiche: Fiche) -> None:
        """Create the PractitionerRole of an account that was created for `fiche`, and the Organization where they work, each once.

        One that exists is left as it is. A platform that takes neither from us has the account alone.
        """
        if await self._roles.exist(account.id):
            return
        organization = await self._organization(fiche, account)
        await self._roles.create(account.id, account.name, role_of(fiche, self._mapping), organization)

    async def _organization(self, fiche: Fiche, account: Account) -> Resource | None:
        """Return the Organization of a fiche: the platform's, else a new one; None where there is none, or the platform takes none."""
        wanted = organization_of(fiche, account.id, self._mapping)
        if wanted is None:
            return None
        tokens = ",".join(f"{each['system']}|{each['value']}" for each in wanted["identifier"])
        try:
            found = await self._fhir.search("Organization", {"identifier": tokens}) or await self._organizations_like(wanted)
            if found:
                return min(found, key=lambda organization: str(organization["id"]))
            created, _ = await self._fhir.create(wanted, if_none_exist=f"identifier={tokens}")
        except (FhirRejected, FhirUnauthorized, FhirNotFound, FhirConflict) as error:
            if is_refused_access(error):
                raise
            _log.warning("the platform takes no Organization from us: %s", error)
            return None
        return created

    async def _organizations_like(self, wanted: Resource) -> list[Resource]:
        """Return the Organizations of this name at this place; without a place a name says too little."""
        place: Resource = next(iter(wanted.get("address") or []), {})
        if not place.get("city") and not place.get("postalCode"):
            return []
        found = await self._fhir.search("Organization", {"name": wanted["name"]})
        named = [each for each in found if each.get("active") is not False and fold(str(each.get("name", ""))) == fold(wanted["name"])]
        return [each for each in named if any(_is_at(address, place) for address in each.get("address") or [])]

    async def _open(self, parameter: str, value: str) -> list[Account]:
        found = await self._fhir.search("Practitioner", [(parameter, value), *self._mapping.account.criteria])
        return [account for account in map(self._account, found) if account.active]

    def _account(self, practitioner: Resource) -> Account:
        return account_of(practitioner, self._clock.now(), self._mapping)


def account_of(practitioner: Resource, now: datetime, mapping: PlatformMapping = DEFAULT_MAPPING) -> Account:
    """Return the account that a `Practitioner` resource is: what holds now of names, addresses and identifiers."""
    name, numbers = name_of(practitioner, PROFESSIONAL_USES, now), numbers_of(practitioner, now, mapping.identifiers)
    emails, phones = (current_values(practitioner, systems, now) for systems in (mapping.email.systems, ("phone",)))
    requests = [
        str(each.get("value", "")) for each in practitioner.get("identifier") or [] if each.get("system") == mapping.marks.account_request
    ]
    return Account(
        id=str(practitioner["id"]),
        family=name.family,
        given=name.given,
        prefix=_TITLES.get(name.suffix, name.prefix),
        # An ordinary mail relay does not reach MSSanté, a closed space: mails go there only where there is no other address.
        email=next((email for email in emails if not mapping.email.is_mssante(email)), next(iter(emails), "")),
        phone=next(iter(phones), ""),
        rpps=numbers.rpps,
        adeli=numbers.adeli,
        profession=profession_of(each.get("code") or {} for each in practitioner.get("qualification") or []),
        active=mapping.account.accepts(practitioner),
        request=next(iter(requests), ""),
        emails=emails,
    )


def _is_at(address: Resource, place: Resource) -> bool:
    """Tell whether an address is at a place: by the postal code, where both have one, else by the town."""
    if address.get("postalCode") and place.get("postalCode"):
        return bool(address["postalCode"] == place["postalCode"])
    return bool(place.get("city")) and fold(str(address.get("city", ""))) == fold(str(place["city"]))
