"""What a user says in their manner: texts of manners.yml, filled in with facts they know."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.dialogues.goals import FOLDER, Manner, Person
from bench.dialogues.judge import fold_said
from bench.dialogues.yaml_files import read_yaml

MANNERS = FOLDER / "manners.yml"
COMMON = "common"
ALL_FACTS = ("civility", "name", "profession", "mode", "organization", "city", "email", "phone")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Phrases:
    """The texts of one manner, drawn by a seeded generator: the same seed says the same.

    Args:
        manner: how the user writes.
        rng: what draws among texts that say the same.
        manners: the texts by manner and kind; those of manners.yml where None.
    """

    def __init__(self, manner: Manner, rng: random.Random, manners: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        texts = manners or read_manners()
        self.manner, self._rng = manner, rng
        self._texts = {**texts[COMMON], **texts[manner.value]}

    def presses(self) -> bool:
        """Draw whether a button is pressed where there is one."""
        return self._rng.random() < float(self._texts["presses"])

    def say(self, kind: str, **facts: str | None) -> str | None:
        """Return a text of this kind; of those whose facts are all known one that says most. None where no text can be said."""
        known = {name: value for name, value in facts.items() if value}
        sayable = [text for text in self._texts[kind] if set(_PLACEHOLDER.findall(text)) <= known.keys()]
        if not sayable:
            return None
        most = max(len(_PLACEHOLDER.findall(text)) for text in sayable)
        text = self._rng.choice([text for text in sayable if len(_PLACEHOLDER.findall(text)) == most])
        return self.write(text.format(**known))

    def write(self, text: str) -> str:
        """Return a text as this manner types it."""
        return fold_said(text) if self.manner is Manner.SMS else text

    def all_facts(self, person: Person) -> str:
        """Return all that is known of a person, in one message."""
        return self.write(", ".join(value for fact in ALL_FACTS if (value := facts_of(person).get(fact))))


def facts_of(person: Person) -> dict[str, str | None]:
    """Return what is known of a person, `name` as they are called."""
    name = person.name if person.given else f"{person.civility or ''} {person.family}".strip()
    return {**person.model_dump(), "name": name}


def read_manners(file: Path = MANNERS) -> Mapping[str, Mapping[str, Any]]:
    """Return the texts by manner and kind."""
    found: Mapping[str, Mapping[str, Any]] = read_yaml(file)
    return found
