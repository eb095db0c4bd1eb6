"""How the models see a text: its words in full forms, what rules found as one unit, and what each word may be."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlu.components.folding import tokenize
from nlu.components.gazetteers import Gazetteers
from nlu.components.identifiers import EntityMatch, find_email_like
from nlu.components.regex_rules import find_entities

_MARKUP = re.compile(r"</?[a-z!][^<>@]*>", re.IGNORECASE)
_ONE_LETTER = re.compile(r"([^\W\d_])\1{4,}", re.IGNORECASE)


def has_no_content(text: str) -> bool:
    """Whether there is nothing to understand: neither letter nor digit, mark-up, or one letter held down."""
    words = re.findall(r"\w+", text)
    return not any(c.isalnum() for c in text) or bool(_MARKUP.search(text)) or all(_ONE_LETTER.fullmatch(word) for word in words)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the text or a piece that a rule found (`exact` is then its entity)."""

    start: int
    end: int
    text: str
    form: str
    classes: frozenset[str]
    glued: bool
    exact: str | None = None


def analyse(text: str, gazetteers: Gazetteers) -> list[Token]:
    """The units of `text` in order. A word that stands for several (« g ») gives one unit with its forms joined."""
    exact = [found for found in find_entities(text) if found.entity != "ordinal"]
    # An address that is refused for its accents still is no name and no profession.
    exact += [found for found in find_email_like(text) if not found.value.isascii()]
    rough: list[tuple[int, int, str, str, bool, str | None]] = []
    for word in tokenize(text):
        found = _around(exact, word.start, word.end)
        if found is None:
            rough.append((word.start, word.end, word.text, " ".join(word.forms), word.glued, None))
        elif not rough or rough[-1][0] != found.start:
            rough.append((found.start, found.end, text[found.start : found.end], f"<{found.entity}>", False, found.entity))
    forms = [form for _, _, _, form, _, _ in rough]
    classes = gazetteers.classes(forms)
    return [
        Token(start, end, piece, form, classes[index], glued, entity)
        for index, (start, end, piece, form, glued, entity) in enumerate(rough)
    ]


def _around(exact: list[EntityMatch], start: int, end: int) -> EntityMatch | None:
    return next((found for found in exact if found.start < end and start < found.end), None)
