"""A rule for all and what it does not hold for, in two clauses: « rien la nuit, pas le 469 », « le 469 la nuit, le reste rien »."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.notifications.preference_changes import AddQuiet, Change, PassQuiet
from bot.notifications.preference_parser.categories import DAY_SPANS, Kind
from bot.notifications.preference_parser.clauses import Clause
from bot.notifications.preference_parser.tokens import Token

_CLOCK = (Kind.RANGE, Kind.AFTER, Kind.BEFORE, Kind.AT, Kind.DAYS, Kind.PART)
_JOINING = {Kind.BREAK, Kind.BUT, Kind.THING, Kind.TELL}
_WANTED = {Kind.DOSSIER, Kind.TELL, Kind.THING, Kind.ALSO, Kind.ON, Kind.BREAK, Kind.BUT, Kind.URGENT}
"""What a clause may hold that wants what a dossier brings, and says nothing else of it."""
_NOT_FOR_ALL = (Kind.DOSSIER, Kind.WAY, Kind.CATEGORY, Kind.DIGEST, Kind.COUNT, Kind.NOW, Kind.LIFT, Kind.RESUME, Kind.URGENT)


def with_exceptions(parts: Iterable[Clause]) -> list[Clause]:
    """Return the clauses of a text, with what one does not hold for put to it.

    « pas le 469 », « mais le 469 oui » go to the clause before; « le reste », « les autres » are all but what the clauses before are of.
    """
    made: list[Clause] = []
    for clause in map(_excepted_first, parts):
        before = made[-1] if made else None
        kinds = {atom.kind for atom in clause.atoms} - _JOINING
        weak = not any(clause.values(Kind.NEVER))
        about = before is not None and (before.unwanted or before.has(Kind.DOSSIER, Kind.EVEN, Kind.NOW))
        if before is not None and about and weak and kinds == {Kind.NEVER, Kind.DOSSIER}:
            turned = tuple(replace(atom, kind=Kind.EXCEPT) if atom.kind is Kind.NEVER else atom for atom in clause.atoms)
            made[-1] = Clause((*before.atoms, *turned))
        elif before is not None and _narrows(kinds, before):
            made[-1] = Clause((*before.atoms, *(atom for atom in clause.atoms if atom.kind not in _JOINING)))
        elif before is not None and before.has(Kind.DOSSIER) and weak and kinds == {Kind.NEVER, Kind.REST} and not before.has(Kind.EVEN):
            made[-1] = Clause((*before.atoms, Token(Kind.ONLY, None)))
        elif before is not None and _is_for_all(before) and _is_wanted(clause):
            made[-1] = _all_but(before, [clause])
        else:
            made.append(clause)
    return _with_the_rest(made)


def _excepted_first(clause: Clause) -> Clause:
    """« rien la nuit, le 469 excepté »: the word goes before what it excepts."""
    atoms = list(clause.atoms)
    for place, atom in enumerate(atoms):
        follows = atoms[place + 1].kind if place + 1 < len(atoms) else Kind.BREAK
        if atom.kind is not Kind.EXCEPT or follows is not Kind.BREAK or not place or atoms[place - 1].kind is not Kind.DOSSIER:
            continue
        first = place - 1
        while first and (atoms[first - 1].kind is Kind.DOSSIER or atoms[first - 1].value == "et"):
            first -= 1
        atoms.insert(first, atoms.pop(place))
    return Clause(tuple(atoms))


def _narrows(kinds: set[Kind], before: Clause) -> bool:
    """« immédiatement, jour et nuit, mais que pour le 469 », « coupe la nuit, seulement le 417 »."""
    return kinds == {Kind.ONLY, Kind.DOSSIER} and before.has(Kind.NOW, Kind.EVEN, *_CLOCK) and not before.has(Kind.DOSSIER, Kind.WAY)


def _is_for_all(clause: Clause) -> bool:
    """« rien entre 21h et 7h », « le reste seulement en semaine », « coupe tout jusqu'à lundi »: some silence for all."""
    timed = clause.has(*_CLOCK, *DAY_SPANS)
    strong = clause.has(Kind.PAUSE, Kind.THING) or True in clause.values(Kind.NEVER)
    silent = (clause.unwanted and (timed or strong)) or (clause.has(Kind.ONLY) and clause.has(*_CLOCK))
    return silent and not clause.has(*_NOT_FOR_ALL)


def _is_wanted(clause: Clause) -> bool:
    """« mais pour le 469 je veux être prévenue », « le 469 oui », « laisse passer le 469 »."""
    kinds = {atom.kind for atom in clause.atoms}
    return {Kind.DOSSIER, Kind.TELL} <= kinds <= _WANTED - {Kind.URGENT}


def _with_the_rest(parts: list[Clause]) -> list[Clause]:
    """Return the clauses with « le reste » as all but the dossiers that those before are of."""
    made: list[Clause] = []
    for clause in parts:
        of_dossiers = [other for other in made if other.has(Kind.DOSSIER)]
        if of_dossiers and clause.has(Kind.REST) and _is_for_all(clause):
            made = [_at_any_time(other) for other in made if not (other in of_dossiers and _is_wanted(other))]
            clause = _all_but(clause, of_dossiers)
        made.append(clause)
    return made


def _at_any_time(clause: Clause) -> Clause:
    """« préviens-moi la nuit pour le 469 », said beside quiet hours of the rest, is « même la nuit »."""
    told = clause.has(Kind.DOSSIER) and clause.has(Kind.TELL) and clause.has(*_CLOCK) and not clause.unwanted
    return Clause((*clause.atoms, Token(Kind.EVEN, None))) if told and not clause.has(Kind.ONLY, Kind.AT, Kind.EVEN) else clause


def _all_but(clause: Clause, others: Sequence[Clause]) -> Clause:
    named = tuple(atom for other in others for atom in other.atoms if atom.kind is Kind.DOSSIER)
    return Clause((*clause.atoms, Token(Kind.EXCEPT, None), *named))


def in_order(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return changes with those that let dossiers through quiet hours after the quiet hours for all that they are of."""
    made = list(changes)
    for change in changes:
        last = max((place for place, each in enumerate(made) if isinstance(each, AddQuiet) and _some_for_all(each)), default=-1)
        if isinstance(change, PassQuiet) and made.index(change) < last:
            made.remove(change)
            made.insert(last, change)
    return tuple(made)


def _some_for_all(quiet: AddQuiet) -> bool:
    return any(not window.dossiers for window in quiet.windows)
