"""Erasure and access: all that is held on a person is shown, or erased in one transaction."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.registry import Account
from bot.core import audit
from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.keyed_hash import keyed_hash
from bot.identity.tables import LoginCounter
from bot.messaging.retention import ERASED
from bot.messaging.tables import InboxRow
from bot.notifications.tables import Event, Notice
from bot.personal_data.holdings import DELETED, HOLDINGS, NOW, Holding, forget_teams, mentions
from bot.personal_data.person import Person, find_person
from bot.personal_data.purge import holds_something
from bot.support.tables import SupportAgent


class PersonBusy(Exception):
    """Something of the person is under way, and has to be ended first.

    Attributes:
        tickets: numbers of their open tickets.
        agent: whether they are an active agent of support.
    """

    def __init__(self, tickets: frozenset[int], agent: bool) -> None:
        super().__init__(self.__doc__)
        self.tickets, self.agent = tickets, agent


@dataclass
class Erased:
    """What was erased: rows by table; rows that stay, and why."""

    person: Person
    rows: Counter[str] = field(default_factory=Counter)
    kept: dict[str, int] = field(default_factory=dict)


class PersonalData:
    """What the database holds of people."""

    def __init__(self, database: Database, clock: Clock, secret: str) -> None:
        self._database, self._clock, self._secret = database, clock, secret

    async def find(self, who: str, account: Account | None = None) -> Person:
        """Return what the database knows a person by; see `bot.personal_data.person.find_person`."""
        async with self._database.reading() as session:
            return await find_person(session, who, account)

    async def export(self, who: str, account: Account | None = None) -> tuple[Person, dict[str, list[dict[str, Any]]]]:
        """Return the rows about a person by table, as JSON, and record it. What opens something (tokens, hashes) is left out."""
        tables: dict[str, dict[str, dict[str, Any]]] = {}
        async with self._database.reading() as session:
            person = await find_person(session, who, account)
            for holding in HOLDINGS:
                primary_key = holding.table.metadata.tables[holding.table.__tablename__].primary_key
                rows = await session.execute(select(holding.table.__table__).where(self._rows(holding, person)))
                found = tables.setdefault(holding.table.__tablename__, {})
                for row in rows.mappings():
                    key = ":".join(str(row[column.name]) for column in primary_key)
                    found[key] = _as_json(row, holding)
        async with self._database.writing() as session:
            await _record(session, person, "person.export", "exported", self._clock.now())
        return person, {name: list(rows.values()) for name, rows in tables.items() if rows}

    async def erase(self, who: str, account: Account | None = None) -> Erased:
        """Erase everything about a person but the audit trail, in one transaction; a second time finds nothing.

        Raises:
            PersonBusy: a ticket of theirs is open, or they are an active agent. Nothing is erased.
        """
        now = self._clock.now()
        async with self._database.writing() as session:
            person = await find_person(session, who, account)
            active = select(func.count()).where(SupportAgent.id.in_(person.agents), SupportAgent.active.is_(True))
            if person.open_tickets or await session.scalar(active):
                raise PersonBusy(person.open_tickets, not person.open_tickets)
            erased = Erased(person)
            await self._erase_mentions(session, person, erased)
            await session.execute(forget_teams(person))
            for holding in HOLDINGS:
                await self._erase(session, holding, person, erased, now)
            if sum(erased.rows.values()):
                await _record(session, person, "person.erase", "erased", now)
        await self._forget_log()
        return erased

    async def _erase(self, session: AsyncSession, holding: Holding, person: Person, erased: Erased, now: datetime) -> None:
        name, rows = holding.table.__tablename__, self._rows(holding, person)
        if holding.become is None:
            if count := await session.scalar(select(func.count()).select_from(holding.table).where(rows)):
                erased.kept[name] = count
            return
        if holding.erased is not None:
            kept = await session.scalar(select(func.count()).select_from(holding.table).where(rows, ~holding.erased(person)))
            if kept and holding.why:
                erased.kept[name] = kept
            rows = and_(rows, holding.erased(person))
        if holding.become is DELETED:
            change: Any = delete(holding.table).where(rows)
        else:
            values = {column: now if value is NOW else value for column, value in holding.become.items()}
            change = update(holding.table).where(rows, _differs(holding)).values(values)
        result = await session.execute(change.execution_options(synchronize_session=False))
        assert isinstance(result, CursorResult)
        if result.rowcount > 0:
            erased.rows[name] += result.rowcount

    def _rows(self, holding: Holding, person: Person) -> Any:
        rows = holding.rows(person)
        if holding.table is LoginCounter:  # an address is counted by its hash, which needs the secret
            hashes = [f"account:{keyed_hash(self._secret, 'address', email)}" for email in person.emails]
            rows = or_(rows, LoginCounter.subject.in_(hashes))
        return rows

    async def _erase_mentions(self, session: AsyncSession, person: Person, erased: Erased) -> None:
        """Take the person out of what was written about others: authors and recipients of events, names in titles."""
        texts = person.accounts | person.emails | person.names
        for event in await session.scalars(select(Event).where(mentions(Event.data, texts))):
            if (kept := _without(event.data, person)) != event.data:
                event.data = kept
                erased.rows["events"] += 1
        authored = update(Notice).where(Notice.author.in_(person.names)).values(author="")
        result = await session.execute(authored.execution_options(synchronize_session=False))
        assert isinstance(result, CursorResult)
        erased.rows["notices"] += max(0, result.rowcount)

    async def _forget_log(self) -> None:
        """Empty SQLite's write-ahead log: it holds pages as they were before."""
        if self._database.is_sqlite:
            async with self._database.engine.connect() as connection:
                raw = await connection.get_raw_connection()
                assert raw.driver_connection is not None
                await connection.rollback()
                await raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _record(session: AsyncSession, person: Person, action: str, outcome: str, now: datetime) -> None:
    who = next(iter(sorted(person.accounts)), None)
    subject = f"Practitioner/{who}"[:100] if who else None
    await audit.record(session, now=now, actor="operator", action=action, subject=subject, outcome=outcome)


