"""Features of a sentence for the intent model: counts of n-grams in five blocks.

- `word`: 1- and 2-grams of the full forms;
- `char`: 2- to 5-grams of characters within words;
- `shape`: 1- to 3-grams of a skeleton in which rare words are replaced by their class (« non pas <city> <city> »);
- `sound`: phonetic codes, 1- and 2-grams of words and 3- to 5-grams of characters across them, so that neither phonetic spelling nor a
  missing space hides a word;
- `concept`: the concepts of its words, one by one and in pairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from nlu.components.analysis import Token
from nlu.components.concepts import find_concepts
from nlu.components.phonetics import phonetic_code

Blocks = dict[str, dict[str, float]]
"""Counts of n-grams by block."""

BLOCK_WEIGHTS = {"word": 1.0, "char": 1.0, "shape": 0.8, "sound": 0.9, "concept": 0.8}
# Limits that keep a message of 4,000 characters cheap: characters of phonetic code, tokens whose concepts are looked up.
_MAX_PHONETIC_LENGTH, _MAX_TOKENS = 200, 40
# In order of preference. The first five replace frequent words too.
_SHAPE_CLASSES = ("city", "job", "org", "channel", "freq", "civ", "time", "first", "last")
_ALWAYS_REPLACED = _SHAPE_CLASSES[:5]
_CONCEPT_CLASSES = frozenset(["city", "job", "org", "channel", "freq", "civ", "time"])


def extract_features(tokens: list[Token], frequent: Collection[str]) -> Blocks:
    """Return the n-gram counts of a sentence by block; no n-gram is in two blocks.

    The order is the same in every process. `frequent`: folded forms that many training sentences hold.
    """
    words = [form for token in tokens for form in token.form.split() if token.rule_entity or form[0].isalnum() or form in "?!"]
    skeleton = ["^", *(shape for token in tokens for shape in _shapes(token, frequent)), "$"]
    shapes = ["shape " + gram for gram in _ngrams(skeleton, (1, 2, 3))]
    return {
        "word": Counter("word " + gram for gram in _ngrams(words, (1, 2))),
        "char": Counter(gram for word in words for gram in _char_ngrams(word)),
        "shape": Counter([*shapes, f"shape length {min(len(words), 12)}"]),
        "sound": Counter(_phonetic_ngrams(tokens)),
        "concept": Counter(_concept_ngrams(tokens)),
    }


def extract_corrected_features(typed: list[Token], corrected: list[Token], frequent: Collection[str]) -> Blocks:
    """Return the features of a corrected sentence; those of characters and sounds count both spellings."""
    from_typed, from_corrected = extract_features(typed, frequent), extract_features(corrected, frequent)
    both = {block: Counter(from_typed[block]) + Counter(from_corrected[block]) for block in ("char", "sound")}
    return {**from_corrected, **both}


def _ngrams(items: Sequence[str], lengths: Iterable[int]) -> list[str]:
    return [" ".join(items[i : i + n]) for n in lengths for i in range(len(items) - n + 1)]


@lru_cache(maxsize=16384)
def _char_ngrams(word: str) -> tuple[str, ...]:
    padded = f" {word} "
    return tuple("char " + padded[i : i + n] for n in (2, 3, 4, 5) for i in range(max(len(padded) - n + 1, 1)))


def _phonetic_ngrams(tokens: list[Token]) -> list[str]:
    codes = [phonetic_code(token.text) for token in tokens if token.rule_entity is None and token.text[0].isalpha()]
    joined = "^" + "".join(codes)[:_MAX_PHONETIC_LENGTH] + "$"
    across = ["sound" + joined[i : i + n] for n in (3, 4, 5) for i in range(len(joined) - n + 1)]
    return ["sound " + gram for gram in _ngrams(codes, (1, 2))] + across


def _concept_ngrams(tokens: list[Token]) -> list[str]:
    """Return the sentence's concepts, all pairs of them, and the ordered pairs of neighbours."""
    by_token = [concepts for concepts in (_concepts(token) for token in tokens[:_MAX_TOKENS]) if concepts]
    distinct = sorted({concept for concepts in by_token for concept in concepts})
    pairs = [f"concept {a}+{b}" for i, a in enumerate(distinct) for b in distinct[i + 1 :]]
    neighbours = [f"concept {a} {b}" for one, other in pairwise(by_token) for a in sorted(one) for b in sorted(other)]
    return ["concept " + concept for concept in distinct] + pairs + neighbours


def _shapes(token: Token, frequent: Collection[str]) -> list[str]:
    if token.rule_entity:
        return [token.form]
    for name in _SHAPE_CLASSES:
        if name in token.classes and (token.form not in frequent or name in _ALWAYS_REPLACED):
            return [f"<{name}>"]
    if token.form.isdigit():
        return [f"<{min(len(token.form), 6)} digits>"]
    if token.form not in frequent:
        return ["<?>"]
    return token.form.split()


def _concepts(token: Token) -> set[str]:
    if token.rule_entity:
        return {token.form}
    found = {concept for form in token.form.split() for concept in find_concepts(form, token.text if " " not in token.form else form)}
    found |= {f"<{name}>" for name in token.classes & _CONCEPT_CLASSES}
    if token.form == "?":
        found.add("?")
    return found
