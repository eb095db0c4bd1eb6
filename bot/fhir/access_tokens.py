"""Access tokens that the processes of an installation share, encrypted, so that all of them together ask for one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.clock import Clock
from bot.core.database import Database, Table
from bot.core.encryption import ACCESS_TOKENS, Cipher, DecryptionFailed
from bot.core.upsert import insert_or_ignore

LEASE = timedelta(seconds=12)
"""How long a process may take for a renewal before another one tries: more than two waits for the token endpoint."""


@dataclass(frozen=True)
class AccessToken:
    """A bearer token, when it is to be renewed, and when it ends (aware, UTC)."""

    value: str = field(repr=False)
    renew_at: datetime
    expires_at: datetime


class Turn(Enum):
    """Whose turn it is to get a token."""

    OURS = auto()
    OTHERS = auto()


class SharedToken(Table):
    """A token by the name of who gives it to whom, and until when some process has the turn to renew it."""

    __tablename__ = "access_tokens"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    encrypted: Mapped[str | None] = mapped_column(Text)
    renew_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    renewing_until: Mapped[datetime | None]


class DatabaseTokenStore:
    """Tokens in the database: a `bot.fhir.authentication.TokenStore`."""

    def __init__(self, database: Database, clock: Clock, secret: str) -> None:
        """`secret`: the installation's; what is stored is encrypted with a key derived from it."""
        self._database, self._clock, self._cipher = database, clock, Cipher(secret, ACCESS_TOKENS)

    async def begin_renewal(self, name: str, refused: str | None) -> AccessToken | Turn:
        """Return the token that another process got meanwhile and that is not `refused`, or whose turn it is to get one."""
        async with self._database.reading() as session:  # most often it is there already: no other writer has to wait
            row = await session.get(SharedToken, name)
            if row is not None and (found := self._usable(row, refused)):
                return found
        async with self._database.writing() as session:
            await session.execute(insert_or_ignore(session, SharedToken).values(name=name))
            row = (await session.scalars(select(SharedToken).where(SharedToken.name == name).with_for_update())).one()
            if found := self._usable(row, refused):
                return found
            now = self._clock.now()
            if row.renewing_until is not None and now < row.renewing_until <= now + LEASE:
                return Turn.OTHERS
            row.renewing_until = now + LEASE
            return Turn.OURS

    async def end_renewal(self, name: str, token: AccessToken | None) -> None:
        """Keep the token that was got, None where none was, and give the turn back."""
        async with self._database.writing() as session:
            row = (await session.scalars(select(SharedToken).where(SharedToken.name == name).with_for_update())).one()
            row.renewing_until = None
            if token is not None:
                row.encrypted = self._cipher.encrypt(token.value)
                row.renew_at, row.expires_at = token.renew_at, token.expires_at

    def _usable(self, row: SharedToken, refused: str | None) -> AccessToken | None:
        """Return the token of the row, unless it is to be renewed, was refused, or was encrypted with another secret."""
        if row.encrypted is None or row.renew_at is None or row.expires_at is None or row.renew_at <= self._clock.now():
            return None
        try:
            value = self._cipher.decrypt(row.encrypted)
        except DecryptionFailed:
            return None
        return None if value == refused else AccessToken(value, row.renew_at, row.expires_at)
