"""One machine's directory on another: fetched whole or not at all, from a folder or over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot.directory import Directory, Query, import_file
from bot.directory.distribution import NEWEST, Distribution, UnusableArchive, fetch, publish
from bot.directory.importer import lock_index
from bot.directory.index import current_folder
from bot.sandbox.demo_directory import write_demo_file
from bot.settings import SettingsError, load_settings


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def importing(tmp_path: Path) -> Path:
    """The index of the machine that imports."""
    import_again(tmp_path, 150)
    return tmp_path / "importing"


def import_again(tmp_path: Path, people: int) -> None:
    write_demo_file(tmp_path / "source.txt", people=people)
    import_file(tmp_path / "source.txt", tmp_path / "importing")


@pytest.fixture(params=["folder", "http"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where the folder `published` is fetched from."""
    (tmp_path / "published").mkdir()
    if request.param == "folder":
        yield str(tmp_path / "published")
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(tmp_path / "published")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_what_one_machine_imports_the_others_search(tmp_path: Path, importing: Path, source: str) -> None:
    published, other = tmp_path / "published", tmp_path / "other"
    giving, taking = Distribution(importing, publish_to=published), Distribution(other, fetch_from=source)
    await taking.run_due()  # nothing is published yet
    assert current_folder(other) is None
    await giving.run_due()
    await taking.run_due()
    directory = Directory(other)
    assert directory.count() == 150
    assert directory.search(Query(name="Benali"))
    assert await taking.health_lines() == await giving.health_lines() != {}
    assert not fetch(other, source)
    assert not publish(importing, published)
    import_again(tmp_path, 160)
    await giving.run_due()
    await taking.run_due()
    assert directory.count() == 160  # whoever has it open goes on with the new one
    assert await taking.health_lines() == await giving.health_lines()
    assert [path.name for path in other.glob("index-*")] == [current_folder(other).name]  # type: ignore[union-attr]


@pytest.mark.parametrize("damage", ["cut", "changed", "more", "people", "name", "no json"])
def test_what_is_not_whole_is_not_used(tmp_path: Path, importing: Path, source: str, damage: str) -> None:
    published, other = tmp_path / "published", tmp_path / "other"
    publish(importing, published)
    fetch(other, source)
    before = current_folder(other)
    import_again(tmp_path, 160)
    publish(importing, published)
    newest = json.loads((published / NEWEST).read_text())
    archive = published / newest["file"]
    content = archive.read_bytes()
    if damage == "cut":
        archive.write_bytes(content[: len(content) // 2])
    elif damage == "changed":
        archive.write_bytes(content[:-2000] + b"x" * 2000)
    elif damage == "more":
        archive.write_bytes(content + b"\0" * 10)
    elif damage == "people":
        (published / NEWEST).write_text(json.dumps(newest | {"people": 161}))
    elif damage == "name":
        (published / NEWEST).write_text(json.dumps(newest | {"file": "../../etc/passwd"}))
    else:
        (published / NEWEST).write_text("{")
    with pytest.raises(UnusableArchive):
        fetch(other, source)
    assert current_folder(other) == before
    assert Directory(other).count() == 150
    assert len(list(other.glob("index-*"))) == 1


def test_an_index_of_another_version_is_left_to_those_who_can_read_it(tmp_path: Path, importing: Path) -> None:
    published, other = tmp_path / "published", tmp_path / "other"
    publish(importing, published)
    newest = json.loads((published / NEWEST).read_text())
    (published / NEWEST).write_text(json.dumps(newest | {"name": "index-v99-0123456789abcdef"}))
    assert not fetch(other, str(published))


async def test_nothing_is_done_while_another_process_of_the_machine_does_it(tmp_path: Path, importing: Path) -> None:
    published, other = tmp_path / "published", tmp_path / "other"
    publish(importing, published)
    taking = Distribution(other, fetch_from=str(published))
    with lock_index(other):
        await taking.run_due()
    assert current_folder(other) is None
    await taking.run_due()
    assert current_folder(other) is not None


@pytest.mark.parametrize(
    "wrong",
    [{"DIRECTORY_URL": "http://store.example/annuaire"}, {"DIRECTORY_URL": "/shared", "DIRECTORY_SOURCE": "/data/ps.zip"}],
)
def test_a_wrong_origin_is_named(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="DIRECTORY_URL"):
        load_settings(DATA=tmp_path, **wrong)
