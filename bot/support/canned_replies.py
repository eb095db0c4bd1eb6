"""Canned replies, and their variables."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from bot.core.database import Database
from bot.support.errors import EmptyText, NameTaken, TextTooLong, UnknownVariable
from bot.support.records import CannedReply
from bot.support.tables import CannedReplyRow

VARIABLES = ("nom", "agent", "dossier", "reference", "heures", "telephone")
MAX_NAME_LENGTH, MAX_TEXT_LENGTH = 80, 2_000
_VARIABLE = re.compile(r"\{([^{}]*)\}")


class CannedReplies:
    """The canned replies that supervisors wrote for everybody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> list[CannedReply]:
        """Return all of them, by name."""
        async with self._database.reading() as session:
            rows = await session.scalars(select(CannedReplyRow).order_by(CannedReplyRow.name))
            return [CannedReply(row.id, row.name, row.text) for row in rows]

    async def save(self, name: str, text: str, canned_id: int | None = None) -> None:
        """Add a canned reply, or replace one (added where that one is gone).

        Raises:
            EmptyText: there is no name or no text.
            TextTooLong: the name is over 80 or the text over 2,000 characters.
            UnknownVariable: the text has a variable that is none of `VARIABLES`.
            NameTaken: another one has this name.
        """
        name, text = " ".join(name.split()), text.replace("\0", "").strip()
        if not name or not text:
            raise EmptyText
        if len(name) > MAX_NAME_LENGTH or len(text) > MAX_TEXT_LENGTH:
            raise TextTooLong
        if not set(_VARIABLE.findall(text)) <= set(VARIABLES):
            raise UnknownVariable
        try:
            async with self._database.writing() as session:
                row = await session.get(CannedReplyRow, canned_id) if canned_id is not None else None
                if row is None:
                    row = CannedReplyRow(name=name, text=text)
                    session.add(row)
                row.name, row.text = name, text
        except IntegrityError:
            raise NameTaken from None

    async def delete(self, canned_id: int) -> None:
        """Delete one; one that is gone is no error."""
        async with self._database.writing() as session:
            await session.execute(delete(CannedReplyRow).where(CannedReplyRow.id == canned_id))


def fill_variables(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its variables filled in; a variable without a value leaves no gap."""
    filled = _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)
    return re.sub(r"[ \u00a0]+([,.)])", r"\1", re.sub(r" {2,}", " ", filled)).strip()
