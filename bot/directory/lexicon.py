"""The words of an index: names and towns, for those who read sentences without searching (`nlu/components/lexicon.py`).

<index folder>/lexicon.json   {"first": [words of given names], "last": [words of family names], "city": [towns]}

Names are folded words of three letters or more without particles; towns are as the file writes them, without « CEDEX » or
the number of an arrondissement.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

from bot.core.text_folding import name_words, without_particles
from bot.directory.records import Professional

LEXICON = "lexicon.json"
_SHORTEST = 3
_TOWN_END = re.compile(r"\s+(?:cedex\b|\d).*$", re.IGNORECASE)


class Lexicon:
    """Collects the words of people, one by one."""

    def __init__(self) -> None:
        self._words: dict[str, set[str]] = {"first": set(), "last": set(), "city": set()}
        self._towns: set[str] = set()

    def add(self, person: Professional) -> None:
        """Add the words of people's names and of the towns where they practise."""
        self._words["first"].update(_name_words(person.given))
        self._words["last"].update(_name_words(person.family))
        for practice in person.practices:
            self._towns.add(practice.city)

    def write(self, folder: Path) -> None:
        """Write the file into an index folder that is being built; sorted, so that the same people give the same file."""
        towns = (_TOWN_END.sub("", town).strip() for town in self._towns)
        self._words["city"].update(town for town in towns if len(town) >= _SHORTEST)
        content = {name: sorted(words) for name, words in self._words.items()}
        (folder / LEXICON).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


@lru_cache(maxsize=65_536)
def _name_words(text: str) -> tuple[str, ...]:
    words = without_particles(name_words(text))
    return tuple(word for word in words if len(word) >= _SHORTEST and word.isalpha())
