"""Facts of a directory record that words give beside the answer: a name in any order, a town in the name of a structure."""

from __future__ import annotations

import asyncio
import re

from rapidfuzz.distance import OSA

from actions.flows.directory.search import names_nobody, search
from actions.framework.context import Context
from actions.framework.turn import Turn
from bot.core.text_folding import PARTICLES, fold, word_set
from bot.directory.places import town_key
from bot.directory.records import proper_case

_STRUCTURES = word_set(
    "admr association cabinet ccas centre ch chr chru chu clinique esa ehpad foyer had hopital ide laboratoire maison mairie msp pharmacie"
    " pole polyclinique residence service ssiad ssr usld"
)
_NAME_ENDS = re.compile(r"\s+(?:sans|avec|pas|et|au lieu)\b.*", re.IGNORECASE)
"""What a spelling is explained with: « Martin sans s »."""
_SHORTEST_NEAR = 4
"""Letters of a name from which a typing error in it is told from another name."""
_TOWN_WORDS = 5
"""Words of a town's name at most."""


def names_structure(text: str) -> bool:
    """Return whether a text says what kind of structure it names: « la clinique de Blois »."""
    return not _STRUCTURES.isdisjoint(fold(text).split())


def read_name(turn: Turn) -> str:
    """Return the name of a person that the message affirms, without the words that explain its spelling; "" if it names nobody."""
    name = _NAME_ENDS.sub("", turn.entity("partner_name") or "").strip()
    return "" if names_nobody(name) else name


async def split_name(context: Context, name: str, email: str = "") -> tuple[str, str]:
    """Return given and family name of a name in either order; a single word is a family name.

    Capitals tell the family name (« KERBRAT Solène »), else the person's e-mail address (« s.kerbrat@… »), else what the directory
    knows as given names; else the last word is it.
    """
    words = name.split()
    capitals = [word for word in words if len(word) > 1 and word.isupper()]
    if capitals and len(capitals) < len(words):
        family = " ".join(word for word in words if word in capitals)
        return " ".join(word for word in words if word not in capitals), proper_case(family)
    if len(words) < 2:
        return "", name
    if len(words) == 2:
        mailbox = fold(email.partition("@")[0]).split()
        if mailbox[-1:] == [fold(words[0])] and fold(words[1]).startswith("".join(mailbox[:-1])):
            return words[1], words[0]
        known = await asyncio.to_thread(context.services.directory.given_names, [fold(word) for word in words])
        if fold(words[1]) in known and fold(words[0]) not in known:
            return words[1], words[0]
    start = len(words) - 1
    while start > 1 and fold(words[start - 1]) in PARTICLES:
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


def misspelt_field(name: str, given: str | None, family: str | None) -> str | None:
    """Return which of two names a single word spells otherwise: « Toullec » for « Toulec » → "family"; None if neither, or both."""
    word = fold(name)
    near = [
        field
        for field, current in (("given", given), ("family", family))
        if len(word) >= _SHORTEST_NEAR and current and 0 < OSA.distance(word, fold(current)) <= (1 if len(word) < 6 else 2)
    ]
    same = {fold(current) for current in (given, family) if current}
    return near[0] if len(near) == 1 and word not in same else None


async def town_of(context: Context, organization: str) -> str | None:
    """Return the town that ends the name of a structure, if somebody of the directory practises there: « SSIAD d'Amboise »."""
    words = re.split(r"\s+|(?<=['’])", organization.strip())
    for start in range(max(1, len(words) - _TOWN_WORDS), len(words)):
        typed = " ".join(words[start:])
        key = town_key(typed)
        for match in await search(context, {"place": typed}) if key else []:
            practice = next((p for p in match.professional.practices if town_key(p.city) == key), None)
            if practice is not None:
                return proper_case(practice.city)
    return None


def is_part_of(value: str, current: str | None) -> bool:
    """Return whether a value says less than the current one: « EHPAD » beside « EHPAD de la Loire »."""
    return bool(current) and set(fold(value).split()) <= set(fold(current or "").split())
