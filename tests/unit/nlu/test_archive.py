"""The Rasa server as an archive: what is in it, that it is the same each time, and what it is started with."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from nlu.archive import lay_down, list_files, pack
from nlu.serve import CannotServe, command_line, complete_environment, find_model
from nlu.train import list_sources

GIVEN = {"RASA_TOKEN": "r" * 40, "ACTIONS_TOKEN": "a" * 40, "ACTIONS_URL": "http://actions.example/webhook"}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "0123456789abcdef.tar.gz"
    file.write_bytes(b"a model")
    return file


def test_it_holds_the_model_and_everything_that_the_model_is_made_of(model: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    held = {place for _, place in list_files(model)}
    assert {source.relative_to(root).as_posix() for source in list_sources()} <= held
    assert {"models/0123456789abcdef.tar.gz", "endpoints.yml", "credentials.yml", "nlu/serve.py", "nlu/requirements.lock"} <= held
    assert not [place for place in held if ".venv" in place or "__pycache__" in place]


def test_the_same_files_give_the_same_bytes_in_one_folder(model: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "1" / "rasa-1.0.tar.gz", tmp_path / "2" / "rasa-1.0.tar.gz"
    pack(model, first)
    pack(model, second)
    assert first.read_bytes() == second.read_bytes()
    with tarfile.open(first) as tar:
        assert {name.split("/")[0] for name in tar.getnames()} == {"rasa-1.0"}


def test_a_folder_that_is_there_is_left_alone(model: Path, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        lay_down(model, tmp_path)


def test_what_was_laid_down_finds_its_model(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "rasa"
    lay_down(model, folder)
    assert find_model(folder) == folder / "models" / model.name
    command = command_line(find_model(folder), "10.0.0.5", 5006, folder)
    assert command[command.index("--interface") + 1] == "10.0.0.5"
    assert all(str(folder) in command[command.index(option) + 1] for option in ("--model", "--endpoints", "--credentials"))


def test_no_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(CannotServe, match="there is no model"):
        find_model(tmp_path)


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(CannotServe, match=name):
        complete_environment({**GIVEN, name: ""})


def test_trackers_are_in_the_database_that_is_set_else_in_data(tmp_path: Path) -> None:
    of_data = complete_environment({**GIVEN, "DATA": str(tmp_path)})
    assert (of_data["RASA_TRACKER_DB"], of_data["DIRECTORY_INDEX"]) == (str(tmp_path / "rasa.db"), str(tmp_path / "directory"))
    url = "postgresql://rasa@db.example/rasa"
    assert complete_environment({**GIVEN, "RASA_DATABASE_URL": url})["RASA_TRACKER_DB"] == url
    assert of_data["RASA_TELEMETRY_ENABLED"] == "false"
