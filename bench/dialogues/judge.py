"""The judge: what a goal expects of the data, compared with what changed; any other change is a wrong act."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.dialogues.goals import Goal
from bench.dialogues.world import Snapshot, changes
from bot.core.text_folding import fold

ANYTHING = "set"
"""Expected value that any value fulfils."""


@dataclass(frozen=True)
class Expected:
    """A path of the snapshot and the value that it must have at the end; None: nothing may be there."""

    path: str
    value: Any


@dataclass
class Verdict:
    """How a dialogue ended. A goal is reached where nothing is missing and nothing wrong was done."""

    missing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)

    @property
    def reached(self) -> bool:
        """Whether the goal is reached."""
        return not (self.missing or self.wrong or self.unsaid)


class Judge:
    """Follows one dialogue from turn to turn.

    Args:
        goal: what is wanted.
        before: the snapshot at the start.
        user_name: name of the user's account, whom a dossier of theirs has as referent.
        passes: beginnings of paths that may change on the way; those of the goal where none are given.
    """

    def __init__(self, goal: Goal, before: Snapshot, user_name: str, passes: Sequence[str] | None = None) -> None:
        self._goal, self._before, self._user = goal, before, user_name
        self._passes = goal.passes if passes is None else passes
        self._now: Snapshot = before
        self._said: list[str] = []
        self._wrong: dict[str, None] = {}

    def see(self, now: Snapshot, said: Sequence[str], *, may_change: bool = True) -> None:
        """Take one turn: the snapshot after it and the assistant's texts; `may_change`: whether the user had meant anything to be done."""
        turn = changes(self._now, now)
        self._said += [fold_said(text) for text in said]
        self._now = now
        expected = list(self.expected())
        for path, (_, value) in turn.items():
            if not may_change:
                self._wrong[f"done before the yes: {path}"] = None
            elif not self._is_meant(path, value, expected):
                self._wrong[f"{path}: {value}"] = None

    def _is_meant(self, path: str, value: Any, expected: Sequence[Expected]) -> bool:
        if any(path.startswith(passing) for passing in self._passes):
            return True
        return any(path == one.path and fits(one.value, value) for one in expected)

    def expected(self) -> Iterator[Expected]:
        """Yield what must have changed at the end, a created dossier under the reference that it got."""
        end = self._goal.end
        for reference, people in end.get("access", {}).items():
            for name, value in people.items():
                yield Expected(f"access/{reference}/{name}", value)
        for name, value in end.get("requests", {}).items():
            yield Expected(f"request/{self._request_key(name)}", value)
        for key, value in end.get("settings", {}).items():
            yield Expected(f"settings/{self._user}/{key}", value)
        for dossier in end.get("dossiers", []):
            yield from self._created(dossier)
        if "read" in end:
            yield Expected(f"read/{self._user}", end["read"])
        for key in ("link", "tickets"):
            if key in end:
                yield Expected(key, end[key])

    def _request_key(self, name: str) -> str:
        found = (path.removeprefix("request/") for path in self._now if path.startswith("request/"))
        return next((known for known in found if fold(known) == fold(name)), name)

    def _created(self, dossier: Mapping[str, Any]) -> Iterator[Expected]:
        wanted = {key: value for key, value in dossier.items() if key != "partners"}
        created = changes(self._before, self._now)
        path = next((p for p, (old, new) in created.items() if p.startswith("dossier/") and old is None and fits(wanted, new)), None)
        reference = path.removeprefix("dossier/") if path else "?"
        yield Expected(f"dossier/{reference}", wanted)
        yield Expected(f"access/{reference}/{self._user}", {"referent": True})
        for name, value in dossier.get("partners", {}).items():
            yield Expected(f"access/{reference}/{name}", value)

    def unmet(self) -> list[Expected]:
        """Return what does not hold yet."""
        return [one for one in self.expected() if not fits(one.value, self._now.get(one.path))]

    def unsaid(self) -> list[str]:
        """Return the expected words that were not said yet."""
        return [words for words in self._goal.says if not any(re.search(fold_pattern(words), text) for text in self._said)]

    def verdict(self) -> Verdict:
        """Return how things stand now."""
        said = [words for words in self._goal.never_says if any(re.search(fold_pattern(words), text) for text in self._said)]
        return Verdict(
            missing=[f"{one.path}: {one.value}" for one in self.unmet()],
            wrong=list(self._wrong),
            unsaid=[*self.unsaid(), *(f"said: {words}" for words in said)],
        )


def fits(expected: Any, actual: Any) -> bool:
    """Tell whether a value is as expected.

    A mapping needs its own keys only; a list needs as many entries, in any order; texts are compared without case and accents, or
    matched where they stand between slashes; « set » takes any value; None wants nothing there.
    """
    if expected is None or isinstance(expected, bool):
        return expected is actual or (expected is None and not actual)
    if expected == ANYTHING:
        return actual is not None
    if isinstance(expected, Mapping):
        return isinstance(actual, Mapping) and all(fits(value, actual.get(key)) for key, value in expected.items())
    if isinstance(expected, list | tuple):
        return isinstance(actual, list) and len(actual) == len(expected) and _pair_up(list(expected), actual)
    if isinstance(expected, str) and len(expected) > 1 and expected[0] == expected[-1] == "/":
        return re.search(expected[1:-1], str(actual)) is not None
    return fold(str(expected)) == fold(str(actual))


def _pair_up(expected: list[Any], actual: list[Any]) -> bool:
    if not expected:
        return True
    first, *others = expected
    return any(fits(first, one) and _pair_up(others, actual[:place] + actual[place + 1 :]) for place, one in enumerate(actual))


def fold_said(text: str) -> str:
    """Return a text in small letters, without accents, typographic signs as on a keyboard: what expected words are matched with."""
    plain = text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ").replace("’", "'")
    return "".join(_BARE.get(letter, letter) for letter in plain.lower())


def fold_pattern(words: str) -> str:
    """Return a regular expression folded alike; its escapes are kept."""
    return "".join(_BARE.get(letter, letter) for letter in words.replace("’", "'").replace("\N{NO-BREAK SPACE}", " "))


_BARE = dict(zip("àâäéèêëîïôöùûüÿçÀÂÄÉÈÊËÎÏÔÖÙÛÜŸÇ", "aaaeeeeiioouuuycaaaeeeeiioouuuyc", strict=True)) | {"œ": "oe", "æ": "ae"}
