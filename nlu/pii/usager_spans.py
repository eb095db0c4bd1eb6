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
from nlu.pii.identifiers import BIRTH, NAME, PHONE, Found, find_addresses, find_births, find_numbers, find_phones, merge_found
from nlu.pii.name_features import FRENCH, HEARD, KNOWN, MARK, MISSPELT, NEAR, NUMBER, RARE, RULE, UNKNOWN
from nlu.pii.name_tagger import NameTagger, TaggedWord
from nlu.pii.professional_context import CORRECTION, PROFESSIONAL, is_professional

PARIS = zoneinfo.ZoneInfo("Europe/Paris")
LIKELY = {HEARD: 0.015, NEAR: 0.008, MISSPELT: 0.06, RARE: 0.012, FRENCH: 0.08, KNOWN: 0.4}
"""The least probability of being in a name, whoever's, with which a word of each kind is taken for one."""
CERTAIN = 0.6
"""The probability of being in an usager's name that outweighs professional context."""
TOWN = 0.5
"""The same that makes a town an usager's name."""
_NOT_NAMES = frozenset(("job", "org", "time", "channel", "freq", "civ"))
_NAMES = frozenset(("first", "last"))
_INTRODUCED = frozenset(("prenom", "nom", "chambre", "ch"))
"""Words after which, a colon or a number apart, somebody's name stands."""
_KEYS = ("azertyuiop", "qwertyuiop", "qsdfghjklm", "asdfghjkl", "wxcvbn", "zxcvbnm")
_CIVILITIES = frozenset(("madame", "monsieur", "mademoiselle", "mme", "mr", "mlle"))
_CALLED = frozenset(("nomme", "nommee", "professionnel", "docteur"))
"""Words after which even a word with digits is a professional's name."""
_MARRIED = frozenset(("nee", "epouse", "ep", "epse", "vve", "veuve", "veuf", "divorcee", "div", "marital", "fille", "naissance"))
"""Words after which another name of the same person stands."""
_BETWEEN = frozenset(
    ("de", "du", "d'", "des", "la", "le", "l'", "van", "von", "den", "der", "ben", "el", "al", "da", "di", "dos", "saint", "sainte")
)
"""Words that may stand inside of a name."""
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


def find_usager_spans(text: str, tagger: NameTagger, asked: str = "", lexicon: Lexicon = EMPTY_LEXICON) -> list[Found]:
    """Return what may identify an usager in `text`, in order and without overlap.

    Args:
        text: what was typed.
        tagger: the trained one.
        asked: what the dialogue had just asked for (`nlu.pii.message_masks.ASKED`).
        lexicon: names and towns of the imported directory.
    """
    words = tagger.tag(text, "" if asked == CORRECTION else asked, lexicon)
    named = _extend(text, words, set(_names_of_usagers(text, words, asked)))
    found = [_with_what_sticks(text, words[at]) for at in sorted(named)]
    found += _joined(text, found)
    found += _years(text, words, named)
    found += [*find_numbers(text), *find_births(text, datetime.now(PARIS).date())]
    found += _beside(text, words, named, asked)
    found += _mails(text, found)
    return merge_found(found)


def _names_of_usagers(text: str, words: Sequence[TaggedWord], asked: str) -> Iterator[int]:
    """Yield the words of the names that no professional context claims."""
    mixed = _is_mixed_case(words)
    likely = [_may_be_name(text, words, at, mixed=mixed) for at in range(len(words))]
    likely = [name or _goes_with_name(text, words, likely, at) for at, name in enumerate(likely)]
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
        digits = not asked and not called and any(_has_digits(text, words[at]) for at in range(start, end))
        certain = digits or (usager >= CERTAIN and usager > professional and asked != CORRECTION)
        if certain or not is_professional(readings, start, end, asked):
            yield from (at for at in range(start, end) if likely[at] or words[at].reading.kind not in (MARK, NUMBER, RULE))
        start = end


def _goes_with_name(text: str, words: Sequence[TaggedWord], likely: Sequence[bool], at: int) -> bool:
    """Return whether a word that is no word of the language, or that a hyphen joins to a name, stands beside a name."""
    word = words[at]
    if word.reading.kind in (MARK, NUMBER, RULE) or len(word.reading.token.text) < 2:
        return False
    strange = word.reading.kind in (NEAR, UNKNOWN) or (word.reading.kind != KNOWN and word.usager + word.professional >= 0.05)
    for beside in (at - 1, at + 1):
        if 0 <= beside < len(words) and likely[beside] and _touch(text, words, at, beside):
            hyphen = "-" in text[min(word.reading.token.end, words[beside].reading.token.end) :][:1]
            if hyphen or strange:
                return True
    return False


def _has_digits(text: str, word: TaggedWord) -> bool:
    return bool(re.search(r"\d", text[(span := _with_what_sticks(text, word)).start : span.end]))


def _is_mixed_case(words: Sequence[TaggedWord]) -> bool:
    texts = [word.reading.token.text for word in words if word.reading.token.text[:1].isalpha() and word.reading.kind != RULE]
    return any(text.islower() for text in texts)


