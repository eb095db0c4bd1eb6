"""What the intent model says of a whole message and of each of its clauses: a feature of the tokens that stand there."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from nlu.components.analysis import Token
from nlu.components.intent_model import IntentModel

_FILES = ("intents.json", "intents.npz")
_BOUNDARIES = frozenset([*".!?;:,()\n", "et", "mais", "puis", "sinon", "car", "donc", "ensuite"])
MAX_CLAUSES = 12
"""The clauses that are looked at on their own: a long letter has dozens."""


class ClauseIntents:
    """The intent model's confidences as numbers.

    Args:
        model: the intent model.
        intents: the intents, in the order of the numbers; one that the model lacks is always 0.
    """

    def __init__(self, model: IntentModel, intents: Sequence[str]) -> None:
        self._model, self.intents = model, list(intents)

    def compute(self, text: str, tokens: Sequence[Token]) -> npt.NDArray[np.float32]:
        """Return by token the square roots of the confidences of all intents for the message, then for the clause it is in."""
        width = len(self.intents)
        whole = self._rank(text)
        values = np.concatenate([np.tile(whole, (len(tokens), 1))] * 2, axis=1)
        clauses = split_clauses(tokens)
        for first, end in clauses[:MAX_CLAUSES] if len(clauses) > 1 else []:
            values[first:end, width:] = self._rank(text[tokens[first].start : tokens[end - 1].end])
        return values

    def _rank(self, text: str) -> npt.NDArray[np.float32]:
        confidences = dict(self._model.rank(text))
        return np.sqrt(np.array([confidences.get(intent, 0.0) for intent in self.intents], np.float32))


def split_clauses(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Return the first token of each clause and the one after its last; a mark or conjunction begins one."""
    starts = [0, *(number for number, token in enumerate(tokens) if number and token.form in _BOUNDARIES), len(tokens)]
    return [(first, end) for first, end in pairwise(starts) if first < end]


def load_intent_model(archive: Path) -> IntentModel:
    """Return the intent model of a trained Rasa model.

    Raises:
        OSError: the archive cannot be read.
        KeyError: it holds no intent model.
    """
    with tarfile.open(archive) as file, tempfile.TemporaryDirectory() as folder:
        found = {PurePosixPath(member.name).name: member for member in file.getmembers() if member.isfile()}
        for name in _FILES:
            content = file.extractfile(found[name])
            assert content is not None  # it is a file
            (Path(folder) / name).write_bytes(content.read())
        return IntentModel.load(Path(folder))
