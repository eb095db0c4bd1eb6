"""How well what somebody typed as a name fits a person's name.

Order, case, accents, hyphens, particles, initials, a missing part and one or two typing errors are forgiven, and cost
a little each, so that the person whose name was typed as it is comes first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA, JaroWinkler

from bot.core.text_folding import MAX_CHARACTERS, allowed_edits, fold, name_words, without_particles, word_set

MAX_WORDS = 6
_ELISION = re.compile(r"\b([dlo])['’]", re.IGNORECASE)  # « d'Ormesson » is one word, « D. Ormesson » is not
_TITLES = word_set("dr docteur docteure pr professeur professeure m mr mme mlle madame monsieur me maitre")

_PART = 0.85  # one word of a compound name
_REORDERED = 0.97  # the words of a compound name in another order
_REVERSED = 0.03  # family name first: less usual, so it decides between two readings that fit alike
_ALONE = 0.55  # a given name alone


@dataclass(frozen=True, slots=True)
class Name:
    """One name in the forms that it is compared in: `whole` and `bare` are glued, `bare` without particles.

    `words` are without particles too, `spelled` is all of them.
    """

    words: tuple[str, ...]
    whole: str
    bare: str
    spelled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """A typed name.

    `known` are those of its words that are somebody's given name, `usual` those that are more often a given name than a family name.
    """

    words: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    usual: frozenset[str] = frozenset()


class Fit(NamedTuple):
    """How a typed name fits a person: `quality` in 0…1, and whether the given name fits, None when none was typed.

    `family` is the part of the typed name that was read as the family name ("" when only a given name was typed).
    """

    quality: float
    given: bool | None
    family: str


@lru_cache(maxsize=65_536)
def name_forms(text: str) -> Name:
    """Return the forms of a family or given name as the directory writes it."""
    words = name_words(text)
    bare = without_particles(words)
    return Name(tuple(bare), "".join(words), "".join(bare), tuple(words))


def typed_words(text: str) -> list[str]:
    """Return the words of a typed name without titles, at most `MAX_WORDS`; [] when there is no name in it."""
    words = name_words(_ELISION.sub(r"\1", text))
    start = 0
    while start < len(words) - 1 and words[start] in _TITLES:
        start += 1
    return words[start : start + MAX_WORDS]


def written_words(text: str) -> list[str]:
    """Return the same as they were written, « d'Ormesson » in one: for whoever folds otherwise."""
    words = [word for word in re.split(r"[\s.]+", text[:MAX_CHARACTERS]) if fold(word)]
    start = 0
    while start < len(words) - 1 and fold(words[start]) in _TITLES:
        start += 1
    return words[start : start + MAX_WORDS]


def index_forms(text: str) -> tuple[str, ...]:
    """Terms that the index keeps for a family or given name: its words, and glued with and without particles."""
    words = name_words(text)
    if len(words) < 2:
        return tuple(words)
    bare = without_particles(words)
    return tuple(dict.fromkeys((*bare, "".join(words), "".join(bare))))


def typed_forms(words: tuple[str, ...]) -> list[str]:
    """Terms to look up for a typed name: its words and its neighbouring words glued (« Le Goff » → "legoff")."""
    bare = without_particles(list(words))
    glued = ["".join(words[start:end]) for start in range(len(words)) for end in range(start + 2, min(start + 4, len(words) + 1))]
    return list(dict.fromkeys([*bare, *glued]))


def fit(typed: Typed, family: str, given: str) -> Fit | None:
    """Return how a typed name fits a person, read in every order and split; None when the name is not theirs."""
    family_name, given_name = name_forms(family), name_forms(given)
    best: Fit | None = None
    for family_part, given_part, reverse in _readings(typed.words):
        if not given_part and _has_initial(typed.words, family_name):
            continue
        found = _read(family_part, given_part, family_name, given_name)
        if found is None or (found.given is False and not _is_sound(typed, family_part, given_part, reverse)):
            continue
        found = found._replace(quality=found.quality - (_REVERSED if reverse else 0.0))
        if best is None or (found.given is not False, found.quality) > (best.given is not False, best.quality):
            best = found
    return best