def _differs(holding: Holding) -> Any:
    """Return which rows are not emptied already: erasing twice changes nothing."""
    columns, become = holding.table.__table__.columns, holding.become or {}
    for name in ("address", "client_id", "login"):
        if name in become and become[name] is not None:
            return columns[name].not_like(f"{ERASED}%")
    if "erased_at" in become:
        return columns["erased_at"].is_(None) if "client_id" not in columns else _not_empty(columns["erased_at"], columns["client_id"])
    if "requester_id" in become:
        return or_(columns["requester_id"].is_not(None), columns["requester"] != "")
    return or_(*(holds_something(columns[name]) for name in become))


def _not_empty(erased_at: Any, client_id: Any) -> Any:
    return or_(erased_at.is_(None), client_id.is_not(None))


def _without(data: Mapping[str, Any], person: Person) -> dict[str, Any]:
    """Return an event's data without the person: as author, recipient, or in the title."""
    kept = dict(data)
    if kept.get("author") in person.accounts:
        del kept["author"]
    for name in ("recipients", "except"):
        if isinstance(kept.get(name), list):
            kept[name] = [one for one in kept[name] if one not in person.accounts]
    title = str(kept.get("title", "")).lower()
    if any(one.lower() in title for one in person.emails | person.names):
        del kept["title"]
    return kept


def _as_json(row: Mapping[Any, Any], holding: Holding) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in row.items():
        if name in holding.secret:
            continue
        if holding.table is InboxRow and name == "text" and row["sealed"]:
            continue  # encrypted, and gone once it is answered
        if isinstance(value, datetime):
            value = value.isoformat()
        elif isinstance(value, bytes):
            value = base64.b64encode(value).decode()
        shown[str(name)] = value
    return shown
