"""What people call a profession → the professions and specialities that they may mean.

The words are in `professions.toml`. A text may mean several: « AS » is an *assistante sociale* or an *aide-soignante*.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.core.text_folding import allowed_edits, fold, word_set
from bot.directory.records import Professional


@dataclass(frozen=True, slots=True)
class Trade:
    """A profession, or a speciality of one. `speciality` is a savoir-faire code or ""; `fragments` are folded.

    `numbered` tells whether those who practise it have an RPPS or ADELI number.
    """

    id: str
    code: str
    label: str
    words: tuple[str, ...]
    fragments: tuple[str, ...] = ()
    system: str = ""
    speciality: str = ""
    is_speciality: bool = False
    numbered: bool = True


def _load() -> dict[str, Trade]:
    data = tomllib.loads(files(__package__).joinpath("professions.toml").read_text(encoding="utf-8"))
    systems = {entry["code"]: entry["system"] for entry in data["profession"]}
    trades: dict[str, Trade] = {}
    for kind in ("profession", "speciality"):
        for entry in data[kind]:
            trades[entry["id"]] = Trade(
                id=entry["id"],
                code=entry["code"],
                label=entry["label"],
                words=tuple(entry["words"]),
                fragments=tuple(entry.get("fragments", ())),
                system=systems[entry["code"]],
                speciality=entry.get("speciality", ""),
                is_speciality=kind == "speciality",
                numbered=entry.get("numbered", True),
            )
    return trades


_UNNUMBERED = tuple(
    fold(words) for words in tomllib.loads(files(__package__).joinpath("professions.toml").read_text(encoding="utf-8"))["unnumbered"]
)
TRADES: dict[str, Trade] = _load()
"""Every profession and speciality by its id."""

# Words that say how, for whom or where somebody practises, not what they are.
_ASIDE = word_set(
    "a au aux avec chez de des domicile du en et etat exercice la le les liberal liberale libre pour salarie"
    " salariee son un une mon ma notre hospitalier hospitaliere ville cabinet specialise specialisee specialiste"
)
_LONGEST_PHRASE = 8


def _singular(phrase: str) -> str:
    return " ".join(word[:-1] if len(word) > 3 and word[-1] in "sx" else word for word in phrase.split())


def _phrases() -> dict[str, frozenset[str]]:
    phrases: dict[str, set[str]] = {}
    for trade in TRADES.values():
        for word in (*trade.words, trade.label):
            phrases.setdefault(_singular(fold(word)), set()).add(trade.id)
    return {phrase: frozenset(ids) for phrase, ids in phrases.items()}


_PHRASES = _phrases()
_LONG_PHRASES = tuple(phrase for phrase in _PHRASES if len(phrase) >= 5)


def _sound(phrase: str) -> str:
    """« orthofoniste » and « orthophoniste » sound alike."""
    return phrase.replace("ph", "f").replace("y", "i").replace("th", "t")


_SOUNDS = {phrase: _sound(phrase) for phrase in _LONG_PHRASES}


@lru_cache(maxsize=4096)
def has_number(text: str) -> bool:
    """Return whether somebody of this profession may have an RPPS or ADELI number; of a profession that is not known, they may."""
    trades, folded = trades_by_text(text), fold(text)
    if any(f" {phrase} " in f" {folded} " for phrase in _UNNUMBERED):
        return False
    return not trades or any(TRADES[trade].numbered for trade in trades)


@lru_cache(maxsize=4096)
def trades_by_text(text: str) -> frozenset[str]:
    """Ids of the professions and specialities that a text may mean; empty when it names none. Never raises.

    The longest known phrases win (« infirmière en pratique avancée » is not every *infirmière*), a speciality wins over
    its profession (« médecin cardiologue »), and a word that nobody knows is tried with typos and as a beginning.
    """
    words = _singular(fold(text)).split()
    found: list[frozenset[str]] = []
    place = 0
    while place < len(words):
        for length in range(min(_LONGEST_PHRASE, len(words) - place), 0, -1):
            ids = _phrase(" ".join(words[place : place + length]))
            if ids:
                found.append(ids)
                place += length
                break
        else:
            place += 1
    return _narrowest(found)


def _phrase(phrase: str) -> frozenset[str]:
    ids = _PHRASES.get(phrase)
    if ids or phrase in _ASIDE or len(phrase) < 5 or phrase.partition(" ")[0] in _ASIDE:
        return ids or frozenset()
    edits = allowed_edits(len(phrase))
    close = process.extract(_sound(phrase), _SOUNDS, scorer=OSA.distance, score_cutoff=edits, limit=None)
    if close:
        least = min(distance for _, distance, _ in close)
        return frozenset().union(*(_PHRASES[known] for _, distance, known in close if distance == least))
    if " " in phrase:
        return frozenset()
    return frozenset().union(*(_PHRASES[known] for known in _LONG_PHRASES if known.startswith(phrase) and " " not in known))


def _narrowest(found: list[frozenset[str]]) -> frozenset[str]:
    """Everything that was named; where a profession stands beside its own speciality, the speciality alone."""
    plain = [ids for ids in found if not any(TRADES[trade].is_speciality for trade in ids)]
    broad = {TRADES[trade].code for ids in plain for trade in ids}
    named: set[str] = set()
    for ids in found:
        if ids in plain:
            continue
        own = frozenset(trade for trade in ids if TRADES[trade].is_speciality and TRADES[trade].code in broad)
        named |= own or ids
    narrowed = {TRADES[trade].code for trade in named if TRADES[trade].is_speciality}
    named |= {trade for ids in plain for trade in ids if TRADES[trade].code not in narrowed}
    return frozenset(named)


def trades_of(person: Professional) -> frozenset[str]:
    """Ids of the professions and specialities that a person has, by code and by label."""
    roles = tuple(practice.role for practice in person.practices)
    return trades_with(person.profession_code, (person.profession, person.speciality, *person.also, *roles))


@lru_cache(maxsize=65_536)
def trades_with(code: str, labels: tuple[str, ...]) -> frozenset[str]:
    """Ids of the professions and specialities with this code of profession and these labels: the profession's own first, maybe ""."""
    folded = [fold(label) for label in labels]
    held = set()
    for trade in TRADES.values():
        if trade.is_speciality:
            # The profession's own label is left out: « Chirurgien-Dentiste » is no *chirurgien*.
            has = code in ("", trade.code) and _holds(folded[1:], trade.fragments)
        else:
            # Without a code, the label is all there is.
            fragments = trade.fragments if code else (*trade.fragments, fold(trade.label))
            has = code == trade.code or _holds(folded, fragments)
        if has:
            held.add(trade.id)
    return frozenset(held)


def _holds(labels: list[str], fragments: tuple[str, ...]) -> bool:
    """Return whether a label has a word that begins with a fragment: « neurologie » is not *urolog…*."""
    return any(f" {fragment}" in f" {label}" for label in labels for fragment in fragments)
