"""MSSanté addresses: the file that says which secure mailbox is whose.

A personal mailbox belongs to a person (by national identification); that of a service or an application belongs to a structure, and is
never given as somebody's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from bot.directory.columns import MAILBOX_ADDRESS, position_of
from bot.directory.errors import UnusableFile
from bot.directory.sources import MAX_LINE_BYTES, Source, decode_heading, split_heading

_ADDRESS = re.compile(r"[^@\s|]{1,120}@[^@\s|]{3,120}")


class Mailbox(NamedTuple):
    """The address of a person; `key` is their national identification."""

    key: str
    address: str


def read_mailboxes(source: Source) -> Iterator[Mailbox]:
    """Yield the personal mailboxes of a file; lines that name nobody, or no address, are passed over."""
    with source.open() as file:
        header, proved = decode_heading(file.readline(MAX_LINE_BYTES))
        headings = split_heading(header)
        names = ("Type de BAL", "Identification nationale PP", "Type d'identifiant PP", "Identifiant PP")
        kind, key, id_type, number = (position_of(name, headings) for name in names)
        address = next((place for name in MAILBOX_ADDRESS if (place := position_of(name, headings)) is not None), None)
        if address is None or (key is None and number is None):
            raise UnusableFile(f"« {source.name}\u00a0»\u00a0: ni adresse ni identifiant dans la première ligne.")
        while line := file.readline(MAX_LINE_BYTES):
            cells = [cell.strip() for cell in line.decode(proved or "utf-8", "replace").strip("\r\n").split("|")]
            if len(cells) < len(headings) or (kind is not None and cells[kind].upper() != "PER"):
                continue
            owner = cells[key] if key is not None else ""
            owner = owner or national_key(cells[id_type] if id_type is not None else "", cells[number] if number is not None else "")
            if owner and _ADDRESS.fullmatch(cells[address]):
                yield Mailbox(owner.upper(), cells[address].lower())


def national_key(id_type: str, number: str) -> str:
    """Return the national identification that a type and a number make up, the type told by the length where it is left out; or ""."""
    if not id_type and number.isascii() and number.isdigit():
        id_type = {11: "8", 9: "0"}.get(len(number), "")
    return id_type + number if id_type in {"0", "8"} and number else ""
