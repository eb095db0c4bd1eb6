"""Identifiers that a rule finds better than a model: RPPS, ADELI, FINESS, e-mail, phone.

Each finder takes the user's text and its `fold` (same length) and yields `EntityMatch` spans with the value in the form that the
rest of the house uses. Lengths: RPPS 11 digits, ADELI 9, FINESS 9 (a Corsican département may hold a letter).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlu.components.folding import fold

_GAP = r"[ .\-/]?"
_END = r"(?![0-9])(?!\.[0-9])"
_ANNOUNCE = r"(?:\s|:|=|,|-|n[°o]\.?|numero|num|est|c'est|c|le|du|code|id)*"

_EMAIL = re.compile(
    r"(?<![\w.+@-])[a-z0-9](?:[a-z0-9_.+'-]{0,62}[a-z0-9_+])?@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(?![\w@-])"
)
_RPPS_SOLID = re.compile(r"(?<![\w+])(?<![0-9][.,])[0-9]{11}" + _END + r"(?!\w)")
_RPPS_SPACED = re.compile(r"(?<![\w+])(?<![0-9][ .,\-/])[0-9](?:[ .]?[0-9]){10}(?!\w)(?![ .][0-9])")
_PHONE = re.compile(
    r"(?<![\w+])(?<![0-9][.\-/])"
    r"(?:(?:\+|00)[ .]?33[ .\-]?(?:\(0\)[ .]?)?|0)[1-9](?:[ .\-/]?[0-9]{2}){4}"
    r"(?!\w)(?![.\-/][0-9])"
)
_PHONE_ABROAD = re.compile(r"(?<![\w+])\+[1-9](?:[ .\-]?[0-9]){7,13}(?!\w)")
_ADELI = re.compile(r"\badeli\b" + _ANNOUNCE + r"(?P<value>[0-9][0-9ab](?:[ .]?[0-9]){7})(?!\w)")
_FINESS = re.compile(r"\bfiness\b" + _ANNOUNCE + r"(?P<value>[0-9][0-9ab](?:[ .]?[0-9]){7})(?!\w)")


@dataclass(frozen=True, slots=True)
class EntityMatch:
    """A piece of the user's text, `text[start:end]`, that is an `entity` whose `value` is normalised."""

    entity: str
    start: int
    end: int
    value: str


def digits(text: str) -> str:
    """The ASCII digits of `text`."""
    return "".join(c for c in text if c in "0123456789")


def find_email_like(text: str) -> Iterator[EntityMatch]:
    """What is written like an e-mail address, with accents too; value in lower case."""
    for match in _EMAIL.finditer(fold(text)) if "@" in text else ():
        if ".." not in match.group():
            yield EntityMatch("email", match.start(), match.end(), text[match.start() : match.end()].lower())


def find_emails(text: str) -> Iterator[EntityMatch]:
    """E-mail addresses of `text`. One with an accent is none: nobody's address is to be guessed."""
    return (found for found in find_email_like(text) if found.value.isascii())


def find_phones(folded: str) -> Iterator[EntityMatch]:
    """Phone numbers; French ones as ten digits (« 06 12… » and « +33 6 12… » alike), others as + and digits."""
    for match in _PHONE.finditer(folded):
        national = digits(match.group())[-9:]
        yield EntityMatch("phone", match.start(), match.end(), "0" + national)
    for match in _PHONE_ABROAD.finditer(folded):
        yield EntityMatch("phone", match.start(), match.end(), "+" + digits(match.group()))


def find_rpps(folded: str) -> Iterator[EntityMatch]:
    """RPPS numbers: eleven digits, spaces or dots allowed between."""
    for pattern in (_RPPS_SOLID, _RPPS_SPACED):
        for match in pattern.finditer(folded):
            yield EntityMatch("rpps", match.start(), match.end(), digits(match.group()))


def find_adeli_and_finess(folded: str) -> Iterator[EntityMatch]:
    """ADELI and FINESS numbers, which nothing but the word before them tells apart."""
    for entity, pattern in (("adeli", _ADELI), ("finess", _FINESS)):
        for match in pattern.finditer(folded):
            start, end = match.span("value")
            yield EntityMatch(entity, start, end, re.sub(r"[ .]", "", match.group("value")).upper())
