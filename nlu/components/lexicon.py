"""The names and towns of the directory that was imported last, as features: what an unknown word may be, never what it is.

The directory's import writes them beside its index (docs/dev/directory.md), so that a name which no list of the training holds
is known from the next message on, without training anew. What the training data hold often is not looked up: « Bonjour » and
« Merci » are family names too. Nor is what was just read as a slip of another word.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from nlu.components.analysis import Token
from nlu.components.folding import normalise
from nlu.components.gazetteers import Gazetteers

_CURRENT, _FILE = "current", "lexicon.json"
_NAMES = ("first", "last")


class Lexicon:
    """Words of given names (« first ») and of family names (« last »), towns (« city »), folded."""

    def __init__(self, words: Mapping[str, Collection[str]]) -> None:
        towns = {normalise(town) for town in words.get("city", ())}
        self._words = {name: frozenset(words.get(name, ())) for name in _NAMES}
        self._words["city"] = frozenset(town for town in towns if " " not in town)
        self._phrases = Gazetteers({"city": sorted(towns - self._words["city"])})

    def add_classes(self, units: Sequence[Token], known: Collection[str]) -> list[Token]:
        """The units with what the directory knows of those that are neither in a list nor `known` (folded forms)."""
        phrases = self._phrases.classes([unit.form for unit in units])
        return [self._unit(unit, "city" in found, known) for unit, found in zip(units, phrases, strict=True)]

    def _unit(self, unit: Token, in_town: bool, known: Collection[str]) -> Token:
        if unit.rule_entity or any(not name.startswith("~") for name in unit.classes):
            return unit
        found = {name for name, words in self._words.items() if unit.form in words} if unit.form not in known else set()
        if in_town:
            found.add("city")
        return replace(unit, classes=unit.classes | found) if found else unit


EMPTY_LEXICON = Lexicon({})


class ImportedLexicon:
    """The lexicon of the index in use under `folder`; follows each import."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._seen: tuple[int, int] | None = None
        self._lexicon = EMPTY_LEXICON

    def now(self) -> Lexicon:
        """The present one; `EMPTY_LEXICON` where nothing was imported or what was written cannot be read."""
        if self._folder is None:
            return EMPTY_LEXICON
        stamp = _stamp(self._folder)
        if stamp != self._seen:
            self._seen, self._lexicon = stamp, _read(self._folder)
        return self._lexicon


def _stamp(folder: Path) -> tuple[int, int] | None:
    """What changes with each import; None before the first."""
    try:
        found = (folder / _CURRENT).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _read(folder: Path) -> Lexicon:
    try:
        index = (folder / _CURRENT).read_text(encoding="utf-8").strip()
        content = json.loads((folder / Path(index).name / _FILE).read_text(encoding="utf-8"))
        return Lexicon({name: list(map(str, content[name])) for name in (*_NAMES, "city")})
    except (OSError, ValueError, KeyError, TypeError):
        return EMPTY_LEXICON  # an index from before there was a lexicon: words are read as the training reads them


@lru_cache(maxsize=1)
def get_imported_lexicon() -> ImportedLexicon:
    """That of the installation (`DIRECTORY_INDEX`), one for the process."""
    folder = os.environ.get("DIRECTORY_INDEX")
    return ImportedLexicon(Path(folder) if folder else None)
