"""Reading which professional is meant: from a sentence, from the list that was shown, from a correction."""

from __future__ import annotations

import asyncio
import re

from actions.base import Context
from actions.speech import Button, titled
from actions.tasks import Slots
from actions.turn import Turn
from bot.directory.records import Professional
from bot.directory.search import Match, Query

SHOWN = 5
"""Entries of a list, at the most."""
CRITERIA = {"name": "partner_name", "profession": "profession", "place": "city", "organization": "organization", "rpps": "rpps"}
"""What a search knows of a person, and the entity that says it."""
OTHER, NOBODY = "other", "nobody"
"""Values of `choice` for « Autre personne » and « Personne ne correspond »."""

PersonQuery = dict[str, str]


def read_query(turn: Turn, known: PersonQuery | None = None) -> PersonQuery:
    """The search criteria that a message gives, over those known already (« non, plutôt Blois » replaces the town)."""
    query = dict(known or {})
    for criterion, entity in CRITERIA.items():
        value = turn.corrected(entity, query.get(criterion)) if known else turn.entity(entity)
        if value:
            query[criterion] = value
    if turn.entity("adeli"):
        query["rpps"] = str(turn.entity("adeli"))
    return query


async def hear_partner(context: Context) -> Slots:
    """Slots `partner_query`, `partner_choices`, `partner` from an answer while a professional is looked for."""
    turn = context.turn
    choice = turn.entity("choice")
    if choice == OTHER or _says_other(turn):
        return {"partner_query": None, "partner_choices": None, "partner": None}
    if choice == NOBODY or (turn.slot("partner_choices") and (turn.intent == "deny" or _says_nobody(turn))):
        return {"partner_choices": [], "partner": None}
    if choice:
        return await choose(context, choice)
    choices: list[str] = turn.slot("partner_choices") or []
    if choices and turn.intent != "correct":
        chosen = await _among(turn, choices, context)
        if chosen is not None:
            return await choose(context, chosen)
    query = read_query(turn, turn.slot("partner_query") if turn.intent == "correct" or choices else None)
    if not query or query == turn.slot("partner_query"):
        if turn.is_button or turn.intent in {"affirm", "deny"} or not turn.text:
            return {}
        query = {"name": _bare_name(turn.text)}
    return await look_up(context, query)


async def look_up(context: Context, query: PersonQuery) -> Slots:
    """Search the directory: one person who is all that was said is chosen, otherwise the likeliest are to be shown."""
    matches = await search(context, query)
    full = [match for match in matches if match.full]
    if not full and (apart := _place_in_name(query)):
        found = [match for match in await search(context, apart) if match.full]
        query, full = (apart, found) if found else (query, full)
    if len(full) == 1 and (query.get("name") or query.get("rpps")):
        return {"partner_query": query, **await choose(context, full[0].professional.key)}
    shown = (full or matches)[:SHOWN]
    return {"partner_query": query, "partner_choices": [match.professional.key for match in shown], "partner": None}


def _place_in_name(query: PersonQuery) -> PersonQuery | None:
    """« Martin de Blois » read as a name and a town: who is called so is looked for first."""
    found = re.fullmatch(r"(.+?)\s+(?:de|d'|du|des|à|a|sur)\s*(\S.*)", query.get("name", ""), re.IGNORECASE)
    return {**query, "name": found[1], "place": found[2]} if found and not query.get("place") else None


async def search(context: Context, query: PersonQuery) -> list[Match]:
    """Professionals of the directory, best first."""
    return await asyncio.to_thread(context.services.directory.search, Query(**query), 20)


async def professional(context: Context, key: str) -> Professional | None:
    """The directory's record of that key."""
    return await asyncio.to_thread(context.services.directory.get, key)


async def choose(context: Context, key: str) -> Slots:
    """The slot of a chosen person: what the next question and the card need. Rights and account are checked again at the act."""
    person = await professional(context, key)
    if person is None:
        return {"partner_choices": None, "partner": None}
    account = await context.services.registry.by_identifier(rpps=person.rpps or None, adeli=person.adeli or None)
    return {
        "partner": {"key": key, "name": person.display, "label": describe(person), "account": account.id if account else None},
        "partner_email": (account.email if account else person.email) or None,
        "partner_choices": None,
    }


def describe(person: Professional) -> str:
    """« Dr Leïla Benali – Cardiologie – Cabinet du Mail, Tours »: what tells a person apart."""
    place = ", ".join(part for part in (person.practice.structure, person.city) if part)
    return " – ".join(part for part in (person.display, person.speciality or person.profession, place) if part)


async def list_buttons(context: Context, keys: list[str]) -> list[Button]:
    """A button for each person shown, then « Autre personne » and « Personne ne correspond »."""
    people = [await professional(context, key) for key in keys]
    shown = [titled(describe(person), "choose", choice=person.key) for person in people if person is not None]
    return [
        *shown,
        context.speech.button("utter_title_other_person", "choose", choice=OTHER),
        context.speech.button("utter_title_nobody", "choose", choice=NOBODY),
    ]


async def _among(turn: Turn, choices: list[str], context: Context) -> str | None:
    """The person meant among those shown: by position, or because what was said is true of one of them only."""
    position = turn.entity("ordinal") or (turn.text if re.fullmatch(r"\d", turn.text) else None)
    if position is not None and re.fullmatch(r"-1|\d{1,2}", position):
        index = int(position)
        if index == -1:
            return choices[-1]
        return choices[index - 1] if 1 <= index <= len(choices) else None
    said = read_query(turn)
    if not said:
        return None
    query = {**(turn.slot("partner_query") or {}), **said}
    fitting = [match.professional.key for match in await search(context, query) if match.full and match.professional.key in choices]
    return fitting[0] if len(fitting) == 1 else None


_OTHER = re.compile(r"\b(quelqu'un d'autre|autre personne|une autre|un autre|autre nom)\b", re.IGNORECASE)
_NOBODY = re.compile(r"\b(aucune?|personne|ni l'une? ni l'autre|pas dans la liste)\b", re.IGNORECASE)
_LEAD_IN = re.compile(
    r"^(c'est|je cherche|cherche|il s'appelle|elle s'appelle|son nom est|le|la|l'|un|une"
    r"|monsieur|madame|m\.|mr|mme|mlle|docteur|dr\.?|professeur|pr\.?)\s+",
    re.IGNORECASE,
)


def _says_other(turn: Turn) -> bool:
    return bool(_OTHER.search(turn.text)) and not turn.is_button


def _says_nobody(turn: Turn) -> bool:
    return bool(_NOBODY.search(turn.text)) and not turn.is_button


def _bare_name(text: str) -> str:
    """The words of an answer to « quel est son nom ? », without what leads in."""
    previous = None
    while previous != text:
        previous, text = text, _LEAD_IN.sub("", text.strip())
    return text[:80]
