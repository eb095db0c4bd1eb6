"""Reading which professional is meant: from a sentence, from the list that was shown, from a correction."""

from __future__ import annotations

import asyncio
import re

from rapidfuzz.distance import OSA

from actions.flows.partners.sharing_basis import read_basis
from actions.framework.action import Context
from actions.framework.answers import among, does_not_know, shown_position, typed_address
from actions.framework.lifecycle import Slots
from actions.framework.turn import Turn
from actions.framework.utterances import Button, titled
from bot.accounts.fields import FieldError, validate_field
from bot.accounts.registry import Account
from bot.directory.folding import fold
from bot.directory.records import Professional, proper_case
from bot.directory.search import Match, Query

SHOWN = 5
"""Entries of a list, at the most."""
CRITERIA = {"name": "partner_name", "profession": "profession", "place": "city", "organization": "organization", "rpps": "rpps"}
"""What a search knows of a person, and the entity that says it."""
OTHER, NOBODY = "other", "nobody"
"""Values of `choice` for « Autre personne » and « Personne ne correspond »."""

_BEFORE_PLACES = frozenset({"de", "du", "des", "à", "a", "sur"})

PersonQuery = dict[str, str]


def read_query(turn: Turn, known: PersonQuery | None = None) -> PersonQuery:
    """The search criteria that a message gives, over those known already (« non, plutôt Blois » replaces the town)."""
    query = dict(known or {})
    names = turn.meant("partner_name")
    end = names[1]["start"] if len(names) > 1 and not known and not turn.corrects else None
    for criterion, entity in CRITERIA.items():
        value = turn.corrected(entity, query.get(criterion)) if known else turn.entity(entity, before=end)
        if value:
            query[criterion] = value
    if turn.entity("adeli"):
        query["rpps"] = str(turn.entity("adeli"))
    return query


async def corrected_query(context: Context, known: PersonQuery) -> PersonQuery:
    """What is known with what a correction says of it: « pas Hugues, Nathalie » and « plutôt Nathalie » keep the family name.

    A given name alone is another of the same family, if there is one; else a name of its own.
    """
    query, name, before = read_query(context.turn, known), context.turn.corrected("partner_name", known.get("name")), known.get("name", "")
    if name is None or not before or len(name.split()) > 1:
        return query
    wrong = {fold(denied) for denied in context.turn.denied("partner_name")}
    words = before.split()
    if any(fold(word) in wrong for word in words):
        return {**query, "name": " ".join(name if fold(word) in wrong else word for word in words)}
    family = {**query, "name": f"{name} {words[-1]}"}
    return family if any(match.full for match in await search(context, {"name": family["name"]})) else query


async def hear_partner(context: Context) -> Slots:
    """Slots `partner_query`, `partner_choices`, `partner` from an answer while a professional is looked for."""
    turn = context.turn
    choice = turn.entity("choice")
    choices = turn.slot("partner_choices")
    shown: list[str] = choices if isinstance(choices, list) else []
    if choice == OTHER or _says_other(turn):
        return {"partner_query": None, "partner_choices": None, "partner": None, "email_said": None}
    if choice == NOBODY or (shown and (turn.intent == "deny" or _says_nobody(turn))):
        return {"partner_choices": NOBODY, "partner": None}
    if choice:
        return await choose(context, choice)
    if (position := shown_position(turn)) is not None:
        chosen = among(shown, position)
        if chosen is None:
            context.speech.say("utter_not_in_list")
            return {}
        return await choose(context, chosen)
    known = turn.slot("partner_query") if turn.corrects or shown else None
    query = await corrected_query(context, known) if known and turn.corrects else read_query(turn, known)
    if shown and (not turn.corrects or query == known):
        chosen = await _among(turn, shown, context)
        if chosen is not None:
            return await choose(context, chosen)
    if not query or query == turn.slot("partner_query"):
        if turn.is_button or turn.corrects or turn.masked or turn.intent in {"affirm", "deny"}:
            return {}
        if turn.entity("dossier_ref") or does_not_know(turn.text) or typed_address(turn.text) or read_basis(turn):
            return {}
        query = {"name": _bare_name(turn.text)}
    return await look_up_instead(context, query)


async def look_up_instead(context: Context, query: PersonQuery) -> Slots:
    """Search for somebody in the place of the one known: the address that was given for that one is not theirs."""
    known: PersonQuery = context.turn.slot("partner_query") or {}
    another = context.turn.slot("partner") or (known.get("name") and known["name"] != query.get("name"))
    if not another or not context.turn.slot("email_said"):
        return await look_up(context, query)
    context.turn.tracker.slots["email_said"] = None
    return {"email_said": None, **await look_up(context, query)}


