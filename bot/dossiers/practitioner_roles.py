"""Who is written as the member of a care team: the PractitionerRole of an account, found, or created once.

The ANS *cercle de soins* 2.0.1 takes as a professional member a PractitionerRole only. An account that has none yet (one of the platform's,
or made by an earlier version) gets one. Where the platform lets us create none, the Practitioner is written as before.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.core.clock import Clock
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirConflict, FhirError, FhirNotFound, FhirRejected, FhirUnauthorized
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.fhir.periods import has_begun, is_over
from bot.fhir.resources import Resource

_REFUSED = (FhirRejected, FhirUnauthorized, FhirNotFound)
_log = logging.getLogger(__name__)


def is_refused_access(error: FhirError) -> bool:
    """Tell whether the platform refused our access as a whole (401), not this type of resource (403): that passes, and is waited for."""
    return isinstance(error, FhirUnauthorized) and getattr(error, "status", 403) != 403


@dataclass(frozen=True)
class AccountMember:
    """An account as the member of a care team.

    Attributes:
        account_id: the Practitioner.
        is_open: whether there is such an account, and it is open.
        role_id: their PractitionerRole; None where there is none yet.
        profession: the coding of their profession; None where it is not coded.
    """

    account_id: str
    is_open: bool
    role_id: str | None
    profession: Resource | None = None

    @property
    def reference(self) -> str:
        """The FHIR reference of the member."""
        return f"PractitionerRole/{self.role_id}" if self.role_id else f"Practitioner/{self.account_id}"


class NoRole(Exception):
    """Who is to be a member has no PractitionerRole yet."""


class PractitionerRoles:
    """Finds and makes PractitionerRoles of accounts. Every method raises the errors of `bot.fhir.errors`."""

    def __init__(self, fhir: FhirClient, clock: Clock, mapping: PlatformMapping = DEFAULT_MAPPING) -> None:
        self._fhir, self._clock, self._mapping = fhir, clock, mapping

    async def member_of(self, account_id: str) -> AccountMember:
        """Return the account as a member.

        Of several PractitionerRoles that hold now one with a structure is taken, and the first by its id: it stays the same.
        """
        practitioner, roles = await asyncio.gather(self._practitioner(account_id), self._roles(account_id))
        concepts = [concept for role in roles for concept in role.get("code") or []]
        concepts += [qualification.get("code") or {} for qualification in practitioner.get("qualification") or []]
        return AccountMember(
            account_id,
            self._mapping.account.accepts(practitioner),
            str(roles[0]["id"]) if roles else None,
            self._profession(concepts),
        )

    async def exist(self, account_id: str) -> bool:
        """Return whether the account has a PractitionerRole that holds now."""
        return bool(await self._roles(account_id))

    async def with_role(self, member: AccountMember, name: str, profession: str) -> AccountMember:
        """Return the member with a PractitionerRole, created where there was none; without one where the platform takes none from us."""
        if member.role_id is not None:
            return member
        coding = {"coding": [member.profession]} if member.profession else {}
        concept = coding | ({"text": profession} if profession else {})
        role = await self.create(member.account_id, name, {"code": [concept]} if concept else {})
        return replace(member, role_id=str(role["id"]) if role else None)

    async def create(self, account_id: str, name: str, content: Resource, organization: Resource | None = None) -> Resource | None:
        """Create the PractitionerRole of an account that has none; return it, or None where the platform takes none from us.

        Args:
            account_id: the Practitioner.
            name: given and family name.
            content: `code` and `specialty`.
            organization: the Organization, as stored, where they work.
        """
        mark = {"system": self._mapping.marks.role, "value": account_id}
        role: Resource = {
            "resourceType": "PractitionerRole",
            **self._mapping.meta("practitioner_role"),
            "identifier": [{"use": "secondary", **mark}],
            "active": True,
            "practitioner": {"reference": f"Practitioner/{account_id}", "display": name},
            **content,
        }
        if organization is not None:
            role["organization"] = {"reference": f"Organization/{organization['id']}", "display": str(organization.get("name", ""))}
        try:
            created, _ = await self._fhir.create(role, if_none_exist=f"identifier={mark['system']}|{mark['value']}&active=true")
        except FhirConflict:  # several have our mark: the first is it
            return next(iter(await self._roles(account_id)), None)
        except _REFUSED as error:
            if is_refused_access(error):
                raise
            _log.warning("the platform takes no PractitionerRole from us: %s", error)
            return None
        return created

    def roles_of(self, member: AccountMember, profession: str, *, referent: bool = False) -> list[Resource]:
        """Return `CareTeam.participant.role` of a member: the referent's, the profession, the function."""
        concept = ({"coding": [member.profession]} if member.profession else {}) | ({"text": profession} if profession else {})
        function = self._mapping.function_of([member.profession] if member.profession else [])
        return [each for each in ({"coding": [self._mapping.referent.coding]} if referent else None, concept, function) if each]

    async def _practitioner(self, account_id: str) -> Resource:
        try:
            practitioner, _ = await self._fhir.read("Practitioner", account_id)
        except FhirNotFound:
            return {}
        return practitioner

    async def _roles(self, account_id: str) -> list[Resource]:
        person, now = f"Practitioner/{account_id}", self._clock.now()
        found = await self._fhir.search("PractitionerRole", {"practitioner": person})
        holding = [
            role for role in found if role.get("active") is not False and self._fhir.references.of(role.get("practitioner")) == person
        ]
        holding = [role for role in holding if has_begun(role.get("period") or {}, now) and not is_over(role.get("period") or {}, now)]
        return sorted(holding, key=lambda role: ("organization" not in role, str(role["id"])))

    def _profession(self, concepts: list[Mapping[str, Any]]) -> Resource | None:
        codings = [coding for concept in concepts for coding in concept.get("coding") or [] if coding.get("code")]
        for system in self._mapping.profession_systems:
            for coding in codings:
                if coding.get("system") == system:
                    return {name: coding[name] for name in ("system", "code", "display") if coding.get(name)}
        return None
