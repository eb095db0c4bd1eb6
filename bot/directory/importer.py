"""Import of an *Annuaire Santé* file: read, join the rows of each person, index, replace.

Rows of one person may lie anywhere in the file, and the file does not fit in memory. So rows are first dealt out to
part files by a checksum of the person's key, then each part, small, is joined in memory and indexed. All of it happens
in a fresh folder; the index in use changes by one rename, at the very end.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import tantivy

from bot.directory.annuaire import Rejected, Row, join_rows, read_rows
from bot.directory.errors import DirectoryError, ImportFailed, ImportRunning, UnusableFile
from bot.directory.index import CURRENT, PREFIX, document, schema
from bot.directory.lexicon import Lexicon

MAX_REJECTED = 100
"""How many rejected rows a report names; it counts them all."""

PARTS = 64
"""2 million rows in 64 parts are 31,000 rows at a time: some 50 MB."""

_WRITER_BYTES = 100_000_000
_STEP = 2_000  # rows or people between two calls of `progress`

Progress = Callable[[int, int], None]
"""Called with (done, total), in bytes of work: the file is gone through twice."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `rejected` names the first bad rows; `rejected_total` counts them all."""

    people: int
    rows: int
    rejected: list[tuple[int, str]]
    rejected_total: int
    seconds: float


def import_file(path: Path, index_dir: Path, *, progress: Progress | None = None) -> ImportReport:
    """Build the index of a file in the format of the Annuaire Santé and put it in place of the one in `index_dir`.

    Searchers that have the old index open go on with it and take the new one at their next search. Bad rows are
    skipped and reported. Raises `UnusableFile` (no header, no good row), `ImportRunning`, `ImportFailed` (nothing can
    be written), `OSError` when the file cannot be read; the index in place is then untouched.
    """
    started = time.perf_counter()
    # Opened before anything is written, so that a wrong path is told as one.
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
    with _writing(), _lock(index_dir):
        _remove_leftovers(index_dir)
        folder = index_dir / (PREFIX + secrets.token_hex(8))
        try:
            report = _build(path, size, folder, progress or (lambda done, total: None))
            _replace_current(index_dir, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        _remove_leftovers(index_dir)
    people, rows, rejected, total = report
    return ImportReport(people, rows, rejected, total, time.perf_counter() - started)


@contextmanager
def _writing() -> Iterator[None]:
    """Tell everything that writing an index may end with as one kind of error."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        raise ImportFailed(error) from error
    except DirectoryError:
        raise
    except BaseException as error:
        # tantivy's threads end in a Rust panic when the disk is full; it is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise ImportFailed(error) from error


@contextmanager
def _lock(index_dir: Path) -> Iterator[None]:
    """Hold the folder alone; the system lets go of it when the process ends, however it ends."""
    index_dir.mkdir(parents=True, exist_ok=True)
    with (index_dir / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ImportRunning from None
        yield


def _remove_leftovers(index_dir: Path) -> None:
    """Remove every folder but the one in use: old indexes, and what a killed import left."""
    pointer = index_dir / CURRENT
    kept = pointer.read_text(encoding="utf-8").strip() if pointer.exists() else ""
    for entry in index_dir.iterdir():
        if entry.is_dir() and entry.name.startswith("index-") and entry.name != kept:
            shutil.rmtree(entry, ignore_errors=True)


def _replace_current(index_dir: Path, folder: Path) -> None:
    """Point to a complete index, in one step that survives a power cut."""
    new = index_dir / f"{CURRENT}.new"
    with new.open("w", encoding="utf-8") as file:
        file.write(folder.name)
        file.flush()
        os.fsync(file.fileno())
    new.replace(index_dir / CURRENT)
    descriptor = os.open(index_dir, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _build(path: Path, size: int, folder: Path, progress: Progress) -> tuple[int, int, list[tuple[int, str]], int]:
    parts_folder = folder / "parts"
    parts_folder.mkdir(parents=True)
    parts = [parts_folder / f"{number:02d}" for number in range(PARTS)]
    rows, rejected, total = _deal_out(path, size, parts, progress)
    if not rows:
        raise UnusableFile(f"Aucune ligne du fichier n’est utilisable ({total} rejetées).")
    people = _index(folder, parts, rows, size, progress)
    shutil.rmtree(parts_folder)
    progress(2 * size, 2 * size)
    return people, rows, rejected, total


def _deal_out(path: Path, size: int, parts: list[Path], progress: Progress) -> tuple[int, list[tuple[int, str]], int]:
    """Write each good row to the part of its person; returns (good rows, first rejected, number of rejected)."""
    rows = total = 0
    rejected: list[tuple[int, str]] = []
    with ExitStack() as stack:
        files = [stack.enter_context(part.open("w", encoding="utf-8", buffering=1 << 16)) for part in parts]
        for count, (done, row) in enumerate(read_rows(path)):
            if isinstance(row, Rejected):
                total += 1
                if len(rejected) < MAX_REJECTED:
                    rejected.append((row.line, row.reason))
            else:
                rows += 1
                files[zlib.crc32(row.key.encode()) % PARTS].write(json.dumps(row, ensure_ascii=False) + "\n")
            if count % _STEP == 0:
                progress(min(done, size), 2 * size)
    return rows, rejected, total


def _index(folder: Path, parts: list[Path], rows: int, size: int, progress: Progress) -> int:
    """Join and index part after part, and write the words of all; returns the number of people."""
    index = tantivy.Index(schema(), path=str(folder))
    # One thread: the order of people, hence of equals in a list, is then that of the file's keys, always.
    writer = index.writer(_WRITER_BYTES, 1)
    lexicon = Lexicon()
    people = done = 0
    for part in parts:
        persons: dict[str, list[Row]] = {}
        with part.open(encoding="utf-8") as file:
            for line in file:
                row = Row(*json.loads(line))
                persons.setdefault(row.key, []).append(row)
        part.unlink()
        for person_rows in persons.values():
            person = join_rows(person_rows)
            writer.add_document(document(person))
            lexicon.add(person)
            done += len(person_rows)
            people += 1
            if people % _STEP == 0:
                progress(size + size * done // rows, 2 * size)
    writer.commit()
    writer.wait_merging_threads()
    lexicon.write(folder)
    return people
