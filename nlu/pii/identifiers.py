"""Rules for what identifies an usager beside the name: numbers, addresses, births, telephones.

A rule errs towards finding: where a text may be of an usager, a needless mask costs a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from nlu.components.birth_dates import find_birth_dates
from nlu.components.folding import fold
from nlu.pii_masking import Mask

NAME, BIRTH, ADDRESS, PHONE, NUMBER = "usager_name", "birth_date", "address", "phone", "number"
_MONTHS = "janv|fevr?|mars|avri?l?|mai|juin|juil|aout|sept|oct|nov|dec"
_NIR = re.compile(r"(?<![\d+])[12][ .\-]?\d{2}[ .\-]?\d{2}[ .\-]?(?:\d{2}|2[ab])[ .\-]?\d{3}[ .\-]?\d{3}(?:[ .\-/]{0,3}\d{2})?(?!\d)")
"""A social security number (13 digits, with its key 15), the INS, however it is spaced."""
_CUED_NUMBER = re.compile(r"\b(?:nir|ins|nss|secu(?:rite sociale)?|n° ?(?:de )?secu|ipp|nip|nda)\b[^\d\n]{0,25}(\d[\d .\-]{5,24}\d)")
_STREET = (
    r"rue|r\.|avenue|av\.?|ave|boulevard|bd|bld|blvd|place|pl\.?|impasse|imp\.?|allee|all\.?|chemin|ch\.|route|rte|quai|square|cours|passage|"
    r"sentier|hameau|residence|lotissement|lot\.|ruelle|villa|esplanade|faubourg|fbg|venelle|lieu[- ]dit|clos|mail"
)
_ADDRESS = re.compile(
    rf"(?<!\w)(?:au |n° ?)?\d{{1,4}}(?: ?(?:bis|ter|quater|[a-d](?![\w'])))?[ ,]{{1,2}}(?:{_STREET})\b[^\n.;:!?()]*?"
    r"(?=\s(?:avec|et|est|qui|chez|pour|depuis|stp|svp|au dossier|a besoin|tel|code|ne[e]?)\b|\s[-–/]|/|[.;:!?()\n]|$"
    r"|,\s*(?!\d{5}|[a-z\-]+$))"
)
_BORN = re.compile(
    r"\b(?:ne+(?: ?[(·•./\-] ?e ?\)?| e)?s?|ddn|dn|date de naissance|naissance|naiss)(?!\w)[ :,]{0,3}(?:c'?est |est )?"
    r"(?:a [a-z][a-z' \-]{1,29} (?=le |en ))?(?:le |en |du |la |: )?(?:(?:lun|mar|mercre|jeu|vendre|same)di |dimanche )?"
    rf"(?P<date>\d{{1,2}}(?:er)?[ /.\-]*(?:\d{{1,2}}|(?:{_MONTHS})[a-z]*\.?)[ /.\-]*\d{{2,4}}|\d{{6}}|\d{{8}}|(?:19|20)\d\d|(?<=en )\d\d)"
    r"(?!\d)"
)
"""A date after a word for birth, however both genders are written (« né(e) », « né·e », « né e »), also after a place or a weekday."""
_PHONE = re.compile(r"(?<![\d+])(?:(?:\+|00) ?(?:33|262|590|594|596|508)[ .]?\(?0?\)? ?|0)[1-9](?:[ .\-/]?\d\d){4}(?!\d)")


def find_numbers(text: str) -> Iterator[Mask]:
    """Yield social security numbers, and other numbers of an usager after their name."""
    folded = fold(text)
    for match in _NIR.finditer(folded):
        yield Mask(match.start(), match.end(), NUMBER)
    for match in _CUED_NUMBER.finditer(folded):
        yield Mask(match.start(1), match.end(1), NUMBER)


def find_births(text: str, today: date) -> Iterator[Mask]:
    """Yield dates of birth: what stands after a word for birth (a date in any spelling, a year), and dates that may be nothing else."""
    folded = fold(text)
    for match in _BORN.finditer(folded):
        yield Mask(match.start("date"), match.end("date"), BIRTH)
    for found in find_birth_dates(folded, today):
        yield Mask(found.start, found.end, BIRTH)


def find_addresses(text: str) -> Iterator[Mask]:
    """Yield postal addresses, with the town that follows."""
    folded = fold(text)
    for match in _ADDRESS.finditer(folded):
        start = match.start() + (3 if match[0].startswith("au ") else 0)
        end = match.end()
        if town := re.match(r",\s*\d{5}\s+[a-z][a-z\-']*(?:[ \-][a-z\-']+){0,3}|,\s*[a-z][a-z\-']+(?=\s*(?:[.;)]|$))", folded[end:]):
            end += town.end()
        yield Mask(start, end, ADDRESS)


def find_phones(text: str) -> Iterator[Mask]:
    """Yield telephone numbers."""
    for match in _PHONE.finditer(text):
        yield Mask(match.start(), match.end(), PHONE)
