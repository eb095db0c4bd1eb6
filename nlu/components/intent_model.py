"""A linear intent model on words, characters, sounds, concepts and the shape of the sentence (`intent_features.py`).

Each block of features is scaled to unit length, unknown features included, so that a text of which little is known stays near the
origin. A softmax over the margins of a one-vs-rest linear SVM gives confidences, with a temperature fitted on held-out examples
(temperature scaling). Gibberish lowers them (`gibberish.py`). A message is read with its typing errors corrected
(`spelling_correction.py`), its characters and sounds also as typed.
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
from nlu.components.intent_features import BLOCK_WEIGHTS, Blocks, extract_corrected_features, extract_features
from nlu.components.lexicon import EMPTY_LEXICON, Lexicon
from nlu.components.spelling_correction import MIN_DOCUMENT_FREQUENCY, SpellingCorrector

# The temperature is fitted with a model trained on every fifth example: a single parameter needs no more.
_TEMPERATURE_STRIDE = 5
# The weight of an unknown n-gram relative to the rarest known one: one typing error makes a dozen of them.
_UNKNOWN_WEIGHT = 0.3
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


_loaded: list[IntentModel] = []
"""The model that the running server classifies with, for components that need its view of a part of a message."""


def keep_loaded(model: IntentModel) -> IntentModel:
    """Keep a model as the one that this process classifies with, and return it."""
    _loaded[:] = [model]
    return model


def loaded_intent_model() -> IntentModel | None:
    """Return the model that this process classifies with; None before one was loaded."""
    return _loaded[0] if _loaded else None


class IntentModel:
    """The trained weights and their vocabulary; no training sentence is stored. `intents` are full retrieval names."""

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
        self._frequent = frequent  # forms that many training sentences hold, and how many
        self._idf = idf
        self._weights = weights  # features x intents, so that a sentence needs a few rows
        self._bias = bias
        self._temperature = temperature
        self._gazetteers = gazetteers
        self._gibberish_detector = GibberishDetector(frequent, gazetteers)
        self._corrector = SpellingCorrector(frequent)
        self._unknown_weight = _UNKNOWN_WEIGHT * float(idf.max(initial=0.0))

    @classmethod
    def train(cls, texts: list[str], intents: list[str], gazetteers: Gazetteers) -> IntentModel:
        """Train on `texts` and their full `intents`; deterministic."""
        analysed = [analyse(text, gazetteers) for text in texts]
        forms = Counter(form for tokens in analysed for form in {token.form for token in tokens})
        frequent = {form: n for form, n in sorted(forms.items()) if n >= MIN_DOCUMENT_FREQUENCY}
        features = [extract_features(tokens, frequent) for tokens in analysed]
        documents = Counter(key for blocks in features for counts in blocks.values() for key in counts)
        vocabulary = {key: i for i, key in enumerate(sorted(k for k, n in documents.items() if n >= 2))}
        idf = np.ones(len(vocabulary), dtype=np.float32)
        for key, index in vocabulary.items():
            idf[index] = 1.0 + np.log((1 + len(texts)) / (1 + documents[key]))
        model = cls(sorted(set(intents)), vocabulary, frequent, idf, np.zeros((0, 0), np.float32), np.zeros(0, np.float32), 1.0, gazetteers)
        matrix = model._to_matrix(features)
        targets = np.array([model.intents.index(intent) for intent in intents])
        held_out = np.array([_is_held_out(intent, tokens) for intent, tokens in zip(intents, analysed, strict=True)])
        fitted = np.flatnonzero(~held_out)[::_TEMPERATURE_STRIDE]
        model._fit(matrix[fitted], targets[fitted])
        model._temperature = _fit_temperature(model._margins(matrix[held_out]), targets[held_out])
        model._fit(matrix, targets)
        return model

    def _fit(self, matrix: sp.csr_matrix, targets: IntArray) -> None:
        from sklearn.svm import LinearSVC

        svm = LinearSVC(C=3.0, tol=0.1, random_state=0)
        svm.fit(matrix, targets)
        weights = np.zeros((len(self.intents), matrix.shape[1]), dtype=np.float32)
        bias = np.full(len(self.intents), -10.0, dtype=np.float32)
        if len(svm.classes_) == 2:
            weights[svm.classes_] = np.vstack([-svm.coef_, svm.coef_])
            bias[svm.classes_] = np.concatenate([-svm.intercept_, svm.intercept_])
        else:
            weights[svm.classes_], bias[svm.classes_] = svm.coef_, svm.intercept_
        self._weights, self._bias = np.ascontiguousarray(weights.T), bias

    def _to_matrix(self, features: list[Blocks]) -> sp.csr_matrix:
        indices, values, starts = [], [], [0]
        for blocks in features:
            columns, weights = self._to_vector(blocks)
            indices.append(columns)
            values.append(weights)
            starts.append(starts[-1] + len(columns))
        shape = (len(features), len(self._vocabulary))
        return sp.csr_matrix((np.concatenate(values), np.concatenate(indices), np.array(starts)), shape=shape)

    def _to_vector(self, blocks: Blocks) -> tuple[IntArray, FloatArray]:
        """Return the columns and weights of a sentence; unknown n-grams count in a block's length, so that few known ones weigh little."""
        columns: list[int] = []
        weights: list[FloatArray] = []
        for block, grams in blocks.items():
            known = [(index, n) for gram, n in grams.items() if (index := self._vocabulary.get(gram)) is not None]
            if not known:
                continue
            rows = [index for index, _ in known]
            part = (1 + np.log(np.array([n for _, n in known], dtype=np.float32))) * self._idf[rows]
            unknown = (len(grams) - len(known)) * self._unknown_weight**2
            part *= BLOCK_WEIGHTS[block] / float(np.sqrt((part * part).sum() + unknown))
            columns += rows
            weights.append(part)
        return np.array(columns, dtype=np.int64), np.concatenate(weights) if weights else np.zeros(0, np.float32)

    def _margins(self, matrix: sp.csr_matrix) -> FloatArray:
        return np.asarray(matrix @ self._weights + self._bias, dtype=np.float32)

    def rank(self, text: str, lexicon: Lexicon = EMPTY_LEXICON) -> list[tuple[str, float]]:
        """Return all intents with their confidences, likeliest first.

        The confidences sum to the share of words that are not gibberish: 1 for most texts.
        """
        typed = analyse(text, self._gazetteers)
        corrected = self._corrector.correct_tokens(typed)
        tokens = lexicon.add_classes(corrected, self._frequent)
        if corrected == typed:
            features = extract_features(tokens, self._frequent)
        else:
            features = extract_corrected_features(typed, tokens, self._frequent)
        columns, values = self._to_vector(features)
        margins = values @ self._weights[columns] + self._bias
        confidences = _softmax(margins[None, :] / self._temperature)[0] * self._plausible_share(typed)
        order = np.argsort(-confidences, kind="stable")
        return [(self.intents[i], float(confidences[i])) for i in order]

    def _plausible_share(self, tokens: list[Token]) -> float:
        """Return the share of plausible words among the words and the characters that nobody types (control, private, unassigned)."""
        words = [token for token in tokens if token.rule_entity or token.form[0].isalnum()]
        untypable = sum(unicodedata.category(token.text[0]) in ("Cc", "Cn", "Co") for token in tokens)
        return sum(map(self._is_plausible, words)) / (len(words) + untypable) if words else 1.0

    def _is_plausible(self, token: Token) -> bool:
        if token.rule_entity or token.classes or token.form[0].isdigit():
            return True
        return all("word " + form in self._vocabulary or self._gibberish_detector.is_plausible(form) for form in token.form.split())

    def save(self, folder: Path) -> None:
        """Write the weights (half precision) and a JSON file with vocabulary and word lists into `folder`."""
        np.savez(folder / "intents.npz", weights=self._weights.astype(np.float16), bias=self._bias, idf=self._idf.astype(np.float32))
        words = sorted(self._vocabulary, key=self._vocabulary.__getitem__)
        content = {
            "intents": self.intents, "temperature": self._temperature, "frequent": self._frequent,
            "vocabulary": words, "gazetteers": self._gazetteers.entries,
        }  # fmt: skip
        (folder / "intents.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Return the model that `save` wrote into `folder`."""
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


def _is_held_out(intent: str, tokens: list[Token]) -> bool:
    """Return whether an example is held out to fit the temperature: one in seven, variants of a sentence together (no leakage)."""
    beginning = " ".join([intent, *(token.form for token in tokens[:2])])
    return zlib.crc32(beginning.encode()) % 7 == 0


def _fit_temperature(margins: FloatArray, targets: IntArray) -> float:
    """Return the temperature that makes the held-out examples likeliest."""
    if len(targets) == 0:
        return 0.25

    def loss(temperature: float) -> float:
        chosen = _softmax(margins / temperature)[np.arange(len(targets)), targets]
        return float(-np.log(np.maximum(chosen, 1e-9)).mean())

    return min((0.1, 0.12, 0.15, 0.18, 0.22, 0.26, 0.3, 0.35, 0.4, 0.5), key=loss)
