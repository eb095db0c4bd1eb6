"""Words of a text that no token accounts for: which of them may change what is requested, and which stand beside it.

Reasons, feelings and courtesy are endless, so they are not listed. What a change may turn on is little: a word of time, of scope, of a
channel, of urgency, of an exception or a condition (`words.toml`), or whatever is named next to something that was read: « pas de mail
pour les zinzins », « coupe le zinzin ». Clauses that hold nothing of this are passed over.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.notifications.preference_parser.categories import TIMES, Kind
from bot.notifications.preference_parser.spelling_correction import IDLE, Canonical, canonical, words_listed
from bot.notifications.preference_parser.tokens import Token, tokens_of
from bot.notifications.preference_parser.values import Span

_TURNS, _WHEN, _WHOM, _ACTING = words_listed("turns"), words_listed("when"), words_listed("whom"), words_listed("acting")
_OF_A_REQUEST = _TURNS | _WHEN | _WHOM | _ACTING
_BINDING, _PURPOSE = words_listed("binding"), words_listed("purpose")
_JOINING = words_listed("joining")
_OF_A_TIME = words_listed("of_a_time")
_SUBJECTS = words_listed("subjects")
"""Words of a clause that tells something, rather than names what is meant."""
_BREAKING = words_listed("breaking")
_SAYS = {"c": ("est", "etait"), "je": ("suis",), "j": ("ai", "etais"), "y": ("a",)}
"""« c'est », « je suis », « j'ai », « y a » begin to tell something."""
_RELATIVE = words_listed("relative")
_GREETING = words_listed("greeting")
_MARKS = frozenset(",;.!?:")
_TIMES = TIMES - {Kind.DURATION} | {Kind.COUNT}
_NAMING = {
    *(Kind.LIFT, Kind.RESUME, Kind.PAUSE, Kind.ON, Kind.TELL, Kind.CONVERT, Kind.THING, Kind.WAY, Kind.CATEGORY, Kind.DIGEST, Kind.DOSSIER),
    *(Kind.URGENT, Kind.ONLY, Kind.REST, Kind.FEWER, Kind.DURATION, Kind.NOW),
}
"""What the next word may be the object of, or narrow."""
_TURNING = {Kind.EXCEPT, Kind.UNREADABLE, Kind.INSTEAD, Kind.BEYOND}
"""After these all that follows in the clause counts."""
_NOUNS = {Kind.THING, Kind.WAY, Kind.CATEGORY}


@dataclass(frozen=True)
class _Piece:
    """A token, or a word or mark that belongs to none."""

    text: str
    start: int
    token: Token | None = None
    capital: bool = False

    @property
    def counts_for_sure(self) -> bool:
        return self.token is not None and self.token.kind not in (Kind.BREAK, Kind.BUT, Kind.AWAY)


def unread_words(text: str, spans: Sequence[Span] = ()) -> str:
    """Return all words, as they were typed, that no token accounts for, but those that change nothing by themselves (`idle`)."""
    return _typed(text, canonical(text), spans, lambda pieces: (each for each in pieces if _is_unread(each)))


def doubtful_words(text: str, spans: Sequence[Span] = ()) -> str:
    """Return those of them, as they were typed, that may change what is requested; "" where there are none."""
    return _typed(text, canonical(text), spans, _doubtful)


def told_of(text: str, spans: Sequence[Span] = ()) -> frozenset[int]:
    """Return where dossiers are named in the canonical text of which something is told, and nothing is requested."""
    pieces = _pieces(text, canonical(text), spans)
    told = (each for clause, _ in _clauses(pieces) if _tells_of_a_dossier(clause) for each in clause)
    return frozenset(each.start for each in told if each.token is not None and each.token.kind is Kind.DOSSIER)


def _typed(text: str, reading: Canonical, spans: Sequence[Span], chosen: Callable[[list[_Piece]], Iterator[_Piece]]) -> str:
    found = chosen(_pieces(text, reading, spans))
    return " ".join(dict.fromkeys(text[slice(*reading.origin(each.start, each.start + len(each.text)))] for each in found))


def _pieces(text: str, reading: Canonical, spans: Sequence[Span]) -> list[_Piece]:
    atoms = tokens_of(reading, spans)
    seen = bytearray(len(reading.text))
    pieces = []
    for atom in atoms:
        seen[atom.start : atom.end] = b"\1" * (atom.end - atom.start)
        pieces.append(_Piece(reading.text[atom.start : atom.end], atom.start, atom))
    shouted = text.upper() == text
    for found in re.finditer(r"[a-z]+|[,;.!?:]", reading.text):
        if not any(seen[found.start() : found.end()]):
            typed = text[reading.origins[found.start()][0]]
            pieces.append(_Piece(found[0], found.start(), capital=typed.isupper() and not shouted))
    return sorted(pieces, key=lambda piece: piece.start)


def _is_unread(piece: _Piece) -> bool:
    return piece.token is None and len(piece.text) > 1 and piece.text not in IDLE and (piece.start, piece.text) != (0, "non")


def _doubtful(pieces: list[_Piece]) -> Iterator[_Piece]:
    timed = any(each.token is not None and each.token.kind in TIMES and each.token.value is not None for each in pieces)
    greeted = False
    for clause, mark in _clauses(pieces):
        requests = any(each.counts_for_sure for each in clause) and not _tells_of_a_dossier(clause)
        greeted = any(each.text in _GREETING for each in clause) or (greeted and not requests)
        yield from _of_a_request(clause) if requests else _beside(clause, headed=mark == ":", greeted=greeted, timed=timed)


def _clauses(pieces: list[_Piece]) -> Iterator[tuple[list[_Piece], str]]:
    """Pieces between marks, conjunctions and « c'est », each with what ended them."""
    clause: list[_Piece] = []
    for piece, after in itertools.zip_longest(pieces, pieces[1:]):
        says = after is not None and after.text in _SAYS.get(piece.text, ()) and not _depends(clause)
        ends = piece.token is not None and piece.token.kind in (Kind.BREAK, Kind.BUT) and piece.text != "et"
        if says or ends or piece.text in _MARKS or piece.text in _BREAKING:
            yield clause, piece.text
            clause = []
        if says or (not ends and piece.text not in _MARKS):
            clause.append(piece)
    yield clause, "."