async def look_up(context: Context, query: PersonQuery) -> Slots:
    """Search the directory: one person who is all that was said is chosen, otherwise the likeliest are to be shown."""
    matches = await search(context, query)
    full = [match for match in matches if match.full]
    for apart in [] if full else _places_in_name(query):
        full = [match for match in await search(context, apart) if match.full]
        if full:
            query = apart
            break
    if len(full) == 1 and (query.get("name") or query.get("rpps")) and is_meant(full[0].professional, query):
        return {"partner_query": query, **await choose(context, full[0].professional.key, query.get("place", ""))}
    shown = (full or matches)[:SHOWN]
    return {"partner_query": query, "partner_choices": [match.professional.key for match in shown], "partner": None}


def is_meant(person: Professional, query: PersonQuery) -> bool:
    """Whether somebody who fits is taken without asking: not by a name alone that is more than a slip of the finger from theirs."""
    if set(query) != {"name"}:
        return True
    words = fold(person.display).split()
    return all(any(OSA.distance(said, word) <= 1 for word in words) for said in fold(query["name"]).split())


def _places_in_name(query: PersonQuery) -> list[PersonQuery]:
    """« Martin de Blois », « Nathalie Martin blois » read as a name and a town, for when nobody is called so."""
    words = query.get("name", "").split()
    if query.get("place"):
        return []
    apart = ((words[:cut], words[cut:]) for cut in range(1, len(words)))
    trimmed = ((name, place[1:] if place[0].lower() in _BEFORE_PLACES else place) for name, place in apart)
    return [{**query, "name": " ".join(name), "place": " ".join(place)} for name, place in trimmed if place]


async def search(context: Context, query: PersonQuery) -> list[Match]:
    """Professionals of the directory, best first."""
    return await asyncio.to_thread(context.services.directory.search, Query(**query), 20)


async def professional(context: Context, key: str) -> Professional | None:
    """The directory's record of that key."""
    return await asyncio.to_thread(context.services.directory.get, key)


async def choose(context: Context, key: str, place: str | None = None) -> Slots:
    """The slot of a chosen person: what the next question and the card need. Rights and account are checked again at the act."""
    person = await professional(context, key)
    if person is None:
        return {"partner_choices": None, "partner": None}
    if place is None:
        place = (context.turn.slot("partner_query") or {}).get("place", "")
    account = await account_of(context, person)
    known = {"id": account.id, "name": account.name, "profession": account.profession} if account else None
    email = account.email if account else address_said(context) or person.email
    return {
        "partner": {"key": key, "name": person.display, "label": describe(person, place), "account": known, "place": place},
        "partner_email": email or None,
        "partner_choices": None,
        "agreed": None,
    }


def address_said(context: Context) -> str | None:
    """The e-mail address that this message, or an earlier one, gives for the person."""
    try:
        return validate_field("email", typed_address(context.turn.text) or context.turn.slot("email_said") or "")
    except FieldError:
        return None


async def account_of(context: Context, person: Professional) -> Account | None:
    """The account that a person of the directory has on the platform now. Raises FhirUnavailable."""
    return await context.services.registry.by_identifier(rpps=person.rpps or None, adeli=person.adeli or None)


def describe(person: Professional, place: str = "") -> str:
    """« Dr Leïla Benali – Cardiologie – Cabinet du Mail, Tours »: what tells a person apart, at the place that was asked for."""
    practice = next((p for p in person.practices if place and fold(p.city) == fold(place)), person.practice)
    where = ", ".join(part for part in (practice.structure, proper_case(practice.city) or person.city) if part)
    return " – ".join(part for part in (person.display, person.speciality or person.profession, where) if part)


async def list_buttons(context: Context, keys: list[str]) -> list[Button]:
    """A button for each person shown, then « Autre personne » and « Personne ne correspond »."""
    place = (context.turn.slot("partner_query") or {}).get("place", "")
    people = [await professional(context, key) for key in keys]
    shown = [titled(describe(person, place), "choose", choice=person.key) for person in people if person is not None]
    return [
        *shown,
        context.speech.button("utter_title_other_person", "choose", choice=OTHER),
        context.speech.button("utter_title_nobody", "choose", choice=NOBODY),
    ]


async def _among(turn: Turn, shown: list[str], context: Context) -> str | None:
    """The one of those shown whom the words fit: they stand in their name, or all that was said is true of them."""
    words = set(fold(turn.entity("partner_name") or turn.text).split())
    people = [person for key in shown if (person := await professional(context, key))]
    named = [person.key for person in people if words and words <= set(fold(person.display).split())]
    if len(named) == 1:
        return named[0]
    said = read_query(turn)
    if not said:
        return None
    query = {**(turn.slot("partner_query") or {}), **said}
    fitting = [match.professional.key for match in await search(context, query) if match.full and match.professional.key in shown]
    return fitting[0] if len(fitting) == 1 else None


_OTHER = re.compile(r"\b(quelqu'un d'autre|autre personne|une autre|un autre|autre nom)\b", re.IGNORECASE)
_NOBODY = re.compile(r"^\W*(?:personne|aucune?)\b|\b(ni l'une? ni l'autre|pas dans la liste)\b", re.IGNORECASE)
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
