"""What an answer says of the lines of a card: « oui sauf le kiné », « pas Durand », « seulement les deux premiers ».

Lines are known by their people: a name's words, a profession that the message names, a place in the list. What is said of them stands in
the small words around: those before, in their own clause, else the one right after.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import pairwise

from actions.flows.partners.access_dates import lifts_dates, names_access_dates
from actions.flows.partners.team_lines import Change, Line, State, name_of
from actions.framework.negation import is_denied
from actions.framework.turn import Turn
from bot.core.text_folding import PARTICLES, fold, word_set
from bot.core.written_dates import MONTH_WORDS
from bot.directory.codes import profession_by_text, speciality_by_text

_WORD = re.compile(r"[^\W_]+")
_CLAUSE_END = re.compile(r"[,;!?\n]|(?<!\bdr)(?<!\bpr)(?<!\bm)(?<!\bmme)\.", re.IGNORECASE)
_TITLES = word_set("dr docteur docteure pr professeur professeure m mr mme mlle monsieur madame mademoiselle")
_MONTHS = frozenset(fold(month) for month in MONTH_WORDS)
_NOT = word_set("sauf hormis excepte excepter hors sans pas ni non jamais oublie oubliez oublier annule annulez annuler tomber part")
_EXCEPT = word_set("sauf hormis excepte excepter hors oublie oubliez oublier annule annulez annuler")
_ENDLESS = re.compile(r"\b(?:sans|pas de|plus de|aucune) (?:dates?|limite|fin|duree|echeance)\b")
_TAKE_OFF = re.compile(r"(?:enlev|retir|supprim|ot|vir|sort|ray)(?:e|es|ez|er|ons|a|ai|i)?")
_ONLY = word_set("seulement uniquement juste seul seuls seule seules")
_ONLY_AFTER = word_set("rien garde gardez garder ajoute ajoutez mets mettez prends prenez ne n")
_KEEP = word_set("garde gardez garder laisse laissez laisser reste restent conserve conservez maintiens maintenez")
_YES = word_set("oui ok accord")
_WANT = word_set("ajoute ajoutez ajouter mets mettez mettre bien bon prends prenez")
_EXCLAIMS = word_set("bah ben mais ah eh euh oh")
_OTHERS = word_set("autres autre reste")
_OF_DATES = word_set("date dates limite echeance fin")
_LINKS = word_set("et ni ou")
_NUMBERS = {"deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9}
_ORDINALS = {
    "premier": 1, "premiere": 1, "1er": 1, "1ere": 1, "second": 2, "seconde": 2, "deuxieme": 2, "troisieme": 3, "quatrieme": 4,
    "cinquieme": 5, "sixieme": 6, "septieme": 7, "huitieme": 8, "neuvieme": 9, "dixieme": 10, "dernier": -1, "derniere": -1,
}  # fmt: skip
_COUNTED = {"premiers": 1, "premieres": 1, "derniers": -1, "dernieres": -1}
_BEFORE_NUMBER = word_set("le la les l numero n no et ligne lignes")


class Said(Enum):
    """What is said of a line."""

    NOTHING = "nothing"
    YES = "yes"
    WANT = "want"
    NOT = "not"
    TAKE_OFF = "take_off"
    KEEP = "keep"
    ONLY = "only"


@dataclass(frozen=True)
class Word:
    """A folded word of the message and where it stands."""

    text: str
    start: int
    end: int


@dataclass
class Mention:
    """Lines that a message speaks of, by their numbers, at a place of its text; several: it is not clear which."""

    lines: list[int]
    start: int
    end: int
    said: Said = Said.NOTHING
    together: bool = False
    """Whether all of the lines are meant."""


@dataclass(frozen=True)
class Mentions:
    """What a message says of the lines.

    Attributes:
        off: numbers of the lines that it takes off.
        on: numbers of those that it wants, or wants again.
        named: numbers of all lines that it speaks of.
        unclear: numbers of lines of which it is not clear which is meant.
        places: where in the text it speaks of them.
    """

    off: frozenset[int] = frozenset()
    on: frozenset[int] = frozenset()
    named: frozenset[int] = frozenset()
    unclear: frozenset[int] = frozenset()
    places: list[tuple[int, int]] = field(default_factory=list)
    limited: frozenset[int] = frozenset()
    """Numbers of lines that are taken off because others alone are wanted: « seulement Durand »."""


def read_mentions(turn: Turn, lines: Sequence[Line]) -> Mentions:
    """Return what a typed message says of the lines."""
    found = find_mentions(turn, lines)
    if not found:
        return Mentions()
    _judge(found, _words(turn), turn.raw_text)
    unclear = {number for mention in found if len(mention.lines) > 1 and not mention.together for number in mention.lines}
    clear = [mention for mention in found if len(mention.lines) == 1 or mention.together]
    return _effect(clear, lines, unclear)


def find_mentions(turn: Turn, lines: Sequence[Line]) -> list[Mention]:
    """Return where a typed message speaks of lines, in the order of its text."""
    if turn.is_button:
        return []
    words = _words(turn)
    every = [*_names(words, turn.raw_text, lines), *_professions(turn, lines), *_positions(words, lines)]
    return _apart(sorted(every, key=lambda mention: mention.start))


def _words(turn: Turn) -> list[Word]:
    return [Word(part, found.start(), found.end()) for found in _WORD.finditer(turn.raw_text) for part in fold(found[0]).split()]


def keep_only_named(said: Mentions, lines: Sequence[Line]) -> Mentions:
    """Return what a yes comes to that speaks of some lines alone: it leaves the others open, so that they are taken off."""
    others = {number for number, line in enumerate(lines) if number not in said.named and line["state"] != State.OFF}
    return said if said.off or not said.on else replace(said, off=frozenset(others))


def _names(words: Sequence[Word], text: str, lines: Sequence[Line]) -> Iterator[Mention]:
    """Yield the runs of words that are in the names of lines."""
    known = [{word for word in fold(name_of(line)).split() if len(word) > 1} - _TITLES - PARTICLES for line in lines]
    run: list[Word] = []
    for word in [*words, Word("", len(text), len(text))]:
        named = any(word.text in name for name in known)
        if run and (not named or _CLAUSE_END.search(text, run[-1].end, word.start)):
            matches = [len({one.text for one in run} & name) for name in known]
            yield Mention([number for number, match in enumerate(matches) if match == max(matches)], run[0].start, run[-1].end)
            run = []
        if named:
            run.append(word)


def _professions(turn: Turn, lines: Sequence[Line]) -> Iterator[Mention]:
    """Yield the professions of the message that lines have."""
    fitting = {entity["start"]: _of_trade(str(entity["value"]), lines) for entity in turn.entities("profession")}
    corrected = any(not fitting[entity["start"]] for entity in turn.affirmed_entities("profession"))
    for entity in turn.entities("profession"):
        if fitting[entity["start"]] and not (corrected and is_denied(turn.raw_text, entity)):  # « orthophoniste, pas diététicienne »
            yield Mention(fitting[entity["start"]], entity["start"], entity["end"])


def _of_trade(value: str, lines: Sequence[Line]) -> list[int]:
    labels = {fold(label) for _, label in (*profession_by_text(value), *speciality_by_text(value))} | {fold(value)}
    return [n for n, line in enumerate(lines) if any(_fits(label, fold(trade)) for label in labels for trade in _trades(line))]


def _fits(label: str, trade: str) -> bool:
    return bool(label and trade) and (label in trade or trade in label)


def _trades(line: Line) -> list[str]:
    return (line.get("person") or {}).get("trades") or [str((line.get("query") or {}).get("profession") or "")]


def _positions(words: Sequence[Word], lines: Sequence[Line]) -> Iterator[Mention]:
    """Yield places in the list of what a yes goes for or was shown: « le deuxième », « les deux premiers », « le 2 », « les autres »."""
    shown = [number for number, line in enumerate(lines) if line["state"] != State.OFF]
    for at, word in enumerate(words):
        before, after = words[at - 1].text if at else "", words[at + 1].text if at + 1 < len(words) else ""
        if (end := _COUNTED.get(word.text)) is not None:
            count = _NUMBERS.get(before) or (int(before) if before.isdecimal() and len(before) < 3 else 1)
            meant = shown[:count] if end > 0 else shown[-count:]
            yield Mention(meant, word.start, word.end, together=True)
        elif (position := _position(word.text, before, after)) is not None and -len(shown) <= position < len(shown):
            yield Mention([shown[position]], word.start, word.end)
        elif word.text in _OTHERS and before in {"les", "le"}:
            yield Mention([], word.start, word.end, together=True)


def _position(word: str, before: str, after: str) -> int | None:
    number = _ORDINALS.get(word) or (int(found[1]) if (found := re.fullmatch(r"(\d)(?:e|eme|ieme)", word)) else None)
    if number is None and word.isdecimal() and len(word) < 3 and before in _BEFORE_NUMBER and after not in _MONTHS | _COUNTED.keys():
        number = int(word)
    return (number - 1 if number > 0 else number) if number else None


def _apart(found: list[Mention]) -> list[Mention]:
    """Return the mentions without a profession that stands beside a name of one of its lines: « Durand le kiné » is one."""
    kept: list[Mention] = []
    for mention in found:
        beside = kept[-1] if kept and mention.start - kept[-1].end < 8 else None
        common = [number for number in mention.lines if beside is not None and number in beside.lines]
        if beside is not None and common:
            beside.lines, beside.end = common, max(beside.end, mention.end)
        else:
            kept.append(mention)
    return kept


def _judge(found: list[Mention], words: Sequence[Word], text: str) -> None:
    """Set what is said of each mention."""
    ends = [mention.start for mention in found[1:]] + [len(text)]
    begins = [0] + [mention.end for mention in found[:-1]]
    around = []
    for mention, begin, end in zip(found, begins, ends, strict=True):
        before = [word for word in words if begin <= word.start and word.end <= mention.start]
        if cuts := [*_CLAUSE_END.finditer(text, begin, mention.start)]:
            before = [word for word in before if word.start >= cuts[-1].start()]
        stop = cut.start() if (cut := _CLAUSE_END.search(text, mention.end, end)) else end
        after = [word for word in words if mention.end <= word.start and word.end <= stop]
        mention.said = _said_before(before) or _said_after(after, last=mention is found[-1] or stop < end) or Said.NOTHING
        own = text[before[0].start if before else mention.start : stop]
        if mention.said in {Said.NOT, Said.ONLY} and _speaks_of_dates(own) and not _EXCEPT & {word.text for word in before}:
            mention.said = Said.NOTHING  # « non, Boulanger jusqu'au 15 seulement » is about the dates
        around.append(before)
    linked = [bool(before) and before[0].text in _LINKS for before in around] + [False]
    for number, (earlier, mention) in enumerate(pairwise(found), 1):
        listed = linked[number] or (not around[number] and linked[number + 1])  # « sauf Durand, Martin et Blot »
        if mention.said is Said.NOTHING and listed:
            mention.said = earlier.said


def _speaks_of_dates(words: str) -> bool:
    return names_access_dates(words) or lifts_dates(words) or bool(_ENDLESS.search(fold(words)))


def _said_before(words: Sequence[Word]) -> Said | None:
    for at, (earlier, word) in reversed([*enumerate(pairwise([Word("", 0, 0), *words]))]):
        if _OF_DATES.intersection(one.text for one in words[at + 1 : at + 4]):  # « enlevez la date pour Paul », « sans date pour Paul »
            continue
        if word.text == "non" and earlier.text in _EXCLAIMS:  # « bah non Nibier jusqu'au 31 »: of what was done, not of who is named
            continue
        if word.text in _NOT and not (word.text == "part" and earlier.text != "a"):
            return Said.NOT
        if word.text in _ONLY or (word.text in {"que", "qu"} and (not earlier.text or earlier.text in _ONLY_AFTER)):
            return Said.ONLY
        if _TAKE_OFF.fullmatch(word.text):
            return Said.TAKE_OFF
        if word.text in _KEEP:
            return Said.KEEP
        if word.text in _YES:
            return Said.YES
        if word.text in _WANT:
            return Said.WANT
    return None


def _said_after(words: Sequence[Word], *, last: bool) -> Said | None:
    """Return what the word right after says, where nothing else follows that it could be about."""
    first = next((word.text for word in words if word.text not in {"lui", "elle", "il", "c", "est"}), "")
    if not last:
        return None
    if first in {"seulement", "uniquement", "seul", "seule"}:
        return Said.ONLY
    if first in {"non", "pas"}:
        return Said.NOT
    if first in _KEEP:
        return Said.KEEP
    return Said.YES if first in {"oui", "ok"} else None


def _effect(found: Sequence[Mention], lines: Sequence[Line], unclear: set[int]) -> Mentions:
    """Return what becomes of the lines."""
    named = {number for mention in found for number in mention.lines}
    for mention in found:
        if not mention.lines:  # « les autres »
            mention.lines = [number for number, line in enumerate(lines) if number not in named and line["state"] != State.OFF]
    off, on, only = set[int](), set[int](), set[int]()
    for mention in found:
        for number in mention.lines:
            removal = lines[number]["change"] == Change.REMOVE
            if mention.said is Said.ONLY:
                only.add(number)
            elif mention.said is Said.NOT or (mention.said is Said.TAKE_OFF and not removal) or (mention.said is Said.KEEP and removal):
                off.add(number)
            else:
                on.add(number)
    limited = set[int]()
    if only:
        limited = {number for number, line in enumerate(lines) if number not in only | on and line["state"] != State.OFF} - off
    off |= limited
    places = [(mention.start, mention.end) for mention in found]
    every = named | {number for mention in found for number in mention.lines}
    return Mentions(frozenset(off), frozenset((on | only) - off), frozenset(every), frozenset(unclear), places, frozenset(limited))
