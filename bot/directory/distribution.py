"""The directory on several machines: one publishes its index into a folder, the others fetch it from there or over HTTPS.

<folder>/current.json         {"name", "file", "sha256", "size", "people"}: the newest, replaced by a rename
<folder>/<name>.tar           one complete index, as in `bot.directory.index`

An index that was fetched is unpacked beside the one in use, checked, and becomes current by one rename: it has the publisher's name,
which is its version. What is not whole is never used.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO

import httpx
import tantivy
from pydantic import BaseModel, Field, ValidationError

from bot.core.tls import ssl_context
from bot.directory.errors import DirectoryError, ImportRunning
from bot.directory.importer import lock_index, people_of, remove_leftovers, replace_current
from bot.directory.index import PREFIX, current_folder

NEWEST = "current.json"
POLL_SECONDS = 60.0
"""How often it is looked whether there is something to publish or to fetch: a small file is read."""
KEPT_ARCHIVES = 2
"""The newest, and the one before, which somebody may be fetching."""
MAX_BYTES = 8 * 1024**3
"""More is no index of ours: the whole country's takes a third of a gigabyte."""
_CHUNK = 1 << 20
_PUBLIC_MODE = 0o644
"""The national directory is public, and the other machines' users, or a web server, read what is published."""
_SECONDS = httpx.Timeout(30.0)
_FETCHED = "index-fetched-"
"""Beginning of the folders in which something is unpacked; what a kill leaves of them goes with the next import or fetch."""


class UnusableArchive(DirectoryError):
    """What was fetched is not the index that was published; the one in place is left as it was."""

    def __init__(self) -> None:
        super().__init__("L’annuaire publié n’est pas utilisable\u00a0: celui en place est gardé.")


class Published(BaseModel):
    """Content of `current.json`."""

    name: Annotated[str, Field(pattern=r"^index-v\d+-[0-9a-f]{16}$")]
    file: Annotated[str, Field(pattern=r"^index-v\d+-[0-9a-f]{16}\.tar$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(gt=0, le=MAX_BYTES)]
    people: Annotated[int, Field(gt=0)]


@dataclass(frozen=True, slots=True)
class Distribution:
    """Publishes or fetches the index of one machine's folder, as far as the settings say."""

    index_dir: Path
    publish_to: Path | None = None
    fetch_from: str | None = None
    """A folder, or an https address; None: nothing is fetched."""

    async def run_due(self) -> None:
        """Publish what is new here, fetch what is new there. Raises DirectoryError, OSError, httpx.HTTPError."""
        try:
            if self.publish_to is not None:
                await asyncio.to_thread(publish, self.index_dir, self.publish_to)
            if self.fetch_from is not None:
                await asyncio.to_thread(fetch, self.index_dir, self.fetch_from)
        except ImportRunning:  # another process of this machine does it, or imports
            return

    async def health_lines(self) -> Mapping[str, str]:
        """Return the version of the index that this machine searches: the same on all of them once they have fetched."""
        folder = await asyncio.to_thread(current_folder, self.index_dir)
        return {"directory_version": folder.name.removeprefix("index-")} if folder is not None else {}


def publish(index_dir: Path, folder: Path) -> bool:
    """Pack the index in use into a folder, unless it is the newest there. Return whether it was. Raises OSError, ImportRunning."""
    folder.mkdir(parents=True, exist_ok=True)
    with lock_index(index_dir):
        index = current_folder(index_dir)
        if index is None or not index.exists() or (_read(folder) or {}).get("name") == index.name:
            return False
        archive = folder / f"{index.name}.tar"
        with _temporary(folder) as packed:
            with tarfile.open(packed, "w") as tar:
                tar.add(index, arcname=".")
            with packed.open("rb") as file:
                checksum = hashlib.file_digest(file, "sha256").hexdigest()
            newest = Published(name=index.name, file=archive.name, sha256=checksum, size=packed.stat().st_size, people=people_of(index_dir))
            packed.chmod(_PUBLIC_MODE)
            packed.replace(archive)
    with _temporary(folder) as written:
        written.write_text(newest.model_dump_json(), encoding="utf-8")
        written.chmod(_PUBLIC_MODE)
        written.replace(folder / NEWEST)
    archives = sorted(folder.glob("index-*.tar"), key=lambda path: path.stat().st_mtime)
    for old in archives[:-KEPT_ARCHIVES]:
        old.unlink(missing_ok=True)
    return True


def fetch(index_dir: Path, source: str) -> bool:
    """Take over the newest published index, unless it is in use here. Return whether it was taken.

    Raises UnusableArchive, ImportRunning, OSError, httpx.HTTPError: the index in place stays.
    """
    newest = _newest(source)
    in_use = current_folder(index_dir)
    if newest is None or not newest.name.startswith(PREFIX) or (in_use is not None and in_use.name == newest.name and in_use.exists()):
        return False  # of another version of ours: its readers could not use it, and fetch theirs once they are upgraded
    with lock_index(index_dir):
        remove_leftovers(index_dir)
        unpacked = Path(tempfile.mkdtemp(prefix=_FETCHED, dir=index_dir))
        try:
            with tempfile.TemporaryFile(dir=index_dir) as archive:
                _download(source, newest, archive)
                archive.seek(0)
                with tarfile.open(fileobj=archive, mode="r:") as tar:
                    tar.extractall(unpacked, filter="data")
            if tantivy.Index.open(str(unpacked)).searcher().num_docs != newest.people:
                raise UnusableArchive
            folder = index_dir / newest.name
            shutil.rmtree(folder, ignore_errors=True)
            unpacked.replace(folder)
            replace_current(index_dir, folder)
        except (tarfile.TarError, ValueError) as error:
            raise UnusableArchive from error
        finally:
            shutil.rmtree(unpacked, ignore_errors=True)
        remove_leftovers(index_dir)
    return True


def _newest(source: str) -> Published | None:
    """Return what is published there, None where nothing is yet. Raises UnusableArchive where it cannot be read."""
    if _is_address(source):
        with _client() as http:
            answer = http.get(f"{source.rstrip('/')}/{NEWEST}")
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None
            content = answer.raise_for_status().content
    else:
        try:
            content = (Path(source) / NEWEST).read_bytes()
        except FileNotFoundError:
            return None
    try:
        return Published.model_validate_json(content)
    except ValidationError:
        raise UnusableArchive from None


def _download(source: str, newest: Published, into: BinaryIO) -> None:
    """Copy the archive, and check that it is the one that was published. Raises UnusableArchive."""
    checksum, size = hashlib.sha256(), 0
    for chunk in _chunks(source, newest.file):
        size += len(chunk)
        if size > newest.size:
            raise UnusableArchive
        checksum.update(chunk)
        into.write(chunk)
    if size != newest.size or checksum.hexdigest() != newest.sha256:
        raise UnusableArchive


def _chunks(source: str, name: str) -> Iterator[bytes]:
    if _is_address(source):
        with _client() as http, http.stream("GET", f"{source.rstrip('/')}/{name}") as answer:
            yield from answer.raise_for_status().iter_bytes(_CHUNK)
        return
    with (Path(source) / name).open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _client() -> httpx.Client:
    return httpx.Client(timeout=_SECONDS, trust_env=False, verify=ssl_context())


def _is_address(source: str) -> bool:
    return source.startswith(("https://", "http://"))


def _read(folder: Path) -> dict[str, object] | None:
    try:
        content = json.loads((folder / NEWEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


@contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    """Yield the path of a file that is gone at the end, unless it was renamed."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        path = Path(file.name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
