"""Who fits a query best: what the user gave decides.

Everybody who meets all that was asked comes before everybody who does not; among equals the better name comes first.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.text_folding import fold
from bot.directory.candidates import GIVEN, NAME, ORGANIZATION, PLACE, PROFESSION, RPPS, Asked, is_labelled
from bot.directory.names import fit
from bot.directory.organizations import is_at
from bot.directory.professions import trades_of
from bot.directory.records import Practice, Professional

WEIGHTS = {RPPS: 12.0, GIVEN: 6.0, NAME: 2.0, PROFESSION: 2.0, PLACE: 1.5, ORGANIZATION: 1.5}
"""Another given name is another person, whatever else fits: it weighs more than all the rest together."""

_QUALITY = 1.0  # weight of a perfect name: less than any criterion


@dataclass(frozen=True, slots=True)
class Match:
    """A professional, and how they fit. `score` is in 0…1, 1 being all of it, letter by letter.

    `asked` and `matched` hold "name", "given_name", "profession", "place", "organization", "rpps"; "given_name" is
    asked when the typed name holds more than this person's family name. `practice` is the place of work that was
    asked for, or else the first one: what to show beside the name.
    """

    professional: Professional
    score: float
    matched: frozenset[str]
    asked: frozenset[str]
    practice: Practice

    @property
    def missed(self) -> frozenset[str]:
        """What was asked and is not so for this person."""
        return self.asked - self.matched

    @property
    def full(self) -> bool:
        """Whether everything that was asked is so."""
        return not self.missed


def rank(people: list[Professional], asked: Asked) -> list[Match]:
    """Return those of `people` who may be meant, best first. Whoever bears another name is left out."""
    judged = (_judge(person, asked) for person in people)
    return sorted((match for match in judged if match), key=_order)


def _order(match: Match) -> tuple[float, str, str, str]:
    person = match.professional
    return -match.score, fold(person.family), fold(person.given), person.key


def _judge(person: Professional, asked: Asked) -> Match | None:
    reading = fit(asked.name, person.family, person.given) if asked.name.words else None
    found = _criteria(person, asked)
    if asked.name.words:
        # Whoever has the number is the one, even under another name.
        if reading is None and not found.get(RPPS):
            return None
        found[NAME] = reading is not None
        if reading is not None and reading.given is not None and reading.family:
            found[GIVEN] = reading.given
    quality = reading.quality if reading else 0.0
    best = sum(WEIGHTS[criterion] for criterion in found) + _QUALITY * bool(asked.name.words)
    got = sum(WEIGHTS[criterion] for criterion, met in found.items() if met) + _QUALITY * quality
    matched = frozenset(criterion for criterion, met in found.items() if met)
    return Match(person, got / best if best else 0.0, matched, frozenset(found), _practice(person, asked)) if matched else None


def _criteria(person: Professional, asked: Asked) -> dict[str, bool]:
    """Each criterion asked, but for the name, and whether the person meets it."""
    found: dict[str, bool] = {}
    if asked.number:
        found[RPPS] = asked.number in (person.key, person.rpps, person.adeli)
    if asked.trades:
        found[PROFESSION] = bool(asked.trades & trades_of(person))
    elif asked.labels:
        found[PROFESSION] = is_labelled({word for label in person.labels for word in fold(label).split()}, asked.labels)
    if asked.place:
        found[PLACE] = any(asked.place.holds(practice) for practice in person.practices)
    if asked.organization:
        found[ORGANIZATION] = any(is_at(asked.organization, practice) for practice in person.practices)
    return found


def _practice(person: Professional, asked: Asked) -> Practice:
    """Return the practice that meets most of the place and the structure asked for; the first among equals."""

    def met(practice: Practice) -> int:
        return bool(asked.place and asked.place.holds(practice)) + bool(asked.organization and is_at(asked.organization, practice))

    return max(person.practices, key=met, default=Practice())
