"""Recipients: the people who are notified, each with a row, its lock, and their mail address as the platform has it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.registry import AccountRegistry
from bot.core.clock import Clock
from bot.core.database import Database, random_id
from bot.core.upsert import insert_or_ignore
from bot.fhir.references import RELATIVE, is_id
from bot.notifications.preferences import Preferences
from bot.notifications.tables import NotificationPerson

ADDRESS_TTL = timedelta(hours=1)
"""After this, the platform is asked again for a mail address."""

DUE_TOPIC = "notifications"
"""Topic that is announced where somebody's notifications fall due at once (`bot.core.database.announce`)."""

RECIPIENTS = NotificationPerson.metadata.tables[NotificationPerson.__tablename__]

_READ = select(
    RECIPIENTS.c.account_id,
    RECIPIENTS.c.preferences,
    RECIPIENTS.c.version,
    RECIPIENTS.c.changed_at,
    RECIPIENTS.c.email,
    RECIPIENTS.c.email_at,
    RECIPIENTS.c.unsubscribe_token,
    RECIPIENTS.c.look_at,
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
    def email_or_unknown(self) -> str:
        """The address, or "?" where the platform was not asked for it yet: it is before a mail is sent."""
        return self.email if self.email_at is not None else "?"


def account_named(who: object) -> str:
    """Return the account that an event names, by its id or by a reference of the platform; "" where it names none.

    References below the platform's own address were made relative when the event was taken: one with an address is another server's.
    """
    named = RELATIVE.id_of({"reference": who}, "Practitioner")
    return named or (str(who) if is_id(who) else "")


async def lock_recipients(session: AsyncSession, accounts: Collection[str], *, waiting: bool) -> list[Recipient]:
    """Lock the rows of these accounts, in the order of their ids. Without `waiting`, skip those that somebody else has locked."""
    wanted = _READ.where(RECIPIENTS.c.account_id.in_(accounts)).order_by(RECIPIENTS.c.account_id)
    return _people(await session.execute(wanted.with_for_update(skip_locked=not waiting)))


async def read_recipients(session: AsyncSession, accounts: Collection[str]) -> list[Recipient]:
    """Read the rows of these accounts without locking them."""
    return _people(await session.execute(_READ.where(RECIPIENTS.c.account_id.in_(accounts))))


def _people(rows: Iterable[Any]) -> list[Recipient]:
    people = []
    for row in rows:
        account_id, document, version, changed_at, email, email_at, token, look_at = row
        people.append(Recipient(account_id, read_preferences(document), version, changed_at, email, email_at, token, look_at))
    return people


async def ensure_recipients(session: AsyncSession, accounts: Collection[str]) -> None:
    """Create the rows that are missing."""
    known = set(await session.scalars(select(RECIPIENTS.c.account_id).where(RECIPIENTS.c.account_id.in_(accounts))))
    new = [
        {"account_id": account_id, "preferences": {}, "version": 0, "email": "", "unsubscribe_token": random_id()}
        for account_id in sorted(set(accounts) - known)
    ]
    if new:
        await session.execute(insert_or_ignore(session, RECIPIENTS), new)


async def schedule_check(session: AsyncSession, instants: Mapping[str, datetime]) -> None:
    """Have recipients checked not later than these instants; their rows are locked by the caller."""
    by_instant: dict[datetime, list[str]] = {}
    for account_id, at in instants.items():
        by_instant.setdefault(at, []).append(account_id)
    for at, accounts in by_instant.items():
        later = or_(RECIPIENTS.c.look_at.is_(None), RECIPIENTS.c.look_at > at)
        await session.execute(update(RECIPIENTS).where(RECIPIENTS.c.account_id.in_(accounts), later).values(look_at=at))


async def next_check(session: AsyncSession, now: datetime) -> datetime | None:
    """Return the earliest instant after `now` at which a recipient is to be checked, None where there is none."""
    look_at: datetime | None = await session.scalar(select(func.min(RECIPIENTS.c.look_at)).where(RECIPIENTS.c.look_at > now))
    return look_at


def read_preferences(document: dict[str, Any]) -> Preferences:
    """Return preferences from their JSON; most people never set any."""
    return Preferences.model_validate(document) if document else _defaults()


@lru_cache(maxsize=1)
def _defaults() -> Preferences:
    return Preferences()


class EmailAddresses:
    """Keeps the mail addresses of recipients fresh."""

    def __init__(self, database: Database, clock: Clock, registry: AccountRegistry) -> None:
        self._database, self._clock, self._registry = database, clock, registry

    async def refresh(self, accounts: Collection[str]) -> None:
        """Ask the platform for addresses that are older than an hour or were never known. Raise the errors of `bot.fhir.errors`."""
        now = self._clock.now()
        columns = RECIPIENTS.c
        old = or_(columns.email_at.is_(None), columns.email_at < now - ADDRESS_TTL, columns.email_at > now + ADDRESS_TTL)
        async with self._database.reading() as session:
            wanted = list(await session.scalars(select(columns.account_id).where(columns.account_id.in_(accounts), old)))
        if wanted:
            await self.fetch(wanted)

    async def fetch(self, accounts: Collection[str]) -> list[str]:
        """Ask the platform for all of these accounts, and return those that it knows. One that is unknown or closed gets no mails."""
        known = await self._registry.get_many(accounts)
        found = {account.id: account.email for account in known if account.active}
        now = self._clock.now()
        rows = [{"b_id": id, "b_email": found.get(id, "")[:320], "b_at": now} for id in sorted(accounts)]
        refreshed = update(RECIPIENTS).where(RECIPIENTS.c.account_id == bindparam("b_id"))
        async with self._database.writing() as session:
            connection = await session.connection()
            await connection.execute(refreshed.values(email=bindparam("b_email"), email_at=bindparam("b_at")), rows)
        return [account.id for account in known]
