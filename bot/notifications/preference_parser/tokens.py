"""The tokens of a request, as they are found in its canonical text: what is named, when, and the small words that turn it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.notifications.preference_parser.categories import Kind
from bot.notifications.preference_parser.patterns import PATTERNS
from bot.notifications.preference_parser.spelling_correction import Canonical
from bot.notifications.preference_parser.values import Span


@dataclass(frozen=True)
class Token:
    """A token, and where it stands in the canonical text."""

    kind: Kind
    value: Any = field(compare=False)
    start: int = 0
    end: int = 0


_COMPILED = tuple((kind, re.compile(rf"(?:\b(?=\w)|(?!\w))(?:{pattern})(?:(?<=\s)|(?!\w))"), value) for kind, pattern, value in PATTERNS)


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a canonical text, in their order. A place belongs to one token; the first pattern that fits has it."""
    return sorted(_found(text), key=lambda atom: atom.start)


def tokens_of(reading: Canonical, spans: Sequence[Span]) -> list[Token]:
    """Return the tokens of a reading, with a dossier for each usager's name that the model found and the words alone do not tell."""
    found = tokenize(reading.text)
    for span in spans:
        if span.entity == "usager_name":
            places = [place for place, (start, end) in enumerate(reading.origins) if start < span.end and span.start < end]
            if places and not any(atom.kind is Kind.DOSSIER and atom.start <= places[-1] and places[0] <= atom.end for atom in found):
                found = [*found, Token(Kind.DOSSIER, None, places[0], places[-1])]
    return sorted(found, key=lambda atom: atom.start)


def _found(text: str) -> Iterator[Token]:
    taken = bytearray(len(text))
    for kind, pattern, value in _COMPILED:
        for found in pattern.finditer(text):
            start, end = found.span()
            end -= len(found[0]) - len(found[0].rstrip())
            if start < end and not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                yield Token(kind, value(found), start, end)
