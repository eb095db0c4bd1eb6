"""The people whom notices are for: a row each, its lock, and their mail address as the platform has it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.registry import AccountRegistry
from bot.core.clock import Clock
from bot.core.database import Database, random_id
from bot.notifications.preferences import Preferences
from bot.notifications.tables import NotificationPerson

ADDRESS_KEPT = timedelta(hours=1)
"""After that the platform is asked again where mails go."""

PEOPLE = NotificationPerson.metadata.tables[NotificationPerson.__tablename__]

_READ = select(
    PEOPLE.c.account_id,
    PEOPLE.c.preferences,
    PEOPLE.c.version,
    PEOPLE.c.changed_at,
    PEOPLE.c.email,
    PEOPLE.c.email_at,
    PEOPLE.c.unsubscribe_token,
    PEOPLE.c.look_at,
)


@dataclass(frozen=True)
class Recipient:
    """A row of `notification_people`, read."""

    account_id: str
    preferences: Preferences
    version: int
    changed_at: datetime | None
    email: str
    email_at: datetime | None
    unsubscribe_token: str
    look_at: datetime | None

    @property
    def perhaps_mail(self) -> str:
        """The address, "?" where nobody has asked for it yet: before it is used it is."""
        return self.email if self.email_at is not None else "?"


async def lock_recipients(session: AsyncSession, accounts: Collection[str], *, waiting: bool) -> list[Recipient]:
    """The rows of these accounts, locked, in the order of their ids; without `waiting`, only those that nobody else has in hand."""
    wanted = _READ.where(PEOPLE.c.account_id.in_(accounts)).order_by(PEOPLE.c.account_id)
    return _people(await session.execute(wanted.with_for_update(skip_locked=not waiting)))


async def read_recipients(session: AsyncSession, accounts: Collection[str]) -> list[Recipient]:
    """The same, not locked."""
    return _people(await session.execute(_READ.where(PEOPLE.c.account_id.in_(accounts))))


def _people(rows: Iterable[Any]) -> list[Recipient]:
    people = []
    for row in rows:
        account_id, document, version, changed_at, email, email_at, token, look_at = row
        people.append(Recipient(account_id, read_preferences(document), version, changed_at, email, email_at, token, look_at))
    return people


async def ensure_recipients(session: AsyncSession, accounts: Collection[str], *, is_sqlite: bool) -> None:
    """Make the rows that are missing."""
    known = set(await session.scalars(select(PEOPLE.c.account_id).where(PEOPLE.c.account_id.in_(accounts))))
    new = [
        {"account_id": account_id, "preferences": {}, "version": 0, "email": "", "unsubscribe_token": random_id()}
        for account_id in sorted(set(accounts) - known)
    ]
    if new:
        insert = (sqlite if is_sqlite else postgresql).insert(PEOPLE)
        await session.execute(insert.on_conflict_do_nothing(), new)


async def schedule_check(session: AsyncSession, instants: Mapping[str, datetime]) -> None:
    """Have people looked at not later than these instants; their rows are locked by the caller."""
    by_instant: dict[datetime, list[str]] = {}
    for account_id, at in instants.items():
        by_instant.setdefault(at, []).append(account_id)
    for at, accounts in by_instant.items():
        later = or_(PEOPLE.c.look_at.is_(None), PEOPLE.c.look_at > at)
        await session.execute(update(PEOPLE).where(PEOPLE.c.account_id.in_(accounts), later).values(look_at=at))


def read_preferences(document: dict[str, Any]) -> Preferences:
    """Preferences as they are kept; most people never said anything."""
    return Preferences.model_validate(document) if document else _unsaid()


@lru_cache(maxsize=1)
def _unsaid() -> Preferences:
    return Preferences()


class EmailAddresses:
    """Keeps people's mail addresses fresh."""

    def __init__(self, database: Database, clock: Clock, registry: AccountRegistry) -> None:
        self._database, self._clock, self._registry = database, clock, registry

    async def refresh(self, accounts: Collection[str]) -> None:
        """Ask the platform for those that are older than an hour, or were never known. Raises the errors of `bot.fhir.client`."""
        now = self._clock.now()
        columns = PEOPLE.c
        old = or_(columns.email_at.is_(None), columns.email_at < now - ADDRESS_KEPT, columns.email_at > now + ADDRESS_KEPT)
        async with self._database.reading() as session:
            wanted = list(await session.scalars(select(columns.account_id).where(columns.account_id.in_(accounts), old)))
        if wanted:
            await self.ask(wanted)

    async def ask(self, accounts: Collection[str]) -> list[str]:
        """Ask the platform for all of these; those that it knows. One that it does not know (any more), or closed, gets no mails."""
        known = await self._registry.get_many(accounts)
        found = {account.id: account.email for account in known if account.active}
        now = self._clock.now()
        rows = [{"b_id": id, "b_email": found.get(id, "")[:320], "b_at": now} for id in sorted(accounts)]
        told = update(PEOPLE).where(PEOPLE.c.account_id == bindparam("b_id"))
        async with self._database.writing() as session:
            connection = await session.connection()
            await connection.execute(told.values(email=bindparam("b_email"), email_at=bindparam("b_at")), rows)
        return [account.id for account in known]
