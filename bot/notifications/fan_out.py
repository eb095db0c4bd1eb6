"""Fan-out: for each event of the platform, whom it concerns at this moment, and a notice with its sends for each of them.

Events are taken in the order of occurrence; one of a dossier never before an older one of the same dossier that is not done. The
platform is asked between transactions; (`event`, `person`) is unique, so that what was cut short goes on where it stopped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, or_, select, union, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.registry import RPPS_SYSTEM, AccountRegistry
from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.identity.tables import ChatLink
from bot.notifications.batching import free_at
from bot.notifications.care_team_cache import NOBODY, CachedCareTeam, CareTeamCache
from bot.notifications.kinds import Mode
from bot.notifications.reachability import NOWHERE, Reaching
from bot.notifications.recipients import PEOPLE, EmailAddresses, ensure_recipients, lock_recipients, schedule_check
from bot.notifications.replanning import Planner
from bot.notifications.send_history import last_messages
from bot.notifications.tables import WAITING, Event, Notice, NoticeSend

PEOPLE_AT_ONCE = 100
"""Notices made in one transaction."""
EVENTS_AT_ONCE = 200
LEASE = timedelta(seconds=15)
"""How long claimed events are left to a process that gives no sign."""
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=2), timedelta(minutes=10)

EVENTS, NOTICES, SENDS = (table.metadata.tables[table.__tablename__] for table in (Event, Notice, NoticeSend))
_occurred = func.coalesce(EVENTS.c.occurred_at, EVENTS.c.received_at)
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


@dataclass(frozen=True)
class _Taken:
    """An event in hand."""

    id: int
    kind: str
    subject: str | None
    occurred_at: datetime
    data: dict[str, Any]
    attempts: int

    @property
    def dossier(self) -> str | None:
        """Reference of the dossier that it is about."""
        return None if self.kind.startswith(("account.", "service.")) else self.subject


@dataclass
class _Pass:
    """What one pass has asked the platform already, and the notices that are still to be written."""

    circles: dict[str, CachedCareTeam] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    """Accounts by RPPS number."""
    pairs: list[tuple[_Taken, str, str]] = field(default_factory=list)
    """(event, name of its author, account)."""
    finished: list[int] = field(default_factory=list)
    """Events whose people are all in `pairs`, or written."""
    in_hand: set[int] = field(default_factory=set)
    """Events whose lease is to be kept."""


class FanOut:
    """Makes notices of events."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        circles: CareTeamCache,
        registry: AccountRegistry,
        addresses: EmailAddresses,
        reaching: Reaching,
    ) -> None:
        self._database, self._clock = database, clock
        self._circles, self._registry, self._addresses, self._reaching = circles, registry, addresses, reaching

    async def run_due(self) -> int:
        """Fan out what is due, one batch; gives how many events were taken."""
        events = await self._claim()
        work, put_off = _Pass(in_hand={event.id for event in events}), set[str | None]()
        for event in events:
            if event.subject is not None and event.subject in put_off:
                await self._put_off(event, work, None)  # behind the older one of its dossier
                continue
            try:
                author, accounts = await self._whom(event, work)
            except Exception as error:  # the platform is away, or something of ours: the events of other dossiers go on
                await self._put_off(event, work, error)
                put_off.add(event.subject)
                continue
            for account_id in accounts:
                work.pairs.append((event, author, account_id))
                if len(work.pairs) >= PEOPLE_AT_ONCE:
                    await self._write(work)
            work.finished.append(event.id)
        if work.finished or work.pairs:
            await self._write(work)
        return len(events)

    async def _claim(self) -> list[_Taken]:
        """Lease the oldest events that are due, but for those of a dossier whose older ones are not due, or in hand elsewhere."""
        now = self._clock.now()
        open_ = EVENTS.c.fanned_out_at.is_(None)
        due = (open_, or_(EVENTS.c.fan_out_after.is_(None), EVENTS.c.fan_out_after <= now))
        async with self._database.reading() as session:  # a look before the write lock is taken
            if await session.scalar(select(EVENTS.c.id).where(*due).limit(1)) is None:
                return []
        columns = (EVENTS.c.id, EVENTS.c.kind, EVENTS.c.subject, _occurred, EVENTS.c.data, EVENTS.c.fan_out_attempts)
        wanted = select(*columns).where(*due).order_by(_occurred, EVENTS.c.id).limit(EVENTS_AT_ONCE).with_for_update(skip_locked=True)
        async with self._database.writing() as session:
            found = [_Taken(row[0], row[1], row[2], row[3], row[4], row[5]) for row in await session.execute(wanted)]
            if not found:
                return []
            ids = [event.id for event in found]
            elsewhere = select(EVENTS.c.subject, _occurred, EVENTS.c.id).where(
                open_, EVENTS.c.subject.in_({event.subject for event in found}), EVENTS.c.id.not_in(ids), _occurred <= found[-1].occurred_at
            )
            first: dict[str, tuple[datetime, int]] = {}
            for subject, occurred_at, event_id in await session.execute(elsewhere):
                first[subject] = min(first.get(subject, (occurred_at, event_id)), (occurred_at, event_id))
            free = [e for e in found if e.subject is None or (e.occurred_at, e.id) < first.get(e.subject, (e.occurred_at, e.id + 1))]
            lease = update(EVENTS).where(EVENTS.c.id.in_([event.id for event in free]))
            await session.execute(lease.values(fan_out_after=now + LEASE))
        return free

    async def _put_off(self, event: _Taken, work: _Pass, error: Exception | None) -> None:
        now = self._clock.now()
        work.in_hand.discard(event.id)
        wait = min(FIRST_RETRY * 2 ** min(event.attempts, 20), LONGEST_RETRY)
        if error is not None:
            log_error(error, "asking whom an event concerns; it is tried again")
        values = {"fan_out_after": now + wait, "fan_out_attempts": event.attempts + 1} if error else {"fan_out_after": None}
        async with self._database.writing() as session:
            await session.execute(update(EVENTS).where(EVENTS.c.id == event.id).values(**values))

    async def _whom(self, event: _Taken, work: _Pass) -> tuple[str, list[str]]:
        """The name of the author ("" unknown) and the accounts to tell, without the author. Raises the errors of `bot.fhir.errors`."""
        author_id = await self._author(event.data.get("author"), work)
        named = event.data.get("recipients")
        circle = NOBODY
        if event.kind.startswith("account."):
            subject = _account(event.subject)
            accounts: Iterable[str] = await self._addresses.ask([subject]) if subject else ()
        elif event.dossier is None:
            accounts = map(_account, named) if named is not None else await self._everybody()
        else:
            if event.dossier not in work.circles:
                work.circles[event.dossier] = await self._circles.of(event.dossier, fresh=True)
            circle = work.circles[event.dossier]
            accounts = circle.names if named is None else (circle.accounts.get(str(who), _account(who)) for who in named)
            if event.kind != "access.ended":
                accounts = (account_id for account_id in accounts if account_id in circle.names)
        told = [account_id for account_id in dict.fromkeys(accounts) if account_id and account_id != author_id]
        return await self._name(author_id, circle, work) if told else "", told

    async def _author(self, who: object, work: _Pass) -> str:
        """The account of who did it: by the platform's own id, or by the RPPS number ("<system>|<number>"); "" where it is none."""
        system, _, rpps = str(who or "").rpartition("|")
        if system != RPPS_SYSTEM:
            return _account(who)
        if rpps not in work.numbers:
            account = await self._registry.by_identifier(rpps=rpps)
            work.numbers[rpps] = account.id if account else ""
        return work.numbers[rpps]

    async def _name(self, author_id: str, circle: CachedCareTeam, work: _Pass) -> str:
        if not author_id:
            return ""
        if circle.names.get(author_id):
            return circle.names[author_id][:200]
        if author_id not in work.names:
            account = await self._registry.get(author_id)
            work.names[author_id] = account.name[:200] if account else ""
        return work.names[author_id]

    async def _everybody(self) -> list[str]:
        """Every account that is known here."""
        async with self._database.reading() as session:
            return sorted(await session.scalars(union(select(PEOPLE.c.account_id), select(ChatLink.account_id))))

    async def _write(self, work: _Pass) -> None:
        """Write what was gathered, in one transaction, and keep what is in hand."""
        now = self._clock.now()
        pairs, finished = work.pairs, work.finished
        work.pairs, work.finished = [], []
        work.in_hand.difference_update(finished)
        async with self._database.writing() as session:
            if pairs:
                await self._notices(session, pairs, now)
            if finished:
                await session.execute(update(EVENTS).where(EVENTS.c.id.in_(finished)).values(fanned_out_at=now))
            if work.in_hand:
                await session.execute(update(EVENTS).where(EVENTS.c.id.in_(work.in_hand)).values(fan_out_after=now + LEASE))

    async def _notices(self, session: AsyncSession, pairs: list[tuple[_Taken, str, str]], now: datetime) -> None:
        accounts = sorted({account_id for _, _, account_id in pairs})
        await ensure_recipients(session, accounts, is_sqlite=self._database.is_sqlite)
        people = {person.account_id: person for person in await lock_recipients(session, accounts, waiting=True)}
        reach = await self._reaching(session, accounts, now)
        last = await last_messages(session, accounts, now)
        weighers = {who: Planner(people[who], reach.get(who, NOWHERE).ways(people[who].perhaps_mail), now) for who in accounts}
        by_id = {event.id: event for event, _, _ in pairs}
        rows = [
            {
                "event_id": event.id,
                "account_id": account_id,
                "kind": event.kind,
                "dossier": event.dossier,
                "author": author,
                "urgent": event.data.get("urgent") is True,
                "occurred_at": event.occurred_at,
                "created_at": now,
            }
            for event, author, account_id in pairs
        ]
        upsert = (sqlite if self._database.is_sqlite else postgresql).insert(NOTICES).on_conflict_do_nothing()
        made = await session.execute(upsert.returning(NOTICES.c.id, NOTICES.c.event_id, NOTICES.c.account_id), rows)
        sends: list[dict[str, Any]] = []
        look: dict[str, datetime] = {}
        for notice_id, event_id, account_id in made.all():
            event = by_id[event_id]
            urgent = event.data.get("urgent") is True
            for due in weighers[account_id].first(event.kind, event.dossier, urgent=urgent):
                at = due.at
                if due.mode is Mode.NOW and not urgent and at <= now:
                    at = free_at((due.way, event.dossier), last.get(account_id, {}), now)
                row = {"notice_id": notice_id, "account_id": account_id, "way": due.way, "mode": due.mode}
                sends.append(row | {"due_at": at, "state": WAITING})
                look[account_id] = min(look.get(account_id, at), at)
        if sends:
            await session.execute(insert(SENDS), sends)
            await schedule_check(session, look)


def _account(reference: object) -> str:
    """The account id of what the platform calls a person, "" where it is none that can be."""
    kind, _, account_id = str(reference or "").rpartition("/")
    return account_id if _ID.fullmatch(account_id) and kind.rpartition("/")[2] in ("", "Practitioner") else ""
