"""What the command line writes fits the encoding of the terminal."""

from __future__ import annotations

import io
import sys

import pytest
from typer.main import get_command

from bot.cli import app


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", ("d'accompagnement", "l'equipe")),
        ("iso-8859-1", ("d'accompagnement", "l'équipe")),
        ("cp1252", ("d’accompagnement", "l'équipe")),
        ("utf-8", ("d’accompagnement", "l'équipe")),
    ],
)
def test_a_sign_that_the_terminal_lacks_stops_no_command(monkeypatch: pytest.MonkeyPatch, encoding: str, shown: tuple[str, ...]) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    get_command(app).main(["desk", "--help"], standalone_mode=False)
    sys.stdout.flush()
    assert all(words in written.getvalue().decode(encoding) for words in shown)
