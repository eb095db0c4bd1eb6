"""What changed in the national directory since the import: people as they are now, and people who are not there any more.

<index_dir>/overlay/current       as in the index folder itself: the small index of the people who changed
<index_dir>/overlay/state.json    {"index", "since", "checked_at", "withdrawn"}
<index_dir>/overlay/lock          held by whoever writes

It belongs to one imported index, which it names: beside another one it counts for nothing, and begins anew. The reader puts it over the
index (`CurrentDirectory`); it knows no network.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import tantivy

from bot.directory.candidates import Query
from bot.directory.errors import DirectoryUnavailable
from bot.directory.index import CURRENT, PREFIX, current_folder, document, schema
from bot.directory.ranking import Match
from bot.directory.records import Professional
from bot.directory.search import Directory

FOLDER = "overlay"
BEFORE_IMPORT = timedelta(days=7)
"""How much older than its import a file may be: changes are fetched from then on."""
REMEMBERED = timedelta(days=29)
"""How far back the national directory tells of changes (30 days), with a margin."""
_STATE = "state.json"
_WRITER_BYTES = 50_000_000


@dataclass(frozen=True)
class OverlayState:
    """Over which index the overlay lies, and how far it goes.

    `checked_at`: when changes were last fetched to the end; None: never. `has_gap`: the index is older than what can still be fetched, so
    that a new import is due.
    """

    index: str
    since: datetime
    checked_at: datetime | None = None
    withdrawn: frozenset[str] = field(default=frozenset())
    has_gap: bool = False


class OverlayBusy(Exception):
    """Another process writes this overlay."""


class Overlay:
    """The overlay of an index folder, for whoever writes it. Synchronous: call it through `asyncio.to_thread`."""

    def __init__(self, index_dir: Path) -> None:
        self._index_dir, self._dir = index_dir, index_dir / FOLDER

    def state(self, now: datetime) -> OverlayState | None:
        """Return the state of the overlay, that of a new one where it is not of the index in use; None where there is no index."""
        folder = current_folder(self._index_dir)
        if folder is None or not folder.exists():
            return None
        kept = read_state(self._dir)
        if kept is not None and kept.index == folder.name:
            return kept
        imported = datetime.fromtimestamp((self._index_dir / CURRENT).stat().st_mtime, now.tzinfo)
        wanted, oldest = imported - BEFORE_IMPORT, now - REMEMBERED
        return OverlayState(folder.name, max(wanted, oldest), has_gap=imported < oldest)

    @contextmanager
    def writing(self) -> Iterator[OverlayWriter]:
        """Yield the writer of the overlay, alone among processes. Raise OverlayBusy."""
        self._dir.mkdir(parents=True, exist_ok=True)
        with (self._dir / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OverlayBusy from None
            yield OverlayWriter(self._dir)


class OverlayWriter:
    """Writes the overlay. What it writes is read from the next search on; what is written twice counts once."""

    def __init__(self, folder: Path) -> None:
        self._dir = folder

    def begin_anew(self, state: OverlayState) -> None:
        """Remove what was over another index."""
        (self._dir / CURRENT).unlink(missing_ok=True)
        for entry in self._dir.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
        self.save(state)

    def add(self, people: Collection[Professional], withdrawn: Iterable[str]) -> None:
        """Put people in, in the place of what was there of them, and take out those who were withdrawn."""
        gone = set(withdrawn)
        if not people and not gone:
            return
        folder = current_folder(self._dir) or self._dir / f"{PREFIX}changes"
        folder.mkdir(exist_ok=True)
        index = tantivy.Index(schema(), path=str(folder), reuse=True)
        writer = index.writer(_WRITER_BYTES, 1)
        for key in {person.key for person in people} | gone:
            writer.delete_documents_by_term("number", key)
        for person in {person.key: person for person in people}.values():
            writer.add_document(document(person))
        writer.commit()
        writer.wait_merging_threads()
        _write(self._dir / CURRENT, folder.name)  # anew, also where it says the same: readers look at the file

    def save(self, state: OverlayState) -> None:
        """Write how far the overlay goes, and who was withdrawn."""
        kept = {
            "index": state.index,
            "since": state.since.isoformat(),
            "checked_at": state.checked_at.isoformat() if state.checked_at else None,
            "withdrawn": sorted(state.withdrawn),
            "has_gap": state.has_gap,
        }
        _write(self._dir / _STATE, json.dumps(kept))


class CurrentDirectory(Directory):
    """The imported directory with what changed since put over it."""

    def __init__(self, index_dir: Path) -> None:
        super().__init__(index_dir)
        self._index_dir, self._overlay_dir = index_dir, index_dir / FOLDER
        self._changes = Directory(self._overlay_dir)
        self._state: tuple[tuple[int, int], OverlayState | None] | None = None

    def search(self, query: Query, limit: int = 20) -> list[Match]:
        """See `Directory.search`: whoever changed is found as they are now."""
        matches = super().search(query, limit)
        state = self._overlay()
        if state is None:
            return matches
        kept = [
            match for match in matches if match.professional.key not in state.withdrawn and self._changed(match.professional.key) is None
        ]
        try:
            changed = self._changes.search(query, limit)
        except DirectoryUnavailable:
            changed = []
        return sorted([*kept, *changed], key=lambda match: -match.score)[:limit]

    def get(self, key: str) -> Professional | None:
        """See `Directory.get`."""
        state = self._overlay()
        if state is None:
            return super().get(key)
        if key in state.withdrawn:
            return None
        return self._changed(key) or super().get(key)

    def by_rpps(self, rpps: str) -> Professional | None:
        """See `Directory.by_rpps`."""
        found = super().by_rpps(rpps)
        state = self._overlay()
        if state is None:
            return found
        if found is not None:
            return self.get(found.key)
        try:
            return self._changes.by_rpps(rpps)
        except DirectoryUnavailable:
            return None

    def _changed(self, key: str) -> Professional | None:
        try:
            return self._changes.get(key)
        except DirectoryUnavailable:
            return None

    def _overlay(self) -> OverlayState | None:
        """Return the state of the overlay, read anew when it changed; None where there is none over the index in use."""
        try:
            status = (self._overlay_dir / _STATE).stat()
        except OSError:
            return None
        stamp = (status.st_ino, status.st_mtime_ns)
        if self._state is None or self._state[0] != stamp:
            self._state = (stamp, read_state(self._overlay_dir))
        state, folder = self._state[1], current_folder(self._index_dir)
        return state if state is not None and folder is not None and folder.name == state.index else None


def read_state(folder: Path) -> OverlayState | None:
    """Return the state that an overlay's folder holds; None where there is none that can be read."""
    try:
        kept = json.loads((folder / _STATE).read_text("utf-8"))
        checked = kept["checked_at"]
        state = OverlayState(str(kept["index"]), datetime.fromisoformat(kept["since"]), has_gap=bool(kept.get("has_gap")))
        withdrawn = frozenset(map(str, kept["withdrawn"]))
        return replace(state, checked_at=datetime.fromisoformat(checked) if checked else None, withdrawn=withdrawn)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(file: Path, content: str) -> None:
    new = file.with_name(f"{file.name}.new")
    new.write_text(content, "utf-8")
    new.replace(file)
