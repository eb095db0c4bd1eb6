"""Whether an unknown word could be a name or a word at all, by how its letters follow each other.

« Kouyaté » is in no list, but any three letters of it are in some name or word that is known; of « qsdfgh », « Привет » and
« 你好 » hardly any are.
"""

from __future__ import annotations

from collections.abc import Iterable

from nlu.components.gazetteers import Gazetteers

# Under this share of known sequences a word looks like none. Of the generator's 208 names that the lists lack, 200 have all of
# theirs known, and none has fewer than this.
_LEAST_SHARE = 0.5
_NAMED = ("first", "last", "city")


class GibberishDetector:
    """The sequences of three letters, ends of words included, that names, towns and known words hold."""

    def __init__(self, words: Iterable[str], gazetteers: Gazetteers) -> None:
        """`words`: folded forms that are known; a form may hold several words."""
        known = [*words, *(entry for name in _NAMED for entry in gazetteers.entries.get(name, ()))]
        padded = [f" {word} " for entry in known for word in entry.split()]
        self._known = frozenset(word[i : i + length] for word in padded for length in (2, 3) for i in range(len(word) - length + 1))

    def is_plausible(self, word: str) -> bool:
        """Whether a folded `word` could be one that is only not known."""
        parts = _parts(word)
        return sum(part in self._known for part in parts) >= _LEAST_SHARE * len(parts)


def _parts(word: str) -> list[str]:
    """Three letters each; of a word of two letters, two (« Xu », « Ng »); a single letter is known as a word or not at all."""
    padded, length = f" {word} ", 2 if len(word) == 2 else 3
    return [padded[i : i + length] for i in range(len(padded) - length + 1)]
