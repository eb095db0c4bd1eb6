"""The house, tested: no circle of imports, files of one idea, names of the field (docs/dev/glossary.md)."""

from __future__ import annotations

import ast
import graphlib
import os
import re
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "actions", "nlu", "bench", "tests")
LEFT_OUT = {".venv", "node_modules"}
MOST_LINES, MEDIAN_LINES = 400, 120
GLOSSARY = ROOT / "docs" / "dev" / "glossary.md"
FORMER_MODULES = frozenset(
    re.findall(
        r"\w+",
        """fanning handing deliverables deciding weighing together telling following sent dead reading checking circles wishes atoms
        pieces doors means hearing pressing pushing settling wire holder minutes traits sealing sentences changes follower announcing
        terms sheets moments grids board gate items seen elsewhere meant exact sequence sounds spelling swaps
        notifying retaining remembering standins town lives crowd told verdict""",
    )
)
"""Names that modules had before the glossary."""
FORMER_CLASSES = frozenset(
    re.findall(
        r"\w+",
        """Weigher Had Due Way Wish Atom Teams LoadedTeam Seat Doors Means Why Move Orphan Handing Following Notifying Sheets Grid Board
        Gate Pusher Settling Follower Changes Minutes Hearing Pressing Announcer""",
    )
)
"""Names that classes had before it."""


@cache
def modules() -> dict[str, Path]:
    """Every module of the project by its dotted name."""
    files = [file for package in PACKAGES for file in _python_files(ROOT / package)]
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


def _python_files(folder: Path) -> Iterator[Path]:
    """The Python files below a folder, without looking into what was installed there."""
    for path, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - LEFT_OUT)
        yield from (Path(path) / file for file in sorted(files) if file.endswith(".py"))


@cache
def nodes(file: Path) -> list[ast.AST]:
    """Of a file, what imports and classes are found by."""
    return [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Import | ast.ImportFrom | ast.ClassDef)]


def imports(module: str) -> set[str]:
    """The modules that a module imports, also where only types need it."""
    found: set[str] = set()
    for node in nodes(modules()[module]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {f"{node.module}.{alias.name}" if f"{node.module}.{alias.name}" in modules() else node.module for alias in node.names}
    return (found & modules().keys()) - {module}


def test_no_file_imports_itself_by_way_of_others() -> None:
    graphlib.TopologicalSorter({module: imports(module) for module in modules()}).prepare()


def test_files_are_short() -> None:
    lengths = {module: file.read_text("utf-8").count("\n") for module, file in modules().items()}
    assert {module: lines for module, lines in lengths.items() if lines > MOST_LINES} == {}
    assert statistics.median(lengths.values()) < MEDIAN_LINES


def test_both_environments_sign_alike() -> None:
    here, there = (ROOT / package / "message_signatures.py" for package in ("bot/core", "nlu"))
    assert here.read_text("utf-8") == there.read_text("utf-8")


def test_modules_and_classes_have_the_names_of_the_field() -> None:
    assert {module for module in modules() if FORMER_MODULES & set(module.split("."))} == set()
    classes = {
        f"{module}:{node.name}"
        for module, file in modules().items()
        for node in nodes(file)
        if isinstance(node, ast.ClassDef) and node.name in FORMER_CLASSES
    }
    assert classes == set()


def test_the_glossary_names_places_that_exist() -> None:
    named = set(re.findall(r"`((?:bot|actions|nlu|domain|data)/[\w/.-]+)`", GLOSSARY.read_text("utf-8")))
    assert len(named) > 30
    assert {place for place in named if not (ROOT / place).exists()} == set()


def test_a_term_of_the_glossary_stands_there_once() -> None:
    terms = re.findall(r"^\| \*\*(.+?)\*\* \|", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    assert len(terms) > 60
    assert sorted(terms, key=str.casefold) == sorted(set(terms), key=str.casefold)
