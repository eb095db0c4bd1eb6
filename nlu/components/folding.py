"""Case and accent folding of French text; every other module folds with these functions."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_APOSTROPHES = "'’ʼ`´"
_DASHES = "‐‑‒–—−"


def strip_accents(text: str) -> str:
    """Return `text` in compatibility decomposition (NFKD) without its combining marks (« é » → « e »); « œ » and « æ » stay."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


@lru_cache(maxsize=4096)
def fold_char(char: str) -> str:
    """Return one character in lower case without accents; apostrophes, dashes and spaces each become one ASCII character."""
    if char in _APOSTROPHES:
        return "'"
    if char in _DASHES:
        return "-"
    if char.isspace():
        return " "
    base = strip_accents(char).lower()
    return base if len(base) == 1 else (char.lower() if len(char.lower()) == 1 else char)


def fold(text: str) -> str:
    """Return `text` in lower case without accents, of the same length, so that offsets in it are offsets in `text`."""
    return "".join(map(fold_char, text))


@lru_cache(maxsize=8192)
def fold_word(word: str) -> str:
    """Return a word in lower case without accents or ligatures (« Cœur » → « coeur »); its length may change."""
    word = word.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae").replace("Æ", "ae")
    return strip_accents(word).lower()
