"""Who the members of care teams are: their accounts, names and what they are, read where the team itself does not say it.

A member is a PractitionerRole, an Organization or a RelatedPerson (ANS *cercle de soins*), in older data a Practitioner. Names and roles
are no condition of anything: a platform that knows no RelatedPerson, or does not let it be read, costs their names and nothing else.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.core.clock import Clock
from bot.directory.concepts import list_of, profession_of, words_of
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirError
from bot.fhir.human_names import PROFESSIONAL_USES, name_of
from bot.fhir.resources import Resource

SILENCE = timedelta(minutes=5)
"""How long a type of resource that the platform did not give is not asked for again."""
_NAMED = ("Practitioner", "Organization", "RelatedPerson")
_REFERENCE = re.compile(r"(?:^|/)([A-Z][A-Za-z]{1,40}/[A-Za-z0-9.-]{1,64})(?:/_history/[^/]+)?$")


@dataclass(frozen=True)
class Member:
    """What is known of a member; "" for what is not. `account_id` is the Practitioner, also behind a role."""

    account_id: str | None = None
    name: str = ""
    profession: str = ""
    structure: str = ""


class Members:
    """Reads members of care teams."""

    def __init__(self, fhir: FhirClient, clock: Clock) -> None:
        self._fhir, self._clock = fhir, clock
        self._silent: dict[str, datetime] = {}

    async def holders(self, references: Iterable[str]) -> dict[str, Member]:
        """Return those of these members that are PractitionerRoles, with their accounts. Raise the errors of `bot.fhir.errors`."""
        wanted = sorted({ref.partition("/")[2] for ref in references if ref.startswith("PractitionerRole/")})
        found = await search_ids(self._fhir, "PractitionerRole", wanted)
        return {f"PractitionerRole/{role['id']}": _member_of_role(role) for role in found}

    async def complete(self, entries: Iterable[Resource], holders: Mapping[str, Member], contained: list[Resource]) -> dict[str, Member]:
        """Return the members of these participants: `holders`, and the names that neither they nor the participants say.

        Never raises: what the platform does not give is not known.
        """
        known = dict(holders)
        missing = {ref: entry for entry in entries if (ref := member_of(entry)) and not display_of(entry) and not _name_in(known, ref)}
        # The id of a contained resource is good in its team alone: no account of the platform is meant by it.
        known |= {f"Contained/{one['id']}": _without_own_id(one, self._read(one)) for one in contained if one.get("id")}
        wanted = {
            ref if ref not in known else f"Practitioner/{known[ref].account_id}"
            for ref in missing
            if ref not in known or known[ref].account_id
        }
        read = dict(each for found in await asyncio.gather(*(self._named(kind, wanted) for kind in _NAMED)) for each in found.items())
        for ref in missing:
            if ref in read:
                known[ref] = read[ref]
            elif ref in known and (person := read.get(f"Practitioner/{known[ref].account_id}")):
                known[ref] = replace(known[ref], name=person.name, profession=known[ref].profession or person.profession)
        return known

    async def _named(self, kind: str, references: set[str]) -> dict[str, Member]:
        ids = sorted(ref.partition("/")[2] for ref in references if ref.startswith(f"{kind}/"))
        if not ids or self._silent.get(kind, self._clock.now()) > self._clock.now():
            return {}
        try:
            found = await search_ids(self._fhir, kind, ids)
        except FhirError:
            self._silent[kind] = self._clock.now() + SILENCE
            return {}
        return {f"{kind}/{resource['id']}": self._read(resource) for resource in found}

    def _read(self, resource: Resource) -> Member:
        kind = resource.get("resourceType")
        if kind == "Organization":
            names = [resource.get("name"), *(resource.get("alias") or [])]
            types = (words_of(each) for each in resource.get("type") or [])
            return Member(None, str(next((name for name in names if name), "")), next((words for words in types if words), ""))
        name = name_of(resource, PROFESSIONAL_USES, self._clock.now()).whole
        if kind == "RelatedPerson":
            return Member(None, name, _relationship(resource.get("relationship") or []))
        if kind == "PractitionerRole":
            return _member_of_role(resource)
        profession = profession_of(each.get("code") or {} for each in resource.get("qualification") or [])
        return Member(str(resource["id"]) if kind == "Practitioner" else None, name, profession)


async def search_ids(fhir: FhirClient, resource_type: str, ids: list[str], size: int = 100) -> list[Resource]:
    """Return the resources of these ids, asked for at once, in batches that one search accepts."""
    batches = [ids[start : start + size] for start in range(0, len(ids), size)]
    found = await asyncio.gather(*(fhir.search(resource_type, {"_id": ",".join(batch), "_count": "200"}) for batch in batches))
    return [resource for batch in found for resource in batch]


def reference_of(reference: Mapping[str, Any] | None) -> str | None:
    """Return what a FHIR Reference leads to as "Type/id", whatever server and version it names; None for another kind of reference."""
    found = _REFERENCE.search(str((reference or {}).get("reference") or ""))
    return found[1] if found else None


def member_of(participant: Mapping[str, Any]) -> str | None:
    """Return the member of a participant as "Type/id"; one that no reference leads to gets a name of its own; None where nobody is meant.

    A member may be contained in the team ("Contained/id"), or be known only by an identifier or a name ("Unlinked/…").
    """
    member = participant.get("member") or {}
    if reference := reference_of(member):
        return reference
    written = str(member.get("reference") or "")
    if written.startswith("#"):
        return f"Contained/{written[1:]}"
    identifier = member.get("identifier") or {}
    known = written or "|".join(str(identifier.get(part) or "") for part in ("system", "value")).strip("|") or display_of(participant)
    # So short that nobody's number can be found out by trying: it stands in tables.
    return f"Unlinked/{hashlib.sha256(known.encode()).hexdigest()[:6]}" if known else None


def _without_own_id(resource: Resource, member: Member) -> Member:
    return member if resource.get("resourceType") == "PractitionerRole" else replace(member, account_id=None)


def display_of(participant: Mapping[str, Any]) -> str:
    """Return the name that a participant itself gives of its member; "" where it gives none."""
    return str((participant.get("member") or {}).get("display") or "").strip()


def _name_in(known: Mapping[str, Member], reference: str) -> str:
    return known[reference].name if reference in known else ""


def _member_of_role(role: Resource) -> Member:
    """Return the holder of a PractitionerRole; where nobody holds it, the place that it is in."""
    holder, place = role.get("practitioner") or {}, role.get("organization") or {}
    reference = reference_of(holder) or ""
    account_id = reference.partition("/")[2] if reference.startswith("Practitioner/") else None
    structure = str(place.get("display") or "").strip()
    profession = profession_of([*(role.get("code") or []), *(role.get("specialty") or [])])
    return Member(account_id, str(holder.get("display") or "").strip() or ("" if account_id else structure), profession, structure)


def _relationship(concepts: list[Mapping[str, Any]]) -> str:
    """Return how somebody is related to the usager, then what they are for them: « Mère, personne de confiance »."""
    ordered = sorted(
        concepts, key=lambda concept: any(list_of(str(each.get("system"))) == "TRE_R260" for each in concept.get("coding") or [])
    )
    words = list(dict.fromkeys(words for concept in ordered if (words := words_of(concept))))[:2]
    return ", ".join([*words[:1], *(each[:1].lower() + each[1:] for each in words[1:])])
