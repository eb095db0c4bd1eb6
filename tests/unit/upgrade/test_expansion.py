"""Migrations expand: bots of the version before go on working on the new schema while they are replaced one by one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot.migrations

VERSIONS = sorted((Path(bot.migrations.__file__).parent / "versions").glob("[0-9]*.py"))
ROLLING_FROM = "0004"
"""The first migration that bots may pass one by one."""
TAKES_AWAY = {"drop_column", "drop_table", "rename_table", "drop_constraint"}
EXPANDING = [path for path in VERSIONS if path.name >= ROLLING_FROM]


def faults(source: str) -> Iterator[str]:
    """Yield what an upgrade does that the version before cannot live with."""
    (upgrade,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"]
    for call in (node for node in ast.walk(upgrade) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        name = call.func.attr  # type: ignore[attr-defined]
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        if name in TAKES_AWAY:
            yield f"{name}: another version still reads it"
        elif name == "alter_column" and ({"new_column_name", "type_"} & given.keys() or _is(given.get("nullable"), False)):
            yield "alter_column: rows of the version before do not fit"
        elif name == "add_column":
            yield from _needed_columns(call)


def _needed_columns(added: ast.Call) -> Iterator[str]:
    for column in (one for one in ast.walk(added) if isinstance(one, ast.Call) and _name(one) == "Column"):
        given = {keyword.arg: keyword.value for keyword in column.keywords}
        if _is(given.get("nullable"), False) and "server_default" not in given:
            yield "add_column: the version before does not fill it, and it may not be empty"


def _is(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@pytest.mark.parametrize("path", EXPANDING, ids=lambda path: path.stem)
def test_a_migration_takes_nothing_away(path: Path) -> None:
    assert not list(faults(path.read_text("utf-8")))


@pytest.mark.parametrize(
    "statement",
    [
        'op.drop_column("messages", "text")',
        'op.drop_table("messages")',
        'op.rename_table("messages", "texts")',
        'op.alter_column("messages", "text", nullable=False)',
        'op.alter_column("messages", "text", new_column_name="words")',
        'op.add_column("messages", sa.Column("words", sa.Text, nullable=False))',
        'table.add_column(sa.Column("words", sa.Text(), nullable=False))',
    ],
)
def test_what_takes_away_is_found(statement: str) -> None:
    assert list(faults(f"def upgrade() -> None:\n    {statement}\n"))


@pytest.mark.parametrize(
    "statement",
    [
        'op.create_table("words", sa.Column("id", sa.Integer, nullable=False))',
        'op.add_column("messages", sa.Column("words", sa.Text, nullable=True))',
        'op.add_column("messages", sa.Column("words", sa.Integer, nullable=False, server_default="0"))',
        'op.alter_column("messages", "text", nullable=True)',
        'op.drop_index("ix_messages")',
    ],
)
def test_what_adds_is_let_be(statement: str) -> None:
    assert not list(faults(f"def upgrade() -> None:\n    {statement}\n"))
