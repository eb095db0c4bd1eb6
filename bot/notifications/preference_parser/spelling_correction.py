"""A text as the reader sees it: folded words one space apart, slips mended, each with its place in what was typed."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

MOST_CHARACTERS = 500
"""No request is longer."""
_WORDS = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
_SHORT: dict[str, str] = _WORDS["short"]


def words_listed(name: str) -> frozenset[str]:
    """Return the words of a list of `words.toml`."""
    return frozenset(_WORDS[name]["words"].split())


IDLE = words_listed("idle")
"""Words that change nothing of what is requested."""
_KNOWN = sorted(set(_WORDS["known"]["words"].split()) | set(" ".join(_SHORT.values()).split()))
_KNOWN_SET = frozenset(_KNOWN)
_LONG = [word for word in _KNOWN if len(word) > 4]
_CAPITAL = words_listed("capital")
"""What a word with a capital may be a slip of; any other is a name: « Durand » is no « durant »."""
_ELIDES = frozenset("cdjlmnst")
_ELIDED = re.compile(r"(?i)\b[mt]['’]")
"""« m'envoyer » is no « M. Envoyer »."""
_TOKEN = re.compile(r"apres[ -]*midis?\b|apr[ -]midi|week[ -]*ends?\b|a?2m1|dem1|1er\b|[a-z]+|\d+|[,.;:!?/()-]")
_SPOKEN = {"une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9, "dix": 10, "onze": 11}
_SPOKEN |= {"douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16, "dix sept": 17, "dix huit": 18, "dix neuf": 19}
_SPOKEN |= {"vingt": 20, "vingt et une": 21, "vingt et un": 21, "vingt deux": 22, "vingt trois": 23}
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "‐": "-", "‑": "-", "–": "-", "—": "-"})
_DAYS = {"lun": "lundi", "mar": "mardi", "mer": "mercredi", "jeu": "jeudi", "ven": "vendredi", "sam": "samedi", "dim": "dimanche"}
_DAY = r"(?:lun|mar|mer|jeu|ven|sam|dim)(?:di|credi|dredi|edi|anche)?"
_BETWEEN_DAYS = re.compile(rf"\b{_DAY}\.?(?: ?- ?| (?:au|a|et) |, ?|/){_DAY}\b(?:(?:, ?|/){_DAY}\b)*")
"""« lun-mer », « jeu/ven »: there a day's three letters are that day, and a hyphen is « à »."""


@dataclass(frozen=True)
class Canonical:
    """The text to read, and for each of its characters where the word began and ended in what was typed."""

    text: str
    origins: tuple[tuple[int, int], ...]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of what was typed that `text[start:end]` comes from."""
        return self.origins[start][0], self.origins[end - 1][1]


def canonical(typed: str) -> Canonical:
    """« Pas de notif apré 19h30 ! » → "pas de notif apres 19 h 30 !". What follows MOST_CHARACTERS is not read."""
    folded, places = _folded(_ELIDED.sub("  ", typed[:MOST_CHARACTERS]))
    words: list[tuple[str, tuple[int, int]]] = []
    between = [found.span() for found in _BETWEEN_DAYS.finditer(folded)]
    for token in _TOKEN.finditer(folded):
        start, end = token.span()
        of_days = any(since <= start < until for since, until in between)
        if token[0] == "-" and not of_days and not _by_a_digit(folded, start):
            continue
        if of_days and token[0] in _DAYS:
            words.append((_DAYS[token[0]], (places[start], places[end - 1] + 1)))
            continue
        word = re.sub(r"[ -]", "", token[0]) if len(token[0]) > 1 else token[0]
        mended = _mended(word, name=_is_name(typed, folded, places, start))
        words.extend((word, (places[start], places[end - 1] + 1)) for word in mended.split())
    words = _with_hours_in_digits(words)
    text = "".join(f"{word} " for word, _ in words)
    return Canonical(text, tuple(origin for word, origin in words for _ in range(len(word) + 1)))


def is_common_word(word: str) -> bool:
    """Return whether a folded word is one of those that wishes are made of: as a name it needs « M. » before it."""
    return len(word) < 3 or word in _KNOWN_SET or word in _SHORT or word in IDLE


def _with_hours_in_digits(words: list[tuple[str, tuple[int, int]]]) -> list[tuple[str, tuple[int, int]]]:
    """« dix neuf heures », as it is dictated, is « 19 heures »."""
    made: list[tuple[str, tuple[int, int]]] = []
    for word, origin in words:
        if word in ("heures", "h"):
            for many in (3, 2, 1):
                spoken = " ".join(before for before, _ in made[-many:])
                if len(made) >= many and spoken in _SPOKEN:
                    made[-many:] = [(str(_SPOKEN[spoken]), (made[-many][1][0], made[-1][1][1]))]
                    break
        made.append((word, origin))
    return made


def _folded(typed: str) -> tuple[str, list[int]]:
    letters, places = [], []
    for place, letter in enumerate(typed):
        for part in unicodedata.normalize("NFKD", letter.lower().translate(_LIGATURES)):
            if not unicodedata.combining(part):
                letters.append(part)
                places.append(place)
    return "".join(letters), places


def _is_name(typed: str, folded: str, places: list[int], start: int) -> bool:
    """Return whether a word begins with a capital inside a sentence: « Durand » is no slip of « durant »."""
    return typed[places[start]].isupper() and not typed.isupper() and folded[:start].rstrip()[-1:] not in ("", *".!?:;,")


def _by_a_digit(folded: str, hyphen: int) -> bool:
    """Return whether a hyphen stands for « à » between numbers, or in a reference; between letters it is nothing."""
    return folded[hyphen + 1 : hyphen + 3].strip()[:1].isdigit()


@lru_cache(maxsize=4096)
def _mended(word: str, *, name: bool = False) -> str:
    if word in _SHORT:
        return _SHORT[word]
    if word in _KNOWN_SET or len(word) < 5:
        return word
    if word[0] in _ELIDES and word[1] in "aeiouh" and (word[1:] in _KNOWN_SET or word[1:] in _SHORT):
        return f"{word[0]} {_mended(word[1:])}" if word[0] not in "mt" else _mended(word[1:])  # « dalertes », « mavertir »
    edits = 1 if len(word) < 8 else 2
    alike = [known for known in _LONG if known[0] == word[0]]  # nobody slips on the first letter
    found = process.extractOne(word, alike, scorer=OSA.distance, score_cutoff=edits)
    return found[0] if found is not None and (not name or found[0] in _CAPITAL) else word