def _tells(clause: list[_Piece]) -> bool:
    return any(each.text in _SUBJECTS for each in clause)


def _tells_of_a_dossier(clause: list[_Piece]) -> bool:
    """« Mme Durand est à l'hôpital »: nothing but a dossier was read in it."""
    return _tells(clause) and all(each.token is None or each.token.kind in (Kind.DOSSIER, Kind.BREAK, Kind.AWAY) for each in clause)


def _depends(clause: list[_Piece]) -> bool:
    """« les jours où je suis de garde », « quand je suis … » go on with what came before."""
    return any(each.token is not None and each.token.kind in _TURNING for each in clause) or (bool(clause) and clause[-1].text in _RELATIVE)


def _beside(clause: list[_Piece], *, headed: bool, greeted: bool, timed: bool) -> Iterator[_Piece]:
    """Return what counts in a clause where nothing was read.

    Where it tells something of the person, exceptions and conditions; times too, while the request names none (« je suis de garde, coupez
    tout »). Where it tells nothing, scopes too, and all of a heading or of a name.
    """
    tells = _tells(clause)
    named = not tells and (
        headed or any(each.text in _BINDING for each in clause) or (not greeted and any(each.capital for each in clause[1:]))
    )
    listed = _OF_A_REQUEST if not tells else _TURNS if timed else _TURNS | _WHEN
    yield from (piece for piece in clause if _is_unread(piece) and (named or _close_to(piece.text, listed)))


def _of_a_request(clause: list[_Piece]) -> Iterator[_Piece]:
    turned, near, joins = False, False, _JOINING
    content = any(each.token is not None and each.token.kind in _TIMES | _NOUNS | {Kind.DOSSIER} for each in clause)
    before: _Piece | None = None
    for place, piece in enumerate(clause):
        if piece.token is not None:
            turned = turned or piece.token.kind in _TURNING
            if piece.token.kind is not Kind.BREAK:
                near = _may_name(piece) or (content and piece.token.kind is Kind.NEVER)
                joins = _OF_A_TIME if piece.token.kind in _TIMES else _JOINING
        elif piece.text in _BINDING and not _is_purpose(clause[place + 1 :]):
            turned = True
        elif _is_unread(piece):
            named = near and not _is_adverb_or_verb(piece, before)
            if turned or named or (piece.capital and place > 0) or _close_to(piece.text, _OF_A_REQUEST):
                yield piece
            else:
                near = False
        elif piece.text not in joins:
            near = False
        before = piece


def _may_name(piece: _Piece) -> bool:
    """Return whether the word after a token may be its object: « coupe X », « plus de X »."""
    assert piece.token is not None
    if piece.token.kind is Kind.NEVER:
        return piece.token.value is True or re.search(r"\b(?:de|d|du|des|aucune?|sans|ni)$", piece.text) is not None
    return piece.token.kind in _NAMING or piece.token.kind in _TIMES


def _is_adverb_or_verb(piece: _Piece, before: _Piece | None) -> bool:
    """« coupez carrément », « les mails débordent »: neither names anything."""
    if before is not None and before.token is None:
        return False  # « les mails de l'établissement »
    noun = before is not None and before.token is not None and before.token.kind in _NOUNS
    return piece.text.endswith("ment") or (noun and piece.text.endswith(("ent", "ont")))


def _is_purpose(after: list[_Piece]) -> bool:
    """« pour souffler », « pour ne pas … »: a reason, and no scope."""
    return bool(after) and (after[0].text in _PURPOSE or (after[0].token is not None and after[0].token.kind is not Kind.BREAK))


@lru_cache(maxsize=4096)
def _close_to(word: str, listed: frozenset[str]) -> bool:
    """Return whether a word is one of those listed, its plural or a slip of one."""
    if word in listed or word.rstrip("sx") in listed:
        return True
    alike = [each for each in listed if each[0] == word[0] and len(each) > 4]
    return len(word) > 4 and process.extractOne(word, alike, scorer=OSA.distance, score_cutoff=1) is not None
