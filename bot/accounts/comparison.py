"""Comparison of a fiche with the directory: the nearest people, field by field, and where they differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.accounts.directory_record import Fiche, prefill
from bot.accounts.directory_record_fields import ORDER
from bot.accounts.phones import display_phone
from bot.core.text_folding import fold
from bot.directory.records import Professional
from bot.directory.search import Directory, Query

MAX_CANDIDATES = 3
"""How many are shown beside the fiche: more do not fit a screen."""


@dataclass(frozen=True)
class Cell:
    """One field of a person of the directory, as the fiche would write it; None where the directory says nothing."""

    value: str | None
    differs: bool
    """Whether it differs from the fiche; false where one of the two says nothing."""


@dataclass(frozen=True)
class Candidate:
    """A person of the directory. `cells` by field; `same` counts the fields that agree."""

    key: str
    name: str
    cells: dict[str, Cell]
    same: int
    certain: bool
    """Whether a national number says that it is this person."""


@dataclass(frozen=True)
class ComparisonRow:
    """One field: what the fiche says, and what each candidate's record says."""

    field: str
    asked: str | None
    found: tuple[Cell, ...]


def nearest_candidates(directory: Directory, fiche: Fiche) -> list[Candidate]:
    """Return the nearest people of the directory, best first. Reads files: call it in a thread. Raises DirectoryUnavailable."""
    place = fiche.postal_code or fiche.city
    queries = [Query(rpps=fiche.rpps or fiche.adeli)] if fiche.rpps or fiche.adeli else []
    queries.append(Query(name=fiche.name, profession=fiche.profession, place=place, organization=fiche.organization))
    people: dict[str, Professional] = {}
    for query in queries:
        for match in directory.search(query, MAX_CANDIDATES):
            people.setdefault(match.professional.key, match.professional)
    return candidates_of(fiche, people.values())


def candidates_of(fiche: Fiche, people: Iterable[Professional]) -> list[Candidate]:
    """Return so many of these people as are shown, compared with the fiche."""
    return [_candidate(fiche, person) for person in people][:MAX_CANDIDATES]


def live_query(fiche: Fiche) -> Query:
    """Return what the live directory is asked for the person of a fiche."""
    return Query(name=fiche.name, profession=fiche.profession, place=fiche.postal_code or fiche.city, rpps=fiche.rpps or fiche.adeli)


def comparison_rows(fiche: Fiche, candidates: list[Candidate]) -> list[ComparisonRow]:
    """Return a row for every field that the fiche or a candidate has, in the usual order."""
    asked = dict(fiche.lines())
    empty = Cell(None, differs=False)
    rows = [ComparisonRow(name, asked.get(name), tuple(c.cells.get(name, empty) for c in candidates)) for name in ORDER]
    return [row for row in rows if row.asked or any(cell.value for cell in row.found)]


def _candidate(fiche: Fiche, person: Professional) -> Candidate:
    asked, values = dict(fiche.lines()), prefill(person, fiche.city or "")
    if "phone" in values:
        values["phone"] = display_phone(values["phone"])
    cells = {name: Cell(value, differs=name in asked and not _same_text(asked[name], value)) for name, value in values.items()}
    same = sum(1 for name, cell in cells.items() if name in asked and not cell.differs)
    certain = any(name in asked and values.get(name) == asked[name] for name in ("rpps", "adeli"))
    return Candidate(person.key, person.display, cells, same, certain)


def _same_text(one: str, other: str) -> bool:
    return (fold(one) or one) == (fold(other) or other)
