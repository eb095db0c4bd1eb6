"""A linear intent model on words, characters, sounds, concepts and the shape of the sentence (`intent_features.py`).

Each block of features has unit length, what is not known included, so that a text of which little is known stays near the
origin. A softmax over the margins of a one-against-rest linear SVM, its temperature fitted on held-out examples, gives
confidences; what holds words that are none (`spelling.py`) is believed the less. A message is read with its slips set right
(`correction.py`), its letters and sounds as typed too.
"""

from __future__ import annotations

import json
import unicodedata
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from nlu.components.analysis import Token, analyse
from nlu.components.gazetteers import Gazetteers
from nlu.components.gibberish import GibberishDetector
from nlu.components.intent_features import WEIGHTS, features, features_with_slips
from nlu.components.lexicon import EMPTY_LEXICON, Lexicon
from nlu.components.spelling_correction import MIN_DOCUMENT_FREQUENCY, SpellingCorrector

# The temperature is fitted to weights learnt from every so-manyeth example: one number needs no more.
_SHARE_FOR_TEMPERATURE = 5
# An unknown n-gram weighs this part of the rarest known one: a slip of the thumb makes a dozen of them.
_PART_OF_UNKNOWN = 0.3
Blocks = dict[str, dict[str, float]]
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


class IntentModel:
    """Trained weights with the vocabulary they are for; holds no sentence. `intents` are full retrieval names."""

    def __init__(
        self,
        intents: list[str],
        vocabulary: dict[str, int],
        frequent: dict[str, int],
        idf: FloatArray,
        weights: FloatArray,
        bias: FloatArray,
        temperature: float,
        gazetteers: Gazetteers,
    ) -> None:
        self.intents = intents
        self._vocabulary = vocabulary
        self._frequent = frequent  # forms that many sentences hold, and how many
        self._idf = idf
        self._weights = weights  # features x intents, so that a sentence reads a few rows
        self._bias = bias
        self._temperature = temperature
        self._gazetteers = gazetteers
        self._spelling = GibberishDetector(frequent, gazetteers)
        self._corrector = SpellingCorrector(frequent)
        self._unknown = _PART_OF_UNKNOWN * float(idf.max(initial=0.0))

    @classmethod
    def train(cls, texts: list[str], intents: list[str], gazetteers: Gazetteers) -> IntentModel:
        """Fits on `texts` with their full `intents`; deterministic."""
        readings = [analyse(text, gazetteers) for text in texts]
        forms = Counter(form for units in readings for form in {unit.form for unit in units})
        frequent = {form: n for form, n in sorted(forms.items()) if n >= MIN_DOCUMENT_FREQUENCY}
        grams = [features(units, frequent) for units in readings]
        documents = Counter(key for blocks in grams for counts in blocks.values() for key in counts)
        vocabulary = {key: i for i, key in enumerate(sorted(k for k, n in documents.items() if n >= 2))}
        idf = np.ones(len(vocabulary), dtype=np.float32)
        for key, index in vocabulary.items():
            idf[index] = 1.0 + np.log((1 + len(texts)) / (1 + documents[key]))
        model = cls(sorted(set(intents)), vocabulary, frequent, idf, np.zeros((0, 0), np.float32), np.zeros(0, np.float32), 1.0, gazetteers)
        matrix = model._matrix(grams)
        targets = np.array([model.intents.index(intent) for intent in intents])
        held_out = np.array([_is_held_out(intent, units) for intent, units in zip(intents, readings, strict=True)])
        fitted = np.flatnonzero(~held_out)[::_SHARE_FOR_TEMPERATURE]
        model._fit(matrix[fitted], targets[fitted])
        model._temperature = _fit_temperature(model._margins(matrix[held_out]), targets[held_out])
        model._fit(matrix, targets)
        return model

    def _fit(self, matrix: sp.csr_matrix, targets: IntArray) -> None:
        from sklearn.svm import LinearSVC

        machine = LinearSVC(C=3.0, tol=0.1, random_state=0)
        machine.fit(matrix, targets)
        weights = np.zeros((len(self.intents), matrix.shape[1]), dtype=np.float32)
        bias = np.full(len(self.intents), -10.0, dtype=np.float32)
        if len(machine.classes_) == 2:
            weights[machine.classes_] = np.vstack([-machine.coef_, machine.coef_])
            bias[machine.classes_] = np.concatenate([-machine.intercept_, machine.intercept_])
        else:
            weights[machine.classes_], bias[machine.classes_] = machine.coef_, machine.intercept_
        self._weights, self._bias = np.ascontiguousarray(weights.T), bias

    def _matrix(self, grams: list[Blocks]) -> sp.csr_matrix:
        indices, values, starts = [], [], [0]
        for blocks in grams:
            columns, weights = self._vector(blocks)
            indices.append(columns)
            values.append(weights)
            starts.append(starts[-1] + len(columns))
        shape = (len(grams), len(self._vocabulary))
        return sp.csr_matrix((np.concatenate(values), np.concatenate(indices), np.array(starts)), shape=shape)

    def _vector(self, blocks: Blocks) -> tuple[IntArray, FloatArray]:
        """Columns and weights of a sentence. What is not known counts in a block's length, so that little known weighs little."""
        columns: list[int] = []
        weights: list[FloatArray] = []
        for block, grams in blocks.items():
            known = [(index, n) for gram, n in grams.items() if (index := self._vocabulary.get(gram)) is not None]
            if not known:
                continue
            rows = [index for index, _ in known]
            part = (1 + np.log(np.array([n for _, n in known], dtype=np.float32))) * self._idf[rows]
            unknown = (len(grams) - len(known)) * self._unknown**2
            part *= WEIGHTS[block] / float(np.sqrt((part * part).sum() + unknown))
            columns += rows
            weights.append(part)
        return np.array(columns, dtype=np.int64), np.concatenate(weights) if weights else np.zeros(0, np.float32)

    def _margins(self, matrix: sp.csr_matrix) -> FloatArray:
        return np.asarray(matrix @ self._weights + self._bias, dtype=np.float32)

    def rank(self, text: str, lexicon: Lexicon = EMPTY_LEXICON) -> list[tuple[str, float]]:
        """All intents with their confidence, likeliest first. They sum to the share of words that could be words: 1 for most texts."""
        units = analyse(text, self._gazetteers)
        right = self._corrector.correct_tokens(units)
        seen = lexicon.add_classes(right, self._frequent)
        grams = features(seen, self._frequent) if right == units else features_with_slips(units, seen, self._frequent)
        columns, values = self._vector(grams)
        margins = values @ self._weights[columns] + self._bias
        confidences = _softmax(margins[None, :] / self._temperature)[0] * self._share_of_words(units)
        order = np.argsort(-confidences, kind="stable")
        return [(self.intents[i], float(confidences[i])) for i in order]

    def _share_of_words(self, units: list[Token]) -> float:
        """Of the words and of the characters that nobody types (control, private, unassigned), how many could be words."""
        words = [unit for unit in units if unit.rule_entity or unit.form[0].isalnum()]
        untyped = sum(unicodedata.category(unit.text[0]) in ("Cc", "Cn", "Co") for unit in units)
        return sum(map(self._could_be_word, words)) / (len(words) + untyped) if words else 1.0

    def _could_be_word(self, unit: Token) -> bool:
        if unit.rule_entity or unit.classes or unit.form[0].isdigit():
            return True
        return all("word " + form in self._vocabulary or self._spelling.is_plausible(form) for form in unit.form.split())

    def save(self, folder: Path) -> None:
        """Writes the weights (half precision) and a JSON file with vocabulary and lists into `folder`."""
        np.savez(folder / "intents.npz", weights=self._weights.astype(np.float16), bias=self._bias, idf=self._idf.astype(np.float32))
        words = sorted(self._vocabulary, key=self._vocabulary.__getitem__)
        content = {
            "intents": self.intents, "temperature": self._temperature, "frequent": self._frequent,
            "vocabulary": words, "gazetteers": self._gazetteers.entries,
        }  # fmt: skip
        (folder / "intents.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """What `save` wrote."""
        content = json.loads((folder / "intents.json").read_text(encoding="utf-8"))
        with np.load(folder / "intents.npz") as arrays:
            weights, bias, idf = arrays["weights"].astype(np.float32), arrays["bias"], arrays["idf"]
        vocabulary = {word: i for i, word in enumerate(content["vocabulary"])}
        return cls(
            content["intents"], vocabulary, content["frequent"], idf, weights, bias, content["temperature"],
            Gazetteers(content["gazetteers"]),
        )  # fmt: skip


def _softmax(values: FloatArray) -> FloatArray:
    values = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(values / values.sum(axis=1, keepdims=True), dtype=np.float32)


def _is_held_out(intent: str, units: list[Token]) -> bool:
    """Whether an example helps to fit the temperature: one in seven, variants of one sentence together, or it flatters."""
    beginning = " ".join([intent, *(unit.form for unit in units[:2])])
    return zlib.crc32(beginning.encode()) % 7 == 0


def _fit_temperature(margins: FloatArray, targets: IntArray) -> float:
    """The temperature under which the held-out examples are likeliest."""
    if len(targets) == 0:
        return 0.25

    def loss(temperature: float) -> float:
        chosen = _softmax(margins / temperature)[np.arange(len(targets)), targets]
        return float(-np.log(np.maximum(chosen, 1e-9)).mean())

    return min((0.1, 0.12, 0.15, 0.18, 0.22, 0.26, 0.3, 0.35, 0.4, 0.5), key=loss)
