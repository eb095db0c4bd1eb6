"""What the network is given of each token: hashed words and parts of words, lists, concepts, names, a vector of the word."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from nlu.commands.clause_intents import ClauseIntents
from nlu.commands.word_vectors import LENGTH, WordVectors
from nlu.components.analysis import Token, analyse
from nlu.components.concepts import CONCEPTS, find_concepts
from nlu.components.gazetteers import Gazetteers
from nlu.components.lexicon import EMPTY_LEXICON, Lexicon
from nlu.components.phonetics import phonetic_code
from nlu.components.spelling_correction import SpellingCorrector
from nlu.pii.name_tagger import NameTagger

WORD_BUCKETS, PART_BUCKETS, CHARACTER_BUCKETS, SHAPES = 6000, 3000, 6000, 64
"""Rows of the tables of embeddings: of words, of parts and sounds of words, of n-grams of characters, of shapes; row 0 pads."""
MAX_NGRAMS = 24
CLASSES = (
    "channel", "city", "civ", "first", "freq", "job", "last", "org", "time", "usager",
    "~channel", "~city", "~freq", "~job", "~org", "~time",
)  # fmt: skip
MAX_TOKENS = 240
"""The tokens of a message that are read: what is written after them is passed over."""
_PLACE = 6
NUMBERS = len(CLASSES) + len(CONCEPTS) + 3 + _PLACE
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Features:
    """The features of a message of n tokens.

    Attributes:
        buckets: n x 5: rows of word, ending, beginning, sound, shape.
        ngrams: n x `MAX_NGRAMS`: rows of the n-grams of its characters, 0 where there is none.
        numbers: n x `NUMBERS`: lists, concepts, how likely it is of an usager's and of a professional's name, its place in the message.
        vectors: n x `LENGTH`: its word vector, zeros where there is none.
        intents: n x i: what the intent model says of the message and of its clause (`ClauseIntents`).
    """

    buckets: npt.NDArray[np.int32]
    ngrams: npt.NDArray[np.int32]
    numbers: FloatArray
    vectors: npt.NDArray[np.float16]
    intents: FloatArray

    def __len__(self) -> int:
        return len(self.buckets)


class FeatureExtractor:
    """Turns messages into tokens and their features.

    Args:
        words: folded forms that the training messages hold, and how many hold each: misspelt words are corrected to them.
        tagger: the tagger of names; its word lists are used as well.
        vectors: word vectors.
        intents: the intent model's view.
    """

    def __init__(self, words: Mapping[str, int], tagger: NameTagger, vectors: WordVectors, intents: ClauseIntents) -> None:
        self._words, self._tagger, self._vectors, self._intents = dict(words), tagger, vectors, intents
        self._gazetteers = Gazetteers(tagger.lists)
        self._corrector = SpellingCorrector(self._words)

    def analyse(self, text: str) -> list[Token]:
        """Return the tokens of a message, at most `MAX_TOKENS`."""
        return analyse(text, self._gazetteers)[:MAX_TOKENS]

    def extract(self, text: str, typed: list[Token], lexicon: Lexicon = EMPTY_LEXICON) -> Features:
        """Return the features of the tokens `typed` of `text`; `lexicon` adds the imported directory's towns and names."""
        tokens = lexicon.add_classes(self._corrector.correct_tokens(typed), self._words)
        length = len(tokens)
        features = Features(
            np.zeros((length, 5), np.int32),
            np.zeros((length, MAX_NGRAMS), np.int32),
            np.zeros((length, NUMBERS), np.float32),
            np.zeros((length, LENGTH), np.float16),
            self._intents.compute(text, tokens),
        )
        names = {word.reading.token.start: (word.usager, word.professional) for word in self._tagger.tag(text, lexicon=lexicon)}
        for at, (token, as_typed) in enumerate(zip(tokens, typed, strict=True)):
            features.buckets[at] = _buckets(token, as_typed)
            ngrams = _ngrams(as_typed.form)
            features.ngrams[at, : len(ngrams)] = ngrams
            vector = self._find_vector(token, as_typed)
            if vector is not None:
                features.vectors[at] = vector
            features.numbers[at] = [
                *(name in token.classes for name in CLASSES),
                *_concept_flags(token.form, as_typed.text),
                *names.get(as_typed.start, (0.0, 0.0)),
                vector is None,
                at / 10, (length - 1 - at) / 10, at == 0, at == length - 1, length / 20, as_typed.glued,
            ]  # fmt: skip
        return features

    def _find_vector(self, token: Token, typed: Token) -> npt.NDArray[np.float16] | None:
        words = [typed.text, *token.form.split()] if token.text == typed.text else token.form.split()
        return next((vector for vector in map(self._vectors.find, words) if vector is not None), None)


def _buckets(token: Token, typed: Token) -> tuple[int, int, int, int, int]:
    form, text = token.form, typed.text
    sound = phonetic_code(text) if typed.rule_entity is None and form[:1].isalpha() else form
    shape = (
        text[:1].isupper()
        + 2 * (len(text) > 1 and text.isupper())
        + 4 * any(map(str.isdigit, text))
        + 8 * typed.glued
        + 16 * (not any(map(str.isalnum, text)))
        + 32 * (typed.rule_entity is not None)
    )
    return (
        _bucket("word " + form, WORD_BUCKETS),
        _bucket("end " + form[-3:], PART_BUCKETS),
        _bucket("start " + form[:4], PART_BUCKETS),
        _bucket("sound " + sound, PART_BUCKETS),
        shape + 1,
    )


def _bucket(key: str, buckets: int) -> int:
    """Return the row of a key, 1 to `buckets`; the same in every process."""
    return zlib.crc32(key.encode("utf-8", "surrogatepass")) % buckets + 1


@lru_cache(maxsize=16384)
def _ngrams(form: str) -> tuple[int, ...]:
    padded = f"^{form}$"
    grams = [padded[at : at + size] for size in (3, 4) for at in range(len(padded) - size + 1)]
    return tuple(_bucket("char " + gram, CHARACTER_BUCKETS) for gram in grams[:MAX_NGRAMS])


@lru_cache(maxsize=16384)
def _concept_flags(form: str, text: str) -> tuple[bool, ...]:
    found = find_concepts(form, text)
    return tuple(concept in found for concept in CONCEPTS)
