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
from bot.dossiers.records import ELSEWHERE
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirError
from bot.fhir.human_names import PROFESSIONAL_USES, name_of
from bot.fhir.references import RELATIVE, References
from bot.fhir.resources import Resource

SILENCE = timedelta(minutes=5)
"""How long a type of resource that the platform did not give is not asked for again."""
_NAMED = ("Practitioner", "Organization", "RelatedPerson")
_TYPE = re.compile(r"/([A-Z][A-Za-z]{1,40})/[^/]*$")


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
        self._fhir, self._clock, self.references = fhir, clock, fhir.references
        self._silent: dict[str, datetime] = {}

    async def holders(self, references: Iterable[str]) -> dict[str, Member]:
        """Return those of these members that are PractitionerRoles, with their accounts. Raise the errors of `bot.fhir.errors`."""
        wanted = sorted({ref.partition("/")[2] for ref in references if ref.startswith("PractitionerRole/")})
        found = await search_ids(self._fhir, "PractitionerRole", wanted)
        return {f"PractitionerRole/{role['id']}": self._member_of_role(role) for role in found}

    def key_of(self, team: Resource, entry: Resource) -> str | None:
        """Return the member of a participant of this team, as `member_of` does."""
        return member_of(entry, self.references, str(team.get("id", "")))

    async def complete(self, entries: Iterable[tuple[Resource, Resource]], holders: Mapping[str, Member]) -> dict[str, Member]:
        """Return the members of these participants, each with its team: `holders`, and the names that neither they nor the team say.

        Never raises: what the platform does not give is not known.
        """
        known, pairs = dict(holders), list(entries)
        missing = {
            ref: entry for team, entry in pairs if (ref := self.key_of(team, entry)) and not display_of(entry) and not _name_in(known, ref)
        }
        # The id of a contained resource is good in its team alone: no account of the platform is meant by it.
        teams = {str(team.get("id", "")): team for team, _ in pairs}
        known |= {
            contained_member(team_id, str(one["id"])): _without_own_id(one, self._read(one))
            for team_id, team in teams.items()
            for one in team.get("contained") or []
            if one.get("id")
        }
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
            return self._member_of_role(resource)
        profession = profession_of(each.get("code") or {} for each in resource.get("qualification") or [])
        return Member(str(resource["id"]) if kind == "Practitioner" else None, name, profession)

    def _member_of_role(self, role: Resource) -> Member:
        """Return the holder of a PractitionerRole; where nobody holds it, the place that it is in."""
        holder, place = role.get("practitioner") or {}, role.get("organization") or {}
        account_id = self.references.id_of(holder, "Practitioner")
        structure = str(place.get("display") or "").strip()
        profession = profession_of([*(role.get("code") or []), *(role.get("specialty") or [])])
        return Member(account_id, str(holder.get("display") or "").strip() or ("" if account_id else structure), profession, structure)


async def search_ids(fhir: FhirClient, resource_type: str, ids: list[str], size: int = 100) -> list[Resource]:
    """Return the resources of these ids, asked for at once, in batches that one search accepts."""
    batches = [ids[start : start + size] for start in range(0, len(ids), size)]
    found = await asyncio.gather(*(fhir.search(resource_type, {"_id": ",".join(batch), "_count": "200"}) for batch in batches))
    return [resource for batch in found for resource in batch]


def member_of(participant: Mapping[str, Any], references: References = RELATIVE, team_id: str = "") -> str | None:
    """Return the member of a participant as "Type/id"; one that no reference leads to gets a name of its own; None where nobody is meant.

    A member may be of another server ("Elsewhere/Type.…"), contained in the team ("Contained/…"), or be known only by an identifier or
    a name ("Unlinked/…"). What is contained, or has a name alone, is known by its team too: of another one it is somebody else.

    Args:
        participant: an entry of `CareTeam.participant`.
        references: those of the server that the team is on.
        team_id: id of the team.
    """
    member = participant.get("member") or {}
    if reference := references.of(member):
        return reference
    written = str(member.get("reference") or "")
    if references.is_foreign(written):
        address = written.partition("/_history/")[0]
        kind = _TYPE.search(address)
        return f"{ELSEWHERE}/{kind[1] if kind else 'Resource'}.{_hash(address)[:12]}"
    if written.startswith("#"):
        return contained_member(team_id, written[1:])
    identifier = member.get("identifier") or {}
    known = written or "|".join(str(identifier.get(part) or "") for part in ("system", "value")).strip("|")
    named = display_of(participant)
    # So short that nobody's number can be found out by trying: it stands in tables.
    return f"Unlinked/{_hash(known or f'{team_id}|{named}')[:6]}" if known or named else None


def contained_member(team_id: str, contained_id: str) -> str:
    """Return the member that a resource contained in a team is."""
    return f"Contained/{_hash(f'{team_id}#{contained_id}')[:12]}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _without_own_id(resource: Resource, member: Member) -> Member:
    return member if resource.get("resourceType") == "PractitionerRole" else replace(member, account_id=None)


def display_of(participant: Mapping[str, Any]) -> str:
    """Return the name that a participant itself gives of its member; "" where it gives none."""
    return str((participant.get("member") or {}).get("display") or "").strip()


def _name_in(known: Mapping[str, Member], reference: str) -> str:
    return known[reference].name if reference in known else ""


def _relationship(concepts: list[Mapping[str, Any]]) -> str:
    """Return how somebody is related to the usager, then what they are for them: « Mère, personne de confiance »."""
    ordered = sorted(
        concepts, key=lambda concept: any(list_of(str(each.get("system"))) == "TRE_R260" for each in concept.get("coding") or [])
    )
    words = list(dict.fromkeys(words for concept in ordered if (words := words_of(concept))))[:2]
    return ", ".join([*words[:1], *(each[:1].lower() + each[1:] for each in words[1:])])
