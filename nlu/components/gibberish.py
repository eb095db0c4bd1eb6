"""Detection of gibberish by letter n-grams.

« Kouyaté » is in no list, but all its trigrams occur in known names or words; of the trigrams of « qsdfgh », « Привет » and « 你好 »
hardly any do.
"""

from __future__ import annotations

from collections.abc import Iterable

from nlu.components.gazetteers import Gazetteers

# A word with a smaller share of known n-grams is gibberish. Of the generator's 208 names that the lists lack, 200 have only known
# n-grams, and none has a share below this.
_MIN_KNOWN_SHARE = 0.5
_NAME_LISTS = ("first", "last", "city")


class GibberishDetector:
    """Knows the letter n-grams (ends of words included) of names, towns and known words."""

    def __init__(self, words: Iterable[str], gazetteers: Gazetteers) -> None:
        """Collect the n-grams of `words` (known folded forms, each of one or more words) and of the names and towns in `gazetteers`."""
        known = [*words, *(entry for name in _NAME_LISTS for entry in gazetteers.entries.get(name, ()))]
        padded = [f" {word} " for entry in known for word in entry.split()]
        self._known = frozenset(word[i : i + length] for word in padded for length in (2, 3) for i in range(len(word) - length + 1))

    def is_plausible(self, word: str) -> bool:
        """Return whether a folded `word` could be a name or a word, though it is in no list."""
        ngrams = _ngrams(word)
        return sum(ngram in self._known for ngram in ngrams) >= _MIN_KNOWN_SHARE * len(ngrams)


def _ngrams(word: str) -> list[str]:
    """Return the padded word's trigrams, or its bigrams where it has two letters (« Xu », « Ng »)."""
    # A single letter has one trigram: it is a known word or it is not.
    padded, length = f" {word} ", 2 if len(word) == 2 else 3
    return [padded[i : i + length] for i in range(len(padded) - length + 1)]
