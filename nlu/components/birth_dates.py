"""Dates of birth in digits and in French words: « 12/03/1948 », « 12.03.48 », « douze mars quarante-huit »."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from functools import lru_cache

from nlu.components.entity_match import EntityMatch

EARLIEST_YEAR = 1900
"""The first year that a date of birth may have."""
_UNITS = ("zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize").split()  # noqa: SIM905
_TENS = {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "huitante": 80,
         "octante": 80, "nonante": 90}  # fmt: skip
MONTHS = {
    "janvier": 1, "janv": 1, "jan": 1, "fevrier": 2, "fevr": 2, "fev": 2, "mars": 3, "avril": 4, "avr": 4, "mai": 5,
    "juin": 6, "juillet": 7, "juil": 7, "aout": 8, "septembre": 9, "sept": 9, "sep": 9, "octobre": 10, "oct": 10,
    "novembre": 11, "nov": 11, "decembre": 12, "dec": 12,
}  # fmt: skip


def _spell_below_hundred(number: int) -> str:
    if number <= 16:
        return _UNITS[number]
    if number < 20:
        return "dix " + _UNITS[number - 10]
    tens, unit = divmod(number, 10)
    if tens in (7, 9):
        tens, unit = tens - 1, unit + 10
    name = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 8: "quatre vingt"}[tens]
    if unit == 0:
        return name
    rest = _UNITS[unit] if unit <= 16 else "dix " + _UNITS[unit - 10]
    return f"{name} et {rest}" if unit in (1, 11) and tens != 8 else f"{name} {rest}"


@lru_cache(maxsize=1)
def _numbers_in_words() -> dict[str, int]:
    """Return every number from 0 to 99 by its words, with spaces for hyphens, with and without « et »."""
    spelled: dict[str, int] = {}
    for number in range(100):
        words = _spell_below_hundred(number)
        spelled[words] = number
        spelled[words.replace(" et ", " ")] = number
    spelled["quatre vingts"] = 80
    for name, tens in _TENS.items():
        for unit in range(10):
            spelled.setdefault(f"{name} {_UNITS[unit]}" if unit else name, tens + unit)
    return spelled


@lru_cache(maxsize=1)
def _years_in_words() -> dict[str, int]:
    """Return years by their words: « mille neuf cent quarante huit », « dix neuf cent … », « deux mille douze », « quarante huit »."""
    spelled: dict[str, int] = {}
    for words, number in _numbers_in_words().items():
        spelled[words] = number
        for century in ("mille neuf cent", "mille neuf cents", "dix neuf cent", "dix neuf cents"):
            spelled[f"{century} {words}" if number else century] = 1900 + number
        spelled[f"deux mille {words}" if number else "deux mille"] = 2000 + number
    return spelled


def _alternatives(spelled: dict[str, int]) -> str:
    return "|".join(sorted((re.escape(w).replace(r"\ ", r"[ \-]+") for w in spelled), key=len, reverse=True))


@lru_cache(maxsize=1)
def _compile_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a date with its month in words and of a date in digits."""
    month_words = "|".join(sorted(MONTHS, key=len, reverse=True))
    days = {w: n for w, n in _numbers_in_words().items() if 1 <= n <= 31}
    day = rf"(?:[0-3]?[0-9](?:er|e)?|1er|premier|{_alternatives(days)})"
    year = rf"(?:(?:19|20)[0-9]{{2}}|'?[0-9]{{2}}|{_alternatives(_years_in_words())})"
    words = (
        rf"(?<![\w/.\-])(?P<day>{day})[ \-./]*\b(?P<month>{month_words})\b\.?,?"
        rf"(?:[ \-./]+(?:de )?|(?=[0-9]))(?P<year>{year})(?!\w)(?![/.\-][0-9])"
    )
    digits = (
        r"(?<![\w+])(?<![0-9][/.\- ])(?:(?P<iso>(?:19|20)[0-9]{2}[\-/.][01]?[0-9][\-/.][0-3]?[0-9])"
        r"|(?P<day>[0-3]?[0-9])(?P<sep> ?[/.\-] ?| )(?P<month>[01]?[0-9])(?P=sep)(?P<year>(?:19|20)[0-9]{2}|[0-9]{2})"
        r"|(?P<solid>[0-3][0-9][01][0-9](?:19|20)[0-9]{2}))(?!\w)(?!\.?[/\-.][0-9])(?! [0-9]{2}(?![0-9]))"
    )
    return re.compile(words), re.compile(digits)


