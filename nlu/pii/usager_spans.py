"""Finds in a message what may identify an usager whom nobody knows yet: names by the tagger and by rules, and what stands beside them.

The tagger says how likely a word is of an usager's name; rules say what goes with a name that was found (« née Vlimbec », « D. », digits
that stick to it). Thresholds are low: a false alarm costs a masked word, a miss costs a secret (figures: docs/dev/privacy.md).
"""

from __future__ import annotations

import itertools
import re
import zoneinfo
from collections.abc import Iterator, Sequence
from datetime import datetime

from nlu.components.folding import fold
from nlu.components.lexicon import EMPTY_LEXICON, Lexicon
from nlu.pii.identifiers import BIRTH, NAME, PHONE, find_addresses, find_births, find_numbers, find_phones
from nlu.pii.name_features import KNOWN, MARK, NUMBER, RULE
from nlu.pii.name_tagger import NameTagger, TaggedWord
from nlu.pii.name_words import BETWEEN, CERTAIN, are_adjacent, find_name_words, has_digits, with_what_sticks
from nlu.pii.other_names import OTHER_NAME_WORDS
from nlu.pii.professional_context import CORRECTION, PROFESSIONAL, USAGER, is_asked_for, is_professional
from nlu.pii_masking import Mask, merge_masks

PARIS = zoneinfo.ZoneInfo("Europe/Paris")
PLAIN = 0.9
"""The same that outweighs that an usager was asked for."""
CLEAR = 0.98
"""The probability of being in a professional's name that needs no other context where a professional was asked for."""
_INTRODUCED = frozenset(("prenom", "nom", "chambre", "ch"))
"""Words after which, a colon or a number apart, somebody's name stands."""
_CALLED = frozenset(("nomme", "nommee", "professionnel", "docteur"))
"""Words after which even a word with digits is a professional's name."""
_NOT_AFTER_MARRIED = frozenset(
    ("le", "en", "un", "une", "et", "ou", "a", "au", "pas", "quoi", "ou", "comment", "je", "c'", "est", "il", "elle", "hier")
)
_PATIENT = re.compile(
    r"\b(?:patiente?s?|usag[e]re?s?|residente?s?|beneficiaire|malade|habite|domicili\w*|demeure|vit|mamie|mamy|papi|papy|chez elle|"
    r"chez lui|nouvelle usagere|chambre)\b"
)
_PROFESSIONAL = re.compile(
    r"\b(?:cabinet|exerce|installee?|liberale?|rpps|compte|professionnel\w*|mon adresse|mon numero|mon tel|mon portable|rappelez)\b"
)


def find_usager_spans(text: str, tagger: NameTagger, asked: str = "", lexicon: Lexicon = EMPTY_LEXICON) -> list[Mask]:
    """Return what may identify an usager in `text`, in order and without overlap.

    Args:
        text: what was typed.
        tagger: the trained one.
        asked: what the dialogue had just asked for (`nlu.pii.message_masks.ASKED`).
        lexicon: names and towns of the imported directory.
    """
    words = tagger.tag(text, asked, lexicon)
    named = set(_names_of_usagers(text, words, asked))
    if asked == USAGER:
        named &= _besides_professionals(text, tagger.tag(text, "", lexicon))
    named = _extend(text, words, named, introduced=asked != PROFESSIONAL)
    found = [with_what_sticks(text, words[at]) for at in sorted(named)]
    found += _joined(text, found)
    found += _years(text, words, named)
    found += [*find_numbers(text), *find_births(text, datetime.now(PARIS).date())]
    found += _beside(text, words, named, asked)
    found += _mails(text, found)
    return merge_masks(found)


def _names_of_usagers(text: str, words: Sequence[TaggedWord], asked: str) -> Iterator[int]:
    """Yield the words of the names that no professional context claims."""
    likely = find_name_words(text, words)
    readings = [word.reading for word in words]
    start = 0
    while start < len(words):
        end = start
        while end < len(words) and (likely[end] or (end > start and _is_inside(words, likely, end))):
            end += 1
        if end == start:
            start += 1
            continue
        usager, professional = (max(getattr(words[at], role) for at in range(start, end)) for role in ("usager", "professional"))
        called = any(reading.token.form in _CALLED for reading in readings[max(start - 3, 0) : start])
        digits = not asked and not called and any(has_digits(text, words[at]) for at in range(start, end))
        least = min(words[at].professional for at in range(start, end) if likely[at])
        clear = not digits and ((asked == PROFESSIONAL and least >= CLEAR) or (asked == CORRECTION and least > usager))
        certain = digits or (usager >= CERTAIN and usager > professional and asked != CORRECTION and not is_asked_for(readings, start))
        if not clear and (certain or not is_professional(readings, start, end, asked)):
            yield from (at for at in range(start, end) if likely[at] or words[at].reading.kind not in (MARK, NUMBER, RULE))
        start = end


def _besides_professionals(text: str, words: Sequence[TaggedWord]) -> set[int]:
    """Return the words that are not clearly of a professional's name, whatever had been asked for: « Hugues Martin, kiné à Bourges »."""
    usagers = set(_names_of_usagers(text, words, ""))
    return {at for at, word in enumerate(words) if at in usagers or word.professional < PLAIN}


