"""The identity traits of an usager as a message gives them: names, sex, and which trait a correction concerns."""

from __future__ import annotations

import contextlib
import re

from actions.framework.answers import gives_no_answer
from actions.framework.context import Context
from actions.framework.flow import Slots
from actions.framework.turn import Turn
from bot.accounts.directory_record_fields import FieldError, validate_field
from bot.core.clock import PARIS
from bot.core.person_names import find_marked_name, holds_marked_name, read_names
from bot.core.text_folding import fold
from bot.core.written_dates import WrittenDate, read_birth_date

IDENTITY_TRAITS = ("usager_family", "usager_given", "usager_birth_date", "usager_sex")
"""Slots of the identity traits, in the order in which they are asked for."""
_FEMALE = re.compile(r"\b(?:mme|madame|mlle|mademoiselle|née|femme|féminin|feminin|fille)\b", re.IGNORECASE)
_MALE = re.compile(r"\b(?:m\.|mr|monsieur|homme|masculin|garçon)(?=\W|$)|\bné\b", re.IGNORECASE)
_TRAIT_WORDS = {
    "prenom": "usager_given",
    "prenoms": "usager_given",
    "nom": "usager_family",
    "sexe": "usager_sex",
    "date": "usager_birth_date",
}


def split_name(full_name: str) -> dict[str, str]:
    """Return the slots of a person's whole name (`bot.core.person_names`)."""
    names = read_names(full_name)
    found = {"usager_family": names.birth, "usager_given": names.given}
    return {slot: value for slot, value in found.items() if value}


def named_text(turn: Turn) -> str | None:
    """Return the words that name the usager: with « née », « épouse » and the like where the message has them, else the entity's."""
    found = turn.affirmed_entities("usager_name") or turn.affirmed_entities("partner_name")
    if turn.trusted and not turn.is_button:
        marked = find_marked_name(turn.raw_text, min((entity.get("start") or 0 for entity in found), default=None))
        if marked is not None:
            return marked
    return str(found[-1]["value"]).strip() if found else None


def read_name(turn: Turn) -> Slots:
    """Return the names of the usager that the message names, as they are stored; what is no name is left to be asked for."""
    name = named_text(turn) if turn.entity("usager_name") or holds_marked_name(turn.text) else None
    return valid_names(split_name(name)) if name else {}


def valid_names(names: dict[str, str]) -> dict[str, str]:
    """Return the names that are valid, each in its one form."""
    valid = {}
    for slot, value in names.items():
        with contextlib.suppress(FieldError):
            valid[slot] = validate_field(slot.removeprefix("usager_"), value)
    return valid


def without_family(words: str, family: str) -> str:
    """Return an answer to « prénoms ? » without the family name in it, once: « Jean Martin » → "Jean"; « Martin » stays."""
    given = re.sub(r"[,;]|\bet\b", " ", words).split()
    for name in family.split():
        at = next((n for n, word in enumerate(given) if fold(word) == fold(name)), None)
        if at is not None and len(given) > 1:
            del given[at]
    return " ".join(given)


def read_written_date(context: Context, *, asked: bool) -> WrittenDate:
    """Return a date of birth that the understanding takes for none: without its day or month, or impossible (empty where there is none)."""
    turn, today = context.turn, context.services.clock.now().astimezone(PARIS).date()
    none = WrittenDate("", "")
    return none if turn.is_button or not turn.trusted else read_birth_date(turn.raw_text, today, asked=asked) or none


def gives_full_name(turn: Turn, words: str) -> bool:
    """Return whether an answer to « nom de naissance ? » has the given names too: capitals tell them apart, or a birth date follows."""
    if "," in words.strip(" ,"):
        return True
    capitals = [word.isupper() for word in words.split() if len(word) > 1]
    return len(capitals) > 1 and ((any(capitals) and not all(capitals)) or turn.entity("birth_date") is not None)


def replace_denied_name(turn: Turn, name: str) -> Slots:
    """Return the trait whose denied value `name` replaces (« pas Marguerite, Marie »); its other words stay. None is denied: empty."""
    denied = {fold(value) for entity in ("usager_name", "partner_name") for value in turn.denied_values(entity)}
    for trait in ("usager_given", "usager_family"):
        words = str(turn.slot(trait) or "").split()
        if fold(" ".join(words)) in denied:
            return {trait: name}
        if any(fold(word) in denied for word in words):
            return {trait: " ".join(name if fold(word) in denied else word for word in words)}
    return {}


def read_sex(text: str, *, asked: bool = False) -> Slots:
    """Return the sex that a text gives beyond doubt (« Mme », « née le », « femme »); the confirmation shows it.

    Args:
        asked: whether the sex was asked for. « F », « M » and no answer then count too.
    """
    if asked and fold(text) in {"f", "m"}:
        return {"usager_sex": "female" if fold(text) == "f" else "male"}
    if asked and ("non pr" in fold(text) or gives_no_answer(text)):
        return {"usager_sex": "unknown"}
    female, male = _FEMALE.search(text), _MALE.search(text)
    return {"usager_sex": "female" if female else "male"} if bool(female) != bool(male) else {}


def find_trait(text: str) -> str | None:
    """Return the slot of the trait that a text names: « corriger le prénom » → "usager_given"."""
    return next((_TRAIT_WORDS[word] for word in fold(text).split() if word in _TRAIT_WORDS), None)
