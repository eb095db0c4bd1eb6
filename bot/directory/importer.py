"""Import of the public files: read, join the rows of each person, index, try, replace.

All of it happens in a fresh folder; the index in use changes by one rename, at the very end, once the new one has answered a search.
"""

from __future__ import annotations

import ctypes
import fcntl
import gc
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import tantivy

from bot.core.text_folding import fold
from bot.directory.annuaire import Row, join_rows
from bot.directory.errors import ImportFailed, ImportRunning, ImportShrunk, UnusableFile, panics_as_failures
from bot.directory.finess import Establishment, read_establishments
from bot.directory.index import ABOUT, CURRENT, PREFIX, document, forget_terms, schema
from bot.directory.lexicon import Lexicon
from bot.directory.parts import PARTS, Dealt, Progress, deal_out, read_part
from bot.directory.places import departement_code
from bot.directory.records import Professional
from bot.directory.search import Opened, Query, find
from bot.directory.sources import Sources, find_sources
from bot.directory.towns import Towns

_WRITER_BYTES = 100_000_000
_SEGMENTS = 8
"""Of so many segments, alike in size, tantivy makes one; each segment more costs every search."""
_SMALL = 100_000  # rows that one segment takes at once
_STEP = 2_000  # people between two calls of `progress`
_BATCH = 1_000
"""Documents that are handed to tantivy at once: one by one, its thread would fall asleep and be woken for each."""
_PROBES = 5


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `rejected` names the first bad rows; `rejected_total` counts them all.

    `files` are the names of what was read, `mailboxes` the MSSanté addresses, `establishments` those that FINESS completed.
    """

    people: int
    rows: int
    rejected: list[tuple[int, str]]
    rejected_total: int
    seconds: float
    files: tuple[str, ...] = ()
    mailboxes: int = 0
    establishments: int = 0


def import_file(
    path: Path | Sources, index_dir: Path, *, max_shrink: float | None = None, progress: Progress | None = None
) -> ImportReport:
    """Build the index of a file in the format of the Annuaire Santé and put it in place of the one in `index_dir`.

    Searchers that have the old index open go on with it and take the new one at their next search. Bad rows are
    skipped and reported. Raises `UnusableFile` (not the file of activities, no good row), `ImportShrunk`, `ImportRunning`,
    `ImportFailed` (nothing can be written), `OSError` when the file cannot be read; the index in place is then untouched.

    Args:
        path: the text, a ZIP, or a folder that holds them, with the files of MSSanté and FINESS where they are there.
        index_dir: folder of the index.
        max_shrink: per cent of the people in place that may be missing from the new file; None: any number.
        progress: called with how far it is.
    """
    started = time.perf_counter()
    sources = path if isinstance(path, Sources) else find_sources(path)
    stamp, size = sources.stamp, sources.activities.size
    with _writing(), lock_index(index_dir), _without_collection():
        remove_leftovers(index_dir)
        before = people_of(index_dir)
        folder = index_dir / (PREFIX + secrets.token_hex(8))
        try:
            built = _build(sources, size, folder, progress or (lambda done, total: None))
            if max_shrink is not None and built.people < before * (1 - max_shrink / 100):
                raise ImportShrunk(built.people, before)
            _probe(folder, built.probes)
            _write_about(folder, built, stamp, sources.path)
            replace_current(index_dir, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        remove_leftovers(index_dir)
    dealt, files = built.dealt, tuple(source.name for source in sources.all)
    return ImportReport(
        built.people,
        dealt.rows,
        dealt.rejected,
        dealt.rejected_total,
        time.perf_counter() - started,
        files,
        dealt.mailboxes,
        built.establishments,
    )


def people_of(index_dir: Path) -> int:
    """Return how many people the index in use holds, also one of an older version; 0 where there is none."""
    try:
        name = (index_dir / CURRENT).read_text(encoding="utf-8").strip()
        return int(tantivy.Index.open(str(index_dir / Path(name).name)).searcher().num_docs) if name else 0
    except (OSError, ValueError):
        return 0


@dataclass(frozen=True, slots=True)
class _Built:
    """A new index: how many people, and some of them to look for."""

    dealt: Dealt
    people: int
    establishments: int
    probes: tuple[Professional, ...]


@contextmanager
def _writing() -> Iterator[None]:
    """Tell everything that writing an index may end with as one kind of error."""
    try:
        with panics_as_failures():
            yield
    except (OSError, ValueError, RuntimeError) as error:
        raise ImportFailed(error) from error


@contextmanager
def _without_collection() -> Iterator[None]:
    """Let the cyclic garbage collector rest: an import makes millions of objects and no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def lock_index(index_dir: Path) -> Iterator[None]:
    """Hold the folder alone; the system lets go of it when the process ends, however it ends."""
    index_dir.mkdir(parents=True, exist_ok=True)
    with (index_dir / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ImportRunning from None
        yield


def remove_leftovers(index_dir: Path) -> None:
    """Remove every folder but the one in use: old indexes, and what a killed import left."""
    pointer = index_dir / CURRENT
    kept = pointer.read_text(encoding="utf-8").strip() if pointer.exists() else ""
    for entry in index_dir.iterdir():
        if entry.is_dir() and entry.name.startswith("index-") and entry.name != kept:
            shutil.rmtree(entry, ignore_errors=True)


def replace_current(index_dir: Path, folder: Path) -> None:
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


def _build(sources: Sources, size: int, folder: Path, progress: Progress) -> _Built:
    parts_folder = folder / "parts"
    parts_folder.mkdir(parents=True)
    parts = [parts_folder / f"{number:02d}" for number in range(PARTS)]
    dealt = deal_out(sources, size, parts, progress)
    if not dealt.rows:
        raise UnusableFile(f"Aucune ligne du fichier n’est utilisable ({dealt.rejected_total} rejetées).")
    known = read_establishments(sources.structures, dealt.establishments) if sources.structures else {}
    people, probes = _index(folder, parts, dealt, known, size, progress)
    shutil.rmtree(parts_folder)
    progress(2 * size, 2 * size)
    return _Built(dealt, people, len(known), probes)


def _index(
    folder: Path, parts: list[Path], dealt: Dealt, known: dict[str, Establishment], size: int, progress: Progress
) -> tuple[int, tuple[Professional, ...]]:
    """Join and index part after part, and write the words of all; returns the number of people, and some of them."""
    index = tantivy.Index(schema(), path=str(folder))
    # One thread: the order of people, hence of equals in a list, is then that of the file's keys, always.
    writer = index.writer(_WRITER_BYTES, 1)
    lexicon = Lexicon()
    probes: list[Professional] = []
    batch: list[tantivy.Document] = []
    people = done = 0
    for number, part in enumerate(parts, start=1):
        for entry in read_part(part):
            rows = [_completed(row, dealt.towns, known) for row in entry.rows]
            person = join_rows(rows, entry.mss)
            batch.append(document(person))
            if len(batch) == _BATCH:
                _add(writer, batch)
            lexicon.add(person)
            done += len(rows)
            people += 1
            if people % _STEP == 0:
                progress(size + size * done // dealt.rows, 2 * size)
            if len(probes) < _PROBES and (not probes or number * _PROBES > len(probes) * len(parts)):
                probes.append(person)
        part.unlink()
        _add(writer, batch)
        if dealt.rows > _SMALL and number % (PARTS // _SEGMENTS) == 0:
            writer.commit()
    writer.commit()
    lexicon.write(folder)
    del lexicon, entry, rows, person
    _give_back_memory()
    writer.wait_merging_threads()
    return people, tuple(probes)


def _give_back_memory() -> None:
    """Give back what is not needed any more: merging maps all of the index, which counts as memory of the process."""
    forget_terms()
    fold.cache_clear()
    with suppress(OSError, AttributeError):  # another C library than glibc
        ctypes.CDLL(None).malloc_trim(0)


def _add(writer: tantivy.IndexWriter, batch: list[tantivy.Document]) -> None:
    for made in batch:
        writer.add_document(made)
    batch.clear()


def _completed(row: Row, towns: Towns, known: dict[str, Establishment]) -> Row:
    """Return a row with what FINESS, and the other rows, say of what it leaves out."""
    place = known.get(row.finess) if row.finess else None
    if place is not None and not (row.structure and row.address and row.postal_code and row.city and row.phone):
        row = row._replace(structure=row.structure or place.name, phone=row.phone or place.phone)
        if not (row.postal_code or row.city):
            row = row._replace(postal_code=place.postal_code, city=place.city, guess=place.city)
        if not row.address and row.postal_code in ("", place.postal_code):
            row = row._replace(address=place.address)
        row = row._replace(departement=row.departement or departement_code("", row.postal_code))
    if row.named:
        return row
    city = towns.name(row.guess, row.city_code, row.postal_code)
    return row._replace(city=city) if city != row.city else row


def _probe(folder: Path, people: tuple[Professional, ...]) -> None:
    """Look for some people in a new index before it is put to use. Raises ImportFailed."""
    opened = Opened(folder)
    for person in people:
        named = find(opened, Query(f"{person.given} {person.family}"), 1)
        numbered = find(opened, Query(rpps=person.key), 1)
        if not named or not numbered or numbered[0].professional != person:
            raise ImportFailed(RuntimeError("le nouvel index ne retrouve pas ses propres personnes"))


def _write_about(folder: Path, built: _Built, stamp: list[list[str | int]], path: Path) -> None:
    about = {
        "imported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "people": built.people,
        "rows": built.dealt.rows,
        "rejected": built.dealt.rejected_total,
        "files": stamp,
        "path": str(path.absolute()),
    }
    (folder / ABOUT).write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