def _is_inside(words: Sequence[TaggedWord], likely: Sequence[bool], at: int) -> bool:
    """Return whether a word joins two parts of one name: a particle, a full stop after an initial."""
    form = words[at].reading.token.form
    after = at + 1 < len(words) and likely[at + 1]
    return after and (form in BETWEEN or (form == "." and len(words[at - 1].reading.token.text) == 1))


def _extend(text: str, words: Sequence[TaggedWord], named: set[int], *, introduced: bool) -> set[int]:
    """Add the other names of a person who is named: after « née », beside a name that was found, an initial, `introduced` by « prénom »."""
    found = set(named)
    for at, word in enumerate(words):
        if _precedes_other_name(word):
            found |= _name_after(words, at + 1)
        if introduced and word.reading.token.form in _INTRODUCED:
            found |= _next_word(words, at + 1)
    for at in sorted(found):
        for step in (-1, 1):
            beside = at + step
            if 0 <= beside < len(words) and beside not in found and _is_initial(words[beside]) and are_adjacent(text, words, at, beside):
                found.add(beside)
    return found


def _next_word(words: Sequence[TaggedWord], start: int) -> set[int]:
    """Return the word after « prénom » or « chambre 8 », where it is none of the assistant's own vocabulary."""
    for at in range(start, min(start + 3, len(words))):
        reading = words[at].reading
        if reading.token.form == ":" or reading.kind == NUMBER:
            continue
        return {at} if reading.kind not in (KNOWN, MARK, RULE) and len(reading.token.text) > 2 else set()
    return set()


def _precedes_other_name(word: TaggedWord) -> bool:
    """Return whether a word says that another name of the same person follows; « ne » is mostly the negation, « né » is not."""
    token = word.reading.token
    return token.form in OTHER_NAME_WORDS or token.text.lower() in ("né", "nés", "née", "nées")


def _name_after(words: Sequence[TaggedWord], start: int) -> set[int]:
    """Return the words of a name that begins at `start`, one to four of them."""
    found: set[int] = set()
    for at in range(start, min(start + 5, len(words))):
        reading = words[at].reading
        form = reading.token.form
        if reading.kind == MARK and form in (":", ".") and not found:
            continue
        if form in BETWEEN and at + 1 < len(words) and form not in ("le",):
            continue
        capital = reading.token.text[:1].isupper()
        likely = words[at].usager + words[at].professional > 0.3 or (capital and reading.kind not in (KNOWN, MARK, NUMBER, RULE))
        if reading.kind in (MARK, NUMBER, RULE) or form in _NOT_AFTER_MARRIED or not (likely or (capital and not found)):
            break
        found.add(at)
    return found


def _is_initial(word: TaggedWord) -> bool:
    text = word.reading.token.text
    return len(text) == 1 and text.isalpha() and "civ" not in word.reading.token.classes and (text.isupper() or word.usager > 0.05)


def _joined(text: str, found: Sequence[Mask]) -> list[Mask]:
    """Return what stands between two parts of one name: a space, a hyphen, a particle; the whole becomes one span."""
    spans = sorted(found, key=lambda span: span.start)
    joined = []
    for one, other in itertools.pairwise(spans):
        between = fold(text[one.end : other.start])
        if other.start >= one.end and re.fullmatch(r"[ .\-']{0,2}(?:(?:de la|de l'|de|du|des|d'|la|le|van|von|ben|el)[ ']?)?", between):
            joined.append(Mask(one.start, other.end, NAME))
    return joined


def _beside(text: str, words: Sequence[TaggedWord], named: set[int], asked: str) -> list[Mask]:
    """Return the addresses and telephone numbers that are an usager's: of whoever was named or meant last before them."""
    if asked == PROFESSIONAL:
        return []
    found = []
    folded = fold(text)
    for span in (*find_addresses(text), *find_phones(text)):
        usager = max((words[at].reading.token.end for at in named if words[at].reading.token.end <= span.start), default=-1)
        usager = max([usager, *(match.end() for match in _PATIENT.finditer(folded, 0, span.start))])
        other = max(
            (
                word.reading.token.end
                for at, word in enumerate(words)
                if at not in named and _is_professional(word) and word.reading.token.end <= span.start
            ),
            default=-1,
        )
        other = max([other, *(match.end() for match in _PROFESSIONAL.finditer(folded, 0, span.start))])
        later = any(words[at].reading.token.start >= span.end for at in named)
        if usager > other or (other < 0 and (later or span.entity != PHONE)):
            found.append(span)
    return found


def _years(text: str, words: Sequence[TaggedWord], named: set[int]) -> list[Mask]:
    """Return the years that stand behind a name: « hocquet gontran 1936 »."""
    behind = [
        words[at + 1].reading.token for at in named if at + 1 < len(words) and at + 1 not in named and are_adjacent(text, words, at, at + 1)
    ]
    return [Mask(token.start, token.end, BIRTH) for token in behind if re.fullmatch(r"19\d\d|20[01]\d", token.text)]


def _is_professional(word: TaggedWord) -> bool:
    return word.professional > 0.5 or bool(word.reading.token.classes & {"job", "org"})


def _mails(text: str, found: Sequence[Mask]) -> list[Mask]:
    """Return the e-mail addresses that are made of a name which was found."""
    names = {part for span in found if span.entity == NAME for part in re.findall(r"[a-z]{4,}", fold(text[span.start : span.end]))}
    mails = re.finditer(r"[\w.+\-]+@[\w.\-]+", text)
    return [Mask(match.start(), match.end(), NAME) for match in mails if any(name in fold(match[0]) for name in names)]
