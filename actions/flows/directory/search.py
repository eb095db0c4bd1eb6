"""Searching the directory of professionals: the criteria that a message gives, the matches, the words that tell a person apart."""

from __future__ import annotations

import asyncio
import re

from rapidfuzz.distance import OSA

from actions.flows.directory.live_search import search_live
from actions.framework.context import Context
from actions.framework.people import facts_of_speaker
from actions.framework.turn import Turn
from bot.accounts.registry import Account
from bot.core.text_folding import fold, word_set
from bot.directory.live.lookup import NotLookedUp
from bot.directory.organizations import names_kind
from bot.directory.records import Professional, proper_case
from bot.directory.search import Match, Query

_ENTITIES = {"name": "partner_name", "profession": "profession", "place": "city", "organization": "organization", "rpps": "rpps"}
"""Criteria of a search, and the entity that gives each."""

_PRONOUNS = word_set("elle il elles ils je on nous vous tu c ce cela ca")
_SMALL_TALK = word_set(
    "coucou bonjour bonsoir salut hello merci attendez attends hein oui non ok voila pardon desole desolee svp stp alors ben bah euh"
)

_PLACE_PREPOSITIONS = frozenset({"de", "du", "des", "à", "a", "sur"})
_TRAILING = re.compile(r"(?: (?:le|la|les|l['’]|de|du|des|un|une|notre|mon|ma)){1,3}$", re.IGNORECASE)
"""What leads to the next fact, at the end of a name: « martin le » of « martin le pharmacien »."""

Criteria = dict[str, str]
"""Criteria by name: name, profession, place, organization, rpps."""


def names_nobody(value: str) -> bool:
    """Return whether words that were taken for a name are none: « Elle exercera », « Coucou », « Attendez »."""
    words = fold(value).split()
    return not words or words[0] in _PRONOUNS or all(word in _SMALL_TALK for word in words)


def read_criteria(turn: Turn, known: Criteria | None = None) -> Criteria:
    """Return the criteria that a message gives, merged into those already known (« non, plutôt Blois » replaces the place)."""
    criteria = dict(known or {})
    if facts := facts_of_speaker(turn.message):
        turn = turn.without_entities(facts)
    names = turn.affirmed_entities("partner_name")
    end = names[1]["start"] if len(names) > 1 and not known and not turn.is_correction else None
    for criterion, entity in _ENTITIES.items():
        value = turn.corrected_value(entity, criteria.get(criterion)) if known else turn.entity(entity, before=end)
        if value and criterion == "name":
            value = _TRAILING.sub("", value)
        if value and not (criterion == "name" and names_nobody(value)):
            criteria[criterion] = value
    if turn.same_partner and not {"name", "rpps"} & criteria.keys():
        criteria["name"] = turn.same_partner
    if turn.entity("adeli"):
        criteria["rpps"] = str(turn.entity("adeli"))
    return criteria


async def correct_criteria(context: Context, known: Criteria) -> Criteria:
    """Return the known criteria as a correction changes them: « pas Hugues, Nathalie » and « plutôt Nathalie » keep the family name.

    A given name alone means somebody else of the same family if there is one, else it is a whole name.
    """
    turn = context.turn
    criteria, before = read_criteria(turn, known), known.get("name", "")
    name = turn.corrected_value("partner_name", known.get("name"))
    if name is None or not before or len(name.split()) > 1:
        return criteria
    denied = {fold(value) for value in turn.denied_values("partner_name")}
    words = before.split()
    if any(fold(word) in denied for word in words):
        return {**criteria, "name": " ".join(name if fold(word) in denied else word for word in words)}
    same_family = {**criteria, "name": f"{name} {words[-1]}"}
    return same_family if any(match.full for match in await search(context, {"name": same_family["name"]})) else criteria


async def search(context: Context, criteria: Criteria) -> list[Match]:
    """Return at most 20 professionals of the directory, best match first."""
    return await asyncio.to_thread(context.services.directory.search, Query(**criteria), 20)


async def search_everywhere(context: Context, criteria: Criteria) -> list[Match]:
    """Return the same; where the imported list has nobody of that name or number, those whom the national directory has come first."""
    return await _with_live(context, criteria, await search(context, criteria))


async def search_as_meant(context: Context, criteria: Criteria) -> tuple[Criteria, list[Match]]:
    """Return the matches of a search, and the criteria that found them.

    Where nobody meets all of them as they were read, a place may have been taken for part of a name, or for a structure; else the national
    directory is asked, where the imported list has nobody of that name.
    """
    matches = await search(context, criteria)
    if any(match.full for match in matches):
        return criteria, matches
    for reading in other_readings(criteria):
        found = await search(context, reading)
        if any(match.full for match in found):
            return reading, found
    return criteria, await _with_live(context, criteria, matches)


async def was_looked_up_everywhere(context: Context, criteria: Criteria) -> bool:
    """Return False where the national directory was to be asked and did not answer: only the imported list was looked at."""
    try:
        await search_live(context, Query(**criteria), await search(context, criteria))
    except NotLookedUp:
        return False
    return True


async def _with_live(context: Context, criteria: Criteria, matches: list[Match]) -> list[Match]:
    """Return the matches after those of the national directory, where it is asked and answers."""
    try:
        return [*await search_live(context, Query(**criteria), matches), *matches]
    except NotLookedUp:
        return matches


def other_readings(criteria: Criteria) -> list[Criteria]:
    """Return « Martin de Blois », « Nathalie Martin blois » as a name and a place, « de Vierzon » as a place, no structure."""
    words, organization = criteria.get("name", "").split(), criteria.get("organization", "")
    if criteria.get("place"):
        return []
    readings: list[Criteria] = []
    if organization and not names_kind(organization):
        readings.append({**{name: value for name, value in criteria.items() if name != "organization"}, "place": organization})
    cuts = ((words[:cut], words[cut:]) for cut in range(1, len(words)))
    trimmed = ((name, place[1:] if place[0].lower() in _PLACE_PREPOSITIONS else place) for name, place in cuts)
    return readings + [{**criteria, "name": " ".join(name), "place": " ".join(place)} for name, place in trimmed if place]


async def get_professional(context: Context, key: str) -> Professional | None:
    """Return the directory's record with that key, that of the national directory where the imported list has none."""
    person = await asyncio.to_thread(context.services.directory.get, key)
    live = context.services.live_directories.lookup
    return person if person is not None or live is None else await live.get(key)


async def account_of(context: Context, person: Professional) -> Account | None:
    """Return the account that a person of the directory has on the platform now. Raise FhirUnavailable."""
    return await context.services.registry.by_identifier(rpps=person.rpps or None, adeli=person.adeli or None)


def is_certain_match(person: Professional, criteria: Criteria) -> bool:
    """Return whether a full match is taken without asking: not by a name alone that is more than one typing error from theirs."""
    if set(criteria) != {"name"}:
        return True
    words = fold(person.display).split()
    return all(any(OSA.distance(typed, word) <= 1 for word in words) for typed in fold(criteria["name"]).split())


def describe(person: Professional, place: str = "") -> str:
    """Return what tells a person apart, with their practice in `place` if they have one there.

    « Dr Leïla Benali – Cardiologie – Cabinet du Mail, Tours ».
    """
    practice = next((p for p in person.practices if place and fold(p.city) == fold(place)), person.practice)
    where = ", ".join(part for part in (practice.structure, proper_case(practice.city) or person.city) if part)
    return " – ".join(part for part in (person.display, person.speciality or person.profession, where) if part)
