"""Reader of the public extract of the *Annuaire Santé* (`PS_LibreAcces_Personne_activite`).

One row per activity, cells parted by '|', no quoting, a header; UTF-8 (with or without mark) or Windows-1252 after the
edition. Columns are found by their name, folded, so that an edition that adds, moves or re-accents one is still read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, NamedTuple

from bot.core.text_folding import fold
from bot.directory.columns import CELLS, COLUMNS, REQUIRED, position_of
from bot.directory.errors import UnusableFile
from bot.directory.mailboxes import national_key
from bot.directory.places import departement_code, departement_of_commune, town_of
from bot.directory.records import Practice, Professional
from bot.directory.sources import MAX_LINE_BYTES, Source, decode_heading, encoding_of

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
    speciality_code: str = ""
    city_code: str = ""
    guess: str = ""  # the town of a row that does not name its commune, as its post office is called

    @property
    def named(self) -> bool:
        """Whether the row names its commune itself."""
        return bool(self.city) and not self.guess


class Rejected(NamedTuple):
    """A row that could not be used. `line` counts from 1, the header being line 1."""

    line: int
    reason: str


class Columns(NamedTuple):
    """How to take `CELLS` out of a row's cells (an absent column is ""), and how many cells a row has."""

    pick: Callable[[list[str]], tuple[str, ...]]
    width: int


def read_rows(source: Path | Source) -> Iterator[tuple[int, Row | Rejected]]:
    """Each activity of the file, or why it is not one, with the bytes read so far.

    Memory is that of one line. Raises `UnusableFile` where there is no header that names the identification and the
    name, `OSError` where the file cannot be read.
    """
    with (Source(source) if isinstance(source, Path) else source).open() as file:
        header, encoding = decode_heading(file.readline(MAX_LINE_BYTES))
        columns = _columns(header)
        done = len(header)
        for number, (content, length) in enumerate(_lines(file), start=2):
            done += length
            if content.strip():
                # An ASCII header leaves the encoding open until the first line that is not ASCII.
                if encoding is None and not content.isascii():
                    encoding = encoding_of(content)
                yield done, _read(number, content, length, encoding or "utf-8", columns)


