"""The part files of an import: rows of a person may lie anywhere in a file that does not fit in memory.

Each row, and each MSSanté address, is written to the part of its person's key; each part, small, is then joined in memory.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bot.directory.annuaire import Rejected, Row, read_rows
from bot.directory.mailboxes import read_mailboxes
from bot.directory.sources import Sources
from bot.directory.towns import Towns

MAX_REJECTED = 100
"""How many rejected rows a report names; it counts them all."""

PARTS = 64
"""2 million rows in 64 parts are 31,000 rows at a time: some 50 MB."""

_STEP = 2_000  # rows between two calls of `progress`
# Cells hold no control character but the one that parts the lines of an address.
_CELL, _LINE, _MAILBOX = "\x1f", "\x1e", "\x1d"

Progress = Callable[[int, int], None]
"""Called with (done, total), in bytes of work: the file is gone through twice."""


@dataclass(slots=True)
class Dealt:
    """What dealing out found. `establishments` are the FINESS numbers of the rows, where a file tells of them."""

    rows: int = 0
    mailboxes: int = 0
    rejected_total: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)
    establishments: set[str] = field(default_factory=set)
    towns: Towns = field(default_factory=Towns)


@dataclass(slots=True)
class Person:
    """The rows of one person, in the order of the file, and their MSSanté addresses."""

    rows: list[Row] = field(default_factory=list)
    mss: list[str] = field(default_factory=list)


def deal_out(sources: Sources, size: int, parts: list[Path], progress: Progress) -> Dealt:
    """Write each good row, and each mailbox, to the part of its person."""
    dealt, structures = Dealt(), sources.structures is not None
    with ExitStack() as stack:
        files = [stack.enter_context(part.open("w", encoding="utf-8", newline="\n", buffering=1 << 16)) for part in parts]
        for count, (done, row) in enumerate(read_rows(sources.activities)):
            if isinstance(row, Rejected):
                dealt.rejected_total += 1
                if len(dealt.rejected) < MAX_REJECTED:
                    dealt.rejected.append((row.line, row.reason))
            else:
                dealt.rows += 1
                files[zlib.crc32(row.key.encode()) % PARTS].write(_CELL.join(row).replace("\n", _LINE) + "\n")
                if structures and row.finess:
                    dealt.establishments.add(row.finess)
                if row.named:
                    dealt.towns.learn(row.city, row.city_code, row.postal_code)
            if count % _STEP == 0:
                progress(min(done, size), 2 * size)
        for mailbox in read_mailboxes(sources.mailboxes) if sources.mailboxes else ():
            dealt.mailboxes += 1
            files[zlib.crc32(mailbox.key.encode()) % PARTS].write(f"{_MAILBOX}{mailbox.key}{_CELL}{mailbox.address}\n")
    return dealt


def read_part(part: Path) -> Iterator[Person]:
    """Yield the people of a part; mailboxes of those who have no row are nobody's."""
    people: dict[str, Person] = {}
    with part.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            if line[0] == _MAILBOX:
                key, address = line[1:-1].split(_CELL)
                if key in people:
                    people[key].mss.append(address)
                continue
            row = Row._make(line[:-1].replace(_LINE, "\n").split(_CELL))
            person = people.get(row.key)
            if person is None:
                people[row.key] = Person([row])
            else:
                person.rows.append(row)
    yield from people.values()
