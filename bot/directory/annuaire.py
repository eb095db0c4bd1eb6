"""Reader of the public extract of the *Annuaire Santé* (`PS_LibreAcces_Personne_activite`).

One row per activity, cells parted by '|', no quoting, a header; UTF-8 (with or without mark) or Windows-1252 after the
edition. Columns are found by their name, folded, so that an edition that adds, moves or re-accents one is still read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from bot.core.text_folding import fold
from bot.directory.columns import CELLS, COLUMNS, REQUIRED
from bot.directory.errors import UnusableFile
from bot.directory.places import departement_code
from bot.directory.records import Practice, Professional

MAX_LINE_BYTES = 65_536
_KEY = re.compile(r"[0-9A-Z/]{5,30}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class Row(NamedTuple):
    """The cells of one activity that the directory keeps, in a form that is quick to write down and read again."""

    key: str
    family: str
    given: str
    title: str
    civility: str
    profession_code: str
    profession: str
    speciality: str
    mode: str
    structure: str
    finess: str
    siret: str
    address: str  # lines parted by '\n'
    postal_code: str
    city: str
    departement: str
    phone: str
    email: str
    role: str


class Rejected(NamedTuple):
    """A row that could not be used. `line` counts from 1, the header being line 1."""

    line: int
    reason: str


class Columns(NamedTuple):
    """Where the cells are: for each of `CELLS` its position (none: no such column), and how many cells a row has."""

    positions: tuple[int | None, ...]
    width: int


def read_rows(path: Path) -> Iterator[tuple[int, Row | Rejected]]:
    """Each activity of the file, or why it is not one, with the bytes read so far.

    Memory is that of one line. Raises `UnusableFile` where there is no header that names the identification and the
    name, `OSError` where the file cannot be read.
    """
    with path.open("rb") as file:
        header, encoding = _decode_header(file.readline(MAX_LINE_BYTES))
        columns = _columns(header)
        done = file.tell()
        for number, line in enumerate(_lines(file), start=2):
            done += line.length
            if line.content.strip():
                # An ASCII header leaves the encoding open until the first line that is not ASCII.
                if encoding is None and not line.content.isascii():
                    encoding = _encoding_of(line.content)
                yield done, _read(number, line, encoding or "utf-8", columns)


@dataclass(frozen=True, slots=True)
class _Line:
    content: bytes
    length: int


def _lines(file: BinaryIO) -> Iterator[_Line]:
    """Lines of at most `MAX_LINE_BYTES`; of a longer one the start, with the length of the whole."""
    while content := file.readline(MAX_LINE_BYTES):
        length = len(content)
        while length >= MAX_LINE_BYTES and not content.endswith(b"\n"):
            rest = file.readline(MAX_LINE_BYTES)
            length += len(rest)
            if not rest or rest.endswith(b"\n"):
                break
        yield _Line(content, length)


def _encoding_of(content: bytes) -> str:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _decode_header(content: bytes) -> tuple[str, str | None]:
    """Return the header line, and the encoding that it proves."""
    if content.startswith(b"\xef\xbb\xbf"):
        return content[3:].decode("utf-8", "replace"), "utf-8"
    encoding = _encoding_of(content)
    return content.decode(encoding, "replace"), None if content.isascii() else encoding


def _columns(header: str) -> Columns:
    names = [fold(name) for name in _split(header)]
    missing = [CELLS[cell] for cell in REQUIRED if fold(CELLS[cell]) not in names]
    if missing:
        lacking = ", ".join(f"« {name} »" for name in missing)
        raise UnusableFile(f"Ce n’est pas un fichier de l’Annuaire Santé : colonnes absentes de la première ligne : {lacking}.")
    wanted = (fold(name) for name in CELLS.values())
    return Columns(tuple(names.index(name) if name in names else None for name in wanted), len(names))


def _split(line: str) -> list[str]:
    """Cells of a line; some editions end each line with one more separator."""
    # Printable is the rule, and quick to see.
    text = line.strip("\r\n")
    cells = [cell.strip() for cell in (text if text.isprintable() else _CONTROL.sub(" ", text)).split("|")]
    return cells[:-1] if len(cells) > 1 and not cells[-1] and len(cells) == len(COLUMNS) + 1 else cells


def _read(number: int, line: _Line, encoding: str, columns: Columns) -> Row | Rejected:
    if line.length > MAX_LINE_BYTES:
        return Rejected(number, f"ligne de {line.length} octets")
    try:
        text = line.content.decode(encoding)
    except UnicodeDecodeError:
        return Rejected(number, f"caractères illisibles en {'UTF-8' if encoding == 'utf-8' else 'Windows-1252'}")
    cells = _split(text)
    if len(cells) != columns.width:
        return Rejected(number, f"{len(cells)} colonnes au lieu de {columns.width}")
    return _row(number, cells, columns)


def _row(number: int, cells: list[str], columns: Columns) -> Row | Rejected:
    values = (cells[place] if place is not None else "" for place in columns.positions)
    cell = dict(zip(CELLS, values, strict=True))
    key = (cell["national"] or (cell["id_type"] + cell["identifier"] if cell["id_type"] in {"0", "8"} else "")).upper()
    if not _KEY.fullmatch(key):
        return Rejected(number, "identification nationale absente ou invalide")
    if not fold(cell["family"]):
        return Rejected(number, "nom d’exercice absent")
    street = " ".join(filter(None, (cell["way_number"], cell["way_index"], cell["way_type"], cell["way"])))
    lines = (cell["recipient"], cell["spot"], street, cell["mention"])
    return Row(
        key=key,
        family=cell["family"],
        given=cell["given"],
        title=cell["title"],
        civility=cell["civility"],
        profession_code=cell["profession_code"],
        profession=cell["profession"],
        speciality=cell["speciality"],
        mode=cell["mode"],
        structure=cell["sign"] or cell["company"],
        finess=cell["finess"],
        siret=cell["siret"],
        address="\n".join(filter(None, lines)),
        postal_code=cell["postal_code"],
        city=cell["city"],
        departement=departement_code(cell["departement"], cell["postal_code"]),
        phone=cell["phone"] or cell["phone2"],
        email=cell["email"],
        role=cell["role"],
    )


def join_rows(rows: Sequence[Row]) -> Professional:
    """One person out of all their rows (at least one, in the order of the file).

    Name, civility and first profession are those of the first row that has them; each distinct place is a practice.
    """
    first = rows[0]
    profession, speciality = _first(rows, "profession"), _first(rows, "speciality")
    also: dict[str, None] = {}
    if len(rows) > 1:
        also = dict.fromkeys(label for row in rows for label in (row.profession, row.speciality))
        for label in ("", profession, speciality):
            also.pop(label, None)
    return Professional(
        key=first.key,
        rpps=first.key[1:] if first.key[0] == "8" and len(first.key) == 12 else "",
        adeli=first.key[1:] if first.key[0] == "0" and len(first.key) == 10 else "",
        title=_first(rows, "title"),
        civility=_first(rows, "civility"),
        family=first.family,
        given=first.given,
        profession_code=_first(rows, "profession_code"),
        profession=profession,
        speciality=speciality,
        mode=_first(rows, "mode"),
        practices=tuple(dict.fromkeys(practice for row in rows if (practice := _practice(row)))),
        also=tuple(also),
    )


def _first(rows: Sequence[Row], cell: str) -> str:
    for row in rows:
        value: str = getattr(row, cell)
        if value:
            return value
    return ""


def _practice(row: Row) -> Practice | None:
    """Return the place of an activity; none where the row says only that there is one."""
    if not any((row.structure, row.finess, row.address, row.postal_code, row.city, row.phone, row.email)):
        return None
    return Practice(
        structure=row.structure,
        finess=row.finess,
        siret=row.siret,
        address=tuple(row.address.split("\n")) if row.address else (),
        postal_code=row.postal_code,
        city=row.city,
        departement=row.departement,
        phone=row.phone,
        email=row.email,
        role=row.role,
        mode=row.mode,
    )
