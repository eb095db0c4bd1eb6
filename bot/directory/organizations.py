"""Structures as people call them: « le CHRU », « EHPAD les Tilleuls », « pharmacie de la Gare »."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import OSA

from bot.core.text_folding import allowed_edits, digits, fold, word_set
from bot.directory.records import Practice

# Longest first: each phrase becomes the word that stands for it.
_SHORT = {
    "centre hospitalier regional universitaire": "ch",
    "centre hospitalier universitaire": "ch",
    "centre hospitalier regional": "ch",
    "chru": "ch",
    "chr": "ch",
    "chu": "ch",
    "centre hospitalier": "ch",
    "centre hospitalo universitaire": "ch",
    "hopital": "ch",
    "hopitaux": "ch",
    "etablissement d hebergement pour personnes agees dependantes": "ehpad",
    "maison de retraite": "ehpad",
    "maison de sante pluriprofessionnelle": "msp",
    "maison de sante pluridisciplinaire": "msp",
    "maison de sante": "msp",
    "maison medicale": "msp",
    "service de soins infirmiers a domicile": "ssiad",
    "hospitalisation a domicile": "had",
    "centre medico psychologique": "cmp",
    "centre communal d action sociale": "ccas",
    "centre de sante": "cds",
    "cab": "cabinet",
    "phie": "pharmacie",
}
_PHRASES = sorted(((f" {long} ", f" {short} ") for long, short in _SHORT.items()), key=lambda pair: -len(pair[0]))
_KINDS = word_set("ccas cds ch clinique cmp ehpad foyer had laboratoire msp pharmacie polyclinique ssiad")
# What many a structure is called, whatever it is.
_VAGUE = word_set("association cabinet cabinets centre infirmier liberal maison medical residence sarl scm selarl service soins")
_EMPTY = word_set("a au aux d de des du en et l la le les")


@lru_cache(maxsize=65_536)
def organization_words(text: str) -> tuple[str, ...]:
    """Return the words of a structure that count, long kinds shortened: « Centre hospitalier de Blois » → (ch, blois)."""
    folded = f" {fold(text)} "
    for long, short in _PHRASES:
        folded = folded.replace(long, short)
    return tuple(dict.fromkeys(word for word in folded.split() if word not in _EMPTY))


def telling_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words that tell a structure from others of its kind; all of them when there are none."""
    return tuple(word for word in words if word not in _KINDS and word not in _VAGUE) or words


def kind_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words that say what kind of structure it is (ehpad, ch, pharmacie)."""
    return tuple(word for word in words if word in _KINDS)


def names_kind(text: str) -> bool:
    """Return whether a text says what kind of structure it means, however vaguely: « le cabinet de Blois », not « de Blois »."""
    return any(word in _KINDS or word in _VAGUE for word in organization_words(text))


def practice_words(structure: str, city: str) -> tuple[str, ...]:
    """Return what a practice answers to: the words of its structure's name and of its town (« le CHRU de Tours »)."""
    return (*organization_words(structure), *fold(city).split()) if structure else ()


def is_at(asked: str, practice: Practice) -> bool:
    """Return whether a practice is the structure that was asked for, by FINESS, SIRET or name (typos forgiven)."""
    number = digits(asked)
    if len(number) >= 9 and number in (practice.finess, practice.siret):
        return True
    words, held = organization_words(asked), practice_words(practice.structure, practice.city)
    if not words or not held:
        return False
    kinds = kind_words(words)
    # Not by the town alone: « le cabinet de Blois » is no EHPAD at Blois.
    own = organization_words(practice.structure)
    return (
        all(_held(word, held) for word in telling_words(words))
        and (not kinds or any(kind in held for kind in kinds))
        and any(_held(word, own) for word in words)
    )


def _held(word: str, held: tuple[str, ...]) -> bool:
    edits = allowed_edits(len(word)) if len(word) > 4 else 0
    return any(word == other or OSA.distance(word, other, score_cutoff=edits) <= edits for other in held)