def _lines(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Lines of at most `MAX_LINE_BYTES` with their lengths; of a longer one the start, with the length of the whole."""
    while content := file.readline(MAX_LINE_BYTES):
        length = len(content)
        while length >= MAX_LINE_BYTES and not content.endswith(b"\n"):
            rest = file.readline(MAX_LINE_BYTES)
            length += len(rest)
            if not rest or rest.endswith(b"\n"):
                break
        yield content, length


def _columns(header: str) -> Columns:
    names = _split(header)
    positions = [position_of(name, names) for name in CELLS.values()]
    missing = [CELLS[cell] for cell in REQUIRED if position_of(CELLS[cell], names) is None]
    if missing:
        lacking = ", ".join(f"« {name} »" for name in missing)
        raise UnusableFile(f"Ce n’est pas un fichier de l’Annuaire Santé : colonnes absentes de la première ligne : {lacking}.")
    width = len(names)
    # One more cell, empty, stands for every column that is not there.
    return Columns(itemgetter(*(width if place is None else place for place in positions)), width)


def _split(line: str) -> list[str]:
    """Cells of a line; some editions end each line with one more separator."""
    # Printable and without spaces about the separators is the rule, and quick to see.
    text = line.strip("\r\n")
    if not text.isprintable():
        text = _CONTROL.sub(" ", text)
    cells = text.split("|")
    if "| " in text or " |" in text or text[:1] == " " or text[-1:] == " ":
        cells = [cell.strip() for cell in cells]
    return cells[:-1] if len(cells) > 1 and not cells[-1] and len(cells) == len(COLUMNS) + 1 else cells


def _read(number: int, content: bytes, length: int, encoding: str, columns: Columns) -> Row | Rejected:
    if length > MAX_LINE_BYTES:
        return Rejected(number, f"ligne de {length} octets")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return Rejected(number, f"caractères illisibles en {'UTF-8' if encoding == 'utf-8' else 'Windows-1252'}")
    cells = _split(text)
    if len(cells) != columns.width:
        return Rejected(number, f"{len(cells)} colonnes au lieu de {columns.width}")
    cells.append("")  # what a column that is not there says
    return _row(number, cells, columns)


def _row(number: int, cells: list[str], columns: Columns) -> Row | Rejected:
    (
        id_type, identifier, national, title, civility, family, given, profession_code, profession, speciality_code, speciality, mode,
        siret, finess, company, sign, recipient, spot, way_number, way_index, way_type, way, mention, cedex, postal_code, city_code, city,
        phone, phone2, email, departement, role,
    ) = columns.pick(cells)  # fmt: skip
    key = (national or national_key(id_type, identifier)).upper()
    if not _KEY.fullmatch(key):
        return Rejected(number, "identification nationale absente ou invalide")
    if not (family.isascii() and family.isalpha()) and not fold(family):
        return Rejected(number, "nom d’exercice absent")
    street = " ".join(filter(None, (way_number, way_index, way_type, way)))
    structure = sign or company
    # Some editions write the structure where the addressee goes.
    lines = (recipient if recipient != structure else "", spot, street, mention)
    town, guess = _town(city, cedex)
    return Row(
        key, family, given, title, civility, profession_code, profession, speciality, mode, structure, finess, siret,
        "\n".join(filter(None, lines)), postal_code, town, _departement(departement, city_code, postal_code), phone or phone2, email, role,
        speciality_code, city_code, guess,
    )  # fmt: skip


@lru_cache(maxsize=65_536)
def _town(city: str, cedex: str) -> tuple[str, str]:
    """Return the town of a row, and again as a guess where it is not the name of a commune."""
    town, cut = town_of(city)
    if town:
        return town, town if cut else ""
    town = town_of(cedex)[0]
    return town, town


@lru_cache(maxsize=65_536)
def _departement(given: str, city_code: str, postal_code: str) -> str:
    return departement_code(given, "") or departement_of_commune(city_code) or departement_code("", postal_code)


def join_rows(rows: Sequence[Row], mss: Sequence[str] = ()) -> Professional:
    """One person out of all their rows (at least one, in the order of the file), with their MSSanté addresses.

    Name, civility and first profession are those of the first row that has them; each distinct place is a practice.
    """
    first = rows[0]
    key = first.key
    also: tuple[str, ...] = ()
    practices: tuple[Practice, ...] = ()
    if len(rows) == 1:
        profession, speciality = first.profession, first.speciality
        codes: tuple[str, ...] = (first.speciality_code,) if first.speciality_code else ()
        if practice := _practice(first):
            practices = (practice,)
        title, civility, profession_code, mode = first.title, first.civility, first.profession_code, first.mode
    else:
        profession, speciality = _first(rows, "profession"), _first(rows, "speciality")
        labels = dict.fromkeys(label for row in rows for label in (row.profession, row.speciality))
        also = tuple(label for label in labels if label not in ("", profession, speciality))
        own_first = sorted(rows, key=lambda row: row.speciality != speciality)
        codes = tuple(dict.fromkeys(row.speciality_code for row in own_first if row.speciality_code))
        practices = tuple(dict.fromkeys(practice for row in rows if (practice := _practice(row))))
        title, civility, profession_code = _first(rows, "title"), _first(rows, "civility"), _first(rows, "profession_code")
        mode = _first(rows, "mode")
    return Professional(
        key=key,
        rpps=key[1:] if key[0] == "8" and len(key) == 12 else "",
        adeli=key[1:] if key[0] == "0" and len(key) == 10 else "",
        title=title,
        civility=civility,
        family=first.family,
        given=first.given,
        profession_code=profession_code,
        profession=profession,
        speciality=speciality,
        mode=mode,
        practices=practices,
        also=also,
        speciality_codes=codes,
        mss=tuple(dict.fromkeys(mss)),
    )


def _first(rows: Sequence[Row], cell: str) -> str:
    for row in rows:
        value: str = getattr(row, cell)
        if value:
            return value
    return ""


_place = itemgetter(*range(Row._fields.index("mode"), Row._fields.index("role") + 1))


def _practice(row: Row) -> Practice | None:
    """Return the place of an activity; none where the row says only that there is one."""
    mode, structure, finess, siret, address, postal_code, city, departement, phone, email, role = _place(row)
    if not (structure or finess or address or postal_code or city or phone or email):
        return None
    lines = tuple(address.split("\n")) if address else ()
    # By place, in the order of its fields: by name takes longer, two million times.
    return Practice(structure, finess, siret, lines, postal_code, city, departement, phone, email, role, mode)
