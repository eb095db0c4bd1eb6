"""FINESS: names, addresses and phones of establishments, by their number.

Two layouts are published: one with headings (`nofinesset;nofinessej;rs;…`), and that of data.gouv, whose lines begin with `structureet`
and whose cells are always in the same order.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

from bot.directory.columns import position_of
from bot.directory.errors import UnusableFile
from bot.directory.places import town_of
from bot.directory.sources import Source, encoding_of

_ORDER = (
    *("nofinesset", "nofinessej", "rs", "rslongue", "complrs", "compldistrib", "numvoie", "typvoie", "voie", "compvoie", "lieuditbp"),
    *("commune", "departement", "libdepartement", "ligneacheminement", "telephone"),
)
_SAMPLE = 1 << 20


class Establishment(NamedTuple):
    """What FINESS says of one establishment; "" where it says nothing. `address` holds its lines."""

    name: str
    address: str
    postal_code: str
    city: str
    phone: str


def read_establishments(source: Source, wanted: set[str]) -> dict[str, Establishment]:
    """Return the establishments of a file whose FINESS number is among `wanted`: the others are nobody's place of work."""
    with source.open() as file:
        encoding = encoding_of(file.read(_SAMPLE).rpartition(b"\n")[0])
    with source.open() as binary:
        text = io.TextIOWrapper(binary, encoding=encoding, errors="replace", newline="")
        try:
            return {number: establishment for number, establishment in _read(text) if number in wanted}
        except csv.Error as error:
            raise UnusableFile(f"« {source.name}\u00a0»\u00a0: {error}.") from error
        finally:
            text.detach()


def _read(lines: Iterator[str]) -> Iterator[tuple[str, Establishment]]:
    rows = csv.reader(lines, delimiter=";")
    positions: dict[str, int | None] | None = None
    for row in rows:
        if row and row[0].lstrip("\ufeff") == "structureet":
            cells = dict(zip(_ORDER, row[1:], strict=False))
        elif positions is None:
            headings = [cell.lstrip("\ufeff") for cell in row]
            positions = {name: position_of(name, headings) for name in _ORDER}
            continue
        else:
            cells = {name: row[place] for name, place in positions.items() if place is not None and place < len(row)}
        if number := cells.get("nofinesset", "").strip():
            yield number, _establishment({name: " ".join(cell.split()) for name, cell in cells.items()})


def _establishment(cells: dict[str, str]) -> Establishment:
    def line(*names: str) -> str:
        return " ".join(filter(None, (cells.get(name, "") for name in names)))

    routing = cells.get("ligneacheminement", "")
    postal_code = routing[:5] if routing[:5].isdigit() else ""
    lines = (line("compldistrib"), line("numvoie", "typvoie", "voie", "compvoie"), line("lieuditbp"))
    name = cells.get("rslongue") or cells.get("rs", "")
    return Establishment(name, "\n".join(filter(None, lines)), postal_code, town_of(routing)[0], cells.get("telephone", ""))
