"""The Annuaire Santé asked live (FHIR API v2 of the ANS): people by number or by name, and what changed since.

Source: documentation of the API, version 2, and profiles `as-dp-practitioner`, `as-dp-practitionerrole`, `as-dp-organization`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.text_folding import fold
from bot.directory.live.ports import PagedSearch, Params, found, of_type, referred_id
from bot.directory.live.resources import IDNPS_SYSTEM, RPPS_SYSTEM, key_of, professional_of
from bot.directory.names import written_words
from bot.directory.records import Professional
from bot.fhir.resources import Resource

PAGE = 50
"""The page that the service answers by default: more people than a name that says who is meant can have."""
CHANGES_PAGE = 200
MOST_CHANGES_PAGES = 2_000
"""Pages of changes that are followed: 400,000 people, more than change in the month that the service remembers."""
_IDS = 40
"""Resources that one search asks for by their ids."""
_WITH_ROLES = ("_revinclude", "PractitionerRole:practitioner")
_ACTIVE = ("active", "true")


@dataclass(frozen=True)
class Person:
    """Somebody whom the service found: themself and their roles, as resources; where they work is asked for apart."""

    practitioner: Resource
    roles: tuple[Resource, ...]

    def without_places(self) -> Professional | None:
        """Return the person, to be judged by name alone; None for somebody who is not active, or of whom too little is told."""
        return professional_of(self.practitioner, self.roles, {})


@dataclass(frozen=True)
class ChangedPeople:
    """A page of changes: people as they are now, and the keys of those who are not active any more."""

    people: list[Professional] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)


class NationalDirectory:
    """Searches of the Annuaire Santé. Every method raises the errors of `bot.fhir.errors`, FhirUnavailable first of all."""

    def __init__(self, fhir: PagedSearch) -> None:
        self._fhir = fhir

    async def healthy(self) -> bool:
        """Return whether the service answers a search; asks for a number that nobody has."""
        await found(self._fhir, "Practitioner", [("identifier", f"{RPPS_SYSTEM}|00000000000"), _ACTIVE, ("_count", "1")], most=1)
        return True

    async def numbered(self, number: str) -> list[Person]:
        """Return who has this RPPS (11 digits), ADELI (9), or national identification (10 or 12)."""
        token = _token(number)
        return await self._people([("identifier", token)]) if token else []

    async def named(self, name: str) -> list[Person]:
        """Return people who may be called so, at most a page of them: every word begins a part of the name, or one is in the family name.

        Titles are left out. The order of the words does not matter.
        """
        words = written_words(name)
        if not words:
            return []
        people = await self._people([("name", _escaped(word)) for word in words])
        if people or len(words) == 1:
            return people
        # « Le Goff » begins with none of « Goff »
        inside = dict.fromkeys([words[-1], max(words, key=lambda word: len(fold(word)))])
        pages = await asyncio.gather(*(self._people([("family:contains", _escaped(word))]) for word in inside))
        return list({str(person.practitioner.get("id")): person for page in pages for person in page}.values())

    async def with_places(self, people: Sequence[Person]) -> list[Professional]:
        """Return people with where they work."""
        organizations = await self._organizations(role for person in people for role in person.roles if role.get("active") is True)
        made = (professional_of(person.practitioner, person.roles, organizations) for person in people)
        return [professional for professional in made if professional]

    async def changes(self, since: datetime) -> AsyncIterator[ChangedPeople]:
        """Yield who changed since an instant, whether themself or a role of theirs; people may come twice.

        Withdrawn people come with their numbers alone. A withdrawn role that does not tell whose it was is passed over.
        """
        updated = ("_lastUpdated", f"ge{since:%Y-%m-%dT%H:%M:%SZ}")
        count = ("_count", str(CHANGES_PAGE))
        async for page in self._fhir.pages("Practitioner", [updated, _WITH_ROLES, count], most=MOST_CHANGES_PAGES):
            yield await self._changes_of(page)
        async for page in self._fhir.pages("PractitionerRole", [updated, count], most=MOST_CHANGES_PAGES):
            ids = dict.fromkeys(referred_id(role.get("practitioner")) for role in of_type(page, "PractitionerRole"))
            for batch in _batches([practitioner_id for practitioner_id in ids if practitioner_id]):
                parameters = [("_id", ",".join(batch)), _ACTIVE, _WITH_ROLES, count]
                yield await self._changes_of(await found(self._fhir, "Practitioner", parameters))

    async def _changes_of(self, resources: Sequence[Resource]) -> ChangedPeople:
        people = _people_of(resources)
        withdrawn = [key for person in people if person.practitioner.get("active") is False and (key := key_of(person.practitioner))]
        return ChangedPeople(await self.with_places([person for person in people if person.practitioner.get("active") is True]), withdrawn)

    async def _people(self, params: Params) -> list[Person]:
        return _people_of(await found(self._fhir, "Practitioner", [*params, _ACTIVE, _WITH_ROLES, ("_count", str(PAGE))], most=1))

    async def _organizations(self, roles: Iterable[Resource]) -> dict[str, Resource]:
        ids = [target for target in dict.fromkeys(referred_id(role.get("organization")) for role in roles) if target]
        organizations: dict[str, Resource] = {}
        for batch in _batches(ids):
            answered = await found(self._fhir, "Organization", [("_id", ",".join(batch)), _ACTIVE, ("_count", str(_IDS))])
            organizations |= {str(resource.get("id")): resource for resource in of_type(answered, "Organization")}
        return organizations


def _people_of(resources: Sequence[Resource]) -> list[Person]:
    roles: dict[str, list[Resource]] = {}
    for role in of_type(resources, "PractitionerRole"):
        roles.setdefault(referred_id(role.get("practitioner")), []).append(role)
    return [Person(practitioner, tuple(roles.get(str(practitioner.get("id")), ()))) for practitioner in of_type(resources, "Practitioner")]


def _token(number: str) -> str:
    """Return how a number is looked for; "" where it can be nobody's."""
    if len(number) == 11:
        return f"{RPPS_SYSTEM}|{number}"
    national = f"0{number}" if len(number) == 9 else number if len(number) in (10, 12) else ""
    return f"{IDNPS_SYSTEM}|{national}" if national else ""


def _escaped(word: str) -> str:
    """Return a word without the characters that have a meaning in a search."""
    return "".join(letter for letter in word if letter not in ",|$\\")[:60]


def _batches(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _IDS] for start in range(0, len(ids), _IDS))
