"""The terms that an index really holds near a typed word: same word, one typing error, beginning.

Looking for a term that is there costs a microsecond, running an automaton over half a million names several milliseconds, and a search has
a dozen of words to try. So all words one error away are written down, and those that exist are kept; automata are left for two errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import tantivy

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONGEST = 24
"""Longer words are only looked for as they are: nobody mistypes them by one letter alone."""
_CACHED = 20_000


class Terms:
    """The dictionary of one searcher. Thread-safe: what is cached twice is the same."""

    def __init__(self, searcher: tantivy.Searcher | None) -> None:
        """Read the dictionary of a searcher; without one, of no words."""

        # Closed over the searcher alone: with `self` the caches would keep replaced indexes open until the garbage collection.
        @lru_cache(maxsize=_CACHED)
        def frequency(field: str, word: str) -> int:
            return int(searcher.doc_freq(field, word)) if searcher else 0

        @lru_cache(maxsize=_CACHED)
        def near(field: str, word: str) -> tuple[str, ...]:
            if searcher is None or len(word) > _LONGEST:
                return ()
            doc_freq = searcher.doc_freq
            return tuple(term for term in dict.fromkeys(_one_error(word)) if term != word and doc_freq(field, term))

        @lru_cache(maxsize=_CACHED)
        def begun(field: str, word: str, most: int | None) -> tuple[str, ...]:
            found = searcher.terms_with_prefix(field, word, limit=None if most is None else most + 1) if searcher else []
            return tuple(term for term, _ in found if term != word)[:most]

        def finds(query: tantivy.Query) -> bool:
            return searcher is None or bool(searcher.search(query, 1, count=False).hits)

        self.finds: Callable[[tantivy.Query], bool] = finds
        """Whether a query finds anybody."""
        self.frequency: Callable[[str, str], int] = frequency
        """How many people have a term (second) in a field (first)."""
        self.near: Callable[[str, str], tuple[str, ...]] = near
        """The terms of a field (first) that are exactly one typing error away from a word (second)."""
        self.begun: Callable[[str, str, int | None], tuple[str, ...]] = begun
        """The most frequent terms of a field (first) that go on from a beginning (second), at most so many (third); None: all."""


def _one_error(word: str) -> Iterator[str]:
    """Yield what one letter dropped, swapped with the next, replaced or added makes of a word."""
    for place in range(len(word) + 1):
        head, tail = word[:place], word[place:]
        if tail:
            yield head + tail[1:]
            for letter in _LETTERS:
                yield head + letter + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in _LETTERS:
            yield head + letter + tail
