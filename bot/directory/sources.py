"""Where an import reads from: a text file, a ZIP as the ANS publishes it, or a folder that holds them.

Files are told apart by their headings, never by their name alone. A member of a ZIP is read as a stream: nothing is unpacked, and one that
claims to be larger than any edition, or swells too much, is refused before a byte of it is read.
"""

from __future__ import annotations

import csv
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

from bot.directory.columns import Kind, kind_of
from bot.directory.errors import UnusableFile

MAX_LINE_BYTES = 65_536
MAX_FILE_BYTES = 8_000_000_000
"""Ten times the largest edition."""
MAX_MEMBERS = 200
_MOST_SWELLING = 200  # text of the directory swells some ten times
_SMALL_BYTES = 10_000_000  # below which no swelling hurts
_BUFFER = 1 << 20
_TEXTS, _ARCHIVE = (".txt", ".csv"), ".zip"


@dataclass(frozen=True, slots=True)
class Source:
    """A text file, or a member of a ZIP."""

    path: Path
    member: str = ""

    @property
    def name(self) -> str:
        """Name of the text itself."""
        return Path(self.member).name if self.member else self.path.name

    @property
    def size(self) -> int:
        """Bytes of the text."""
        if not self.member:
            return self.path.stat().st_size
        with _archive(self.path) as archive:
            return archive.getinfo(self.member).file_size

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the text. Raises OSError, or UnusableFile for a ZIP that cannot be read."""
        if not self.member:
            with self.path.open("rb", buffering=_BUFFER) as file:
                yield file
            return
        with _archive(self.path) as archive:
            _refuse_bomb(archive.getinfo(self.member))
            with archive.open(self.member) as member:
                yield cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, member), _BUFFER))

    @property
    def kind(self) -> Kind:
        """What the file is, by its headings."""
        with self.open() as file:
            return kind_of(split_heading(decode_heading(file.readline(MAX_LINE_BYTES))[0]))


@dataclass(frozen=True, slots=True)
class Sources:
    """What one import reads; `path` is what it was found in."""

    path: Path
    activities: Source
    mailboxes: Source | None = None
    structures: Source | None = None

    def with_files(self, mailboxes: Path | None = None, structures: Path | None = None) -> Sources:
        """Return the same with these files for those. Raises UnusableFile where one is something else."""
        return replace(
            self,
            mailboxes=_of_kind(mailboxes, Kind.MAILBOXES) if mailboxes else self.mailboxes,
            structures=_of_kind(structures, Kind.STRUCTURES) if structures else self.structures,
        )

    @property
    def all(self) -> tuple[Source, ...]:
        """Every file, the activities first."""
        return tuple(source for source in (self.activities, self.mailboxes, self.structures) if source)

    @property
    def stamp(self) -> list[list[str | int]]:
        """What changes when a file does: name, size and time of change of each."""
        files = dict.fromkeys(source.path for source in self.all)
        return [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in files]


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP, and tell all that reading it may end with as one kind of error."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, EOFError) as error:
        raise UnusableFile(f"« {path.name} » n’est pas une archive ZIP lisible ({error}).") from error
    except RuntimeError as error:
        if "encrypted" not in str(error) and "password" not in str(error):
            raise
        raise UnusableFile(f"« {path.name} » est protégé par un mot de passe.") from error


def _refuse_bomb(member: zipfile.ZipInfo) -> None:
    swelling = member.file_size / max(1, member.compress_size)
    if member.file_size > MAX_FILE_BYTES or (member.file_size > _SMALL_BYTES and swelling > _MOST_SWELLING):
        raise UnusableFile(f"« {Path(member.filename).name} » est refusé\u00a0: {member.file_size} octets une fois décompressé.")


def decode_heading(content: bytes) -> tuple[str, str | None]:
    """Return the first line as text, and the encoding that it proves: an ASCII one proves none."""
    if content.startswith(b"\xef\xbb\xbf"):
        return content[3:].decode("utf-8", "replace"), "utf-8"
    encoding = encoding_of(content)
    return content.decode(encoding, "replace"), None if content.isascii() else encoding


def encoding_of(content: bytes) -> str:
    """Return the encoding of a text that is one of the two."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def split_heading(line: str) -> list[str]:
    """Return the headings of a first line, whatever parts them."""
    text = line.strip("\r\n")
    separator = "|" if "|" in text else ";" if ";" in text else ","
    try:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=separator), [""])] or [""]
    except csv.Error:  # no text at all: half a ZIP, an image
        return [""]


def find_sources(path: Path) -> Sources:
    """Return what to import from a file, a ZIP or a folder; of several editions, the newest one.

    Raises UnusableFile where there are no activities, with what there is instead, and OSError where it cannot be read.
    """
    found: dict[Kind, list[Source]] = {}
    for source in _texts(path):
        found.setdefault(source.kind, []).append(source)
    newest = {kind: max(sources, key=_age) for kind, sources in found.items()}
    if Kind.ACTIVITIES not in newest:
        there = ", ".join(f"« {source.name} »\u00a0: {kind.value}" for kind, source in newest.items())
        raise UnusableFile(f"Pas de fichier des activités de l’Annuaire Santé. Trouvé\u00a0: {there or 'rien'}.")
    return Sources(path, newest[Kind.ACTIVITIES], newest.get(Kind.MAILBOXES), newest.get(Kind.STRUCTURES))


def _of_kind(path: Path, kind: Kind) -> Source:
    found = {source.kind: source for source in _texts(path)}
    if kind not in found:
        raise UnusableFile(f"« {path.name} »\u00a0: ce n’est pas le fichier attendu ({kind.value}).")
    return found[kind]


def _age(source: Source) -> tuple[bool, int, str]:
    """Newest last: by time of change, then by the date in the name."""
    return "personne_activite" in source.name.lower().replace("-", "_"), source.path.stat().st_mtime_ns, source.name


def _texts(path: Path) -> Iterator[Source]:
    if path.is_dir():
        for entry in sorted(path.iterdir()):
            if entry.is_file() and entry.suffix.lower() in (*_TEXTS, _ARCHIVE) and not entry.name.startswith("."):
                yield from _texts(entry)
    elif zipfile.is_zipfile(path):
        with _archive(path) as archive:
            members = [member.filename for member in archive.infolist() if Path(member.filename).suffix.lower() in _TEXTS]
        if len(members) > MAX_MEMBERS:
            raise UnusableFile(f"« {path.name} » contient {len(members)} fichiers.")
        yield from (Source(path, member) for member in members)
    else:
        yield Source(path)
