"""Whose the dates of a message are: « jusqu'au 15 pour Boulanger seulement », « Nibier jusqu'au 31, Flossooux sans fin ».

A clause gives its dates to the people whom it names; one that names nobody gives them to « elle », who was named last, or to whom the
next clause names with « pour ». Where a date is nobody's in particular, nothing is read here: it is of all, or is asked about.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from actions.flows.partners.access_dates import AccessDates, read_dates
from actions.flows.partners.line_mentions import Mention, find_mentions
from actions.flows.partners.relayed_dates import with_month_of_end
from actions.flows.partners.team_lines import Line, State, read_lines, set_dates
from actions.framework.context import Context
from actions.framework.people import PARTNER, Message
from actions.framework.remarks import without_remarks
from actions.framework.turn import Turn, words_of
from bot.core.text_folding import MAX_CHARACTERS, flat

_CUT = re.compile(r"[,;!?()\n]|\.(?!\d)|\bmais\b", re.IGNORECASE)
_TITLE_BEFORE = re.compile(r"\b(?:dr|pr|m|mme|mlle)\Z")
_LINK = re.compile(r"(?:\W|\b(?:et|ainsi que|puis|le|la|l|les|dr|docteure?|pr|m|mr|mme|mlle|monsieur|madame)\b)*")
"""What stands between names that share their dates."""
_FOR = re.compile(r"(?:(?:et|seulement|uniquement|juste|que|mais|c est|ca c est)\W+)*(?:pour|concernant|chez)\b")
_SHE = re.compile(r"\W*(?:(?:et|mais|pour|que|seulement|juste)\W+){0,3}(?:elle|lui|celle ci|celui ci|cette derniere|ce dernier)\b")
_DAYS_OF = re.compile(r"\b(?:pour|concernant)\W+(?:(?:le|la|l|dr|docteure?|pr|m|mr|mme|mlle|monsieur|madame|que|seulement)\W+){0,4}\Z")


_SHARED = re.compile(
    r"\b(?:sauf|hormis|excepte\w*|aussi|pareil\w*|idem|egalement|de meme|meme (?:chose|date)|pas pour"
    r"|remplac\w*|vacances|conges?|absente?s?)\b"
)
"""Words by which dates are of others too, of all but one, or of no access at all; of flat texts."""


@dataclass(frozen=True)
class LineDates:
    """Dates that a clause gives to some lines.

    Attributes:
        lines: their numbers.
        dates: what is said.
        addressed: whether « pour » or « elle » says whose they are, which holds wherever the clause stands.
        words: the words of the dates.
    """

    lines: tuple[int, ...]
    dates: AccessDates
    addressed: bool
    words: str


def dates_by_line(turn: Turn, lines: Sequence[Line], now: datetime) -> list[LineDates]:
    """Return the dates that a typed message gives to single lines; none where any of them is nobody's in particular, or of several."""
    text = turn.raw_text
    if turn.is_button or len(text) > MAX_CHARACTERS or _SHARED.search(flat(text)):
        return []
    mentions = [one for one in find_mentions(turn, lines) if one.lines and (one.together or len(one.lines) == 1)]
    if _shares_dates(text, mentions, now):
        return []
    found: list[LineDates] = []
    loose: tuple[AccessDates, str] | None = None
    last: Mention | None = None
    for start, end in _clauses(text):
        clause, named = text[start:end], [one for one in mentions if start <= one.start and one.end <= end]
        dates, plain = _read(clause, now, text[:start]), flat(clause)
        if loose is not None and not dates and named and _FOR.match(plain.lstrip()):
            found.append(LineDates(_numbers(named), loose[0], addressed=True, words=loose[1]))
            loose = None
        elif dates and not named and last is not None and _SHE.match(plain):
            found.append(LineDates(_numbers([last]), dates, addressed=True, words=clause.strip()))
        elif dates and not named:
            if loose is not None:
                return []
            loose = dates, clause.strip()
        elif dates:
            found += _of_clause(text, start, end, named, now)
        last = named[-1] if named else last
    return [] if loose is not None else found


