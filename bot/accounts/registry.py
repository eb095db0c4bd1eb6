"""SPHERE accounts: the `Practitioner` resources of the platform that the mapping file says are accounts (`bot.fhir.mapping`).

Identifiers follow the ANS (`bot.accounts.professional_numbers`). An account created for a request carries the request's reference under
`urn:sphere:account-request`, so that creating it twice makes one.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.accounts.directory_record import CODES, Fiche
from bot.accounts.professional_numbers import IDNPS_SYSTEM, adeli_tokens, numbers_of, rpps_tokens
from bot.accounts.professional_numbers import RPPS_SYSTEM as RPPS_SYSTEM  # others read it here
from bot.core.clock import Clock, SystemClock
from bot.directory.concepts import profession_of
from bot.fhir.client import FhirClient
from bot.fhir.contact_points import current_values
from bot.fhir.errors import FhirNotFound
from bot.fhir.human_names import PROFESSIONAL_USES, name_of
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.fhir.resources import Resource

REQUEST_SYSTEM = "urn:sphere:account-request"
FIRST_USE_URL = "urn:sphere:first-use-code"
"""Extension of an account that was just created: the salted hash of its first-use code (`bot.accounts.first_use_code`)."""

_PROFESSION_SYSTEM = "https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante"
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

    async def get(self, account_id: str) -> Account | None:
        """Return the account of this id, open or closed (see `active`)."""
        try:
            resource, _ = await self._fhir.read("Practitioner", account_id)
        except FhirNotFound:
            return None
        return self._account(resource)

    async def get_many(self, account_ids: Collection[str]) -> list[Account]:
        """Return those of these accounts that exist, open or closed, in no particular order."""
        ids = sorted({account_id for account_id in account_ids if _ID.fullmatch(account_id)})
        found: list[Account] = []
        for start in range(0, len(ids), _BATCH_SIZE):
            batch = ",".join(ids[start : start + _BATCH_SIZE])
            found += map(self._account, await self._fhir.search("Practitioner", {"_id": batch, "_count": str(_BATCH_SIZE)}))
        return found

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
        existing = await self._open("identifier", f"{REQUEST_SYSTEM}|{key}")
        if existing:
            return existing[0]
        # With the RPPS, two requests for one person that run at once create one account too.
        unique = f"{RPPS_SYSTEM}|{fiche.rpps}" if fiche.rpps else f"{REQUEST_SYSTEM}|{key}"
        criteria = "".join(f"&{name}={value}" for name, value in self._mapping.account.criteria)
        resource, _ = await self._fhir.create(practitioner_of(fiche, key, first_use_hash), if_none_exist=f"identifier={unique}{criteria}")
        return self._account(resource)

    async def _open(self, parameter: str, value: str) -> list[Account]:
        found = await self._fhir.search("Practitioner", [(parameter, value), *self._mapping.account.criteria])
        return [account for account in map(self._account, found) if account.active]

    def _account(self, practitioner: Resource) -> Account:
        return account_of(practitioner, self._clock.now(), self._mapping)


def account_of(practitioner: Resource, now: datetime, mapping: PlatformMapping = DEFAULT_MAPPING) -> Account:
    """Return the account that a `Practitioner` resource is: what holds now of names, addresses and identifiers."""
    name, numbers = name_of(practitioner, PROFESSIONAL_USES, now), numbers_of(practitioner, now, mapping.identifiers)
    emails, phones = (current_values(practitioner, systems, now) for systems in (mapping.email.systems, ("phone",)))
    requests = [str(each.get("value", "")) for each in practitioner.get("identifier") or [] if each.get("system") == REQUEST_SYSTEM]
    return Account(
        id=str(practitioner["id"]),
        family=name.family,
        given=name.given,
        prefix=name.prefix,
        email=next(iter(emails), ""),
        phone=next(iter(phones), ""),
        rpps=numbers.rpps,
        adeli=numbers.adeli,
        profession=profession_of(each.get("code") or {} for each in practitioner.get("qualification") or []),
        active=mapping.account.accepts(practitioner),
        request=next(iter(requests), ""),
        emails=emails,
    )


def practitioner_of(fiche: Fiche, key: str, first_use_hash: str | None = None) -> Resource:
    """Return the `Practitioner` resource of a new account."""
    identifiers = [{"system": REQUEST_SYSTEM, "value": key}]
    if fiche.rpps:
        identifiers += [{"system": RPPS_SYSTEM, "value": fiche.rpps}, {"system": IDNPS_SYSTEM, "value": f"8{fiche.rpps}"}]
    elif fiche.adeli:
        identifiers.append({"system": IDNPS_SYSTEM, "value": f"0{fiche.adeli}"})
    telecom = [{"system": name, "value": value, "use": "work"} for name, value in (("email", fiche.email), ("phone", fiche.phone)) if value]
    name: dict[str, Any] = {"use": "official", "family": fiche.family, "given": [fiche.given]}
    if fiche.civility in CODES["title"]:
        name["prefix"] = [fiche.civility]
    code: dict[str, Any] = {"text": fiche.speciality or fiche.profession}
    if fiche.profession_code:
        code["coding"] = [{"system": _PROFESSION_SYSTEM, "code": fiche.profession_code, "display": fiche.profession}]
    resource: Resource = {
        "resourceType": "Practitioner",
        "active": True,
        "identifier": identifiers,
        "name": [name],
        "telecom": telecom,
        "qualification": [{"code": code}],
    }
    if address := _address(fiche):
        resource["address"] = [address]
    if first_use_hash:
        resource["extension"] = [{"url": FIRST_USE_URL, "valueString": first_use_hash}]
    return resource


def _address(fiche: Fiche) -> dict[str, Any]:
    parts = {"postalCode": fiche.postal_code, "city": fiche.city}
    lines = [line for line in (fiche.organization, fiche.address) if line]
    address: dict[str, Any] = {name: value for name, value in parts.items() if value}
    if lines:
        address["line"] = lines
    return {"use": "work", **address} if address else {}
