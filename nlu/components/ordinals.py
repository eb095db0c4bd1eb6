"""Ordinals: positions in a list that the assistant showed (« le deuxième », « la 2e », « le 2 », « le dernier »)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.components.entity_match import EntityMatch

_NAMES = {
    "premier": 1, "premiere": 1, "1er": 1, "1ere": 1, "deuxieme": 2, "second": 2, "seconde": 2, "troisieme": 3, "quatrieme": 4,
    "cinquieme": 5, "sixieme": 6, "septieme": 7, "huitieme": 8, "neuvieme": 9, "dixieme": 10,
    "premie": 1, "dexieme": 2, "deuxiem": 2, "deuziem": 2, "deuzieme": 2, "troisiem": 3, "troizieme": 3,
}  # fmt: skip
_NUMBERS = {"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5}
_ARTICLE = r"(?:le|la|l'|du|au|celui|celle|choix|option|numero|num|prends|plutot|non|oui|ok|c'est)"
_NOT_IN_LIST = (
    r"(?:fois|annee|an|jour|jours|semaine|mois|etage|rendez|rdv|rappel|temps|degre|age|trimestre|janvier|fevrier|mars|avril"
    r"|mai|juin|juillet|aout|septembre|octobre|novembre|decembre|dose|vague|main|avis|visite|passage|ligne|arrondissement|secours)"
)
_STOP = (
    r"(?=\s*(?:$|[.,;:!?)]|svp|stp|s'il|merci|de la liste|dans la liste|nom|choix|proposition|personne"
    r"|plutot|alors|oui|ok|aussi|pas|et|en))"
)
_NAMED = re.compile(
    rf"(?<![\w\-])(?P<value>{'|'.join(sorted(_NAMES, key=len, reverse=True))}|(?:[1-9]|10) ?(?:er|ere|e|eme|ieme|nd|nde))"
    rf"(?![\w\-])(?!\s+{_NOT_IN_LIST}\b)"
)
_BARE = re.compile(
    rf"(?:\b{_ARTICLE}\s*|\bn[°o]\.?\s*|°\s*|#\s*)(?P<value>[1-9]|10|deux|trois|quatre|cinq)(?![\w])(?![.,/\-:][0-9])(?!\s*[0-9%€])" + _STOP
)
_ALONE = re.compile(r"\s*(?:le|la|n[°o]|numero|num|choix|option|#)?\s*(?P<value>[1-9]|10|un|deux|trois|quatre|cinq)\s*[.,)!]*\s*")
_LAST = re.compile(r"(?:(?:\b(?:le|la|du|au|celui|celle|tout|toute)\s+)|^\s*)(?P<value>dernier|derniere|dernieres?)" + _STOP)
_NEXT_TO_LAST = re.compile(r"(?:\bl['\s]\s?|^\s*)(?P<value>avant[- ]derni(?:er|ere))(?![\w])" + _STOP)


def find_ordinals(folded: str) -> Iterator[EntityMatch]:
    """Yield the ordinals of a folded text, without their article.

    The value is an integer as text: from 1, or -1 for the last and -2 for the one before it.
    """
    if alone := _ALONE.fullmatch(folded):
        yield _to_match(alone)
        return
    for match in _NEXT_TO_LAST.finditer(folded):
        yield EntityMatch("ordinal", *match.span("value"), "-2")
    for match in _LAST.finditer(folded):
        yield EntityMatch("ordinal", *match.span("value"), "-1")
    for pattern in (_NAMED, _BARE):
        for match in pattern.finditer(folded):
            yield _to_match(match)


def _to_match(match: re.Match[str]) -> EntityMatch:
    word = match.group("value")
    digits = re.match(r"[0-9]+", word)
    position = int(digits.group()) if digits else _NAMES.get(word, _NUMBERS.get(word, 0))
    return EntityMatch("ordinal", *match.span("value"), str(position))
