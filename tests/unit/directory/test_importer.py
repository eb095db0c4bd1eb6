from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import tantivy

from bot.directory import Directory, DirectoryUnavailable, ImportFailed, ImportRunning, Query, UnusableFile, import_file
from bot.directory.candidates import Candidates
from bot.directory.index import CURRENT, current_folder, schema
from bot.sandbox.demo_directory import DEMO_PEOPLE, write_demo_file

LEILA = DEMO_PEOPLE["Leïla Benali"]


@pytest.fixture
def small_file(tmp_path: Path) -> Path:
    path = tmp_path / "small.txt"
    write_demo_file(path, people=200)
    return path


def folders(index_dir: Path) -> list[Path]:
    return [entry for entry in index_dir.iterdir() if entry.is_dir()]


def test_report_and_progress(small_file: Path, tmp_path: Path) -> None:
    with small_file.open("a", encoding="utf-8") as file:
        file.write("bad|row\n" * 150)
    steps: list[tuple[int, int]] = []
    report = import_file(small_file, tmp_path / "index", progress=lambda done, total: steps.append((done, total)))
    assert report.people == 200
    assert report.rows >= 200
    assert (report.rejected_total, len(report.rejected)) == (150, 100)
    assert report.rejected[0] == (report.rows + 2, "2 colonnes au lieu de 56")
    assert steps == sorted(steps)
    assert steps[-1] == (2 * small_file.stat().st_size,) * 2


def test_everybody_is_found_as_they_were_written(small_file: Path, tmp_path: Path) -> None:
    import_file(small_file, tmp_path / "index")
    directory = Directory(tmp_path / "index")
    assert directory.count() == 200
    for person in DEMO_PEOPLE.values():
        assert directory.get(person.key) == person


def test_a_reader_goes_on_and_then_sees_the_new_index(small_file: Path, tmp_path: Path) -> None:
    index_dir = tmp_path / "index"
    import_file(small_file, index_dir)
    directory = Directory(index_dir)
    assert directory.count() == 200
    folder = current_folder(index_dir)
    assert folder
    old = tantivy.Index.open(str(folder)).searcher()
    write_demo_file(small_file, people=100)
    import_file(small_file, index_dir)
    hits = old.search(Candidates(schema()).number(LEILA.key), 1).hits
    assert [LEILA.family in bytes(old.doc(address)["data"][0]).decode() for _, address in hits] == [True]
    assert directory.count() == 100
    assert len(folders(index_dir)) == 1


def test_before_any_import(tmp_path: Path) -> None:
    with pytest.raises(DirectoryUnavailable):
        Directory(tmp_path / "nowhere").search(Query("Benali"))


@pytest.mark.parametrize("pointer", ["", "index-v0-00", "../elsewhere", "index-v1-missing"])
def test_an_index_of_another_version_or_none_is_unavailable(tmp_path: Path, pointer: str) -> None:
    (tmp_path / CURRENT).write_text(pointer)
    with pytest.raises(DirectoryUnavailable):
        Directory(tmp_path).count()


def test_an_unusable_file_leaves_the_old_index(small_file: Path, tmp_path: Path) -> None:
    index_dir = tmp_path / "index"
    import_file(small_file, index_dir)
    header = small_file.read_text(encoding="utf-8").partition("\n")[0]
    for content in ("", "nonsense", header, f"{header}\nbad|row\n"):
        (tmp_path / "bad.txt").write_text(content, encoding="utf-8")
        with pytest.raises(UnusableFile):
            import_file(tmp_path / "bad.txt", index_dir)
    with pytest.raises(FileNotFoundError):
        import_file(tmp_path / "missing.txt", index_dir)
    assert Directory(index_dir).get(LEILA.key) == LEILA
    assert len(folders(index_dir)) == 1


def test_of_two_imports_at_once_one_wins(small_file: Path, tmp_path: Path) -> None:
    index_dir = tmp_path / "index"
    other: list[BaseException] = []

    def second(done: int, total: int) -> None:
        def run() -> None:
            try:
                import_file(small_file, index_dir)
            except ImportRunning as error:
                other.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()

    import_file(small_file, index_dir, progress=second)
    assert other
    assert Directory(index_dir).count() == 200


