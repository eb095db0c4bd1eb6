"""A source that is watched: imported when it changed, refused once, never while another import runs."""

from __future__ import annotations

import fcntl
import os
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.directory import Directory, ImportShrunk, Query, import_file
from bot.directory.cli import directory_app
from bot.directory.index import CURRENT, read_about
from bot.directory.refresh import DirectoryRefresh
from bot.directory.refresh import refresh as refresh_now
from bot.sandbox.demo_directory import DEMO_PEOPLE, write_demo_file
from tests.unit.directory import editions

runner = CliRunner(env={"COLUMNS": "200"})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write(tmp_path / "source.txt", 200)
    return tmp_path / "source.txt"


def write(path: Path, people: int) -> None:
    write_demo_file(path, people=people)
    os.utime(path, (1_700_000_000 + people, 1_700_000_000 + people))


def become(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def refresh_of(source: Path | None, tmp_path: Path) -> DirectoryRefresh:
    return DirectoryRefresh(source, tmp_path / "index", 20.0)


async def test_a_changed_source_is_imported_once(source: Path, tmp_path: Path) -> None:
    refresh = refresh_of(source, tmp_path)
    await refresh.run_due()
    directory = Directory(tmp_path / "index")
    assert directory.count() == 200
    before = read_about(tmp_path / "index")
    await refresh.run_due()
    assert read_about(tmp_path / "index") == before
    write(source, 210)
    await refresh.run_due()
    assert directory.count() == 210
    lines = await refresh.health_lines()
    assert lines == {"directory_age": "0.0 days", "directory_people": "210"}


async def test_a_source_that_shrank_is_refused_and_not_tried_again(source: Path, tmp_path: Path) -> None:
    refresh = refresh_of(source, tmp_path)
    await refresh.run_due()
    write(source, 150)
    await refresh.run_due()
    assert Directory(tmp_path / "index").count() == 200
    assert refresh.due(source) is None
    assert "refused" in (await refresh.health_lines())["directory_source"]
    write(source, 190)
    await refresh.run_due()
    assert Directory(tmp_path / "index").count() == 190
    assert "directory_source" not in await refresh.health_lines()


async def test_a_source_that_became_something_else_is_told_once(source: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    refresh = refresh_of(source, tmp_path)
    await refresh.run_due()
    become(source, editions.SKILLS)
    await refresh.run_due()
    await refresh.run_due()
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert "savoir-faire" in told[0]
    assert (await refresh.health_lines())["directory_source"].startswith("cannot be used since 20")
    assert Directory(tmp_path / "index").count() == 200
    write(source, 210)
    await refresh.run_due()
    assert Directory(tmp_path / "index").count() == 210
    assert "directory_source" not in await refresh.health_lines()


@pytest.mark.parametrize("damage", ["missing", "not a ZIP", "a ZIP cut short", "a ZIP with rubbish in it", "a folder of none"])
async def test_a_source_that_cannot_be_read_is_told_once_and_left_to_the_next_look(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    path = tmp_path / "source.zip"
    if damage == "a folder of none":
        path.mkdir()
    elif damage == "not a ZIP":
        path.write_bytes(b"PK\x03\x04 and nothing more")
    elif damage != "missing":
        write(tmp_path / "PS_LibreAcces_Personne_activite.txt", 200)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(tmp_path / "PS_LibreAcces_Personne_activite.txt", "activities.txt")
        content = bytearray(path.read_bytes())
        content[60:120] = b"\xff" * 60  # no such compressed text exists
        path.write_bytes(content[: len(content) // 2] if damage == "a ZIP cut short" else content)
    refresh = DirectoryRefresh(path, tmp_path / "index", 20.0, settled_seconds=0.0)
    await refresh.run_due()
    await refresh.run_due()
    assert len(caplog.records) == 1
    assert (await refresh.health_lines())["directory_source"].startswith("cannot be used since 20")


def test_a_zip_damaged_further_down_is_refused(source: Path, tmp_path: Path) -> None:
    write(source, 6_000)  # more than is read to see what the file is
    path = tmp_path / "source.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(source, "activities.txt")
    content = bytearray(path.read_bytes())
    further = len(content) * 4 // 5
    content[further : further + 60] = b"\xff" * 60
    path.write_bytes(content)
    assert refresh_now(path, tmp_path / "index", 20.0) == 1
    assert "ZIP" in (tmp_path / "index" / "refused.json").read_text()


def test_a_file_that_is_still_being_copied_waits(source: Path, tmp_path: Path) -> None:
    refresh = refresh_of(source, tmp_path)
    assert refresh.due(source)
    os.utime(source)
    assert refresh.due(source) is None


async def test_another_import_is_left_to_end(source: Path, tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    with (tmp_path / "index" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        await refresh_of(source, tmp_path).run_due()
    assert not (tmp_path / "index" / CURRENT).exists()
    assert not (tmp_path / "index" / "refused.json").exists()


async def test_an_index_of_an_earlier_version_is_made_again_where_its_source_is_known(source: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    import_file(source, index)
    name = (index / CURRENT).read_text()
    (index / name).rename(index / "index-v1-old")
    (index / CURRENT).write_text("index-v1-old")
    refresh = refresh_of(None, tmp_path)
    assert (await refresh.health_lines())["directory_age"].startswith("made by an earlier version")
    await refresh.run_due()
    assert Directory(index).count() == 200


async def test_without_a_source_nothing_is_done(tmp_path: Path) -> None:
    await refresh_of(None, tmp_path).run_due()
    assert await refresh_of(None, tmp_path).health_lines() == {}


@pytest.mark.parametrize(("people", "taken"), [(199, True), (160, True), (159, False), (20, False)])
def test_how_much_a_directory_may_shrink(source: Path, tmp_path: Path, people: int, taken: bool) -> None:
    index = tmp_path / "index"
    import_file(source, index)
    write(source, people)
    if taken:
        assert import_file(source, index, max_shrink=20).people == people
    else:
        with pytest.raises(ImportShrunk, match="force"):
            import_file(source, index, max_shrink=20)
        assert Directory(index).search(Query("Leïla Benali"))[0].professional == DEMO_PEOPLE["Leïla Benali"]


def test_the_command_refuses_what_shrank_unless_forced(source: Path, tmp_path: Path) -> None:
    command = ["import", str(source), "--index", str(tmp_path / "index")]
    assert runner.invoke(directory_app, command).exit_code == 0
    write(source, 100)
    refused = runner.invoke(directory_app, command)
    assert refused.exit_code == 1
    assert "100 personnes au lieu de 200" in refused.output
    assert runner.invoke(directory_app, [*command, "--max-shrink", "60"]).exit_code == 0
    write(source, 20)
    assert runner.invoke(directory_app, command).exit_code == 1
    assert runner.invoke(directory_app, [*command, "--force"]).exit_code == 0
    status = runner.invoke(directory_app, ["status", "--index", str(tmp_path / "index")])
    assert "20 personnes" in status.output
    assert runner.invoke(directory_app, ["status", "--index", str(tmp_path / "none")]).exit_code == 1


def test_the_files_beside_may_be_named(source: Path, tmp_path: Path) -> None:
    (tmp_path / "mss.txt").write_text(editions.MAILBOXES, encoding="utf-8")
    (tmp_path / "finess.csv").write_text(editions.STRUCTURES, encoding="utf-8")
    command = ["import", str(source), "--index", str(tmp_path / "index"), "--mss", str(tmp_path / "mss.txt")]
    done = runner.invoke(directory_app, [*command, "--finess", str(tmp_path / "finess.csv")])
    assert "3 adresses MSSanté" in done.output
    assert runner.invoke(directory_app, [*command, "--finess", str(tmp_path / "mss.txt")]).exit_code == 1
