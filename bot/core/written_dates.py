"""Dates of birth as people write them where the day is not known or does not exist: « 1948 », « mars 1948 », « 31/04/1950 ».

What is whole and real is read by the understanding (`nlu.components.birth_dates`); the tables of both agree. A date is a FHIR `date`:
"1948", "1948-03", "1948-03-12".
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from bot.core.text_folding import fold

MONTHS = {
    "janvier": 1, "janv": 1, "jan": 1, "fevrier": 2, "fevr": 2, "fev": 2, "mars": 3, "avril": 4, "avr": 4, "mai": 5,
    "juin": 6, "juillet": 7, "juil": 7, "aout": 8, "septembre": 9, "sept": 9, "sep": 9, "octobre": 10, "oct": 10,
    "novembre": 11, "nov": 11, "decembre": 12, "dec": 12,
}  # fmt: skip
"""Months by their folded names and abbreviations."""
MONTH_WORDS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre")
EARLIEST_YEAR = 1900
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_YEAR = r"(?P<year>[12][0-9]{3})"
_WHOLE = re.compile(
    rf"(?<![0-9])(?<![0-9] )(?:(?P<day>[0-9]{{1,2}}|1er|premier) ?(?:de )?(?:(?P<month>[0-9]{{1,2}})(?= )|(?P<word>{_MONTH}))"
    r" ?(?P<year>[12][0-9]{3}|[0-9]{2})"
    r"|(?P<iso>[12][0-9]{3}) (?P<iso_month>[0-9]{1,2}) (?P<iso_day>[0-9]{1,2})"
    r"|(?P<solid>[0-9]{4}(?:19|20)[0-9]{2}))(?![0-9])(?! [0-9])"
)
_MONTH_AND_YEAR = re.compile(rf"(?<![0-9])(?<![0-9] )(?:(?P<month>[0-9]{{1,2}}) |(?P<word>{_MONTH}) (?:de )?){_YEAR}(?![0-9])(?! [0-9])")
_YEAR_ALONE = re.compile(rf"(?<![0-9])(?<![0-9] ){_YEAR}(?![0-9])(?! [0-9])")
_BORN = re.compile(
    r"\b(?:ne|nee|nes|nees|ne e|naissance|ddn|annee)\b(?: (?:en|vers|le|la|au|mois|annee|l|de|d|est|c|seulement|courant))*\Z"
)


@dataclass(frozen=True)
class WrittenDate:
    """A date as it was written.

    Attributes:
        value: the FHIR date, "" where there is no such date or it cannot be one of birth.
        written: the date in words, for the answer: « 31 avril 1950 ».
        exists: whether the calendar has it.
    """

    value: str
    written: str
    exists: bool = True


def read_birth_date(text: str, today: date, *, asked: bool) -> WrittenDate | None:
    """Return the date of birth that a text gives, whole or not, or one that is impossible; None where it gives none.

    Args:
        asked: whether it was asked for. Otherwise what is not whole counts only after a word for birth (« né en 1948 »).
    """
    folded = " ".join(part for part in map(fold, text.split()) if part)
    if found := _WHOLE.search(folded):
        return _read_whole(found, today)
    for pattern in (_MONTH_AND_YEAR, _YEAR_ALONE):
        found = pattern.search(folded)
        if found and (asked or _BORN.search(folded[: found.start()].rstrip())):
            parts = found.groupdict()
            month = MONTHS[parts["word"]] if parts.get("word") else int(parts.get("month") or 0)
            return _build(0, month, int(found["year"]), today)
    return None


def _read_whole(found: re.Match[str], today: date) -> WrittenDate:
    if solid := found["solid"]:
        return _build(int(solid[:2]), int(solid[2:4]), int(solid[4:]), today)
    if found["iso"]:
        return _build(int(found["iso_day"]), int(found["iso_month"]), int(found["iso"]), today)
    year = int(found["year"])
    if year < 100:
        year += 2000 if 2000 + year <= today.year else 1900
    day = 1 if found["day"] in {"1er", "premier"} else int(found["day"])
    return _build(day, MONTHS[found["word"]] if found["word"] else int(found["month"]), year, today)


def _build(day: int, month: int, year: int, today: date) -> WrittenDate:
    """Return a date; day and month are 0 where they are not known (« 00/00/1948 »)."""
    written = " ".join(part for part in (_day_word(day), _month_word(month) if month <= 12 else "", str(year)) if part)
    if month > 12 or (day and not month) or day > (monthrange(year, month)[1] if month else 31):
        return WrittenDate("", written if month <= 12 else f"{day:02d}/{month:02d}/{year}", exists=False)
    value = f"{year:04d}" + (f"-{month:02d}" if month else "") + (f"-{day:02d}" if day else "")
    possible = year >= EARLIEST_YEAR and value <= today.isoformat()[: len(value)]
    return WrittenDate(value if possible else "", written)


def _day_word(day: int) -> str:
    return {0: "", 1: "1er"}.get(day, str(day))


def _month_word(month: int) -> str:
    return ("", *MONTH_WORDS)[month]


def in_words(value: str) -> str:
    """Return a FHIR date as it is shown: « 12/03/1948 », « mars 1948 », « 1948 »."""
    year, month, day = (*value.split("-"), "", "")[:3]
    if day:
        return f"{day}/{month}/{year}"
    return f"{_month_word(int(month))} {year}" if month else year
