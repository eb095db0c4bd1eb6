"""Names and towns of the last imported directory, as features: what an unknown word may be, never what it is.

The directory's import writes them beside its index (docs/dev/directory.md), so that a name that is in no list is known from the next
message on, without retraining. A word that is frequent in the training data is not looked up: « Bonjour » and « Merci » are family
names too. Nor is a word that was just corrected.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from nlu.components.analysis import Token
from nlu.components.gazetteers import Gazetteers
from nlu.components.tokenization import normalise

_CURRENT, _FILE = "current", "lexicon.json"
_NAMES = ("first", "last")


class Lexicon:
    """Words of given names (« first ») and family names (« last »), and towns (« city »), folded."""

    def __init__(self, words: Mapping[str, Collection[str]]) -> None:
        """Index `words` by list; names are folded single words, towns are as written."""
        towns = {normalise(town) for town in words.get("city", ())}
        self._words = {name: frozenset(words.get(name, ())) for name in _NAMES}
        self._words["city"] = frozenset(town for town in towns if " " not in town)
        self._phrases = Gazetteers({"city": sorted(towns - self._words["city"])})

    def add_classes(self, tokens: Sequence[Token], known: Collection[str]) -> list[Token]:
        """Return the tokens, with the directory's classes added to those that are in no list and not `known` (folded forms)."""
        phrases = self._phrases.lookup([token.form for token in tokens])
        return [self._add_classes(token, "city" in names, known) for token, names in zip(tokens, phrases, strict=True)]

    def _add_classes(self, token: Token, in_town: bool, known: Collection[str]) -> Token:
        if token.rule_entity or any(not name.startswith("~") for name in token.classes):
            return token
        found = {name for name, words in self._words.items() if token.form in words} if token.form not in known else set()
        if in_town:
            found.add("city")
        return replace(token, classes=token.classes | found) if found else token


EMPTY_LEXICON = Lexicon({})


class ImportedLexicon:
    """The lexicon of the index in use under a folder; reloaded after each import."""

    def __init__(self, folder: Path | None) -> None:
        """Watch the directory index `folder`; None where there is no directory."""
        self._folder = folder
        self._stamp: tuple[int, int] | None = None
        self._lexicon = EMPTY_LEXICON

    def current(self) -> Lexicon:
        """Return the present lexicon, `EMPTY_LEXICON` where nothing was imported or the file cannot be read."""
        if self._folder is None:
            return EMPTY_LEXICON
        stamp = _read_stamp(self._folder)
        if stamp != self._stamp:
            self._stamp, self._lexicon = stamp, _load(self._folder)
        return self._lexicon


def _read_stamp(folder: Path) -> tuple[int, int] | None:
    """Return what changes with each import (inode and time of the pointer to the index), None before the first."""
    try:
        status = (folder / _CURRENT).stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _load(folder: Path) -> Lexicon:
    try:
        index = (folder / _CURRENT).read_text(encoding="utf-8").strip()
        content = json.loads((folder / Path(index).name / _FILE).read_text(encoding="utf-8"))
        return Lexicon({name: list(map(str, content[name])) for name in (*_NAMES, "city")})
    except (OSError, ValueError, KeyError, TypeError):
        return EMPTY_LEXICON  # an older index has no lexicon: words are read as in training


@lru_cache(maxsize=1)
def get_imported_lexicon() -> ImportedLexicon:
    """Return the installation's imported lexicon (folder `DIRECTORY_INDEX`), one for the process."""
    folder = os.environ.get("DIRECTORY_INDEX")
    return ImportedLexicon(Path(folder) if folder else None)
