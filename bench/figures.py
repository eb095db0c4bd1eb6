"""Measured figures: what one is, how a list of them is shown, judged and kept."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One measured value. `target` is the least or the most that it may be; None where nothing is claimed."""

    what: str
    value: float
    unit: str
    meaning: str
    target: float | None = None
    at_least: bool = False

    @property
    def kept(self) -> bool | None:
        """Whether the target is kept; None where there is none."""
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target


Measure = Callable[[bool], list[Figure]]
"""Measures a claim; True asks for few repetitions."""


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values are, interpolated. Raises IndexError where there is none."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def machine() -> dict[str, Any]:
    """Where and under which load the figures were measured: noise is to be read beside them."""
    model = ""
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = (line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name"))
        model = next(names, "")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "cpu": model or platform.processor(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_1_5_15_minutes": [round(load, 2) for load in os.getloadavg()],
    }


def describe_machine(found: dict[str, Any]) -> str:
    """The same in one line."""
    load = " ".join(str(value) for value in found["load_1_5_15_minutes"])
    return f"{found['at']}: {found['cores']} cores of {found['cpu']}, {found['system']}, Python {found['python']}, load {load}"


def show(title: str, figures: Iterable[Figure]) -> None:
    """Print the figures, with what each means."""
    table = Table(title=title, title_justify="left", show_lines=False, pad_edge=False)
    table.add_column("what", overflow="fold", max_width=58)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("target", justify="right", no_wrap=True)
    table.add_column("what it means", overflow="fold")
    for figure in figures:
        table.add_row(figure.what, f"{_number(figure.value)} {figure.unit}".strip(), _judged(figure), figure.meaning)
    console().print(table)


def _judged(figure: Figure) -> str:
    if figure.target is None:
        return ""
    sign = "≥" if figure.at_least else "≤"
    return f"{sign} {_number(figure.target)} {'kept' if figure.kept else 'MISSED'}"


def _number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.3f}" if abs(value) < 1 else f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}"


def console() -> Console:
    """The terminal, or a page wide enough for the tables."""
    return Console(width=None if sys.stdout.isatty() else 170, highlight=False)


def save(out: Path, results: dict[str, list[Figure]], start: dict[str, Any]) -> None:
    """Write results by claim as JSON, with the machine and its load at the start and at the end."""
    claims = {claim: [asdict(figure) | {"kept": figure.kept} for figure in figures] for claim, figures in results.items()}
    whole = {"machine": start, "load_at_the_end": machine()["load_1_5_15_minutes"], "claims": claims}
    out.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def missed(figures: Iterable[Figure]) -> list[Figure]:
    """The figures whose target is not kept."""
    return [figure for figure in figures if figure.kept is False]


def arguments(description: str | None) -> argparse.Namespace:
    """The command line that every script has: `quick`, `out`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="few repetitions: an idea of the figures, in a minute or two")
    parser.add_argument("--out", type=Path, help="write the figures to this file as JSON")
    return parser.parse_args()


def run_alone(claim: str, description: str | None, measure: Measure) -> int:
    """Measure one claim from the command line, print it, write it; exit code 1 where a target is missed."""
    given, start = arguments(description), machine()
    figures = measure(given.quick)
    console().print(describe_machine(start))
    show(claim, figures)
    if given.out:
        save(given.out, {claim: figures}, start)
    return 1 if missed(figures) else 0
