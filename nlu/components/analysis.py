"""The analysis of a text into the tokens that the models see: words in full forms, rule matches, and the lists each is in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlu.components.entity_match import EntityMatch
from nlu.components.gazetteers import Gazetteers
from nlu.components.identifiers import find_email_like
from nlu.components.regex_rules import find_entities
from nlu.components.tokenization import tokenize

_MARKUP = re.compile(r"</?[a-z!][^<>@]*>", re.IGNORECASE)
_REPEATED_LETTER = re.compile(r"([^\W\d_])\1{4,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the text, or a span that a rule matched.

    Attributes:
        start: offset of the first character in the user's text, in code points.
        end: offset after the last character.
        text: the characters as typed.
        form: the folded full forms of a word, joined by spaces (« g » → « j' ai »); `<entity>` for a rule match.
        classes: the names of the lists that it may belong to (`Gazetteers.lookup`).
        glued: whether nothing, or only a hyphen, separates it from the token before.
        rule_entity: the entity of a rule match, None for a word.
    """

    start: int
    end: int
    text: str
    form: str
    classes: frozenset[str]
    glued: bool
    rule_entity: str | None = None


def has_no_content(text: str) -> bool:
    """Return whether there is nothing to understand: no letter or digit, markup, or only one letter held down."""
    words = re.findall(r"\w+", text)
    return not any(c.isalnum() for c in text) or bool(_MARKUP.search(text)) or all(_REPEATED_LETTER.fullmatch(word) for word in words)


def analyse(text: str, gazetteers: Gazetteers) -> list[Token]:
    """Return the tokens of `text` in order; what a rule matched is one token, but for ordinals, which stay words."""
    matches = [match for match in find_entities(text) if match.entity != "ordinal"]
    # An address that is invalid for its accents is still neither a name nor a profession.
    matches += [match for match in find_email_like(text) if not match.value.isascii()]
    tokens: list[tuple[int, int, str, str, bool, str | None]] = []
    for word in tokenize(text):
        match = _find_overlapping(matches, word.start, word.end)
        if match is None:
            tokens.append((word.start, word.end, word.text, " ".join(word.forms), word.glued, None))
        elif not tokens or tokens[-1][0] != match.start:
            tokens.append((match.start, match.end, text[match.start : match.end], f"<{match.entity}>", False, match.entity))
    classes = gazetteers.lookup([form for _, _, _, form, _, _ in tokens])
    return [
        Token(start, end, piece, form, names, glued, entity)
        for (start, end, piece, form, glued, entity), names in zip(tokens, classes, strict=True)
    ]


def _find_overlapping(matches: list[EntityMatch], start: int, end: int) -> EntityMatch | None:
    return next((match for match in matches if match.start < end and start < match.end), None)
