"""The tokens of a request, as they are found in its canonical text: what is named, when, and the small words that turn it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.notifications.preference_parser.categories import Kind
from bot.notifications.preference_parser.patterns import PATTERNS


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


def _found(text: str) -> Iterator[Token]:
    taken = bytearray(len(text))
    for kind, pattern, value in _COMPILED:
        for found in pattern.finditer(text):
            start, end = found.span()
            end -= len(found[0]) - len(found[0].rstrip())
            if start < end and not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                yield Token(kind, value(found), start, end)
