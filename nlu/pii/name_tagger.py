"""The name tagger: for each word of a message, how likely it is of an usager's name, and of a professional's.

A conditional random field, as the entity extractor's, but trained for this alone, on more spellings, so that its probabilities can be
held against a threshold: a false alarm costs a masked word, a miss costs a secret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pycrfsuite

from nlu.components.gazetteers import Gazetteers
from nlu.components.lexicon import EMPTY_LEXICON, Lexicon
from nlu.pii.name_features import Reading, WordReader, extract_features

FILES = Path(__file__).resolve().parent / "data"
TAGGER_FILE, WORDS_FILE = "names.crfsuite", "words.json"
USAGER, PROFESSIONAL, OTHER = "U", "P", "O"
"""The tagger's labels."""


@dataclass(frozen=True, slots=True)
class TaggedWord:
    """A word of the message.

    Attributes:
        reading: the word.
        usager: the probability that it is part of an usager's name, 0 to 1.
        professional: the probability that it is part of a professional's name, or of the speaker's.
    """

    reading: Reading
    usager: float
    professional: float


class NameTagger:
    """The trained tagger.

    Attributes:
        lists: the entries of its word lists.
    """

    def __init__(self, content: bytes, counts: Mapping[str, int], lists: dict[str, list[str]]) -> None:
        self._content = content  # the tagger reads these bytes as long as it lives
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(content)
        self.lists = lists
        self._reader = WordReader(counts, Gazetteers(lists))
        self._labels = set(self._tagger.labels())

    def tag(self, text: str, asked: str = "", lexicon: Lexicon = EMPTY_LEXICON) -> list[TaggedWord]:
        """Return the words of `text` with their probabilities; `asked` as for `extract_features`."""
        readings = self._reader.read(text, lexicon)
        if not readings:
            return []
        self._tagger.set(pycrfsuite.ItemSequence(extract_features(readings, asked)))
        return [TaggedWord(reading, self._marginal(USAGER, at), self._marginal(PROFESSIONAL, at)) for at, reading in enumerate(readings)]

    def _marginal(self, label: str, at: int) -> float:
        return float(self._tagger.marginal(label, at)) if label in self._labels else 0.0


@lru_cache(maxsize=1)
def load_tagger() -> NameTagger:
    """Return the tagger that `nlu.pii.train` wrote, loaded once for the process."""
    words = json.loads((FILES / WORDS_FILE).read_text(encoding="utf-8"))
    return NameTagger((FILES / TAGGER_FILE).read_bytes(), words["counts"], words["lists"])
