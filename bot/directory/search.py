"""Search in the imported directory. Synchronous and thread-safe: call it through `asyncio.to_thread`."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from pathlib import Path

import tantivy

from bot.core.text_folding import digits
from bot.directory.candidates import Asked, Candidates, Query, understand
from bot.directory.errors import DirectoryUnavailable
from bot.directory.index import CURRENT, current_folder
from bot.directory.index_terms import Terms
from bot.directory.ranking import Match, rank
from bot.directory.records import Professional

__all__ = ["Directory", "Match", "Query"]

CANDIDATES = 40
"""How many candidates are read and ranked; more cost time (some 30 µs each) and find nobody else."""

_log = logging.getLogger(__name__)

_ATTEMPTS = 3  # an import may remove the old folder between reading its name and opening it


ENOUGH = 5
"""From so many bearers of a name on, where nothing else was given, nobody of a name near it is looked for."""


class Opened:
    """One index, open: its searcher, terms and queries."""

    def __init__(self, folder: Path, stamp: tuple[int, int] = (0, 0)) -> None:
        """Open the index in a folder, the pointer to which has `stamp`. Raises OSError, ValueError."""
        index = tantivy.Index.open(str(folder))
        # The pointer is watched, not the folder: that one never changes once it is in use.
        index.config_reader(reload_policy="manual")
        index.reload()
        self.stamp = stamp
        self.searcher = index.searcher()
        self.terms = Terms(self.searcher)
        self.candidates = Candidates(index.schema, self.terms)

    def people(self, query: tantivy.Query) -> list[Professional]:
        """Return the first candidates of a query, as the index keeps them."""
        hits = self.searcher.search(query, CANDIDATES, count=False).hits
        stored = (self.searcher.doc(address).get_first("data") for _, address in hits)
        return [Professional.unpacked(json.loads(bytes(data))) for data in stored if data]


def find(opened: Opened, query: Query, limit: int) -> list[Match]:
    """Return whoever may be meant, best first."""
    asked = understand(query, opened.terms.frequency)
    if asked.number:
        people = opened.people(opened.candidates.number(asked.number))
        if people:
            return rank(people, asked)[:limit]
    if asked.name.words:
        return _named(opened, asked)[:limit]
    for tantivy_query in opened.candidates.unnamed(asked):
        people = opened.people(tantivy_query)
        if people:
            return rank(people, asked)[:limit]
    return []


def _named(opened: Opened, asked: Asked) -> list[Match]:
    """Return whoever bears the name: as it was typed, where somebody does and meets the rest; else those whose name is near it too."""
    matches: list[Match] = []
    for edits, tantivy_query in opened.candidates.named(asked):
        matches = rank(opened.people(tantivy_query), asked)
        full = sum(match.full for match in matches[:ENOUGH])
        if full and (edits > 0 or asked.beside_name or full == ENOUGH):
            break
    return matches


class Directory:
    """The directory in a folder. Follows imports: each search uses the newest complete index."""

    def __init__(self, index_dir: Path) -> None:
        self._dir = index_dir
        self._opened: Opened | None = None
        self._told = False
        """Whether it was logged that an index which is there does not open."""

    def search(self, query: Query, limit: int = 20) -> list[Match]:
        """Whoever may be meant, best first, at most `limit` (up to `CANDIDATES`).

        [] when the name is nobody's, when nothing was asked, and when nobody meets any of what was asked. Raises
        `DirectoryUnavailable` before the first import; never because of what a query holds.
        """
        return find(self._open(), query, limit)

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
            frequency = self._open().terms.frequency
        except DirectoryUnavailable:
            return set()
        return {word for word in words if frequency("given", word) > frequency("family", word)}

    def count(self) -> int:
        """Return how many people the directory holds. Raises `DirectoryUnavailable` before the first import."""
        return int(self._open().searcher.num_docs)

    def _numbered(self, number: str) -> list[Professional]:
        if not number:
            return []
        opened = self._open()
        return opened.people(opened.candidates.number(number))

    def _open(self) -> Opened:
        """Return the index in use, opened anew after an import. Two threads may open it twice, to no harm."""
        failure: Exception | None = None
        for _ in range(_ATTEMPTS):
            try:
                status = (self._dir / CURRENT).stat()
            except FileNotFoundError:
                break
            stamp = (status.st_ino, status.st_mtime_ns)
            opened = self._opened
            if opened and opened.stamp == stamp:
                return opened
            folder = current_folder(self._dir)
            if folder is None:
                break
            try:
                opened = Opened(folder, stamp)
            except (OSError, ValueError) as error:
                failure = error
                continue
            self._opened, self._told = opened, False
            return opened
        if failure is not None and not self._told:
            self._told = True
            _log.error("the directory's index does not open (%s, which this process must be able to write to): %s", self._dir, failure)
        raise DirectoryUnavailable
