"""Clauses about single dossiers: « coupe le dossier 417 la nuit », « silence de 21h à 7h sauf le 469 », « seulement pour le 142 »."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.notifications.kinds import Mode
from bot.notifications.preference_changes import AddQuiet, Change, EndMute, NarrowQuiet, PassQuiet, SetDossierMode, StartMute
from bot.notifications.preference_parser.categories import DAY_SPANS, Kind
from bot.notifications.preference_parser.clauses import Clause
from bot.notifications.preference_parser.mutes import dossiers_of, read_pause
from bot.notifications.preference_parser.quiet_hours import read_limits, read_quiet
from bot.notifications.preference_parser.tokens import Token
from bot.notifications.preference_parser.values import About, Asking, Changes, Unclear
from bot.notifications.preferences import Window

_CLOCK = (Kind.RANGE, Kind.AFTER, Kind.BEFORE, Kind.AT, Kind.DAYS, Kind.PART)
_NO_MATTER = {Kind.DOSSIER, Kind.ONLY, Kind.EXCEPT, Kind.EVEN}


def is_exemption(clause: Clause) -> bool:
    """« pas d'heures calmes pour le 469 », « enlève les heures calmes du 469 »."""
    return clause.has(Kind.DOSSIER) and clause.has(Kind.QUIET) and clause.has(Kind.NEVER, Kind.LIFT) and not clause.has(*_CLOCK, *DAY_SPANS)


def read_exemption(clause: Clause, asking: Asking) -> Changes:
    """Return that quiet hours do not hold for a dossier."""
    return (PassQuiet(dossiers=frozenset(_known(clause.values(Kind.DOSSIER), asking))),)


def is_dossier_rule(clause: Clause) -> bool:
    """Return whether a clause is about single dossiers, and more than a mute of them."""
    return clause.has(Kind.DOSSIER) and (
        clause.has(Kind.EXCEPT, Kind.EVEN, Kind.ONLY, *_CLOCK) or (clause.has(Kind.NOW, Kind.DIGEST) and not clause.unwanted)
    )


def read_dossier_rule(clause: Clause, asking: Asking) -> Changes:
    """Return the changes of a rule of single dossiers. Raise Unclear(DOSSIER_MODE) for what no dossier has of its own."""
    if clause.has(Kind.WAY, Kind.CATEGORY, Kind.COUNT, Kind.URGENT, Kind.OUTSIDE, Kind.RESUME):
        raise Unclear(About.DOSSIER_MODE)
    excepted = clause.excepted(Kind.DOSSIER)
    if None in excepted and len(clause.values(Kind.DOSSIER)) > 1:
        raise Unclear(About.DOSSIER)
    if _excepts_alone(clause, excepted):
        raise Unclear(About.DOSSIER_MODE)
    meant = _dossiers(clause, asking, excepted)
    if _at_any_time(clause, asking):
        return (*_mode(clause, meant), PassQuiet(dossiers=meant, windows=_said(clause, asking)))
    if clause.has(Kind.NOW, Kind.DIGEST) and not clause.unwanted:
        if clause.has(*_CLOCK):
            raise Unclear(About.DOSSIER_MODE)
        return _mode(clause, meant)
    rest = Clause(tuple(atom for atom in clause.atoms if atom.kind not in _NO_MATTER))
    passing = frozenset(_known(excepted, asking))
    if passing and meant == passing:
        return _all_but(clause, rest, passing, asking)
    if clause.has(*_CLOCK):
        return _at_times(clause, rest, meant, passing, asking)
    if clause.has(Kind.ONLY) and not clause.unwanted:
        return _nothing_but(rest, meant, asking)
    if clause.unwanted:
        return read_pause(Clause(tuple(atom for atom in clause.atoms if atom.kind is not Kind.ONLY)), asking)
    raise Unclear(About.DOSSIER_MODE)


def _at_any_time(clause: Clause, asking: Asking) -> bool:
    """« même la nuit », « la nuit aussi »; « la nuit » alone where the night is quiet."""
    if clause.unwanted or clause.has(Kind.EVEN):
        nothing_else = clause.has(Kind.ONLY) and clause.has(*_CLOCK) and not clause.has(Kind.NOW)
        return not clause.unwanted and (not nothing_else or bool(asking.context.preferences.quiet))
    if clause.has(Kind.ONLY, Kind.EXCEPT, Kind.DIGEST, Kind.AT) or not clause.has(*_CLOCK):
        return False
    return clause.has(Kind.ALSO) or (clause.has(Kind.TELL, Kind.NOW) and bool(asking.context.preferences.quiet))


def _excepts_alone(clause: Clause, excepted: list[str | None]) -> bool:
    """Return whether « à toute heure » names no dossier but those after « sauf », whose opposite would be done."""
    return clause.has(Kind.EVEN) and bool(excepted) and all(value in excepted for value in clause.values(Kind.DOSSIER))


