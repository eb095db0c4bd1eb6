"""The identity traits of an usager as a message gives them: names, sex, and which trait a correction concerns."""

from __future__ import annotations

import re

from actions.framework.answers import gives_no_answer
from actions.framework.flow import Slots
from actions.framework.turn import Turn
from bot.core.text_folding import fold

IDENTITY_TRAITS = ("usager_family", "usager_given", "usager_birth_date", "usager_sex")
"""Slots of the identity traits, in the order in which they are asked for."""
CIVILITY = re.compile(r"^(?:m\.|mr|mme|mlle|monsieur|madame|mademoiselle)\s+", re.IGNORECASE)
_FEMALE = re.compile(r"\b(?:mme|madame|mlle|mademoiselle|née|femme|féminin|feminin|fille)\b", re.IGNORECASE)
_MALE = re.compile(r"\b(?:m\.|mr|monsieur|homme|masculin|garçon)(?=\W|$)|\bné\b", re.IGNORECASE)
_TRAIT_WORDS = {
    "prenom": "usager_given",
    "prenoms": "usager_given",
    "nom": "usager_family",
    "sexe": "usager_sex",
    "date": "usager_birth_date",
}
_PARTICLES = frozenset({"de", "du", "des", "d'", "la", "le", "van", "von", "der", "den", "el", "al", "ben", "da", "di", "dos"})


def split_name(full_name: str) -> dict[str, str]:
    """Return the slots of a whole name: words in capitals are the birth name, or a particle begins it, or it comes last."""
    words = CIVILITY.sub("", full_name.replace(",", " ").strip()).split()
    if len(words) < 2:
        return {"usager_family": full_name.strip()}
    capitals = [word for word in words if word.isupper() and len(word) > 1]
    if capitals and len(capitals) < len(words):
        return {"usager_family": " ".join(capitals), "usager_given": " ".join(word for word in words if word not in capitals)}
    start = next((n for n, word in enumerate(words) if n > 0 and word.lower() in _PARTICLES), len(words) - 1)
    return {"usager_family": " ".join(words[start:]), "usager_given": " ".join(words[:start])}


def read_name(turn: Turn) -> Slots:
    """Return the names of the usager that the message names."""
    name = turn.entity("usager_name")
    return dict(split_name(name)) if name else {}


def gives_full_name(turn: Turn, words: str) -> bool:
    """Return whether an answer to « nom de naissance ? » has the given names too: capitals tell them apart, or a birth date follows."""
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