_KILLED = """
import os, signal, sys
from pathlib import Path
from bot.directory import importer
calls = 0
def trace(frame, event, argument):
    global calls
    if frame.f_code.co_filename == importer.__file__:
        if event == "line":
            calls += 1
            if calls == int(sys.argv[3]):
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
sys.settrace(trace)
importer.import_file(Path(sys.argv[1]), Path(sys.argv[2]))
sys.settrace(None)
print(calls)
"""


def run_killed(file: Path, index_dir: Path, line: int) -> subprocess.CompletedProcess[str]:
    """Import in a process that kills itself before the `line`-th line that the importer runs."""
    arguments = [sys.executable, "-c", _KILLED, str(file), str(index_dir), str(line)]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


@pytest.mark.thorough
def test_killed_anywhere_the_old_index_still_serves(tmp_path: Path) -> None:
    file, index_dir = tmp_path / "f.txt", tmp_path / "index"
    write_demo_file(file, people=20)
    import_file(file, index_dir)
    write_demo_file(file, people=12)
    done = run_killed(file, tmp_path / "elsewhere", 0)
    lines = int(done.stdout)
    for line in (5, 20, lines // 3, 2 * lines // 3, *range(lines - 34, lines, 4)):
        killed = run_killed(file, index_dir, line)
        assert killed.returncode == -signal.SIGKILL
        # The old one or, killed after the rename, the new one: never anything between.
        assert Directory(index_dir).count() in (20, 12)
        assert Directory(index_dir).get(LEILA.key) == LEILA
    import_file(file, index_dir)
    assert Directory(index_dir).count() == 12
    assert len(folders(index_dir)) == 1


_LIMITED = """
import resource, sys
from pathlib import Path
from bot.directory import ImportFailed, import_file
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    import_file(Path(sys.argv[1]), Path(sys.argv[2]))
except ImportFailed as error:
    print("failed", error)
"""


@pytest.mark.parametrize("limit", [0, 1_000, 20_000, 60_000])
def test_a_disk_that_takes_no_more_leaves_the_old_index(demo_file: Path, small_file: Path, tmp_path: Path, limit: int) -> None:
    index_dir = tmp_path / "index"
    import_file(small_file, index_dir)
    arguments = [sys.executable, "-c", _LIMITED, str(demo_file), str(index_dir), str(limit)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    assert "failed Le nouvel annuaire" in done.stdout, done.stderr
    assert Directory(index_dir).count() == 200
    assert len(folders(index_dir)) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(small_file: Path, tmp_path: Path) -> None:
    index_dir = tmp_path / "index"
    index_dir.mkdir(mode=0o500)
    with pytest.raises(ImportFailed):
        import_file(small_file, index_dir)


def test_leftovers_of_older_versions_are_removed(small_file: Path, tmp_path: Path) -> None:
    index_dir = tmp_path / "index"
    (index_dir / "index-v0-dead" / "parts").mkdir(parents=True)
    import_file(small_file, index_dir)
    assert len(folders(index_dir)) == 1


def test_searching_while_importing(small_file: Path, tmp_path: Path) -> None:
    index_dir = tmp_path / "index"
    import_file(small_file, index_dir)
    directory, stop, errors, found = Directory(index_dir), threading.Event(), [], []

    def search() -> None:
        while not stop.is_set():
            try:
                found.append(directory.search(Query("Leïla Benali"))[0].professional)
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        import_file(small_file, index_dir)
    stop.set()
    for thread in threads:
        thread.join()
    assert not errors
    assert set(found) == {LEILA}


def test_the_files_of_replaced_indexes_are_let_go(small_file: Path, tmp_path: Path) -> None:
    index_dir = tmp_path / "index"
    import_file(small_file, index_dir)
    directory = Directory(index_dir)
    directory.count()
    import_file(small_file, index_dir)
    directory.count()
    mapped = [line for line in Path("/proc/self/maps").read_text().splitlines() if str(index_dir) in line]
    assert mapped
    assert not [line for line in mapped if "(deleted)" in line]
