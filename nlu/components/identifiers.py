"""Identifiers that a rule finds better than a model: RPPS, ADELI, FINESS, e-mail address, phone number.

Each finder takes the folded text (`fold`: same length, so same offsets), or the text as typed where its parameter is named `text`, and
yields matches with normalised values. Lengths: RPPS 11 digits, ADELI 9, FINESS 9 (of a Corsican département one may be a letter).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.components.entity_match import EntityMatch
from nlu.components.folding import fold

_END = r"(?![0-9])(?!\.[0-9])"
_INTRODUCTION = r"(?:\s|:|=|,|-|n[°o]\.?|numero|num|est|c'est|c|le|du|code|id)*"

_EMAIL = re.compile(
    r"(?<![\w.+@-])[a-z0-9](?:[a-z0-9_.+'-]{0,62}[a-z0-9_+])?@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(?![\w@-])"
)
_IDNPS = re.compile(r"(?<![\w+])(?<![0-9][ .,\-/])8[ .\-]?(?P<value>[0-9](?:[ .\-]?[0-9]){10})(?!\w)(?![ .][0-9])")
"""The national identifier of a professional: 8, then the RPPS."""
_RPPS_CUED = re.compile(r"\brpps\b" + _INTRODUCTION + r"(?:8[ .\-]?)?(?P<value>[0-9](?:[ .\-/]{0,2}[0-9]){10})(?!\w)(?![ .\-/]?[0-9])")
_RPPS_SOLID = re.compile(r"(?<![\w+])(?<![0-9][.,])[0-9]{11}" + _END + r"(?!\w)")
_RPPS_SPACED = re.compile(r"(?<![\w+])(?<![0-9][ .,\-/])[0-9](?:[ .]?[0-9]){10}(?!\w)(?![ .][0-9])")
_PHONE = re.compile(
    r"(?<![\w+])(?<![0-9][.\-/])"
    r"(?:(?:\+|00)[ .]?33[ .\-]?(?:\(0\)[ .]?)?|0)[1-9](?:[ .\-/]?[0-9]{2}){4}"
    r"(?!\w)(?![.\-/][0-9])"
)
_INTERNATIONAL_PHONE = re.compile(r"(?<![\w+])\+[1-9](?:[ .\-]?[0-9]){7,13}(?!\w)")
_ADELI = re.compile(
    r"\badeli\b"
    + _INTRODUCTION
    + r"(?:0[ .]?(?=[0-9][ .]?[0-9ab](?:[ .\-]?[0-9]){7}(?!\w)))?(?P<value>[0-9] ?[0-9ab](?:[ .\-]?[0-9]){7})(?!\w)"
)
_FINESS = re.compile(r"\bfiness\b" + _INTRODUCTION + r"(?P<value>[0-9][0-9ab](?:[ .]?[0-9]){7})(?!\w)")


def _digits(text: str) -> str:
    return "".join(c for c in text if c in "0123456789")


def find_email_like(text: str) -> Iterator[EntityMatch]:
    """Yield what is written like an e-mail address, accented characters included; the value is in lower case."""
    for match in _EMAIL.finditer(fold(text)) if "@" in text else ():
        if ".." not in match.group():
            yield EntityMatch("email", match.start(), match.end(), text[match.start() : match.end()].lower())


def find_emails(text: str) -> Iterator[EntityMatch]:
    """Yield the e-mail addresses of `text`. One with an accent is invalid and left out: an address must not be guessed."""
    return (found for found in find_email_like(text) if found.value.isascii())


def find_phones(folded: str) -> Iterator[EntityMatch]:
    """Yield phone numbers: French ones as ten digits (« 06 12… » and « +33 6 12… » alike), others as « + » and digits."""
    for match in _PHONE.finditer(folded):
        national = _digits(match.group())[-9:]
        yield EntityMatch("phone", match.start(), match.end(), "0" + national)
    for match in _INTERNATIONAL_PHONE.finditer(folded):
        yield EntityMatch("phone", match.start(), match.end(), "+" + _digits(match.group()))


def find_rpps(folded: str) -> Iterator[EntityMatch]:
    """Yield RPPS numbers: eleven digits, with or without spaces or dots between them, also after the 8 of the national identifier."""
    for pattern in (_RPPS_CUED, _IDNPS):
        for match in pattern.finditer(folded):
            yield EntityMatch("rpps", *match.span("value"), _digits(match.group("value")))
    for pattern in (_RPPS_SOLID, _RPPS_SPACED):
        for match in pattern.finditer(folded):
            yield EntityMatch("rpps", match.start(), match.end(), _digits(match.group()))


def find_adeli_and_finess(folded: str) -> Iterator[EntityMatch]:
    """Yield ADELI and FINESS numbers: both have nine digits, so only the word before them tells which they are."""
    for entity, pattern in (("adeli", _ADELI), ("finess", _FINESS)):
        for match in pattern.finditer(folded):
            start, end = match.span("value")
            yield EntityMatch(entity, start, end, re.sub(r"[ .\-]", "", match.group("value")).upper())
