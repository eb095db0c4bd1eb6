"""French text without case, accents and SMS shorthand, its offsets kept.

Two views of one text: `fold` gives a string of the *same length*, so that a regular expression found in it has the user's own
offsets; `tokenize` gives words with the user's offsets and, for each, the full forms that its shorthand stands for.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from nlu.components.shorthand import ELISIONS, SHORTHAND

_APOSTROPHES = "'’ʼ`´"
_DASHES = "‐‑‒–—−"
_WORD = re.compile(
    # « qq1 » is the one word with a digit in it.
    r"(?P<elision>[^\W\d_]+['’ʼ`´])(?=[^\W_])"
    r"|(?P<mixed>[qQkK]{2}1)(?![^\W_])"
    r"|(?P<word>[^\W\d_](?:[^\W\d_]|[\u0300-\u036f])*)"
    r"|(?P<number>\d+)"
    r"|(?P<mark>[^\w\s])"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the user's text.

    `start`/`end` are offsets in that text (code points, end excluded); `forms` are the folded full words it stands for, at
    least one (« g » → ("j'", "ai")); `glued` tells that nothing but a hyphen or nothing at all stands before it.
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


@lru_cache(maxsize=4096)
def _fold_char(char: str) -> str:
    if char in _APOSTROPHES:
        return "'"
    if char in _DASHES:
        return "-"
    if char.isspace():
        return " "
    base = unicodedata.normalize("NFKD", char)
    base = "".join(c for c in base if not unicodedata.combining(c)).lower()
    return base if len(base) == 1 else (char.lower() if len(char.lower()) == 1 else char)


def fold(text: str) -> str:
    """`text` in lower case without accents, of the same length, so that offsets in it are offsets in `text`."""
    return "".join(map(_fold_char, text))


@lru_cache(maxsize=8192)
def fold_word(word: str) -> str:
    """A word in lower case without accents or ligatures (« Cœur » → « coeur »); its length may change."""
    word = word.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae").replace("Æ", "ae")
    base = unicodedata.normalize("NFKD", word)
    return "".join(c for c in base if not unicodedata.combining(c)).lower()


def _forms(text: str) -> tuple[str, ...]:
    folded = fold_word(text)
    # « Pr Martin » is a professor, « pr » mostly is « pour »: see `_is_title`.
    if text in ("Pr", "PR"):
        return ("professeur",)
    if folded in SHORTHAND:
        return SHORTHAND[folded]
    # « merciiiii » → « merci »
    return (re.sub(r"(.)\1{2,}", r"\1", folded),) if folded.isalpha() else (folded,)


def tokenize(text: str) -> list[Word]:
    """The words, numbers and marks of `text` in order; never overlapping, hyphens and spaces left out."""
    words: list[Word] = []
    position = 0
    while match := _WORD.search(text, position):
        kind, start, end = match.lastgroup, match.start(), match.end()
        if kind == "elision" and fold_word(match.group()[:-1]) not in ELISIONS:
            # « aujourd'hui », « O'Brien »: the apostrophe does not part two words.
            start, end = _whole(text, start)
            kind = "word"
        position = end
        piece = text[start:end]
        if kind == "mark" and (_fold_char(piece) in "-'" or _ends_abbreviation(piece, start, words)):
            continue
        if kind == "elision":
            forms: tuple[str, ...] = (fold_word(piece[:-1]) + "'",)
        elif piece == "M" or (piece == "m" and text[end : end + 1] == "."):
            forms = ("monsieur",)
        elif kind in ("word", "mixed"):
            forms = ("professeur",) if piece == "pr" and _is_title(text, end, words) else _forms(piece)
            if piece in ("t", "T") and _follows_hyphen(text, start):
                forms = ("t",)  # « reste-t-il » holds no « t'es »
        else:
            forms = (piece,)
        words.append(Word(piece, start, end, forms, _is_glued(text, start, words)))
    return words


# « le pr dupont », « ajoute pr Martin »: words after which « pour » cannot stand, or hardly.
_BEFORE_A_TITLE = frozenset(["le", "du", "au", "ce", "de", "et", "avec", "chez", "que"])
_BEFORE_A_TITLED_NAME = frozenset(["ajoute", "ajouter", "ajoutez", "rajoute", "retire", "retirer", "enleve", "associe", "invite", "cherche",
                                   "trouve", "a", "non", "oui", "c'", "est", "docteur", "madame", "monsieur"])  # fmt: skip
_CIVILITY_SHORTHAND = frozenset(["madame", "monsieur", "mademoiselle", "docteur"])


def _is_title(text: str, end: int, before: list[Word]) -> bool:
    """Whether « pr », which ends at `end`, is « professeur »: an article before it, or a name with a capital after it."""
    after = _WORD.match(text, end + 1 + (text[end : end + 1] == ".")) if end < len(text) else None
    if after is None or not after.group()[0].isalpha() or _forms(after.group())[0] in (_CIVILITY_SHORTHAND | {"m"}):
        return False
    last = before[-1].forms[-1] if before else ""
    if last in _BEFORE_A_TITLE:
        return True
    return after.group()[0].isupper() and (not before or not before[-1].is_word or last in _BEFORE_A_TITLED_NAME)


def _ends_abbreviation(mark: str, start: int, before: list[Word]) -> bool:
    """Whether a full stop is that of « M. » or « Dr. », which is no mark of the sentence."""
    return mark == "." and bool(before) and before[-1].end == start and before[-1].forms[0] in (_CIVILITY_SHORTHAND | {"professeur"})


_JOINED = re.compile(r"[^\W\d_]+(?:['’ʼ`´][^\W\d_]+)*")


def _whole(text: str, start: int) -> tuple[int, int]:
    match = _JOINED.match(text, start)
    return (start, match.end()) if match else (start, start + 1)


def _follows_hyphen(text: str, start: int) -> bool:
    return start > 0 and _fold_char(text[start - 1]) == "-"


def _is_glued(text: str, start: int, before: list[Word]) -> bool:
    if not before:
        return False
    gap = text[before[-1].end : start]
    return gap == "" or (len(gap) == 1 and _follows_hyphen(text, start))


def normalise(text: str) -> str:
    """The folded full forms of `text` with one space between (« g pas reçu » → « j' ai pas recu »)."""
    return " ".join(form for word in tokenize(text) for form in word.forms)
