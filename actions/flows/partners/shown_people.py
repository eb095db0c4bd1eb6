"""The people of a list that was shown: which of them an answer means, and whom the user refused."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from actions.flows.directory.search import get_professional
from actions.framework.context import Context
from actions.framework.reservation import names_condition
from actions.framework.turn import Turn, full_intent, words_of
from bot.core.text_folding import fold, word_set
from bot.directory.professions import trades_by_text, trades_of
from bot.directory.records import Professional

OTHER, NOBODY = "other", "nobody"
"""Values of the entity `choice` for « Autre personne » and « Personne ne correspond »."""
ADD_FORM, ADD_STARTS = "add_partner_form", "action_begin_task"
REJECTS_ALL = re.compile(r"^\W*(?:personne|aucune?)\b|\b(ni l'une? ni l'autre|pas dans la liste)\b", re.IGNORECASE)
_FILLERS = word_set(
    "a ah alors au aux ben bah bien bonne bon c ca celle celui ce cette chez choisis choisissez d dans de des donc dr docteur docteure du"
    " effectivement elle en enfin est et euh exactement exerce fait finalement je l la le les lui m madame merci met mets mettez mlle mme"
    " monsieur mr n ne non nom oui ouais ok accord parfait par pr professeur prend prenez prends plutot pour qui s sera sur svp travaille"
    " un une va veux voila voulais vers voudrais dame femme homme il bonjour appelle"
)
"""Words of an answer that tell nobody apart."""
_WOMAN = word_set("elle madame mme mlle dame femme docteure")
_MAN = word_set("lui monsieur m mr homme")
_POINTS = re.compile(r"\b(?:celle|celui|c est (?:bien )?(?:elle|lui|la bonne|le bon))\b")
"""Words that point to somebody of the list, of a folded text."""
_DENIED = re.compile(r"\b(?:pas|ni)\b((?:(?!\b(?:pas|ni|mais|plut[ôo]t|celle|celui|c'est)\b)[^,;.!?])*)", re.IGNORECASE)
MAX_WORDS = 12


@dataclass(frozen=True)
class Meant:
    """What an answer says of the people shown.

    Attributes:
        chosen: the key of the one who is meant, if exactly one fits.
        left: the keys of those who are left where it rules some out, by name.
        points: whether it points to somebody of the list, with words that fit none, or several.
    """

    chosen: str | None = None
    left: tuple[str, ...] = ()
    points: bool = False


async def read_meant(context: Context, shown: list[str]) -> Meant:
    """Return which of the people shown a typed answer means; a question, or a yes with a reservation, means nobody."""
    turn = context.turn
    text = turn.text.replace("’", "'")
    if turn.is_button or "?" in text or len(text.split()) > MAX_WORDS or names_condition(text) or turn.says.get("condition"):
        return Meant()
    people = [person for key in shown if (person := await get_professional(context, key))]
    denied = [clause for found in _DENIED.finditer(text) if (clause := set(fold(found[1]).split()) - _FILLERS)]
    left = [person for person in people if not any(all(_has(person, word) for word in clause) for clause in denied)]
    said = fold(_DENIED.sub(" ", text)).split()
    words = [word for word in said if word not in _FILLERS]
    pointing = bool(_POINTS.search(" ".join(said)))
    if not left or (denied and len(left) == len(people)):
        return Meant(points=pointing)
    fitting = [person for person in left if _agrees(person, said) and all(_has(person, word) for word in words)]
    told = bool(words) or (
        turn.intent != "deny" and not _DENIED.search(text) and (pointing or (turn.intent == "affirm" and len(shown) == 1))
    )
    if told and len(fitting) == 1:
        return Meant(chosen=fitting[0].key)
    if denied:
        return Meant(left=tuple(person.key for person in fitting or left))
    return Meant(points=pointing)


def _agrees(person: Professional, words: list[str]) -> bool:
    """Return whether « elle », « lui », « monsieur » can be said of a person; « celle de Bourges » is a person of any sex."""
    if person.civility == "MME":
        return _MAN.isdisjoint(words)
    return person.civility != "M" or _WOMAN.isdisjoint(words)


def _has(person: Professional, word: str) -> bool:
    """Return whether a folded word is of a person's name, structures or towns, or a word for what they are."""
    places = [part for practice in person.practices for part in (practice.structure, practice.city)]
    if word in fold(" ".join([person.display, person.city, *person.labels])).split() or any(
        word in fold(place).split() for place in places
    ):
        return True
    return bool(trades_by_text(word) & trades_of(person))


def names_whole(name: str, person: Professional) -> bool:
    """Return whether a name is all of a person's: who was refused may be asked for so again."""
    return set(fold(f"{person.given} {person.family}").split()) <= set(fold(name).split())


def refused_people(turn: Turn) -> set[str]:
    """Return the keys of the people whom the user refused since the addition began: « non, pas lui », « Personne ne correspond »."""
    if turn.active_form != ADD_FORM:
        return set()
    refused: set[str] = set()
    shown: set[str] = set()
    for event in turn.tracker.events:
        match event.get("event"):
            case "action" if event.get("name") == ADD_STARTS:
                refused, shown = set(), set()
            case "active_loop" if event.get("name") is None:
                refused, shown = set(), set()
            case "bot":
                shown |= _choices(event)
            case "user":
                refused |= shown if _refuses(event.get("parse_data") or {}) else set()
                shown = set()
    return refused


def _choices(event: dict[str, Any]) -> set[str]:
    """Return the keys of the people whose buttons a message showed."""
    payloads = (str(button.get("payload") or "") for button in (event.get("data") or {}).get("buttons") or [])
    values = (json.loads(payload.removeprefix("/choose")) for payload in payloads if payload.startswith("/choose{"))
    return {str(value["choice"]) for value in values if "choice" in value} - {OTHER, NOBODY}


def _refuses(message: dict[str, Any]) -> bool:
    """Return whether a message refuses everybody who was shown; one that says something else beside is about some of them."""
    choice = next((entity["value"] for entity in message.get("entities") or [] if entity["entity"] == "choice"), None)
    if choice is not None:
        return bool(choice == NOBODY)
    words = words_of(message)
    if REJECTS_ALL.search(words):
        return True
    return full_intent(message) == "deny" and set(fold(words).split()) <= _FILLERS | {"pas"}
