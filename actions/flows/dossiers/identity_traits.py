"""Reading what a message says of who an usager is: name, sex, and which of their traits is meant."""

from __future__ import annotations

import re

from actions.framework.answers import does_not_know
from actions.framework.lifecycle import Slots
from actions.framework.turn import Turn
from bot.directory.folding import fold

TRAITS = ("usager_family", "usager_given", "usager_birth_date", "usager_sex")
"""Identity traits of an usager, in the order in which they are asked for."""
CIVILITY = re.compile(r"^(?:m\.|mr|mme|mlle|monsieur|madame|mademoiselle)\s+", re.IGNORECASE)
_FEMALE = re.compile(r"\b(?:mme|madame|mlle|mademoiselle|née|femme|féminin|feminin|fille)\b", re.IGNORECASE)
_MALE = re.compile(r"\b(?:m\.|mr|monsieur|homme|masculin|garçon)(?=\W|$)|\bné\b", re.IGNORECASE)
_PARTICLES = frozenset({"de", "du", "des", "d'", "la", "le", "van", "von", "der", "den", "el", "al", "ben", "da", "di", "dos"})


def split_name(said: str) -> dict[str, str]:
    """A whole name as birth name and given names: capitals are the birth name, a particle begins it, else it comes last."""
    words = CIVILITY.sub("", said.replace(",", " ").strip()).split()
    if len(words) < 2:
        return {"usager_family": said.strip()}
    capitals = [word for word in words if word.isupper() and len(word) > 1]
    if capitals and len(capitals) < len(words):
        return {"usager_family": " ".join(capitals), "usager_given": " ".join(word for word in words if word not in capitals)}
    start = next((n for n, word in enumerate(words) if n > 0 and word.lower() in _PARTICLES), len(words) - 1)
    return {"usager_family": " ".join(words[start:]), "usager_given": " ".join(words[:start])}


def name_said(turn: Turn) -> Slots:
    """The names of the usager that the sentence is about."""
    said = turn.entity("usager_name")
    return dict(split_name(said)) if said else {}


def tells_both(turn: Turn, said: str) -> bool:
    """Whether an answer to « nom de naissance ? » has the given names as well: capitals tell them apart, or more is said."""
    capitals = [word.isupper() for word in said.split() if len(word) > 1]
    return len(capitals) > 1 and ((any(capitals) and not all(capitals)) or turn.entity("birth_date") is not None)


def in_place_of_denied(turn: Turn, name: str) -> Slots:
    """« pas Marguerite, Marie »: the denied name tells which trait is meant, and what else the trait has stays."""
    wrong = {fold(value) for entity in ("usager_name", "partner_name") for value in turn.denied(entity)}
    for trait in ("usager_given", "usager_family"):
        words = str(turn.slot(trait) or "").split()
        if fold(" ".join(words)) in wrong:
            return {trait: name}
        if any(fold(word) in wrong for word in words):
            return {trait: " ".join(name if fold(word) in wrong else word for word in words)}
    return {}


def sex_said(text: str, *, asked: bool = False) -> Slots:
    """The sex that a sentence tells beyond doubt (« Mme », « née le », « femme »); the confirmation shows it."""
    if asked and fold(text) in {"f", "m"}:
        return {"usager_sex": "female" if fold(text) == "f" else "male"}
    if asked and ("non pr" in fold(text) or does_not_know(text)):
        return {"usager_sex": "unknown"}
    female, male = _FEMALE.search(text), _MALE.search(text)
    return {"usager_sex": "female" if female else "male"} if bool(female) != bool(male) else {}


def trait_named(text: str) -> str | None:
    """« corriger le prénom » → "usager_given"."""
    words = fold(text).split()
    named = {"prenom": "usager_given", "prenoms": "usager_given", "nom": "usager_family", "sexe": "usager_sex", "date": "usager_birth_date"}
    return next((named[word] for word in words if word in named), None)
