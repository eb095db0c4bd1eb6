"""Tokens whose meaning the rest of the text settles: what « chaque semaine », « tous les moyens », « non plus » belong to."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

from bot.notifications.kinds import DeliveryChannel
from bot.notifications.preference_parser.categories import TIMES, Days, Kind
from bot.notifications.preference_parser.dossier_words import ANY_DOSSIER, LEADS_TO_NAME
from bot.notifications.preference_parser.tokens import Token

_SILENCE = {Kind.PAUSE, Kind.RESUME, Kind.LIFT}
_QUIET = {Kind.NEVER, Kind.ONLY, Kind.QUIET, Kind.PAUSE}
_RHYTHM = {Kind.DIGEST, Kind.CONVERT, Kind.TELL, Kind.NOW}
_NAMED = {Kind.WAY, Kind.CATEGORY, Kind.THING, Kind.BREAK}
_THEM = re.compile(r" les(?: (?:donc|tous|toutes|svp|stp|merci|moi))* ?(?:[,;.!?]|$)")
_HOURS = {Kind.RANGE, Kind.AFTER, Kind.BEFORE, Kind.PART}
_WEEKLY, _DAILY = {"chaque semaine", "toutes les semaines"}, {"chaque jour", "tous les jours"}
_IN_PASSING = {Kind.BREAK, Kind.BUT, Kind.THING, Kind.PREFER, Kind.ONLY, Kind.NOW}


def settled(atoms: list[Token], reading: str) -> list[Token]:
    """Return the tokens of a canonical text, each as the whole text has it."""
    return _then(_own_list(_every_week(_of_everything(_referring(_neither(_named_once(atoms, reading)), reading)), reading)))


def _named_once(atoms: list[Token], reading: str) -> list[Token]:
    """« le dossier de Mme SPH-… » names one dossier."""
    leading = {
        id(atom)
        for atom, after in itertools.pairwise(atom for atom in atoms if atom.kind is Kind.DOSSIER)
        if atom.value is None
        and after.value is not None
        and ANY_DOSSIER.fullmatch(reading[atom.start : atom.end])
        and LEADS_TO_NAME.fullmatch(reading[atom.end : after.start])
    }
    return [atom for atom in atoms if id(atom) not in leading]


def _neither(atoms: list[Token]) -> list[Token]:
    """« et le samedi non plus » is « et pas le samedi »: the word goes before what it turns."""
    made: list[Token] = []
    for atom in atoms:
        if atom.kind is Kind.NEVER and atom.value == "neither":
            place = next((n for n in range(len(made), 0, -1) if made[n - 1].kind in (Kind.BREAK, Kind.BUT)), 0)
            made.insert(place, replace(atom, value=False))
        else:
            made.append(atom)
    return made


def _referring(atoms: list[Token], reading: str) -> list[Token]:
    """« les mails me stressent, supprimez-les »: what is not wanted was named in the clause before."""
    acts = [atom for atom in atoms if atom.kind not in _NAMED]
    if len(acts) != 1 or acts[0].kind not in (Kind.NEVER, Kind.LIFT) or not _THEM.match(reading[acts[0].end :]):
        return atoms
    return (
        [acts[0], *(atom for atom in atoms if atom is not acts[0])]
        if any(atom.kind in (Kind.WAY, Kind.CATEGORY) for atom in atoms)
        else atoms
    )


def _of_everything(atoms: list[Token]) -> list[Token]:
    """« en sourdine sur tous les canaux »: mutes hold for every channel, so that none was named."""
    if not any(atom.kind in _SILENCE for atom in atoms):
        return atoms
    return [replace(atom, kind=Kind.THING) if (atom.kind, atom.value) == (Kind.WAY, "all") else atom for atom in atoms]


def _every_week(atoms: list[Token], reading: str) -> list[Token]:
    """« ni samedi ni dimanche, chaque semaine »: quiet days come every week, quiet hours every day; no digest has this rhythm."""
    kinds = {atom.kind for atom in atoms}
    if not kinds & _QUIET or kinds & _RHYTHM:
        return atoms
    said = [reading[atom.start : atom.end] for atom in atoms if atom.kind is Kind.COUNT]
    weekly = Kind.DAYS in kinds and bool(said) and set(said) <= _WEEKLY
    daily = bool(kinds & _HOURS) and bool(said) and set(said) <= _DAILY
    told = any(atom.kind is Kind.DAYS and not atom.value.bare for atom in atoms)
    made: list[Token] = []
    for before, atom in zip([None, *atoms], atoms, strict=False):
        neither = before is not None and before.kind is Kind.NEVER and before.value == "ni"
        if atom.kind is Kind.DAYS and (weekly or (told and neither)):
            days: Days = atom.value
            made.append(replace(atom, value=replace(days, bare=False)))
        elif atom.kind is not Kind.COUNT or not (weekly or daily):
            made.append(atom)
    return made


def _own_list(atoms: list[Token]) -> list[Token]:
    """« la liste de SPHERE me suffit »: said beside a wish it is the reason; alone, it is the wish for nothing but the list."""
    alone = all(atom.kind in _IN_PASSING for atom in atoms if atom.kind is not Kind.OWN_LIST)
    made: list[Token] = []
    for atom in atoms:
        if atom.kind is not Kind.OWN_LIST:
            made.append(atom)
        elif alone:
            made += [Token(Kind.ONLY, None, atom.start, atom.start), replace(atom, kind=Kind.WAY, value=DeliveryChannel.SPHERE)]
        else:
            made.append(replace(atom, kind=Kind.BREAK, value=None))
    return made


def _then(atoms: list[Token]) -> list[Token]:
    """« le samedi …, rien ce jour-là »: the time was named. Where none was, it must be asked for."""
    timed = any(atom.kind in TIMES and atom.value is not None for atom in atoms)
    return [replace(atom, kind=Kind.BREAK if timed else Kind.DURATION, value=None) if atom.kind is Kind.THEN else atom for atom in atoms]
