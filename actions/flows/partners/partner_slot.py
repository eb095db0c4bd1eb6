"""The slots of the professional to add: collected from a message, from the list that was shown, from a correction."""

from __future__ import annotations

import re
from collections.abc import Collection

from actions.flows.directory.search import (
    Criteria,
    account_of,
    correct_criteria,
    describe,
    get_professional,
    is_certain_match,
    names_nobody,
    read_criteria,
    search,
    search_as_meant,
)
from actions.flows.partners.sharing_basis import read_basis
from actions.flows.partners.shown_people import NOBODY, OTHER, REJECTS_ALL, Meant, names_whole, read_meant, refused_people
from actions.framework.answers import SKIPPED, at_position, find_email, gives_no_answer, lacks_email, list_position
from actions.framework.context import Context
from actions.framework.flow import Slots
from actions.framework.turn import Turn
from actions.framework.usager_names import says_usager
from actions.framework.utterances import MAX_SHOWN, Button, make_button
from bot.accounts.directory_record_fields import FieldError, validate_field
from bot.core.text_folding import fold


async def collect_partner(context: Context) -> Slots:
    """Return the slots `partner_query`, `partner_choices`, `partner` from the answer to « qui ? »."""
    turn = context.turn
    choice = turn.entity("choice")
    choices = turn.slot("partner_choices")
    shown: list[str] = choices if isinstance(choices, list) else []
    if choice == OTHER or _asks_for_other(turn) or (not turn.is_button and says_usager(turn.text) and not turn.entity("partner_name")):
        return {"partner_query": None, "partner_choices": None, "partner": None, "email_said": None}
    meant = await read_meant(context, shown) if shown and not choice and list_position(turn) is None else Meant()
    if meant.chosen:
        return await choose_partner(context, meant.chosen)
    if meant.left:
        return {"partner_choices": list(meant.left), "partner": None}
    if choice == NOBODY or (shown and (turn.intent == "deny" or _rejects_all(turn))):
        return {"partner_choices": NOBODY, "partner": None}
    if choice:
        return await choose_partner(context, choice)
    if (position := list_position(turn)) is not None:
        chosen = at_position(shown, position)
        if chosen is None:
            context.utterances.utter("utter_not_in_list")
            return {}
        return await choose_partner(context, chosen)
    known = turn.slot("partner_query") if turn.is_correction or shown else None
    criteria = await correct_criteria(context, known) if known and turn.is_correction else read_criteria(turn, known)
    if shown and (not turn.is_correction or criteria == known):
        chosen = await _find_among(turn, shown, context)
        if chosen is not None:
            return await choose_partner(context, chosen)
    if not criteria or criteria == turn.slot("partner_query"):
        if turn.is_button or turn.is_correction or turn.masked or turn.intent in {"affirm", "deny"}:
            return {}
        if turn.entity("dossier_ref") or gives_no_answer(turn.text) or find_email(turn.text) or read_basis(turn):
            return {}
        if names_nobody(name := _bare_name(turn.text)):
            return {}
        criteria = {"name": name}
    if meant.points and not any(match.full for match in (await search_as_meant(context, criteria))[1]):
        context.utterances.utter("utter_not_one_of_list")
        return {}
    return await look_up_replacement(context, criteria)


async def look_up_replacement(context: Context, criteria: Criteria) -> Slots:
    """Look up somebody who replaces the person already known, whose e-mail address is then forgotten: it is not the new one's."""
    known: Criteria = context.turn.slot("partner_query") or {}
    replaces = context.turn.slot("partner") or (known.get("name") and known["name"] != criteria.get("name"))
    if not replaces or not context.turn.slot("email_said"):
        return await look_up(context, criteria, refused_people(context.turn))
    context.turn.tracker.slots["email_said"] = None
    return {"email_said": None, **await look_up(context, criteria, refused_people(context.turn))}


