"""Re-encryption of what is stored, after SECRET was changed: in batches, each a transaction, so that it may be killed and begun again.

A row is read and written under its lock. What is encrypted with the secret in use already is left alone, which makes a second run cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.database import Database
from bot.core.encryption import Cipher, DecryptionFailed

BATCH_SIZE = 200
"""Rows a transaction: a hundredth of a second on SQLite, where others wait for it."""


@dataclass(frozen=True)
class EncryptedColumn:
    """A column that holds encrypted texts."""

    name: str
    """As operators read it."""
    use: str
    """What is encrypted for (`Cipher`)."""
    key: Any
    """Primary key of its table."""
    column: Any
    member: str | None = None
    """The member that is encrypted, where the column holds JSON objects."""
    only: tuple[ColumnElement[bool], ...] = ()
    """Conditions of the rows whose text is encrypted."""

    def text_of(self, value: Any) -> str | None:
        """Return the encrypted text of a row's value; None where there is none."""
        found = value if self.member is None else (value or {}).get(self.member)
        return found if isinstance(found, str) and found else None

    def with_text(self, value: Any, text: str) -> Any:
        """Return the value with another encrypted text."""
        return text if self.member is None else {**value, self.member: text}


@dataclass
class Rotated:
    """What became of the texts of one column."""

    name: str
    current: int = 0
    """Encrypted with the secret in use before."""
    renewed: int = 0
    """Encrypted with the other one; now with that in use, unless one only looked."""
    unreadable: int = 0
    """Encrypted with neither."""


async def rotate(database: Database, secret: str, columns: Sequence[EncryptedColumn], *, look_only: bool = False) -> list[Rotated]:
    """Encrypt with `secret` what is encrypted with its other one (`bot.core.secret.Secret`), and say of each column what there was."""
    return [await _rotate_column(database, Cipher(secret, column.use), column, look_only) for column in columns]


async def _rotate_column(database: Database, cipher: Cipher, column: EncryptedColumn, look_only: bool) -> Rotated:
    done, after = Rotated(column.name), None
    while True:
        if look_only:
            async with database.reading() as session:
                after = await _batch(session, cipher, column, done, after, look_only=True)
        else:
            counted = Rotated(column.name)
            async with database.writing() as session:
                after = await _batch(session, cipher, column, counted, after, look_only=False)
            done.current, done.renewed = done.current + counted.current, done.renewed + counted.renewed
            done.unreadable += counted.unreadable
        if after is None:
            return done


async def _batch(session: AsyncSession, cipher: Cipher, column: EncryptedColumn, done: Rotated, after: Any, *, look_only: bool) -> Any:
    """Do one batch of rows whose key comes after `after`; return the last key, None where there are no more."""
    wanted = select(column.key, column.column).where(column.column.is_not(None), *column.only).order_by(column.key).limit(BATCH_SIZE)
    if after is not None:
        wanted = wanted.where(column.key > after)
    rows = list(await session.execute(wanted if look_only else wanted.with_for_update()))
    for key, value in rows:
        text = column.text_of(value)
        if text is None:
            continue
        if cipher.is_current(text):
            done.current += 1
            continue
        try:
            plain = cipher.decrypt(text)
        except DecryptionFailed:
            done.unreadable += 1
            continue
        done.renewed += 1
        if not look_only:
            renewed = (
                update(column.key.class_).where(column.key == key).values({column.column: column.with_text(value, cipher.encrypt(plain))})
            )
            await session.execute(renewed.execution_options(synchronize_session=False))
    return rows[-1][0] if len(rows) == BATCH_SIZE else None
