"""Keeps the directory up to date: imports its source again when it changed, in a process of its own.

The lease is the lock of the index folder, which the system frees when its holder ends: an index belongs to a disk, and each machine
has its own. A source that was refused is not tried again until it changes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.directory.errors import DirectoryError, ImportFailed, ImportRunning
from bot.directory.importer import import_file
from bot.directory.index import ABOUT, CURRENT, current_folder, read_about
from bot.directory.sources import Sources, find_sources

_log = logging.getLogger(__name__)

REFUSED = "refused.json"
SETTLED_SECONDS = 60.0
"""How long a file has to be left alone before it is read: it may still be being copied."""
_NICE = 10
_DAY = 86_400


@dataclass(slots=True)
class DirectoryRefresh:
    """Looks after the index of one folder."""

    source: Path | None
    index_dir: Path
    max_shrink: float
    settled_seconds: float = SETTLED_SECONDS
    _problem: tuple[str, str] | None = field(default=None, init=False)
    """What keeps the source from being imported, beside being refused: what the health report and what the log says."""

    async def run_due(self) -> None:
        """Import the source if it changed, and wait for it. What keeps it from being read is told, and left to the next look."""
        path = self._path()
        try:
            if path is None or await asyncio.to_thread(self.due, path) is None:
                self._tell(None)
                return
        except (DirectoryError, OSError) as error:
            self._tell((f"cannot be used since {datetime.now(UTC):%Y-%m-%d}", str(error)))
            return
        arguments = [str(path.absolute()), str(self.index_dir.absolute()), str(self.max_shrink)]
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot.directory.refresh", *arguments)
        try:
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        refused = _read_json(self.index_dir / REFUSED).get("reason") if process.returncode else None
        if refused:
            _log.warning("the directory's source was refused, the directory stays as it was: %s", refused)
        failed = process.returncode and not refused
        self._tell((f"could not be imported on {datetime.now(UTC):%Y-%m-%d}", "the import failed, see above") if failed else None)

    def _tell(self, problem: tuple[str, str] | None) -> None:
        """Take note of a problem, None: of none; log it where it is another one than at the last look."""
        if problem is not None and (self._problem is None or self._problem[1] != problem[1]):
            _log.warning("the directory's source is not imported, the directory stays as it was: %s", problem[1])
            self._problem = problem
        elif problem is None:
            self._problem = None

    def due(self, path: Path) -> Sources | None:
        """Return what to import, None where it is what was imported, or refused, or still being written."""
        sources = find_sources(path)
        stamp = sources.stamp
        if stamp in (read_about(self.index_dir).get("files"), _read_json(self.index_dir / REFUSED).get("files")):
            return None
        newest = max(source.path.stat().st_mtime for source in sources.all)
        return sources if not 0 <= time.time() - newest < self.settled_seconds else None

    async def health_lines(self) -> Mapping[str, str]:
        """Return how old the directory is and how many people it holds, and what keeps it from being renewed."""
        return await asyncio.to_thread(self._lines)

    def _lines(self) -> dict[str, str]:
        lines = {}
        about = read_about(self.index_dir)
        try:
            days = (datetime.now(UTC) - datetime.fromisoformat(about["imported_at"])).total_seconds() / _DAY
            lines["directory_age"] = f"{max(0.0, days):.1f} days"
            lines["directory_people"] = str(about["people"])
        except (KeyError, TypeError, ValueError):
            if current_folder(self.index_dir) is None and (self.index_dir / CURRENT).exists():
                lines["directory_age"] = "made by an earlier version: import it again"
        refused = _read_json(self.index_dir / REFUSED)
        if self._problem is not None:
            lines["directory_source"] = self._problem[0]
        elif refused and self.source is not None:
            lines["directory_source"] = f"refused on {str(refused.get('at'))[:10]}"
        return lines

    def _path(self) -> Path | None:
        """Return the source or, where only an index of an earlier version is there, what that was made of."""
        if self.source is not None or current_folder(self.index_dir) is not None:
            return self.source
        try:
            name = (self.index_dir / CURRENT).read_text(encoding="utf-8").strip()
        except OSError:
            return None
        before = _read_json(self.index_dir / Path(name).name / ABOUT).get("path")
        return Path(before) if isinstance(before, str) and Path(before).exists() else None


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def refresh(path: Path, index_dir: Path, max_shrink: float) -> int:
    """Import a source; note it where it is refused. Returns the exit code of the process."""
    try:
        sources = find_sources(path)
    except (DirectoryError, OSError) as error:  # it changed just now
        _log.warning("%s", error)
        return 1
    try:
        import_file(sources, index_dir, max_shrink=max_shrink)
    except ImportRunning:
        return 0
    except ImportFailed as error:  # the disk, not the file: the next look tries again
        _log.warning("%s", error)
        return 1
    except DirectoryError as error:
        refused = {"files": sources.stamp, "reason": str(error), "at": datetime.now(UTC).isoformat(timespec="seconds")}
        (index_dir / REFUSED).write_text(json.dumps(refused, ensure_ascii=False), encoding="utf-8")
        return 1
    (index_dir / REFUSED).unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    os.nice(_NICE)
    sys.exit(refresh(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])))
