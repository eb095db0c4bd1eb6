"""Which words of a message may be part of a name, whoever's it is: by the tagger, by lists, by how they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlu.pii.identifiers import NAME
from nlu.pii.name_features import (
    FRENCH,
    HEARD,
    KNOWN,
    MARK,
    MISSPELT,
    NEAR,
    NUMBER,
    RARE,
    RULE,
    UNKNOWN,
    Reading,
    load_frequencies,
    split_words,
)
from nlu.pii.name_tagger import TaggedWord
from nlu.pii_masking import Mask

LIKELY = {HEARD: 0.015, NEAR: 0.008, MISSPELT: 0.06, RARE: 0.012, FRENCH: 0.08, KNOWN: 0.4}
"""The least probability of being in a name, whoever's, with which a word of each kind is taken for one."""
STRONG = 0.9
"""The same that makes even a word that everybody uses a name."""
CERTAIN = 0.6
"""The probability of being in an usager's name that outweighs professional context."""
TOWN = 0.5
"""The same that makes a town an usager's name."""
UNLIKELY = 0.002
"""The probability below which not even a word that is in no list is taken for a name."""
COMMON = 400
"""How often the dictionary saw a word that everybody uses."""
_ADVERB = re.compile(r"[a-z]{3,}ment")
"""« Honnêtement », « Curieusement »: no adverb is a name."""
_DERIVED = re.compile(
    r"[a-z]{3,}(?:isation|ation|ition|ement|iques?|logies?|logues?|graphies?|scopies?|therapies?|ectomies?|ismes?|ites?|ibles?|ables?|euses?|ielles?"
    r"|atiques?|ales?)"
)
"""What words are made with whose like is in no list: « décompensation », « trachéale »."""
_NOT_NAMES = frozenset(("job", "org", "time", "channel", "freq", "civ"))
_NAMES = frozenset(("first", "last"))
_KEYS = ("azertyuiop", "qwertyuiop", "qsdfghjklm", "asdfghjkl", "wxcvbn", "zxcvbnm")
_CIVILITIES = frozenset(("madame", "monsieur", "mademoiselle", "mme", "mr", "mlle"))
BETWEEN = frozenset(split_words("de du d' des la le l' van von den der ben el al ait abd abou mac mc da di do dos das saint sainte"))
"""Words that may stand inside of a name."""


def find_name_words(text: str, words: Sequence[TaggedWord]) -> list[bool]:
    """Return for each word of `text` whether it may be part of somebody's name."""
    mixed = _is_mixed_case(words)
    likely = [_may_be_name(text, words, at, mixed=mixed) for at in range(len(words))]
    return [name or _goes_with_name(text, words, likely, at) for at, name in enumerate(likely)]


def has_digits(text: str, word: TaggedWord) -> bool:
    """Return whether a digit stands in a word or sticks to it."""
    return bool(re.search(r"\d", text[(span := with_what_sticks(text, word)).start : span.end]))


def are_adjacent(text: str, words: Sequence[TaggedWord], one: int, other: int) -> bool:
    """Return whether nothing but a space, a full stop or a hyphen stands between two words."""
    first, last = sorted((words[one].reading.token, words[other].reading.token), key=lambda token: token.start)
    return re.fullmatch(r"[ .\u00a0\-']{0,2}", text[first.end : last.start]) is not None


def with_what_sticks(text: str, word: TaggedWord) -> Mask:
    """Return the span of a word with the digits and letters that stick to it: « durand1948 »."""
    start, end = word.reading.token.start, word.reading.token.end
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    if len(word.reading.token.text) == 1 and text[end : end + 1] == ".":
        end += 1
    return Mask(start, end, NAME)


def _goes_with_name(text: str, words: Sequence[TaggedWord], likely: Sequence[bool], at: int) -> bool:
    """Return whether a word that is no word of the language, or that a hyphen joins to a name, stands beside a name."""
    word = words[at]
    if word.reading.kind in (MARK, NUMBER, RULE) or len(word.reading.token.text) < 2:
        return False
    listed = bool(word.reading.token.classes & _NAMES) and word.reading.token.text[:1].isupper()
    strange = word.reading.kind in (NEAR, UNKNOWN) or ((listed or word.reading.kind != KNOWN) and word.usager + word.professional >= 0.05)
    for beside in (at - 1, at + 1):
        if 0 <= beside < len(words) and likely[beside] and are_adjacent(text, words, at, beside):
            hyphen = "-" in text[min(word.reading.token.end, words[beside].reading.token.end) :][:1]
            if hyphen or strange:
                return True
    return False


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
    before = words[at - 1].reading.token.form if at else ""
    if before in _CIVILITIES and (kind != KNOWN or (token.text[:1].isupper() and (mixed or len(token.text) == 1))):
        return True
    if before == "en" and word.usager < CERTAIN:
        return False
    if word.usager < CERTAIN and _is_of_organization(words, at):
        return False
    if word.usager < STRONG and _is_common(reading, begins=_begins_sentence(text, token.start)):
        return False
    if "city" in token.classes and kind not in (FRENCH, RARE):
        return word.usager >= TOWN
    if token.classes & _NOT_NAMES and not token.classes & _NAMES:
        return word.usager >= CERTAIN
    if not _is_plausible(token.form):
        return likely >= CERTAIN
    if kind == KNOWN and len(token.text) < 4 and not token.classes & _NAMES:
        return False
    if kind != KNOWN and len(token.text) > 2 and has_digits(text, word):
        return True
    if kind == UNKNOWN:
        return likely >= (LIKELY[NEAR] if len(token.text) < 3 else 0 if text.islower() else UNLIKELY)
    capital = mixed and token.text[:1].isupper() and len(token.text) > 2 and not _begins_sentence(text, token.start)
    if capital and (kind != KNOWN or token.classes & _NAMES):
        return likely >= (UNLIKELY if kind != KNOWN else 0.02)
    return likely >= (LIKELY[kind] if kind != KNOWN or token.text[:1].isupper() else CERTAIN)


def _is_of_organization(words: Sequence[TaggedWord], at: int) -> bool:
    """Return whether a word stands in what a place of work is called: « cabinet des Tanneurs », « clinique Saint-Gatien »."""
    for before in range(at - 1, max(at - 5, -1), -1):
        token = words[before].reading.token
        if "org" in token.classes:
            return True
        if token.form not in BETWEEN and not (words[before].reading.kind == MARK and token.text == "-"):
            return False
    return False


def _is_common(reading: Reading, *, begins: bool) -> bool:
    """Return whether a word is one that everybody uses and nobody is called, which a capital says nothing of where a sentence begins."""
    token = reading.token
    if token.classes & _NAMES or not (begins or token.text.islower()):
        return False
    if reading.kind not in (FRENCH, KNOWN):
        return token.text.islower() and _DERIVED.fullmatch(token.form) is not None
    return load_frequencies().get(token.form, 0) >= COMMON or _ADVERB.fullmatch(token.form) is not None


def _is_plausible(form: str) -> bool:
    """Return whether a folded word could be a name: letters of both kinds, not the same ones again and again, nor a row of keys."""
    if len(form) > 3 and any(form in row for row in _KEYS):
        return False
    vowels = sum(letter in "aeiouy" for letter in form)
    return 0 < vowels < len(form) and re.fullmatch(r"(.)\1+|(.{1,3})\2{2,}.?", form) is None


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \u00a0«\"'’(-")
    return not before or before[-1] in ".!?…:\n;"
