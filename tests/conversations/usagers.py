"""What tells who an usager is, and where it stands in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from tests.conversations.generated import MONTHS, Someone
from tests.stack import Stack

_INITIALS = re.compile(r"\b([a-z])\. ?([a-z])\.")
_DATES = re.compile(r"\b\d{1,4}[/.-]\d\d?[/.-]\d{2,4}\b|\b\d\d?(?:er)? [a-z]+ \d{4}\b")


def usagers_of(stack: Stack) -> list[Someone]:
    """Every usager that the platform knows now: of the demo, and made since."""
    found = [Someone.of(entry["resource"]) for entry in stack.fhir("Patient?_count=500")["entry"]]
    assert len(found) >= 20
    return found


def traits_in(text: str, usagers: Iterable[Someone]) -> list[str]:
    """Names, birth dates and initials of usagers that stand in a text, with what is around. A lone family name may be a partner's."""
    plain = folded(text)
    initials: set[str] = set()
    dates: set[str] = set()
    names: set[str] = set()
    for usager in usagers:
        family, given = folded(usager.family), folded(usager.given)
        initials |= {given[0] + family[0], family[0] + given[0]}
        dates |= _dates(usager.birth)
        if family in plain:
            both = rf"{re.escape(given)}[ ,]+{re.escape(family)}|{re.escape(family)}[ ,]+{re.escape(given)}"
            names.add(rf"{both}|(?:m|mme|madame|monsieur)\.? {re.escape(family)}")
    found = [match for match in _INITIALS.finditer(plain) if match[1] + match[2] in initials]
    found += [match for match in _DATES.finditer(plain) if match[0] in dates]
    found += [match for pattern in names for match in re.finditer(rf"\b(?:{pattern})\b", plain)]
    return sorted({plain[max(0, match.start() - 40) : match.end() + 20] for match in found})


def _dates(birth: str) -> set[str]:
    """A birth date as people and machines write it."""
    year, month, day = birth.split("-")
    written = {f"{day}{mark}{month}{mark}{short}" for mark in "/.-" for short in (year, year[2:])} | {f"{int(day)}/{int(month)}/{year}"}
    name = folded(MONTHS[int(month) - 1])
    return written | {birth, f"{int(day)} {name} {year}", f"{int(day)}er {name} {year}"}


def folded(text: str) -> str:
    """Without accents or capitals."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