@lru_cache(maxsize=4096)
def _readings(words: tuple[str, ...]) -> tuple[tuple[str, str, bool], ...]:
    """Return every split of typed words into (family, given, whether the family name was typed first)."""
    readings = [(" ".join(words), "", False)]
    for cut in range(1, len(words)):
        head, tail = " ".join(words[:cut]), " ".join(words[cut:])
        readings += [(tail, head, False), (head, tail, True)]
    readings.append(("", " ".join(words), False))
    return tuple(readings)


def _has_initial(words: tuple[str, ...], family: Name) -> bool:
    """Return whether a typed name begins or ends with an initial, which no family name then includes: « P. Martin »."""
    return len(words) > 1 and any(len(word) == 1 and word not in family.spelled for word in (words[0], words[-1]))


def _is_sound(typed: Typed, family_part: str, given_part: str, reverse: bool) -> bool:
    """Return whether a reading makes sense although the person's given name is another one.

    Otherwise « Jean Zwartkowski » would bring up everybody of the family Jean.
    """
    given_known = typed.known.issuperset(given_part.split())
    if reverse:
        return given_known
    return given_known or not typed.usual.issuperset(family_part.split())


def _read(family_part: str, given_part: str, family: Name, given: Name) -> Fit | None:
    if not family_part:
        alone = _likeness(given_part, given)
        # A given name alone must be right: any short word is near some given name.
        return Fit(_ALONE * alone, True, "") if alone >= _REORDERED else None
    if fold(family_part) == "" or not (likeness := _likeness(family_part, family)):
        return None
    if not given_part:
        return Fit(likeness, None, family_part)
    if not given.whole:
        return Fit(likeness * 0.8, None, family_part)
    given_likeness = max(_likeness(given_part, given), _initials(given_part, given))
    if not given_likeness:
        return Fit(likeness * 0.5, False, family_part)
    return Fit(0.7 * likeness + 0.3 * given_likeness, True, family_part)


@lru_cache(maxsize=65_536)
def _likeness(typed: str, name: Name) -> float:
    """0 (another name) … 1 (the same) for a typed part and a family or given name."""
    part = name_forms(typed)
    if not part.whole or not name.whole:
        return 0.0
    if part.whole in (name.whole, name.bare) or part.bare == name.bare:
        return 1.0
    if len(part.words) > 1 and sorted(part.words) == sorted(name.words):
        return _REORDERED
    whole = max(_typo(part.whole, name.whole), _typo(part.bare, name.bare))
    words = _PART * max((_word(part.bare, word) for word in name.words), default=0.0) if len(name.words) > 1 else 0.0
    subset = _PART if len(part.words) > 1 and set(part.words) < set(name.words) else 0.0
    return max(whole, words, subset, _beginning(part.bare, name.bare), _beginning(part.whole, name.whole))


def _word(typed: str, word: str) -> float:
    return 1.0 if typed == word else _typo(typed, word) if len(typed) > 3 else 0.0


def _typo(typed: str, name: str) -> float:
    """0.75 … 0.95 for a typing error, 0.6 … 0.8 for two in a long name, 0 for more."""
    edits = allowed_edits(len(typed))
    distance = OSA.distance(typed, name, score_cutoff=edits)
    if not distance or distance > edits:
        return float(not distance)
    closeness = float(JaroWinkler.normalized_similarity(typed, name))
    return (0.75 if distance == 1 else 0.6) + 0.2 * closeness


def _beginning(typed: str, name: str) -> float:
    """0.5 … 0.75 for the first letters of a name (at least three)."""
    if len(typed) < 3 or not name.startswith(typed):
        return 0.0
    return 0.5 + 0.25 * len(typed) / len(name)


def _initials(typed: str, given: Name) -> float:
    """« L », « J P », « JP » for Leïla, Jean-Paul."""
    letters = typed.replace(" ", "")
    initials = "".join(word[0] for word in given.words)
    if all(len(word) == 1 for word in typed.split()) and initials.startswith(letters):
        return 0.8
    return 0.8 if len(letters) > 1 and letters == initials else 0.0
