"""What the intent model sees of a sentence: counts of n-grams in five blocks.

`word`: 1- and 2-grams of the full forms; `char`: 2- to 5-grams within words; `shape`: 1- to 3-grams of a skeleton in which rare
words are replaced by what they may be (« non pas <city> <city> »); `sound`: how it sounds, words and 3- to 5-grams across them,
so that neither spelling by ear nor a lost space hides it; `concept`: what its words are about, one by one and two by two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from nlu.components.analysis import Token
from nlu.components.concepts import find_concepts
from nlu.components.phonetics import phonetic_code

WEIGHTS = {"word": 1.0, "char": 1.0, "shape": 0.8, "sound": 0.9, "concept": 0.8}
# So that a message of 4,000 characters stays cheap.
_LONGEST_HEARD, _MOST_UNITS = 200, 40
_SHAPE_ORDER = ("city", "job", "org", "channel", "freq", "civ", "time", "first", "last")


def _ngrams(items: Sequence[str], lengths: Iterable[int]) -> list[str]:
    return [" ".join(items[i : i + n]) for n in lengths for i in range(len(items) - n + 1)]


@lru_cache(maxsize=16384)
def _characters(word: str) -> tuple[str, ...]:
    padded = f" {word} "
    return tuple("char " + padded[i : i + n] for n in (2, 3, 4, 5) for i in range(max(len(padded) - n + 1, 1)))


def features(units: list[Token], frequent: Collection[str]) -> dict[str, dict[str, float]]:
    """For each block, the counts of its n-grams in a sentence; no n-gram is in two blocks. The order is the same in every process."""
    words = [form for unit in units for form in unit.form.split() if unit.rule_entity or form[0].isalnum() or form in "?!"]
    skeleton = ["^", *(shape for unit in units for shape in _shapes(unit, frequent)), "$"]
    shapes = ["shape " + gram for gram in _ngrams(skeleton, (1, 2, 3))]
    return {
        "word": Counter("word " + gram for gram in _ngrams(words, (1, 2))),
        "char": Counter(gram for word in words for gram in _characters(word)),
        "shape": Counter([*shapes, f"shape length {min(len(words), 12)}"]),
        "sound": Counter(_heard(units)),
        "concept": Counter(_meant(units)),
    }


def features_with_slips(typed: list[Token], right: list[Token], frequent: Collection[str]) -> dict[str, dict[str, float]]:
    """The same of a sentence whose slips were set right: words as they should be, letters and sounds of both spellings."""
    as_typed, as_meant = features(typed, frequent), features(right, frequent)
    both = {block: Counter(as_typed[block]) + Counter(as_meant[block]) for block in ("char", "sound")}
    return {**as_meant, **both}


def _heard(units: list[Token]) -> list[str]:
    sounds = [phonetic_code(unit.text) for unit in units if unit.rule_entity is None and unit.text[0].isalpha()]
    joined = "^" + "".join(sounds)[:_LONGEST_HEARD] + "$"
    across = ["sound" + joined[i : i + n] for n in (3, 4, 5) for i in range(len(joined) - n + 1)]
    return ["sound " + gram for gram in _ngrams(sounds, (1, 2))] + across


def _meant(units: list[Token]) -> list[str]:
    """Concepts, neighbours in their order, and any two of the sentence."""
    meant = [found for found in (_concepts(unit) for unit in units[:_MOST_UNITS]) if found]
    all_of_them = sorted({concept for found in meant for concept in found})
    pairs = [f"concept {a}+{b}" for i, a in enumerate(all_of_them) for b in all_of_them[i + 1 :]]
    neighbours = [f"concept {a} {b}" for one, other in pairwise(meant) for a in sorted(one) for b in sorted(other)]
    return ["concept " + concept for concept in all_of_them] + pairs + neighbours


def _shapes(unit: Token, frequent: Collection[str]) -> list[str]:
    if unit.rule_entity:
        return [unit.form]
    for name in _SHAPE_ORDER:
        if name in unit.classes and (unit.form not in frequent or name in _SHAPE_ORDER[:5]):
            return [f"<{name}>"]
    if unit.form.isdigit():
        return [f"<{min(len(unit.form), 6)} digits>"]
    if unit.form not in frequent:
        return ["<?>"]
    return unit.form.split()


_CLASSES = {"city": "<city>", "job": "<job>", "org": "<org>", "channel": "<channel>", "freq": "<freq>", "civ": "<civ>", "time": "<time>"}


def _concepts(unit: Token) -> set[str]:
    if unit.rule_entity:
        return {unit.form}
    found = {concept for form in unit.form.split() for concept in find_concepts(form, unit.text if " " not in unit.form else form)}
    found |= {_CLASSES[name] for name in unit.classes if name in _CLASSES}
    if unit.form == "?":
        found.add("?")
    return found
