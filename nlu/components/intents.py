"""A linear intent model on words, characters and the shape of the sentence.

Three blocks of features, each of unit length: word 1- and 2-grams of the full forms; character 2- to 5-grams within words;
a skeleton of 1- to 3-grams in which rare words are replaced by what they may be (« non pas <city> <city> »).
A softmax over the margins of a one-against-rest linear SVM, its temperature fitted on held-out examples, gives confidences.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from nlu.components.gazetteers import Gazetteers
from nlu.components.reading import Unit, read

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
_BLOCKS = ("word", "char", "shape")
_WEIGHTS = {"word": 0.6, "char": 1.0, "shape": 0.6}
_SHAPE_ORDER = ("city", "job", "org", "channel", "freq", "civ", "time", "first", "last")


def _ngrams(items: Sequence[str], lengths: Iterable[int]) -> list[str]:
    return [" ".join(items[i : i + n]) for n in lengths for i in range(len(items) - n + 1)]


class IntentModel:
    """Trained weights with the vocabulary they are for; holds no sentence. `intents` are full retrieval names."""

    def __init__(
        self,
        intents: list[str],
        vocabulary: dict[str, int],
        frequent: frozenset[str],
        idf: FloatArray,
        weights: FloatArray,
        bias: FloatArray,
        temperature: float,
        gazetteers: Gazetteers,
    ) -> None:
        self.intents = intents
        self._vocabulary = vocabulary
        self._frequent = frequent
        self._idf = idf
        self._weights = weights  # features x intents, so that a sentence reads a few rows
        self._bias = bias
        self._temperature = temperature
        self._gazetteers = gazetteers

    @classmethod
    def train(cls, texts: list[str], intents: list[str], gazetteers: Gazetteers) -> IntentModel:
        """Fits on `texts` with their full `intents`; deterministic."""
        readings = [read(text, gazetteers) for text in texts]
        counts = Counter(form for units in readings for form in {u.form for u in units})
        frequent = frozenset(form for form, n in counts.items() if n >= 4)
        grams = [_features(units, frequent) for units in readings]
        documents = Counter(key for features in grams for key in set(features))
        vocabulary = {key: i for i, key in enumerate(sorted(k for k, n in documents.items() if n >= 2))}
        idf = np.ones(len(vocabulary), dtype=np.float32)
        for key, index in vocabulary.items():
            idf[index] = 1.0 + np.log((1 + len(texts)) / (1 + documents[key]))
        model = cls(sorted(set(intents)), vocabulary, frequent, idf, np.zeros((0, 0), np.float32), np.zeros(0, np.float32), 1.0, gazetteers)
        matrix = model._matrix(grams)
        targets = np.array([model.intents.index(intent) for intent in intents])
        held_out = np.array([_is_held_out(intent, units) for intent, units in zip(intents, readings, strict=True)])
        model._fit(matrix[~held_out], targets[~held_out])
        model._temperature = _fit_temperature(model._margins(matrix[held_out]), targets[held_out])
        model._fit(matrix, targets)
        return model

    def _fit(self, matrix: sp.csr_matrix, targets: IntArray) -> None:
        from sklearn.svm import LinearSVC

        machine = LinearSVC(C=1.0, max_iter=2000, random_state=0)
        machine.fit(matrix, targets)
        weights = np.zeros((len(self.intents), matrix.shape[1]), dtype=np.float32)
        bias = np.full(len(self.intents), -10.0, dtype=np.float32)
        if len(machine.classes_) == 2:
            weights[machine.classes_] = np.vstack([-machine.coef_, machine.coef_])
            bias[machine.classes_] = np.concatenate([-machine.intercept_, machine.intercept_])
        else:
            weights[machine.classes_], bias[machine.classes_] = machine.coef_, machine.intercept_
        self._weights, self._bias = np.ascontiguousarray(weights.T), bias

    def _matrix(self, grams: list[dict[str, float]]) -> sp.csr_matrix:
        indices, values, starts = [], [], [0]
        for features in grams:
            columns, weights = self._vector(features)
            indices.append(columns)
            values.append(weights)
            starts.append(starts[-1] + len(columns))
        shape = (len(grams), len(self._vocabulary))
        return sp.csr_matrix((np.concatenate(values), np.concatenate(indices), np.array(starts)), shape=shape)

    def _vector(self, features: dict[str, float]) -> tuple[IntArray, FloatArray]:
        columns: list[int] = []
        weights: list[float] = []
        for block in _BLOCKS:
            known = [(self._vocabulary[k], n) for k, n in features.items() if k in self._vocabulary and k.startswith(block)]
            if not known:
                continue
            part = np.array([n for _, n in known], dtype=np.float32)
            part = (1 + np.log(part)) * self._idf[[i for i, _ in known]]
            part *= _WEIGHTS[block] / float(np.sqrt((part * part).sum()))
            columns += [i for i, _ in known]
            weights += part.tolist()
        return np.array(columns, dtype=np.int64), np.array(weights, dtype=np.float32)

    def _margins(self, matrix: sp.csr_matrix) -> FloatArray:
        return np.asarray(matrix @ self._weights + self._bias, dtype=np.float32)

    def rank(self, text: str) -> list[tuple[str, float]]:
        """All intents with their confidence (they sum to 1), likeliest first."""
        columns, values = self._vector(_features(read(text, self._gazetteers), self._frequent))
        margins = values @ self._weights[columns] + self._bias
        confidences = _softmax(margins[None, :] / self._temperature)[0]
        order = np.argsort(-confidences)
        return [(self.intents[i], float(confidences[i])) for i in order]

    def save(self, folder: Path) -> None:
        """Writes the weights (half precision) and a JSON file with vocabulary and lists into `folder`."""
        np.savez(folder / "intents.npz", weights=self._weights.astype(np.float16), bias=self._bias, idf=self._idf.astype(np.float32))
        words = sorted(self._vocabulary, key=self._vocabulary.__getitem__)
        content = {
            "intents": self.intents, "temperature": self._temperature, "frequent": sorted(self._frequent),
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
            content["intents"], vocabulary, frozenset(content["frequent"]), idf, weights, bias, content["temperature"],
            Gazetteers(content["gazetteers"]),
        )  # fmt: skip


def _features(units: list[Unit], frequent: frozenset[str]) -> dict[str, float]:
    """Counts of the n-grams of a sentence, keyed by block."""
    words = [form for unit in units for form in unit.form.split() if unit.exact or form[0].isalnum() or form in "?!"]
    features: Counter[str] = Counter("word " + gram for gram in _ngrams(words, (1, 2)))
    for word in words:
        padded = f" {word} "
        for n in (2, 3, 4, 5):
            features.update("char " + padded[i : i + n] for i in range(max(len(padded) - n + 1, 1)))
    skeleton = ["^", *(shape for unit in units for shape in _shapes(unit, frequent)), "$"]
    features.update("shape " + gram for gram in _ngrams(skeleton, (1, 2, 3)))
    features[f"shape length {min(len(words), 12)}"] += 1
    return dict(features)


def _shapes(unit: Unit, frequent: frozenset[str]) -> list[str]:
    if unit.exact:
        return [unit.form]
    for name in _SHAPE_ORDER:
        if name in unit.classes and (unit.form not in frequent or name in _SHAPE_ORDER[:5]):
            return [f"<{name}>"]
    if unit.form.isdigit():
        return [f"<{min(len(unit.form), 6)} digits>"]
    if unit.form not in frequent:
        return ["<?>"]
    return unit.form.split()


def _softmax(values: FloatArray) -> FloatArray:
    values = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(values / values.sum(axis=1, keepdims=True), dtype=np.float32)


def _is_held_out(intent: str, units: list[Unit]) -> bool:
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
