"""Search in the imported directory. Synchronous and thread-safe: call it through `asyncio.to_thread`."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import tantivy

from bot.core.text_folding import digits
from bot.directory.candidates import Asked, Candidates, Query, understand
from bot.directory.errors import DirectoryUnavailable
from bot.directory.index import CURRENT, current_folder, schema
from bot.directory.ranking import Match, rank
from bot.directory.records import Professional

__all__ = ["Directory", "Match", "Query"]

CANDIDATES = 40
"""How many candidates are read and ranked; more cost time (some 30 µs each) and find nobody else."""

_ATTEMPTS = 3  # an import may remove the old folder between reading its name and opening it


@dataclass(frozen=True, slots=True)
class _Opened:
    stamp: tuple[int, int]
    searcher: tantivy.Searcher


class Directory:
    """The directory in a folder. Follows imports: each search uses the newest complete index."""

    def __init__(self, index_dir: Path) -> None:
        self._dir = index_dir
        self._opened: _Opened | None = None
        self._candidates = Candidates(schema())

    def search(self, query: Query, limit: int = 20) -> list[Match]:
        """Whoever may be meant, best first, at most `limit` (up to `CANDIDATES`).

        [] when the name is nobody's, when nothing was asked, and when nobody meets any of what was asked. Raises
        `DirectoryUnavailable` before the first import; never because of what a query holds.
        """
        searcher = self._searcher()
        asked = understand(query, searcher.doc_freq)
        if asked.number:
            people = self._people(searcher, self._candidates.number(asked.number))
            if people:
                return rank(people, asked)[:limit]
        if asked.name.words:
            return self._named(searcher, asked)[:limit]
        for tantivy_query in self._candidates.unnamed(asked):
            people = self._people(searcher, tantivy_query)
            if people:
                return rank(people, asked)[:limit]
        return []

    def _named(self, searcher: tantivy.Searcher, asked: Asked) -> list[Match]:
        matches: list[Match] = []
        for tantivy_query in self._candidates.named(asked):
            matches = rank(self._people(searcher, tantivy_query), asked)
            if matches and matches[0].full:
                break
        return matches

    def get(self, key: str) -> Professional | None:
        """Return the professional with this key (national identification)."""
        return next((person for person in self._numbered(key) if person.key == key), None)

    def by_rpps(self, rpps: str) -> Professional | None:
        """Return the professional with this RPPS number, spaces and dots allowed; the checksum is not looked at."""
        number = digits(rpps)
        return next((person for person in self._numbered(number) if person.rpps == number), None)

    def given_names(self, words: Collection[str]) -> set[str]:
        """Return which of these folded words are more often somebody's given name than a family name; none before the first import."""
        try:
            frequency = self._searcher().doc_freq
        except DirectoryUnavailable:
            return set()
        return {word for word in words if frequency("given", word) > frequency("family", word)}

    def count(self) -> int:
        """Return how many people the directory holds. Raises `DirectoryUnavailable` before the first import."""
        return int(self._searcher().num_docs)

    def _numbered(self, number: str) -> list[Professional]:
        return self._people(self._searcher(), self._candidates.number(number)) if number else []

    def _people(self, searcher: tantivy.Searcher, query: tantivy.Query) -> list[Professional]:
        hits = searcher.search(query, CANDIDATES, count=False).hits
        stored = (searcher.doc(address).get_first("data") for _, address in hits)
        return [Professional.from_dict(json.loads(bytes(data))) for data in stored if data]

    def _searcher(self) -> tantivy.Searcher:
        """Return the searcher of the index in use, opened anew after an import. Two threads may open it twice, to no harm."""
        for _ in range(_ATTEMPTS):
            try:
                status = (self._dir / CURRENT).stat()
            except FileNotFoundError:
                break
            stamp = (status.st_ino, status.st_mtime_ns)
            opened = self._opened
            if opened and opened.stamp == stamp:
                return opened.searcher
            folder = current_folder(self._dir)
            if folder is None:
                break
            try:
                opened = _Opened(stamp, _open(folder))
            except (OSError, ValueError):
                continue
            self._opened = opened
            return opened.searcher
        raise DirectoryUnavailable


def _open(folder: Path) -> tantivy.Searcher:
    index = tantivy.Index.open(str(folder))
    # The pointer is watched, not the folder: that one never changes once it is in use.
    index.config_reader(reload_policy="manual")
    index.reload()
    return index.searcher()