async def look_up(context: Context, criteria: Criteria, refused: Collection[str] = ()) -> Slots:
    """Search the directory and return the slots: one certain full match is chosen, otherwise the best matches are to be shown.

    Who was `refused` in this task is left out, unless all of the name is said.
    """
    criteria, matches = await search_as_meant(context, criteria)
    name = criteria.get("name", "")
    left = [m for m in matches if m.professional.key not in refused or names_whole(name, m.professional)]
    if matches and not left:
        return {"partner_query": criteria, "partner_choices": NOBODY, "partner": None}
    matches, full = left, [match for match in left if match.full]
    if len(full) == 1 and (criteria.get("name") or criteria.get("rpps")) and is_certain_match(full[0].professional, criteria):
        return {"partner_query": criteria, **await choose_partner(context, full[0].professional.key, criteria.get("place", ""))}
    shown = (full or matches)[:MAX_SHOWN]
    return {"partner_query": criteria, "partner_choices": [match.professional.key for match in shown], "partner": None}


async def choose_partner(context: Context, key: str, place: str | None = None) -> Slots:
    """Return the slots of a chosen person: what the next question and the card need.

    Rights and account are checked again when the flow is submitted.
    """
    person = await get_professional(context, key)
    if person is None:
        return {"partner_choices": None, "partner": None}
    if place is None:
        place = (context.turn.slot("partner_query") or {}).get("place", "")
    account = await account_of(context, person)
    known = {"id": account.id, "name": account.name, "profession": account.profession} if account else None
    email = account.email if account else given_email(context) or person.email or said_email(context)
    return {
        "partner": {"key": key, "name": person.display, "label": describe(person, place), "account": known, "place": place},
        "partner_email": email or None,
        "partner_choices": None,
        "agreed": None,
        "last_partner": person.display,
    }


def given_email(context: Context) -> str | None:
    """Return the e-mail address that this message, or an earlier one, gives for the person."""
    try:
        return validate_field("email", find_email(context.turn.text) or context.turn.slot("email_said") or "")
    except FieldError:
        return None


def said_email(context: Context) -> str | None:
    """Return the e-mail address that was given for the person, SKIPPED if it was said that nobody has it."""
    turn = context.turn
    lacks = lacks_email(turn.text) or turn.slot("email_said") == SKIPPED
    return given_email(context) or (SKIPPED if lacks else None)


async def list_buttons(context: Context, keys: list[str]) -> list[Button]:
    """Return a button for each person shown, then « Autre personne » and « Personne ne correspond »."""
    place = (context.turn.slot("partner_query") or {}).get("place", "")
    people = [await get_professional(context, key) for key in keys]
    shown = [make_button(describe(person, place), "choose", choice=person.key) for person in people if person is not None]
    return [
        *shown,
        context.utterances.button("utter_title_other_person", "choose", choice=OTHER),
        context.utterances.button("utter_title_nobody", "choose", choice=NOBODY),
    ]


async def _find_among(turn: Turn, shown: list[str], context: Context) -> str | None:
    """Return the one of those shown whom the words fit: they are in the person's name, or every criterion matches."""
    words = set(fold(turn.entity("partner_name") or turn.text).split())
    people = [person for key in shown if (person := await get_professional(context, key))]
    named = [person.key for person in people if words and words <= set(fold(person.display).split())]
    if len(named) == 1:
        return named[0]
    given = read_criteria(turn)
    if not given:
        return None
    criteria = {**(turn.slot("partner_query") or {}), **given}
    matching = [match.professional.key for match in await search(context, criteria) if match.full and match.professional.key in shown]
    return matching[0] if len(matching) == 1 else None


_OTHER = re.compile(r"\b(quelqu'un d'autre|autre personne|une autre|un autre|autre nom)\b", re.IGNORECASE)
_LEAD_IN = re.compile(
    r"^(c'est|je cherche|cherche|il s'appelle|elle s'appelle|son nom est|le|la|l'|un|une"
    r"|monsieur|madame|m\.|mr|mme|mlle|docteur|dr\.?|professeur|pr\.?)\s+",
    re.IGNORECASE,
)


def _asks_for_other(turn: Turn) -> bool:
    return bool(_OTHER.search(turn.text)) and not turn.is_button


def _rejects_all(turn: Turn) -> bool:
    return bool(REJECTS_ALL.search(turn.text)) and not turn.is_button


def _bare_name(text: str) -> str:
    """Return an answer to « quel est son nom ? » without the words that lead in, at most 80 characters."""
    previous = None
    while previous != text:
        previous, text = text, _LEAD_IN.sub("", text.strip())
    return text[:80]
