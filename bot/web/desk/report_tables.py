"""Figures as grids of rows and columns: what the page draws, tells in a table, and gives as CSV is one and the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from bot.support.ticket_report import ReportLine

COUNT, SECONDS = "count", "seconds"
Value = int | float | None
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that a spreadsheet takes for a formula."""
TICKET_COLUMNS = (
    ("opened", COUNT),
    ("taken", COUNT),
    ("answered", COUNT),
    ("closed", COUNT),
    ("waiting", COUNT),
    ("wait", SECONDS),
    ("wait_most", SECONDS),
    ("first_answer", SECONDS),
    ("first_answer_most", SECONDS),
    ("to_close", SECONDS),
    ("to_close_most", SECONDS),
    ("rated", COUNT),
    ("useful", COUNT),
)
"""What is told of tickets; what each is called is the template's."""


@dataclass(frozen=True)
class Row:
    """A name, as data or as a code that the template spells, and its values in the order of the columns."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class ReportTable:
    """One table of figures."""

    name: str
    columns: tuple[tuple[str, str], ...]
    """(code, `COUNT` or `SECONDS`)"""
    rows: Sequence[Row]
    charts: tuple[str, ...] = ()
    """Codes of the columns that bars are drawn of."""

    def bars(self, column: str) -> list[tuple[str, Value, float]]:
        """(name, value, length between 0 and 100) of each row."""
        place = [code for code, _ in self.columns].index(column)
        most = max((row.values[place] or 0 for row in self.rows), default=0)
        return [(row.name, row.values[place], 100 * (row.values[place] or 0) / most if most else 0.0) for row in self.rows]


def of_tickets(name: str, lines: Sequence[ReportLine], charts: tuple[str, ...] = ("opened",)) -> ReportTable:
    """Figures of tickets."""
    return ReportTable(name, TICKET_COLUMNS, [Row(line.name, _values(line)) for line in lines], charts)


def _values(line: ReportLine) -> tuple[Value, ...]:
    spreads = [part for spread in (line.wait, line.first_answer, line.to_close) for part in _both(spread)]
    return (line.opened, line.taken, line.answered, line.closed, line.waiting, *spreads, line.rated, line.useful)


def _both(spread: object) -> tuple[Value, Value]:
    return (getattr(spread, "median", None), getattr(spread, "most", None))


def as_csv(grid: ReportTable, header: Sequence[str], names: Sequence[str]) -> str:
    """The grid for a spreadsheet, in the French way: semicolons, whole seconds, a mark of the encoding in front."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    for name, row in zip(names, grid.rows, strict=True):
        writer.writerow([harmless(name), *("" if value is None else round(value) for value in row.values)])
    return "\ufeff" + out.getvalue()


def harmless(name: str) -> str:
    """A cell that no spreadsheet takes for a formula: tags are written by people."""
    return f"'{name}" if name.startswith(_DANGEROUS) else name