def _may_be_name(text: str, words: Sequence[TaggedWord], at: int, *, mixed: bool) -> bool:
    """Return whether a word may be part of somebody's name: an unknown word, a capital inside of a sentence, or what the tagger says."""
    word = words[at]
    reading = word.reading
    token, kind, likely = reading.token, reading.kind, word.usager + word.professional
    if kind in (RULE, MARK, NUMBER):
        return False
    if at and words[at - 1].reading.token.form in _CIVILITIES and (kind != KNOWN or (len(token.text) == 1 and token.text.isupper())):
        return True
    if "city" in token.classes and kind not in (FRENCH, RARE):
        return word.usager >= TOWN
    if token.classes & _NOT_NAMES and not token.classes & _NAMES:
        return word.usager >= CERTAIN
    if not _is_plausible(token.form):
        return likely >= CERTAIN
    if kind == KNOWN and len(token.text) < 4 and not token.classes & _NAMES:
        return False
    if kind != KNOWN and len(token.text) > 2 and _has_digits(text, word):
        return True
    if kind == UNKNOWN:
        return len(token.text) > 2 or likely >= LIKELY[NEAR]
    capital = mixed and token.text[:1].isupper() and len(token.text) > 2 and not _begins_sentence(text, token.start)
    if capital and (kind != KNOWN or token.classes & _NAMES):
        return True
    return likely >= (LIKELY[kind] if kind != KNOWN or token.text[:1].isupper() else CERTAIN)


def _is_plausible(form: str) -> bool:
    """Return whether a folded word could be a name: letters of both kinds, not the same ones again and again, nor a row of keys."""
    if len(form) > 3 and any(form in row for row in _KEYS):
        return False
    vowels = sum(letter in "aeiouy" for letter in form)
    return 0 < vowels < len(form) and re.fullmatch(r"(.{1,3})\1+.?", form) is None


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \u00a0«\"'’(-")
    return not before or before[-1] in ".!?…:\n;"


def _is_inside(words: Sequence[TaggedWord], likely: Sequence[bool], at: int) -> bool:
    """Return whether a word joins two parts of one name: a particle, a full stop after an initial."""
    form = words[at].reading.token.form
    after = at + 1 < len(words) and likely[at + 1]
    return after and (form in _BETWEEN or (form == "." and len(words[at - 1].reading.token.text) == 1))


def _extend(text: str, words: Sequence[TaggedWord], named: set[int]) -> set[int]:
    """Add the other names of a person who is named: after « née », beside a name that was found, an initial."""
    found = set(named)
    for at, word in enumerate(words):
        if _precedes_other_name(word):
            found |= _name_after(words, at + 1)
        if word.reading.token.form in _INTRODUCED:
            found |= _next_word(words, at + 1)
    for at in sorted(found):
        for step in (-1, 1):
            beside = at + step
            if 0 <= beside < len(words) and beside not in found and _is_initial(words[beside]) and _touch(text, words, at, beside):
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
    return token.form in _MARRIED or token.text.lower() in ("né", "nés", "née", "nées")


def _name_after(words: Sequence[TaggedWord], start: int) -> set[int]:
    """Return the words of a name that begins at `start`, one to four of them."""
    found: set[int] = set()
    for at in range(start, min(start + 5, len(words))):
        reading = words[at].reading
        form = reading.token.form
        if reading.kind == MARK and form in (":", ".") and not found:
            continue
        if form in _BETWEEN and at + 1 < len(words) and form not in ("le",):
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


def _touch(text: str, words: Sequence[TaggedWord], one: int, other: int) -> bool:
    first, last = sorted((words[one].reading.token, words[other].reading.token), key=lambda token: token.start)
    return re.fullmatch(r"[ .\u00a0\-']{0,2}", text[first.end : last.start]) is not None


def _with_what_sticks(text: str, word: TaggedWord) -> Found:
    """Return the span of a word with the digits and letters that stick to it: « durand1948 »."""
    start, end = word.reading.token.start, word.reading.token.end
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    if len(word.reading.token.text) == 1 and text[end : end + 1] == ".":
        end += 1
    return Found(start, end, NAME)


def _joined(text: str, found: Sequence[Found]) -> list[Found]:
    """Return what stands between two parts of one name: a space, a hyphen, a particle; the whole becomes one span."""
    spans = sorted(found, key=lambda span: span.start)
    joined = []
    for one, other in itertools.pairwise(spans):
        between = fold(text[one.end : other.start])
        if other.start >= one.end and re.fullmatch(r"[ .\-']{0,2}(?:(?:de la|de l'|de|du|des|d'|la|le|van|von|ben|el)[ ']?)?", between):
            joined.append(Found(one.start, other.end, NAME))
    return joined


def _beside(text: str, words: Sequence[TaggedWord], named: set[int], asked: str) -> list[Found]:
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
        if usager > other or (other < 0 and (later or span.kind != PHONE)):
            found.append(span)
    return found


def _years(text: str, words: Sequence[TaggedWord], named: set[int]) -> list[Found]:
    """Return the years that stand behind a name: « hocquet gontran 1936 »."""
    behind = [
        words[at + 1].reading.token for at in named if at + 1 < len(words) and at + 1 not in named and _touch(text, words, at, at + 1)
    ]
    return [Found(token.start, token.end, BIRTH) for token in behind if re.fullmatch(r"19\d\d|20[01]\d", token.text)]


def _is_professional(word: TaggedWord) -> bool:
    return word.professional > 0.5 or bool(word.reading.token.classes & {"job", "org"})


def _mails(text: str, found: Sequence[Found]) -> list[Found]:
    """Return the e-mail addresses that are made of a name which was found."""
    names = {part for span in found if span.kind == NAME for part in re.findall(r"[a-z]{4,}", fold(text[span.start : span.end]))}
    mails = re.finditer(r"[\w.+\-]+@[\w.\-]+", text)
    return [Found(match.start(), match.end(), NAME) for match in mails if any(name in fold(match[0]) for name in names)]
