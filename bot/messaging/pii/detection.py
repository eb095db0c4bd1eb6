"""Finds in a text what identifies an usager: names, initials, dates of birth, social security numbers. The rules: docs/dev/privacy.md."""

from __future__ import annotations

import bisect
import itertools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from urllib.parse import unquote, urlsplit

from rapidfuzz.distance import DamerauLevenshtein

from bot.core.text_folding import PARTICLES, allowed_edits, word_set
from bot.messaging.pii.spans import BIRTH, NAME, Span, merge_spans
from bot.messaging.ports import KnownPerson

OLDEST_YEAR = 1900
"""Of a date of birth."""
RECENT_YEARS = 2
"""A full date of the last two years is taken for an appointment or a request, not for a birth, unless a word says so."""

_CIVILITIES = word_set("m mr mme mlle madame monsieur mademoiselle")
_PATIENT = word_set("patient patiente patients usager usagere usagers resident residente beneficiaire malade dossier dossiers")
_TITLES = word_set("dr docteur pr professeur me maitre confrere consoeur collegue infirmier infirmiere kine medecin ide pharmacien")
_BETWEEN = PARTICLES | word_set("l m mr mme mlle madame monsieur mademoiselle mon ma notre")
_MONTHS = {
    name: month
    for month, names in enumerate(
        (
            *("janvier janv jan", "fevrier fevr fev", "mars", "avril avr", "mai", "juin", "juillet juil", "aout"),
            *("septembre sept sep", "octobre oct", "novembre nov", "decembre dec"),
        ),
        1,
    )
    for name in names.split()
}
_WORD = re.compile(r"[^\W\d_]+")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})\s?[/.\-–\s]\s?(\d{1,2})\s?[/.\-–\s]\s?(\d{4}|\d{2})(?!\d)")
_PHONE = re.compile(r"(?<!\d)0[1-9](?:[ .\-\u00a0]\d{2}){4}(?!\d)")
"""Pairs of digits that are no date."""
_COMPACT = re.compile(r"(?<![\d-])(\d{2})(\d{2})(\d{4})(?!\d)")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_IN_WORDS = re.compile(r"(?<!\d)(\d{1,2}|1er)\s+([^\W\d_]+)\.?\s+(\d{4}|\d{2})(?!\d)")
_CUE_WINDOW = 60
"""Characters before a date or initials in which a word that tells what they are is looked for: a longer way costs, at each of them."""
_BIRTH_CUE = re.compile(
    r"\b(?:n[ée]++s?+(?:\s*+[(·•./\-]?+\s*+es?+\b(?:\)s?+)?+)?|ddn|dn|naissance|naiss)(?!\w)\W*+"
    r"(?:[àa]\s[^\W\d_][^\d\n]{1,29}?\s)?(?:(?:le|en|du)\W*+)?(?:(?:lun|mar|mercre|jeu|vendre|same)di\W*+|dimanche\W*+)?\Z",
    re.IGNORECASE,
)
"""A word for birth, however both genders are written (« né(e) », « né·e », « né e »), with the place, « le » and the weekday after it."""
_NIR = re.compile(r"(?<!\d)[12]\s?\d{2}\s?(?:0[1-9]|1[0-2]|[2-9]\d)\s?(?:\d{2}|2[abAB])\s?\d{3}\s?\d{3}(?:\s?\d{2})?(?!\d)")
_UPPER = "A-ZÀ-ÖØ-ÞŒ"
_INITIALS = re.compile(rf"\b([{_UPPER}])\.\s?-?([{_UPPER}])(?:\.|\b)(?:\s?([{_UPPER}])\.)?|\b([{_UPPER}]{{2}})\b")
_PATIENT_WORD = r"patiente?|usag[èe]re?|r[ée]sidente?|b[ée]n[ée]ficiaire|malade"
_CIVILITY = r"(?:m\.|mr\.?|m|mme|mlle|madame|monsieur|mademoiselle)"
_CAPITAL = rf"(?-i:(?>[{_UPPER}][^\W\d_]+(?:[-'’][^\W\d_]+)*))"
_LOWER = r"(?>[^\W\d_]+(?:[-'’][^\W\d_]+)*)"
"""Both to the end of the name or not at all: « Aa-Aa-Aa » is parted in one way."""
_CAPITALS = rf"{_CAPITAL}(?:[ \u00a0-]+{_CAPITAL}){{0,3}}"
_CUED = re.compile(
    rf"\b(?:{_PATIENT_WORD}|dossier)[ \u00a0]+(?:(?:de|du|la|le|de la) |d['’] ?)?{_CIVILITY}[ \u00a0]+(?P<polite>{_CAPITALS}|{_LOWER})"
    rf"|\b(?:(?:{_PATIENT_WORD}|dossier de)[ \u00a0]+|dossier d['’] ?)(?P<plain>{_CAPITALS})",
    re.IGNORECASE,
)
"""A name after a word for patient or after « dossier de »: an usager's, whoever that is."""
_BORN = re.compile(
    rf"\b{_CIVILITY}[ \u00a0]+(?P<polite>{_CAPITALS}|{_LOWER})[ \u00a0,:]+(?:(?:qui )?est )?"
    r"(?=n[ée]+(?: ?[(·•./\-] ?e\)?)?[ \u00a0]+l[ea]\b|ddn\b)",
    re.IGNORECASE,
)
"""A name with a civility that is followed by the birth."""
_NO_NAMES = word_set("sphere sph dmp ror mss esante centre") | _TITLES | _CIVILITIES
_AFTER_CUE = re.compile(
    r"\b(?:patiente?|usag[èe]re?|r[ée]sidente?|b[ée]n[ée]ficiaire|dossier d[eu']|dossier)\s++"
    r"(?:(?:de|d'|d’|la|le)\s*+)?(?:(?:m\.?|mr|mme|mlle|madame|monsieur)\s*+)?\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Token:
    start: int
    end: int
    folded: str
    capital: bool


def detect_pii(text: str, usagers: Iterable[KnownPerson], today: date) -> list[Span]:
    """Return the spans that identify an usager, in order and without overlap.

    Args:
        text: what a user wrote or is to read.
        usagers: known ones, whose names and dates of birth are looked for.
        today: in Paris.
    """
    tokens = [
        _Token(found.start(), found.end(), _folded(found[0]), found[0][0].isupper()) for found in _WORD.finditer(text.replace("_", " "))
    ]
    spans = [*_dates(text, {usager.birth_date for usager in usagers}, today), *(Span(*n.span(), NAME) for n in _NIR.finditer(text))]
    spans += [*_initials_after_cue(text), *_cued_names(text)]
    for usager in usagers:
        spans += _names(text, tokens, usager)
    return merge_spans(spans)


def url_identifies(url: str, usagers: Iterable[KnownPerson]) -> bool:
    """Return whether a name of one of these usagers, or their birth date in any order, stands anywhere behind the host of `url`."""
    parts = urlsplit(url)
    address = unquote(f"{parts.path} {parts.query} {parts.fragment}", errors="replace")
    letters = "".join(found for found in _WORD.findall(_folded(address)))
    digits = "".join(letter for letter in address if letter.isdigit())
    for usager in usagers:
        names = [_folded(word) for word in _WORD.findall(f"{usager.family} {usager.given}")]
        born = usager.birth_date
        dates = (f"{born:%Y%m%d}", f"{born:%d%m%Y}", f"{born:%d%m%y}") if born else ()
        if any(len(name) > 1 and name in letters for name in names) or any(day in digits for day in dates):
            return True
    return False


def _folded(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.lower().replace("œ", "oe").replace("æ", "ae"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _same(word: str, name: str) -> bool:
    if len(name) < 5:
        return word == name
    return word[:1] == name[:1] and DamerauLevenshtein.distance(word, name, score_cutoff=3) <= min(allowed_edits(len(name)), 2)


def _names(text: str, tokens: list[_Token], usager: KnownPerson) -> list[Span]:
    family = [word for found in _WORD.findall(usager.family) if (word := _folded(found)) not in PARTICLES]
    given = [_folded(found) for found in _WORD.findall(usager.given)]
    found_at = [at for at in range(len(tokens)) if family and _matches(tokens, at, family)]
    runs = _given_runs(tokens, given) if found_at else {}
    spans = []
    for at in found_at:
        token, end = tokens[at], at + len(family) - 1
        whole = _with_given(tokens, at, end, given, runs)
        if whole is not None:
            spans.append(Span(tokens[whole[0]].start, tokens[whole[1]].end, NAME))
        elif _means_usager(text, tokens, at, end):
            spans.append(Span(token.start, tokens[end].end, NAME))
    return [*spans, *_dotted_initials(text, family, given)]


def _matches(tokens: list[_Token], at: int, words: list[str]) -> bool:
    found = tokens[at : at + len(words)]
    return len(found) == len(words) and all(_same(token.folded, word) for token, word in zip(found, words, strict=True))


def _given_runs(tokens: list[_Token], given: list[str]) -> dict[int, tuple[int, int]]:
    """Return, for each token that is one of the given names, the first and last token of those in a row that it is among."""
    runs: dict[int, tuple[int, int]] = {}
    places = [at for at, token in enumerate(tokens) if any(_same(token.folded, name) for name in given)]
    for _, row in itertools.groupby(enumerate(places), lambda numbered: numbered[1] - numbered[0]):
        members = [place for _, place in row]
        runs |= dict.fromkeys(members, (members[0], members[-1]))
    return runs


def _with_given(tokens: list[_Token], start: int, end: int, given: list[str], runs: dict[int, tuple[int, int]]) -> tuple[int, int] | None:
    """Return the first and last token of the whole name, where a given name or its initial stands beside the family name."""
    if not given:
        return None
    before = start - 1
    while before >= 0 and tokens[before].folded in PARTICLES:
        before -= 1
    for place in (before, end + 1):
        if not 0 <= place < len(tokens):
            continue
        neighbour = tokens[place]
        initial = len(neighbour.folded) == 1 and neighbour.capital and neighbour.folded == given[0][:1]
        if initial or place in runs:
            first, last = min(place, start), max(place, end)
            return runs[first - 1][0] if first - 1 in runs else first, runs[last + 1][1] if last + 1 in runs else last
    return None


def _means_usager(text: str, tokens: list[_Token], start: int, end: int) -> bool:
    """Return whether a family name without a given name means the usager rather than a professional of that name."""
    if len(tokens) == end - start + 1:
        return True
    before = start - 1
    crossed = False
    while before >= 0 and tokens[before].folded in _BETWEEN:
        crossed = crossed or tokens[before].folded in _CIVILITIES
        before -= 1
    word = tokens[before].folded if before >= 0 else ""
    if word in _TITLES:
        return False
    if crossed or word in _PATIENT:
        return True
    nearby = [tokens[place] for place in (start - 1, end + 1) if 0 <= place < len(tokens)]
    beside = any(token.capital and _touch(text, token, tokens[start], tokens[end]) for token in nearby if token.start > 0)
    return tokens[start].capital and not beside and not (nearby and start == 1 and tokens[0].capital and len(tokens) == 2)


def _touch(text: str, token: _Token, first: _Token, last: _Token) -> bool:
    gap = text[token.end : first.start] if token.end <= first.start else text[last.end : token.start]
    return not re.search(r"[.,;:!?\n(]", gap)


def _dotted_initials(text: str, family: list[str], given: list[str]) -> list[Span]:
    if not family or not given:
        return []
    pairs = {given[0][:1] + family[0][:1], family[0][:1] + given[0][:1]}
    found = []
    for match in _INITIALS.finditer(text):
        letters = _folded("".join(part for part in match.groups()[:2] if part))
        if match[1] and letters in pairs:
            found.append(Span(match.start(), match.end(), NAME))
    return found


def _initials_after_cue(text: str) -> list[Span]:
    return [Span(*match.span(), NAME) for match in _INITIALS.finditer(text) if _follows(_AFTER_CUE, text, match.start())]


def _follows(cue: re.Pattern[str], text: str, at: int) -> bool:
    """Return whether a cue ends at a place of the text."""
    return cue.search(text, max(at - _CUE_WINDOW, 0), at) is not None


def _cued_names(text: str) -> list[Span]:
    found = []
    for match in itertools.chain(_CUED.finditer(text), _BORN.finditer(text)):
        group = match.lastgroup or ""
        first = _folded(re.split(r"[\s-]", match[group])[0])
        if first not in _NO_NAMES and (len(first) > 1 or match[group][0].isupper()):
            found.append(Span(*match.span(group), NAME))
    return found


def _dates(text: str, born: set[date | None], today: date) -> list[Span]:
    spans = []
    for start, end, found in _written_dates(text, today):
        cued = _follows(_BIRTH_CUE, text, start)
        if found in born or cued or found.year <= today.year - RECENT_YEARS - 1:
            spans.append(Span(start, end, BIRTH))
    return spans


def _written_dates(text: str, today: date) -> Iterable[tuple[int, int, date]]:
    phones = [found.span() for found in _PHONE.finditer(text)]
    for match in _NUMERIC.finditer(text):
        before = bisect.bisect_right(phones, match.start(), key=itemgetter(0)) - 1
        if before >= 0 and match.end() <= phones[before][1]:
            continue
        yield from _date(match, match[1], int(match[2]), match[3], today)
    for match in _COMPACT.finditer(text):
        yield from _date(match, match[1], int(match[2]), match[3], today)
    for match in _ISO.finditer(text):
        yield from _date(match, match[3], int(match[2]), match[1], today)
    for match in _IN_WORDS.finditer(text):
        month = _MONTHS.get(_folded(match[2]))
        if month:
            yield from _date(match, match[1].removesuffix("er"), month, match[3], today)


def _date(match: re.Match[str], day: str, month: int, year: str, today: date) -> Iterable[tuple[int, int, date]]:
    full = int(year)
    if len(year) == 2:
        full += 2000 if full <= today.year % 100 else 1900
    try:
        found = date(full, month, int(day))
    except ValueError:
        return
    if OLDEST_YEAR <= full <= today.year:
        yield match.start(), match.end(), found