def _dossiers(clause: Clause, asking: Asking, excepted: list[str | None]) -> frozenset[str]:
    """Return the dossiers that a clause is about: those before « sauf », or those after it where no other is named."""
    named = [value for value in clause.values(Kind.DOSSIER) if value not in excepted] or excepted
    return frozenset(_known(named, asking))


def _known(references: Iterable[str | None], asking: Asking) -> list[str]:
    said = tuple(Token(Kind.DOSSIER, reference) for reference in references)
    return [dossier for dossier in dossiers_of(Clause(said), asking) if dossier is not None] if said else []


def _mode(clause: Clause, dossiers: frozenset[str]) -> Changes:
    if not clause.has(Kind.NOW, Kind.DIGEST):
        return ()
    return (SetDossierMode(dossiers=dossiers, mode=Mode.NOW if clause.has(Kind.NOW) else Mode.DIGEST),)


def _said(clause: Clause, asking: Asking) -> tuple[Window, ...]:
    """Return the times of « même la nuit »; none where it is at any time."""
    times = Clause(tuple(atom for atom in clause.atoms if atom.kind in (*_CLOCK, Kind.BREAK) and atom.kind is not Kind.AT))
    if not times.has(*_CLOCK):
        return ()
    return tuple(window for change in _always(times, asking) if isinstance(change, AddQuiet) for window in change.windows)


def _always(times: Clause, asking: Asking) -> Changes:
    """Return quiet hours of these times, every week."""
    every = tuple(replace(atom, value=replace(atom.value, bare=False)) if atom.kind is Kind.DAYS else atom for atom in times.atoms)
    return read_quiet(Clause(every), asking)


def _all_but(clause: Clause, rest: Clause, passing: frozenset[str], asking: Asking) -> Changes:
    """« silence de 21h à 7h sauf le 205 », « coupe tout sauf le 142 », « que de 8h à 18h sauf le 142 », « tout sauf le 142 »."""
    if clause.has(Kind.ONLY) and clause.has(*_CLOCK) and not clause.unwanted:
        limits = read_limits(Clause((*rest.atoms, Token(Kind.ONLY, None))), asking)
        return tuple(_letting_pass(change, passing) for change in limits)
    if clause.has(*_CLOCK):
        return tuple(_letting_pass(change, passing) for change in read_quiet(rest, asking))
    if clause.unwanted:
        return _nothing_but(rest, passing, asking)
    return tuple(StartMute(dossier=dossier) for dossier in sorted(passing))


def _letting_pass(change: Change, passing: frozenset[str]) -> Change:
    if isinstance(change, AddQuiet):
        return AddQuiet(windows=tuple(window.model_copy(update={"passing": passing}) for window in change.windows))
    if isinstance(change, StartMute):
        return change.model_copy(update={"passing": passing})
    raise Unclear(About.DOSSIER_MODE)


def _nothing_but(rest: Clause, dossiers: frozenset[str], asking: Asking) -> Changes:
    """« seulement pour le 142 »: all others are muted."""
    timed = Clause(tuple(atom for atom in rest.atoms if atom.kind in (*DAY_SPANS, Kind.AWAY)))
    muted = [mute.dossier for mute in asking.context.preferences.mutes if mute.dossier in dossiers]
    ends = tuple(EndMute(dossier=dossier) for dossier in dict.fromkeys(muted))
    return (*ends, *(_letting_pass(change, dossiers) for change in read_pause(timed, asking)))


def _at_times(clause: Clause, rest: Clause, dossiers: frozenset[str], passing: frozenset[str], asking: Asking) -> Changes:
    """« coupe le 417 la nuit », « coupe juste le 417 la nuit », « la nuit, seulement le 469 »."""
    if not clause.unwanted:
        if not clause.has(Kind.ONLY) or clause.has(Kind.AT):
            raise Unclear(About.DOSSIER_MODE)
        return tuple(_letting_pass(change, dossiers) for change in _always(rest, asking))
    made: list[Change] = []
    for change in read_quiet(rest, asking):
        if isinstance(change, StartMute):
            made += [change.model_copy(update={"dossier": dossier}) for dossier in sorted(dossiers)]
        elif isinstance(change, AddQuiet):
            own = AddQuiet(windows=tuple(window.model_copy(update={"dossiers": dossiers}) for window in change.windows))
            if not clause.has(Kind.ONLY):
                made.append(own)
                continue
            made.append(NarrowQuiet(dossiers=dossiers, windows=change.windows))
            if clause.has(Kind.RANGE, Kind.AFTER, Kind.BEFORE):
                made.append(own)
        else:
            raise Unclear(About.DOSSIER_MODE)
    return (*made, *([PassQuiet(dossiers=passing)] if passing else []))