def _of_clause(text: str, start: int, end: int, named: list[Mention], now: datetime) -> list[LineDates]:
    """Return the dates of one clause: of all whom it names together, else of each in the part that begins, or ends, with the name."""
    groups: list[list[Mention]] = []
    for mention in named:
        if groups and _LINK.fullmatch(flat(text[groups[-1][-1].end : mention.start])):
            groups[-1].append(mention)
        else:
            groups.append([mention])
    after = bool(_read(text[start : groups[0][0].start], now)) and not _read(text[groups[-1][-1].end : end], now)
    found = []
    for at, group in enumerate(groups):
        if len(groups) == 1:
            begin, stop = start, end
        elif after:
            begin, stop = (groups[at - 1][-1].end if at else start), group[-1].end
        else:
            begin, stop = group[0].start, (groups[at + 1][0].start if at + 1 < len(groups) else end)
        dates, head = _read(text[begin:stop], now, text[:begin]), text[begin : group[0].start]
        led = _DAYS_OF.search(flat(head))
        if dates:
            before = bool(_read(head, now))
            words = head[: led.start()] if led and before else text[group[-1].end : stop]
            found.append(LineDates(_numbers(group), dates, led is not None, words.strip()))
    return found


def _shares_dates(text: str, mentions: list[Mention], now: datetime) -> bool:
    """Return whether names in a row stand beside a date that only a part of the row is in one clause with: of whom it is, is not known."""
    dated = [(start, end) for start, end in _clauses(text) if _read(text[start:end], now, text[:start])]
    for one, other in pairwise(sorted(mentions, key=lambda mention: mention.start)):
        if not _LINK.fullmatch(flat(text[one.end : other.start])) or one.end > other.start:
            continue
        first, second = (any(start <= mention.start < end for start, end in dated) for mention in (one, other))
        if first != second:
            return True
    return False


def _clauses(text: str) -> list[tuple[int, int]]:
    cuts = [cut for cut in _CUT.finditer(text) if not (cut[0] == "." and _TITLE_BEFORE.search(flat(text[: cut.start()])))]
    begins, ends = [0, *(cut.end() for cut in cuts)], [*(cut.start() for cut in cuts), len(text)]
    return [(begin, end) for begin, end in zip(begins, ends, strict=True) if text[begin:end].strip()]


def _read(words: str, now: datetime, before: str = "") -> AccessDates:
    return read_dates(without_remarks(with_month_of_end(words, before)), now, confirming=True)


def _numbers(mentions: Sequence[Mention]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(number for mention in mentions for number in mention.lines))


def read_dated_lines(context: Context, parts: list[Message]) -> list[Line]:
    """Return a line for each part of a wish; dates that « pour » or « elle » gives to one of them are of that one alone."""
    turn, now = context.turn, context.services.clock.now()
    text = str(turn.message.get("text") or turn.raw_text)
    called: list[Line] = [{"query": {"name": _name(part)}, "state": State.SAID, "change": part["full_intent"]} for part in parts]
    whole = turn.with_message({"text": text, "entities": []})
    found = [one for one in dates_by_line(whole, called, now) if one.addressed and not one.dates.unclear] if len(parts) > 1 else []
    for one in found:
        parts = [{**part, "text": (told := _without(words_of(part), one.words)), "said": told} for part in parts]
    lines = read_lines(context, parts)
    for one in found:
        set_dates(context, [lines[number] for number in one.lines], one.dates.slots)
    return lines


def _name(part: Message) -> str:
    return next((str(entity["value"]) for entity in part.get("entities") or [] if entity["entity"] == PARTNER), "")


def _without(text: str, words: str) -> str:
    """Return a text with spaces in the place of some of its words."""
    return text.replace(words, " " * len(words)) if words else text
