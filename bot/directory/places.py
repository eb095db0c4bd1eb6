"""Places as people say them: a town, a postal code, a département by number or name, a region."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from importlib.resources import files

from rapidfuzz.distance import OSA

from bot.core.text_folding import allowed_edits, fold, name_words, without_particles, word_set
from bot.directory.records import Practice

_DATA = tomllib.loads(files(__package__).joinpath("places.toml").read_text(encoding="utf-8"))
DEPARTEMENTS: dict[str, str] = _DATA["departements"]
"""INSEE code → name."""

_ARRONDISSEMENTS: dict[str, str] = _DATA["arrondissements"]
_AREAS: dict[str, frozenset[str]] = {fold(name): frozenset(codes) for name, codes in _DATA["regions"].items()}
_AREAS |= {fold(name): frozenset({code}) for code, name in DEPARTEMENTS.items()}
_AREAS["reunion"] = _AREAS["la reunion"]

_OPENING = word_set("a au aux chez cote d dans de departement du dep dept en la le les l pres proche region secteur sur vers")
SHORTEST_BEGINNING = 4
"""From so many letters on, the beginning of a town's name stands for it: « Romorantin »."""

_CONTRACTED = {"au": "le", "aux": "les"}  # « au Blanc » is at Le Blanc
_ARTICLES = frozenset({"l", "la", "le", "les"})
_QUARTERS = word_set("centre est nord ouest sud ville")
_OWN_AREA = {"97133": "977", "97150": "978"}  # postal codes that begin as another département's
_LONGEST_TOWN = 120
_CEDEX_WORD = re.compile(r"\bcedex(?![a-z])", re.IGNORECASE)
_CEDEX = re.compile(r"\bcedex\b( \d{1,2}\b)?")
_ORDINAL = re.compile(r"\b(\d{1,2})( ?(e|er|eme|ieme|me|nd|nde))?( arrondissement| arr)?$")
_SPLIT_CODE = re.compile(r"\b(\d\d) (\d{3})\b")
_ABBREVIATED = re.compile(r"\b(s)(?:/|\s*/\s*)", re.IGNORECASE)


def departement_code(given: str, postal_code: str) -> str:
    """Return the INSEE code of a département, from the file's own cell or, failing that, from the postal code; or ""."""
    code = given.strip().upper()
    for candidate in (code, code.lstrip("0").zfill(2)):
        if candidate in DEPARTEMENTS:
            return candidate
    if len(postal_code) != 5 or not postal_code.isascii() or not postal_code.isdigit():
        return ""
    if postal_code.startswith("20"):
        return "2A" if postal_code < "20200" else "2B"
    if postal_code in _OWN_AREA:
        return _OWN_AREA[postal_code]
    head = postal_code[:3] if postal_code.startswith(("97", "98")) else postal_code[:2]
    return head if head in DEPARTEMENTS else ""


def departement_of_commune(code: str) -> str:
    """Return the INSEE code of the département that a commune's INSEE code begins with, or ""."""
    head = code[:3] if code.startswith(("97", "98")) else code[:2].upper()
    return head if len(code) == 5 and head in DEPARTEMENTS else ""


def town_of(text: str) -> tuple[str, bool]:
    """Return the town in a label or a *bureau cedex*, and whether anything was taken off: « 45032 ORLEANS CEDEX 1 » → ORLEANS, True.

    The arrondissement in words stays: it tells where in Paris. Postal codes, boxes (« CS 10329 ») and « CEDEX » go.
    """
    plain = " ".join(text[:_LONGEST_TOWN].split())
    before = _CEDEX_WORD.split(plain, maxsplit=1)[0]
    if before == plain and plain.isalpha():
        return plain, False
    words = before.split()
    if "arrondissement" in before.lower():
        words = words[words[0].isdigit() :]
    else:
        while words and words[-1][0].isdigit():
            words.pop()
        start = max((place + 1 for place, word in enumerate(words) if any(letter.isdigit() for letter in word)), default=0)
        words = words[start:]
    town = " ".join(words).strip(" -,")
    return town, town != plain


@lru_cache(maxsize=65_536)
def town_key(town: str) -> str:
    """Return a town in one word: « St-Cyr s/ Loire CEDEX 2 » → "saintcyrsurloire", « Paris 12e Arrondissement » → "paris"."""
    words = " ".join(name_words(_ABBREVIATED.sub("sur ", town)))
    words = _CEDEX.sub("", words).strip()
    head, _, _ = words.partition(" ")
    if head in _ARRONDISSEMENTS and _ORDINAL.search(words):
        words = head
    return words.replace(" ", "")


