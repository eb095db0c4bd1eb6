from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.directory.cli import directory_app

runner = CliRunner(env={"COLUMNS": "200"})


def test_import_then_search(demo_file: Path, tmp_path: Path) -> None:
    with_errors = tmp_path / "f.txt"
    with_errors.write_bytes(demo_file.read_bytes() + b"bad|row\n" * 12)
    done = runner.invoke(directory_app, ["import", str(with_errors), "--index", str(tmp_path / "index")])
    assert done.exit_code == 0, done.output
    assert "5000 personnes" in done.output
    assert "12 lignes rejetées" in done.output
    assert "2 colonnes au lieu de 56" in done.output
    assert "… et 2 autres" in done.output
    found = runner.invoke(directory_app, ["search", "benaly leila", "--place", "Tours", "--index", str(tmp_path / "index")])
    assert found.exit_code == 0, found.output
    assert "Dr Leïla Benali" in found.output


def test_the_index_is_in_data_unless_said(demo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA", str(tmp_path))
    assert runner.invoke(directory_app, ["import", str(demo_file)]).exit_code == 0
    assert (tmp_path / "directory" / "current").exists()


@pytest.mark.parametrize("command", [["import", "/nowhere"], ["import", "/etc/hostname"], ["search", "x"]])
def test_a_fatal_error_is_told(tmp_path: Path, command: list[str]) -> None:
    done = runner.invoke(directory_app, [*command, "--index", str(tmp_path / "index")])
    assert done.exit_code == 1
    assert "impossible" in done.output