_BIRTH_CUE = re.compile(
    r"(?:\bne(?:e| ?[(·•./\-] ?e ?\)?)?s?|\bnaissance|\bddn|\bdate de nais\w*)(?:\s|:|,|=|le|la|est|un|au|en|c'est|date|du)*\Z"
)
_WEEKDAY = re.compile(r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\s*\Z")
_FILLER = re.compile(r"[\s.,:;!?]*(?:(?:le|la|du|c'est|date|oui|donc|alors|svp|stp|merci|euh?)[\s.,:;!?]*)*")


def expand_year(year: int, today: datetime.date) -> int:
    """Return a two-digit year as the latest year that is not in the future (« 48 » → 1948, « 12 » → 2012), another one as it is."""
    if year >= 100:
        return year
    return 2000 + year if 2000 + year <= today.year else 1900 + year


def find_birth_dates(folded: str, today: datetime.date) -> Iterator[EntityMatch]:
    """Yield the dates of a folded text that may be dates of birth: real, not before 1900, not after `today`; values are ISO 8601.

    A date of this year or the last counts only after a word for birth, or where the message holds nothing else: otherwise it is
    more likely that of a notification or an appointment. A date without a year does not count.
    """
    in_words, in_digits = _compile_patterns()
    for match in in_words.finditer(folded):
        day = _parse_number(match.group("day"), _numbers_in_words())
        year = _parse_number(match.group("year"), _years_in_words())
        yield from _accept(folded, match, _build_date(day, MONTHS[match.group("month")], year, today), today)
    for match in in_digits.finditer(folded):
        if iso := match.group("iso"):
            parts = re.split(r"[\-/.]", iso)[::-1]
        elif solid := match.group("solid"):
            parts = [solid[:2], solid[2:4], solid[4:]]
        else:
            parts = [match.group("day"), match.group("month"), match.group("year")]
        ambiguous = match.group("solid") is not None or match.group("sep") == " "
        day, month, year = (int(part) for part in parts)
        yield from _accept(folded, match, _build_date(day, month, year, today), today, ambiguous=ambiguous)


def _parse_number(words: str, spelled: dict[str, int]) -> int | None:
    words = re.sub(r"[ \-]+", " ", words.strip(" '"))
    digits = re.match(r"[0-9]+", words)
    if digits:
        return int(digits.group())
    return 1 if words == "premier" else spelled.get(words)


def _build_date(day: int | None, month: int | None, year: int | None, today: datetime.date) -> datetime.date | None:
    if day is None or month is None or year is None:
        return None
    try:
        date = datetime.date(expand_year(year, today), month, day)
    except ValueError:
        return None
    return date if date.year >= EARLIEST_YEAR and date <= today else None


def _accept(
    folded: str, match: re.Match[str], date: datetime.date | None, today: datetime.date, *, ambiguous: bool = False
) -> Iterator[EntityMatch]:
    """Yield `match` where its `date` is one of birth; digits without separators or with spaces are `ambiguous` and need a cue."""
    if date is None:
        return
    before = _WEEKDAY.sub("", folded[: match.start()])
    has_cue = _BIRTH_CUE.search(before) is not None
    is_alone = _FILLER.fullmatch(before) is not None and _FILLER.fullmatch(folded[match.end() :]) is not None
    if has_cue or is_alone or (not ambiguous and date.year < today.year - 1):
        yield EntityMatch("birth_date", match.start(), match.end(), date.isoformat())
