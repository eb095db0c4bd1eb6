"""Texts made comparable: no accents, no case, no punctuation, one space."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import filterfalse

# Letters that NFKD leaves whole.
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ł": "l"})
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_SAINT = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}


def word_set(words: str) -> frozenset[str]:
    """Return the words of a list written in a row."""
    return frozenset(words.split())


PARTICLES = word_set("d de des du del della da das do dos di le la les l van von der den el al ben ait")
"""Words of family names that people drop, move or glue to the next word."""

MAX_CHARACTERS = 200
"""No name, place or profession is longer; what follows is not read."""


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """Lower-case ASCII words parted by single spaces: « Saint-Cyr-sur-Loire » → "saint cyr sur loire"."""
    plain = text[:MAX_CHARACTERS].lower()
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain.translate(_LIGATURES))
        plain = "".join(filterfalse(unicodedata.combining, decomposed))
    elif plain.isalnum():
        return plain
    return _NOT_WORD.sub(" ", plain).strip()


def fold_in_place(text: str, spaces: str = "") -> str:
    """Return a text in lower case without accents, each character in its place, apostrophes as « ' », these characters as `spaces`."""
    return "".join(" " if letter in spaces else letter for letter in map(_in_place, text))


def flat(text: str) -> str:
    """Return the same with spaces in the place of apostrophes and hyphens, so that words stand apart."""
    return fold_in_place(text, "'-_")


def _in_place(letter: str) -> str:
    if letter in "’‘ʼ":
        return "'"
    if letter in "\u2010\u2011":
        return "-"
    if letter.isspace():
        return "\n" if letter == "\n" else " "
    base = unicodedata.normalize("NFKD", letter.lower())[:1]
    return base if base and not base.isspace() else letter


def name_words(text: str) -> list[str]:
    """Folded words of a person's or a town's name, « St » and « Ste » written out."""
    return [_SAINT.get(word, word) for word in fold(text).split()]


def without_particles(words: list[str]) -> list[str]:
    """Return the words less their particles; all of them when nothing would be left."""
    return [word for word in words if word not in PARTICLES] or words


def allowed_edits(length: int) -> int:
    """How many typing errors a word of this many letters may hold and still be the same word."""
    if length < 3:
        return 0
    return 1 if length < 7 else 2


def digits(text: str) -> str:
    """Return the digits of a text, whatever stands between them."""
    return "".join(letter for letter in text[:MAX_CHARACTERS] if letter in "0123456789")
