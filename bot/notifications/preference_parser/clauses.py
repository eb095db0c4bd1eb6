"""A text's tokens put together to clauses, each of which requests one thing."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import time
from typing import Any

from bot.notifications.kinds import Category, DeliveryChannel
from bot.notifications.preference_parser.categories import TIMES, UNCHANGED, Days, Kind
from bot.notifications.preference_parser.tokens import Token

_ACTS = {Kind.NEVER, Kind.PAUSE, Kind.QUIET, Kind.RESUME, Kind.LIFT, Kind.ON, Kind.TELL, Kind.CONVERT, Kind.ONLY, Kind.PREFER, Kind.REST}
_RHYTHM = {Kind.DIGEST, Kind.COUNT, Kind.NOW}
_CONTENT = _RHYTHM | TIMES | {Kind.WAY, Kind.CATEGORY, Kind.DOSSIER, Kind.REST}
_OF_THE_REST = _RHYTHM | {Kind.WAY, Kind.TELL, Kind.NEVER, Kind.ONLY, Kind.QUIET, Kind.PAUSE, Kind.WAITS}
"""What may be said of « le reste » so that it is a clause of its own."""
_LISTING = {Kind.CATEGORY, Kind.ONLY, Kind.BREAK}
PLAIN, NOT, ONLY = "plain", "not", "only"
_STANCE = {Kind.NEVER: NOT, Kind.INSTEAD: NOT, Kind.ONLY: ONLY, Kind.PREFER: ONLY, Kind.EXCEPT: NOT}


@dataclass(frozen=True)
class Clause:
    """Tokens that belong together, in their order."""

    atoms: tuple[Token, ...]

    def has(self, *kinds: Kind) -> bool:
        """Return whether there is a token of one of these kinds."""
        return any(atom.kind in kinds for atom in self.atoms)

    def values(self, kind: Kind) -> list[Any]:
        """Return the values of all tokens of a kind."""
        return [atom.value for atom in self.atoms if atom.kind is kind]

    def times(self, kind: Kind) -> list[time]:
        """Return the hours of a kind."""
        return self.values(kind)

    @property
    def has_time(self) -> bool:
        """Whether it says when."""
        return self.has(*TIMES)

    @property
    def has_rhythm(self) -> bool:
        """Whether it says how often."""
        return self.has(*_RHYTHM)

    @property
    def unwanted(self) -> bool:
        """Whether it is about what is not wanted."""
        return self.has(Kind.NEVER, Kind.PAUSE, Kind.QUIET)

    def days(self) -> list[Days]:
        """Days that were named, less those after « sauf »."""
        return [atom.value for atom, turn in self._turned(Kind.DAYS) if turn != Kind.EXCEPT]

    def runs(self) -> list[Clause]:
        """Return the parts that « et » and « ni » join."""
        runs: list[list[Token]] = [[]]
        for atom in self.atoms:
            if atom.value in ("et", "ni"):
                runs.append([])
            runs[-1].append(atom)
        return [Clause(tuple(run)) for run in runs]

    def excepted(self, kind: Kind) -> list[Any]:
        """Values of a kind that stand after « sauf »."""
        return [atom.value for atom, turn in self._turned(kind) if turn == Kind.EXCEPT]

    def ways(self) -> dict[DeliveryChannel | str, str]:
        """Return the channels that are named, each with PLAIN, NOT or ONLY."""
        return self._stances(Kind.WAY)

    def categories(self) -> dict[Category, str]:
        """Return the categories that are named, each with PLAIN, NOT or ONLY; those after « sauf » are not among them."""
        return self._stances(Kind.CATEGORY)

    def _stances(self, kind: Kind) -> dict[Any, str]:
        stances: dict[Any, str] = {}
        for atom, turn in self._turned(kind):
            if turn != Kind.EXCEPT:
                stances[atom.value] = PLAIN if turn is None else _STANCE[turn]
        if self._only_comes_last(kind):
            stances = {value: ONLY if stance == PLAIN else stance for value, stance in stances.items()}
        return stances

    def _turned(self, kind: Kind) -> Iterator[tuple[Token, Kind | None]]:
        """Tokens of a kind, each with what turned it last."""
        turn: Kind | None = None
        for atom in self.atoms:
            if atom.kind in _STANCE and not (atom.kind is Kind.PREFER and kind is Kind.CATEGORY):
                turn = atom.kind
            elif atom.kind is Kind.LIFT:
                turn = Kind.NEVER
            elif atom.kind is kind:
                yield atom, turn

    def _only_comes_last(self, kind: Kind) -> bool:
        """« par mail uniquement », « Telegram suffit »."""
        places = [place for place, atom in enumerate(self.atoms) if atom.kind is kind]
        after = self.atoms[places[-1] :] if places else ()
        if kind is Kind.CATEGORY:  # « les rendez-vous seulement sur Telegram » is about the way
            return any(atom.kind is Kind.ONLY for atom in after) and not any(atom.kind is Kind.WAY for atom in after)
        return any(atom.kind in (Kind.ONLY, Kind.PREFER, Kind.INSTEAD) for atom in after)


def clauses(atoms: Iterable[Token]) -> list[Clause]:
    """Return the clauses of a text."""
    made: list[list[Token]] = []
    for segment, forced in _segments(list(atoms)):
        if not [atom for atom in segment if atom.kind is not Kind.BREAK]:
            if made and any(atom.value == UNCHANGED for atom in segment):
                made[-1].extend(segment)
            continue
        if made and not forced and not _begins(segment, made[-1]):
            made[-1].extend(segment)
        else:
            made.append(segment)
    return [Clause(tuple(clause)) for clause in made]


def _segments(atoms: list[Token]) -> Iterator[tuple[list[Token], bool]]:
    """Tokens between breaks, and whether a clause must begin there."""
    segment: list[Token] = []
    forced = False
    for place, atom in enumerate(atoms):
        turns = _turns(segment, atom, atoms[place + 1 :])
        if (atom.kind in (Kind.BREAK, Kind.BUT) and not _joins_dossiers(segment, atom, atoms[place + 1 :])) or turns:
            yield segment, forced
            segment, forced = [], atom.kind is Kind.BUT or turns
        if atom.kind is not Kind.BUT:
            segment.append(atom)
    yield segment, forced


def _joins_dossiers(before: list[Token], atom: Token, after: list[Token]) -> bool:
    """« le 417 et le 469 oui »."""
    return atom.value == "et" and bool(before and after) and before[-1].kind is after[0].kind is Kind.DOSSIER


def _turns(before: list[Token], atom: Token, after: list[Token]) -> bool:
    """Return whether a new clause begins without a break: « … un résumé le matin rien le soir », « … par mail le reste sur Telegram »."""
    kinds = {other.kind for other in before}
    if atom.kind is Kind.REST:
        following = {other.kind for other in itertools.takewhile(lambda other: other.kind is not Kind.BREAK, after)}
        return bool(kinds & _CONTENT) and bool(following & _OF_THE_REST)
    if atom.kind is Kind.NEVER:
        return bool(kinds & _RHYTHM) and Kind.NEVER not in kinds
    if atom.kind is Kind.ON:
        return Kind.NEVER in kinds and bool(kinds & _CONTENT)
    return atom.kind in _RHYTHM and Kind.NEVER in kinds and bool(kinds & (TIMES | {Kind.WAY, Kind.CATEGORY})) and not kinds & _RHYTHM


def _begins(segment: list[Token], before: list[Token]) -> bool:
    """Return whether a segment requests something of its own, rather than going on with what came before."""
    kinds, had = {atom.kind for atom in segment}, {atom.kind for atom in before}
    named = [atom.kind for atom in segment if atom.kind is not Kind.BREAK]
    if named[0] is Kind.CATEGORY is before[-1].kind and had <= _LISTING:
        return False  # « uniquement les documents et les notes dans un résumé »
    if {Kind.CATEGORY, Kind.WAY} <= kinds & had:
        return True
    if Kind.REST in kinds and had & _CONTENT and kinds & _OF_THE_REST:
        return True
    if {Kind.DOSSIER, Kind.EVEN} <= kinds and Kind.DOSSIER not in had and had & _CONTENT:
        return True  # « rien après 19h, le 469 à toute heure »
    if not had & (_ACTS | _RHYTHM) or not had & (_CONTENT | {Kind.THING}) or not kinds & _CONTENT:
        return False
    if kinds & _RHYTHM and not kinds & (_ACTS | {Kind.WAY, Kind.CATEGORY}) and not had & _RHYTHM and Kind.NEVER not in had:
        return False  # « par mail et une fois par semaine »
    return bool(kinds & (_ACTS | _RHYTHM))
