"""Who declares an event and whom it is for, in a `CommunicationRequest`: as account, as member, or as "<system>|<RPPS>"."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from bot.accounts.professional_numbers import RPPS_SYSTEM, rpps_under
from bot.fhir.mapping import DEFAULT_MAPPING, Identifiers
from bot.fhir.references import RELATIVE, References
from bot.notifications.fhir_values import Json, Resources, dicts, items, resolve

_OTHERS = ("Organization", "Patient", "RelatedPerson", "Device", "Group", "CareTeam", "HealthcareService")
"""Types of recipients that are no professional: none of them has an account."""


@dataclass(frozen=True)
class People:
    """Reads professionals of requests: `references` are those of the platform, `identifiers` the systems of its numbers."""

    references: References = RELATIVE
    identifiers: Identifiers = DEFAULT_MAPPING.identifiers

    def author_of(self, request: Json, others: Resources) -> str | None:
        """Return who declares it; None for an organization, or somebody unknown."""
        for name in ("requester", "sender"):
            for who in dicts([request.get(name)]):
                with suppress(ValueError):  # who is not sent along is not known
                    if found := self._person(request, who, others):
                        return found
        return None

    def recipients_of(self, request: Json, others: Resources) -> list[str] | None:
        """Return whom to notify, of those about the dossier; None: the care team; nobody where only people without an account are named.

        Raises ValueError for what is no reference at all.
        """
        named = items(request.get("recipient"))
        found: list[str] = []
        for recipient in named:
            who = self._person(request, recipient, others) if isinstance(recipient, Mapping) else None
            if who:
                found.append(who)
            elif not self._is_other(request, recipient, others):
                raise ValueError(
                    "recipient: must be Practitioner/<id> or PractitionerRole/<id> of the platform, or a professional sent along by RPPS; "
                    "without any, the care team is told"
                )
        return list(dict.fromkeys(found)) if named else None

    def _person(self, request: Json, who: Json, others: Resources) -> str | None:
        """Return a professional: by RPPS where one is given, else by the platform's reference."""
        resource = resolve(request, who, others)
        if rpps := self._rpps(who, resource):
            return rpps
        if resource is not None:
            if resource.get("resourceType") != "PractitionerRole":
                return None
            inner = resource.get("practitioner")
            if not isinstance(inner, Mapping):
                return None
            return self._rpps(inner, resolve(request, inner, others)) or self._of_platform(inner)
        return self._of_platform(who)

    def _of_platform(self, who: Json) -> str | None:
        kind, _, resource_id = (self.references.of(who) or "").partition("/")
        if kind == "PractitionerRole":
            return f"PractitionerRole/{resource_id}"
        return resource_id if kind == "Practitioner" else None

    def _rpps(self, who: Json, resource: Json | None) -> str | None:
        of_resource = (
            resource.get("identifier") if resource and resource.get("resourceType") in ("Practitioner", "PractitionerRole") else None
        )
        for identifier in dicts([who.get("identifier"), *items(of_resource)]):
            system, value = identifier.get("system"), identifier.get("value")
            if isinstance(system, str) and isinstance(value, str) and (rpps := rpps_under(system, value, self.identifiers)):
                return f"{RPPS_SYSTEM}|{rpps}"
        return None

    def _is_other(self, request: Json, who: object, others: Resources) -> bool:
        """Return whether it is somebody who has no account here, or cannot be known."""
        if not isinstance(who, Mapping):
            return False
        resource = resolve(request, who, others)
        if resource is not None:
            return resource.get("resourceType") in (*_OTHERS, "Practitioner", "PractitionerRole")  # one whose number is not known, too
        kind = str(who.get("reference", "")).partition("/_history/")[0].rpartition("/")[0].rpartition("/")[2]
        return kind in _OTHERS or self.references.is_foreign(who.get("reference")) or isinstance(who.get("identifier"), Mapping)
