"""Splitting of French text into words, each with the user's own offsets and the full forms that its shorthand stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlu.components.folding import fold_char, fold_word
from nlu.components.shorthand import ELISIONS, SHORTHAND

_WORD = re.compile(
    # « qq1 » is the only word with a digit in it.
    r"(?P<elision>[^\W\d_]+['’ʼ`´])(?=[^\W_])"
    r"|(?P<mixed>[qQkK]{2}1)(?![^\W_])"
    r"|(?P<word>[^\W\d_](?:[^\W\d_]|[\u0300-\u036f])*)"
    r"|(?P<number>\d+)"
    r"|(?P<mark>[^\w\s])"
)
_WITH_APOSTROPHES = re.compile(r"[^\W\d_]+(?:['’ʼ`´][^\W\d_]+)*")

# « le pr dupont », « ajoute pr Martin »: words after which « pour » cannot stand, or hardly ever does.
_BEFORE_TITLE = frozenset(["le", "du", "au", "ce", "de", "et", "avec", "chez", "que"])
_BEFORE_TITLED_NAME = frozenset(["ajoute", "ajouter", "ajoutez", "rajoute", "retire", "retirer", "enleve", "associe", "invite", "cherche",
                                 "trouve", "a", "non", "oui", "c'", "est", "docteur", "madame", "monsieur"])  # fmt: skip
_CIVILITIES = frozenset(["madame", "monsieur", "mademoiselle", "docteur"])


@dataclass(frozen=True, slots=True)
class Word:
    """A word, number or punctuation mark of the user's text.

    Attributes:
        text: the characters as typed.
        start: offset of the first character in the user's text, in code points.
        end: offset after the last character.
        forms: the folded full words that it stands for, at least one (« g » → ("j'", "ai")).
        glued: whether nothing, or only a hyphen, separates it from the word before.
    """

    text: str
    start: int
    end: int
    forms: tuple[str, ...]
    glued: bool = False

    @property
    def is_word(self) -> bool:
        """Whether it holds a letter or digit (not a punctuation mark or an emoji)."""
        return any(c.isalnum() for c in self.text)


def tokenize(text: str) -> list[Word]:
    """Return the words, numbers and marks of `text` in order; they never overlap, and hyphens and spaces are left out."""
    words: list[Word] = []
    position = 0
    while match := _WORD.search(text, position):
        kind, start, end = match.lastgroup, match.start(), match.end()
        if kind == "elision" and fold_word(match.group()[:-1]) not in ELISIONS:
            # « aujourd'hui », « O'Brien »: the apostrophe is part of the word.
            start, end = _extend_over_apostrophes(text, start)
            kind = "word"
        position = end
        piece = text[start:end]
        if kind == "mark" and (fold_char(piece) in "-'" or _ends_abbreviation(piece, start, words)):
            continue
        if kind == "elision":
            forms: tuple[str, ...] = (fold_word(piece[:-1]) + "'",)
        elif piece == "M" or (piece == "m" and text[end : end + 1] == "."):
            forms = ("monsieur",)
        elif kind in ("word", "mixed"):
            forms = ("professeur",) if piece == "pr" and _is_title(text, end, words) else _expand(piece)
            if piece in ("t", "T") and _follows_hyphen(text, start):
                forms = ("t",)  # « reste-t-il » does not contain « t'es »
        else:
            forms = (piece,)
        words.append(Word(piece, start, end, forms, _is_glued(text, start, words)))
    return words


def normalise(text: str) -> str:
    """Return the folded full forms of `text` separated by single spaces (« g pas reçu » → « j' ai pas recu »)."""
    return " ".join(form for word in tokenize(text) for form in word.forms)


def _expand(text: str) -> tuple[str, ...]:
    """Return the folded full forms of a word as typed."""
    folded = fold_word(text)
    # « Pr Martin » is a professor, « pr » is mostly « pour »: see `_is_title`.
    if text in ("Pr", "PR"):
        return ("professeur",)
    if folded in SHORTHAND:
        return SHORTHAND[folded]
    # « merciiiii » → « merci »
    return (re.sub(r"(.)\1{2,}", r"\1", folded),) if folded.isalpha() else (folded,)


def _is_title(text: str, end: int, before: list[Word]) -> bool:
    """Return whether the « pr » that ends at `end` is « professeur »: after an article, or before a capitalised name."""
    after = _WORD.match(text, end + 1 + (text[end : end + 1] == ".")) if end < len(text) else None
    if after is None or not after.group()[0].isalpha() or _expand(after.group())[0] in (_CIVILITIES | {"m"}):
        return False
    last = before[-1].forms[-1] if before else ""
    if last in _BEFORE_TITLE:
        return True
    return after.group()[0].isupper() and (not before or not before[-1].is_word or last in _BEFORE_TITLED_NAME)


def _ends_abbreviation(mark: str, start: int, before: list[Word]) -> bool:
    """Return whether a full stop is that of « M. » or « Dr. », which does not punctuate the sentence."""
    return mark == "." and bool(before) and before[-1].end == start and before[-1].forms[0] in (_CIVILITIES | {"professeur"})


def _extend_over_apostrophes(text: str, start: int) -> tuple[int, int]:
    match = _WITH_APOSTROPHES.match(text, start)
    return (start, match.end()) if match else (start, start + 1)


def _follows_hyphen(text: str, start: int) -> bool:
    return start > 0 and fold_char(text[start - 1]) == "-"


def _is_glued(text: str, start: int, before: list[Word]) -> bool:
    if not before:
        return False
    gap = text[before[-1].end : start]
    return gap == "" or (len(gap) == 1 and _follows_hyphen(text, start))
