"""Tables of reports: the chart, the table beside it and the CSV of a report are made from one and the same table."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from bot.support.ticket_report import ReportLine

COUNT, SECONDS = "count", "seconds"
"""Units of a column."""
Value = int | float | None
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""First characters of what a spreadsheet takes for a formula."""
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
"""Columns of a table of tickets: code and unit; their titles are in the template."""


@dataclass(frozen=True)
class Row:
    """A row: its name, as data or as a code that the template translates, and its values in the order of the columns."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class ReportTable:
    """A table of a report."""

    name: str
    columns: tuple[tuple[str, str], ...]
    """(code, `COUNT` or `SECONDS`)"""
    rows: Sequence[Row]
    charts: tuple[str, ...] = ()
    """Codes of the columns that a bar chart is drawn of."""

    def bars(self, column: str) -> list[tuple[str, Value, float]]:
        """Return (name, value, length between 0 and 100) of each row, for the chart of a column."""
        index = [code for code, _ in self.columns].index(column)
        longest = max((row.values[index] or 0 for row in self.rows), default=0)
        return [(row.name, row.values[index], 100 * (row.values[index] or 0) / longest if longest else 0.0) for row in self.rows]


def ticket_table(name: str, lines: Sequence[ReportLine], charts: tuple[str, ...] = ("opened",)) -> ReportTable:
    """Return a table of tickets, a row for each line of the ticket report."""
    return ReportTable(name, TICKET_COLUMNS, [Row(line.name, _ticket_values(line)) for line in lines], charts)


def _ticket_values(line: ReportLine) -> tuple[Value, ...]:
    durations = [value for spread in (line.wait, line.first_answer, line.to_close) for value in _median_and_most(spread)]
    return (line.opened, line.taken, line.answered, line.closed, line.waiting, *durations, line.rated, line.useful)


def _median_and_most(spread: object) -> tuple[Value, Value]:
    return (getattr(spread, "median", None), getattr(spread, "most", None))


def to_csv(table: ReportTable, header: Sequence[str], names: Sequence[str]) -> str:
    """Return the table for a spreadsheet, in the French way: semicolons, whole seconds, a byte order mark in front.

    Args:
        table: the table.
        header: titles of the columns, that of the names first.
        names: of the rows, translated.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    for name, row in zip(names, table.rows, strict=True):
        writer.writerow([escape_formula(name), *("" if value is None else round(value) for value in row.values)])
    return "\ufeff" + out.getvalue()


def escape_formula(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: tags are written by people."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
