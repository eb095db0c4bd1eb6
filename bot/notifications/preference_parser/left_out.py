"""Dossiers that a text names and that no change would be of: they are asked about, never passed over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.notifications.preference_changes import AddQuiet, Change, EndMute, NarrowQuiet, PassQuiet, SetDossierMode, StartMute
from bot.notifications.preference_parser.categories import DAY_SPANS, Kind
from bot.notifications.preference_parser.clauses import Clause
from bot.notifications.preference_parser.dossier_words import ANY_DOSSIER, EACH
from bot.notifications.preference_parser.settled import settled
from bot.notifications.preference_parser.spelling_correction import Canonical
from bot.notifications.preference_parser.tokens import Token, tokens_of
from bot.notifications.preference_parser.unread import told_of
from bot.notifications.preference_parser.values import Span

_WITHOUT_END = (AddQuiet, NarrowQuiet, PassQuiet, SetDossierMode)
"""Changes that hold no day on which they end or begin."""


def strange_dossier(text: str, reading: Canonical, spans: Sequence[Span]) -> str:
    """Return what names a dossier, as it was typed, where it cannot be known which it is: « Mme Noël » beside a reference or a name."""
    told = told_of(text, spans)
    named = [atom for atom in settled(tokens_of(reading, spans), reading.text) if atom.kind is Kind.DOSSIER and atom.start not in told]
    unknown = {reading.text[atom.start : atom.end]: atom for atom in named if atom.value is None}
    called = [atom for words, atom in unknown.items() if not ANY_DOSSIER.fullmatch(words)]
    beside = any(atom.value not in (None, EACH) for atom in named)
    strange = list(unknown.values()) if beside else called[1:]
    return _typed(text, reading, strange[0]) if strange else ""


def lost_dossiers(
    text: str, reading: Canonical, spans: Sequence[Span], parts: Iterable[Clause], changes: Iterable[Change], this: str | None
) -> str:
    """Return what a wish names, as it was typed, and no change is of: dossiers (`this` is « ce dossier »), « le reste rien »."""
    held, told = _dossiers_in(changes), told_of(text, spans)
    lost: dict[int, Token] = {}
    clauses = list(parts)
    of_dossiers = any(clause.has(Kind.DOSSIER) for clause in clauses)
    for clause in clauses:
        for atom in clause.atoms:
            reference = atom.value or this
            if atom.kind is Kind.DOSSIER and atom.end and atom.start not in told and reference not in held and atom.value != EACH:
                lost[atom.start] = atom
        bare = {atom.kind for atom in clause.atoms} <= {Kind.NEVER, Kind.REST, Kind.BREAK, Kind.BUT}
        if of_dossiers and bare and clause.has(Kind.REST) and clause.has(Kind.NEVER):
            lost |= {atom.start: atom for atom in clause.atoms if atom.kind is Kind.REST}
    return ", ".join(dict.fromkeys(_typed(text, reading, lost[start]) for start in sorted(lost)))


def lost_days(text: str, reading: Canonical, parts: Iterable[Clause], changes: Iterable[Change]) -> str:
    """Return the days of a rule of dossiers, as they were typed, that no change holds: quiet hours and what passes them have no end."""
    clauses = list(parts)
    if not any(clause.has(Kind.DOSSIER) for clause in clauses) or not all(isinstance(change, _WITHOUT_END) for change in changes):
        return ""
    days = [atom for clause in clauses for atom in clause.atoms if atom.kind in DAY_SPANS and atom.end]
    return ", ".join(dict.fromkeys(_typed(text, reading, atom) for atom in days))


def _typed(text: str, reading: Canonical, atom: Token) -> str:
    return text[slice(*reading.origin(atom.start, atom.end))]


def _dossiers_in(changes: Iterable[Change]) -> frozenset[str]:
    """Return the dossiers that some changes are of, or let pass."""
    found: set[str | None] = set()
    for change in changes:
        match change:
            case PassQuiet() | NarrowQuiet() | SetDossierMode():
                found |= change.dossiers
            case StartMute():
                found |= {change.dossier, *change.passing}
            case EndMute():
                found.add(change.dossier)
            case AddQuiet():
                for window in change.windows:
                    found |= window.dossiers | window.passing
            case _:
                pass
    return frozenset(dossier for dossier in found if dossier is not None)