class Nearness(Enum):
    """How a town is looked for: as it is written or, where no town is called so, by its beginning or with typos."""

    EXACT = "exact"
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class Place:
    """What a text says about a place. Whatever is said must hold for the practice.

    `towns` are alternative spellings (keys after `town_key`); `areas` are département codes, any of which will do.
    With both and `either`, one of the two is enough: « Indre » is a town and a département.
    """

    towns: tuple[str, ...] = ()
    areas: frozenset[str] = field(default=frozenset())
    postal_code: str = ""
    either: bool = False
    nearness: Nearness = Nearness.EXACT

    def __bool__(self) -> bool:
        return bool(self.towns or self.areas or self.postal_code)

    def resolved(self, known: Callable[[str], bool]) -> Place:
        """Return the same place knowing which town keys exist: known spellings only, or nearness where none is known."""
        if not self.towns:
            return self
        exact = tuple(town for town in self.towns if known(town))
        if exact:
            return replace(self, towns=exact)
        if self.areas and self.either:
            return replace(self, towns=(), either=False)
        return replace(self, nearness=Nearness.NEAR)

    def holds(self, practice: Practice) -> bool:
        """Return whether a practice lies there."""
        if self.postal_code and not self.towns:
            return practice.postal_code == self.postal_code
        in_area = practice.departement in self.areas
        if not self.towns:
            return in_area
        in_town = self._is_town(town_key(practice.city))
        if self.either:
            return in_town or in_area
        if self.postal_code and practice.postal_code != self.postal_code and self.towns[0] in _ARRONDISSEMENTS:
            return False
        return in_town and (in_area or not self.areas)

    def _is_town(self, key: str) -> bool:
        if key in self.towns:
            return True
        return self.nearness is Nearness.NEAR and any(near_town(town, key) for town in self.towns)


def near_town(asked: str, key: str) -> bool:
    """Return whether a town may be meant by a spelling that no town has."""
    if not key:
        return False
    if len(asked) >= SHORTEST_BEGINNING and key.startswith(asked):
        return True
    edits = allowed_edits(len(asked)) if len(asked) > 4 else 0
    return OSA.distance(asked, key, score_cutoff=edits) <= edits


def parse_place(text: str) -> Place:
    """Return what a text says about a place; a falsy `Place` when nothing. Never raises.

    « à Tours », « 37000 », « le 37 », « dans l'Indre-et-Loire », « Tours (37) », « Paris 12e », « St-Cyr s/ Loire ».
    """
    folded = _SPLIT_CODE.sub(r"\1\2", fold(_ABBREVIATED.sub("sur ", text)))
    words = [_CONTRACTED.get(word, word) for word in _CEDEX.sub("", folded).split()]
    named = next((_AREAS[tail] for tail in _tails(words) if tail in _AREAS), None)
    postal_code = next((word for word in words if len(word) == 5 and word.isdigit()), "")
    words = _stripped([word for word in words if word != postal_code])
    arrondissement = _arrondissement(words)
    if arrondissement:
        return Place(towns=(words[0],), postal_code=arrondissement)
    codes = [word.upper() for word in words if word.upper() in DEPARTEMENTS]
    words = _stripped([word for word in words if word.upper() not in DEPARTEMENTS])
    areas = frozenset(codes)
    if postal_code and words:
        areas |= {departement_code("", postal_code)} - {""}
    towns = _spellings(words)
    if named and not codes and not postal_code:
        return Place(towns=towns, areas=named, either=True)
    return Place(towns=towns, areas=areas, postal_code=postal_code)


def _tails(words: list[str]) -> list[str]:
    """Return the text less its prepositions, from none to all of those that it begins with."""
    leading = next((place for place, word in enumerate(words) if word not in _OPENING), 0)
    return [" ".join(words[start:]) for start in range(leading + 1)]


def _stripped(words: list[str]) -> list[str]:
    """Return the words less the prepositions that lead to a place; an article is kept, it may be the town's: « Le Blanc »."""
    leading = next((place for place, word in enumerate(words) if word not in _OPENING), len(words))
    if 0 < leading < len(words) and words[leading - 1] in _ARTICLES:
        leading -= 1
    return words[leading:]


def _arrondissement(words: list[str]) -> str:
    """Return the postal code of « Paris 12e », or ""."""
    if len(words) < 2 or words[0] not in _ARRONDISSEMENTS:
        return ""
    ordinal = _ORDINAL.fullmatch(" ".join(words[1:]))
    return f"{_ARRONDISSEMENTS[words[0]]}{int(ordinal[1]):02d}" if ordinal else ""


def _spellings(words: list[str]) -> tuple[str, ...]:
    """Keys that a town may have: whole, without article, without the quarter (« Tours Nord »)."""
    whole = name_words(" ".join(words))
    variants = [whole, without_particles(whole)]
    if len(whole) > 1 and whole[0] in _ARTICLES:
        variants.append(whole[1:])
    if len(whole) > 1 and whole[-1] in _QUARTERS:
        variants.append(whole[:-1])
    return tuple(dict.fromkeys(key for variant in variants if (key := "".join(variant)) and not key.isdigit()))
