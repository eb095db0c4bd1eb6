"""Fan-out: for each event of the platform, a notification with its deliveries for everybody whom it concerns at this moment.

Events are taken in the order of occurrence; one of a dossier never before an older one of the same dossier that is not done. The
platform is asked between transactions; (`event`, `person`) is unique, so that what was cut short goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.professional_numbers import rpps_under
from bot.accounts.registry import AccountRegistry
from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.core.upsert import insert_or_ignore
from bot.identity.tables import ChatLink
from bot.jobs.leases import FAN_OUT
from bot.jobs.queue import Queue
from bot.jobs.retry import RetryStrategy
from bot.notifications.batching import window_end
from bot.notifications.care_team_cache import EMPTY_TEAM, CachedCareTeam, CareTeamCache
from bot.notifications.kinds import Mode
from bot.notifications.reachability import UNREACHABLE, ReachabilityLookup
from bot.notifications.recipients import RECIPIENTS, EmailAddresses, account_named, ensure_recipients, lock_recipients, schedule_check
from bot.notifications.replanning import Planner
from bot.notifications.send_history import last_messages
from bot.notifications.tables import WAITING, Event, Notice, NoticeSend

PEOPLE_AT_ONCE = 100
"""Notifications created in one transaction."""
EVENTS_AT_ONCE = 200
RETRY = RetryStrategy(first=timedelta(seconds=2), longest=timedelta(minutes=10), jitter=0.0)
"""When the platform is asked again."""
QUEUE = Queue(name="events", key=Event.id, is_open=(Event.fanned_out_at.is_(None),), lease_until=Event.fan_out_after, lease=FAN_OUT)
"""Events to fan out. One column, `fan_out_after`, holds the lease and the instant of the next attempt."""

EVENTS, NOTICES, SENDS = (table.metadata.tables[table.__tablename__] for table in (Event, Notice, NoticeSend))
_occurred = func.coalesce(EVENTS.c.occurred_at, EVENTS.c.received_at)


@dataclass(frozen=True)
class _ClaimedEvent:
    """An event that this process holds the lease of."""

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
class _FanOutPass:
    """What one pass has asked the platform already, and the notifications that are still to be written."""

    care_teams: dict[str, CachedCareTeam] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    """Accounts, by RPPS number."""
    pairs: list[tuple[_ClaimedEvent, str, str]] = field(default_factory=list)
    """(event, name of its author, account)."""
    finished: list[int] = field(default_factory=list)
    """Events whose recipients are all in `pairs`, or written."""
    in_hand: set[int] = field(default_factory=set)
    """Events whose lease is to be renewed."""


class FanOut:
    """Creates the notifications of events."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        care_teams: CareTeamCache,
        registry: AccountRegistry,
        addresses: EmailAddresses,
        lookup: ReachabilityLookup,
        digest_spread: timedelta,
    ) -> None:
        self._database, self._clock, self._digest_spread = database, clock, digest_spread
        self._care_teams, self._registry, self._addresses, self._lookup = care_teams, registry, addresses, lookup

    async def run_due(self) -> int:
        """Fan out what is due, one batch. Return how many events were claimed."""
        events = await self._claim()
        work, postponed = _FanOutPass(in_hand={event.id for event in events}), set[str | None]()
        for event in events:
            if event.subject is not None and event.subject in postponed:
                await self._postpone(event, work, None)  # it stays behind the older one of its dossier
                continue
            try:
                author, accounts = await self._recipients(event, work)
            except Exception as error:  # the platform is away, or something of ours: the events of other dossiers go on
                await self._postpone(event, work, error)
                postponed.add(event.subject)
                continue
            for account_id in accounts:
                work.pairs.append((event, author, account_id))
                if len(work.pairs) >= PEOPLE_AT_ONCE:
                    await self._write(work)
            work.finished.append(event.id)
        if work.finished or work.pairs:
            await self._write(work)
        return len(events)

    async def _claim(self) -> list[_ClaimedEvent]:
        """Lease the oldest events that are due, except those of a dossier with an older one that is not due or is leased elsewhere."""
        now = self._clock.now()
        due = QUEUE.due(now)
        async with self._database.reading() as session:  # a look before the write lock is taken
            if await session.scalar(select(EVENTS.c.id).where(*due).limit(1)) is None:
                return []
        columns = (EVENTS.c.id, EVENTS.c.kind, EVENTS.c.subject, _occurred, EVENTS.c.data, EVENTS.c.fan_out_attempts)
        wanted = select(*columns).where(*due).order_by(_occurred, EVENTS.c.id).limit(EVENTS_AT_ONCE).with_for_update(skip_locked=True)
        async with self._database.writing() as session:
            found = [_ClaimedEvent(row[0], row[1], row[2], row[3], row[4], row[5]) for row in await session.execute(wanted)]
            if not found:
                return []
            ids = [event.id for event in found]
            elsewhere = select(EVENTS.c.subject, _occurred, EVENTS.c.id).where(
                *QUEUE.is_open,
                EVENTS.c.subject.in_({event.subject for event in found}),
                EVENTS.c.id.not_in(ids),
                _occurred <= found[-1].occurred_at,
            )
            first: dict[str, tuple[datetime, int]] = {}
            for subject, occurred_at, event_id in await session.execute(elsewhere):
                first[subject] = min(first.get(subject, (occurred_at, event_id)), (occurred_at, event_id))
            free = [e for e in found if e.subject is None or (e.occurred_at, e.id) < first.get(e.subject, (e.occurred_at, e.id + 1))]
            await QUEUE.hold(session, [event.id for event in free], now)
        return free

    async def _postpone(self, event: _ClaimedEvent, work: _FanOutPass, error: Exception | None) -> None:
        now = self._clock.now()
        work.in_hand.discard(event.id)
        if error is None:
            async with self._database.writing() as session:
                await QUEUE.release(session, [event.id])
            return
        log_error(error, "asking whom an event concerns; it is tried again")
        attempts = event.attempts + 1
        values = {"fan_out_after": RETRY.next_attempt(attempts, now), "fan_out_attempts": attempts}
        async with self._database.writing() as session:
            await session.execute(update(EVENTS).where(EVENTS.c.id == event.id).values(**values))

    async def _recipients(self, event: _ClaimedEvent, work: _FanOutPass) -> tuple[str, list[str]]:
        """Return the author's name ("" unknown) and the accounts to notify, less the author. Raise the errors of `bot.fhir.errors`."""
        author_id = await self._person(event.data.get("author"), work)
        named = event.data.get("recipients")
        team = EMPTY_TEAM
        if event.kind.startswith("account."):
            subject = account_named(event.subject)
            accounts: Iterable[str] = await self._addresses.fetch([subject]) if subject else ()
        elif event.dossier is None:
            accounts = map(account_named, named) if named is not None else await self._all_accounts()
        else:
            if event.dossier not in work.care_teams:
                work.care_teams[event.dossier] = await self._care_teams.get(event.dossier, fresh=True)
            team = work.care_teams[event.dossier]
            author_id = author_id or team.accounts.get(str(event.data.get("author")), "")
            accounts = team.names if named is None else [team.accounts.get(str(who)) or await self._person(who, work) for who in named]
            if event.kind != "access.ended":
                accounts = (account_id for account_id in accounts if account_id in team.names)
        left_out = {author_id, *event.data.get("except", ())}
        recipients = [account_id for account_id in dict.fromkeys(accounts) if account_id and account_id not in left_out]
        return await self._name(author_id, team, work) if recipients else "", recipients

    async def _person(self, who: object, work: _FanOutPass) -> str:
        """Return somebody's account, by the platform's own id or by RPPS number ("<system>|<number>"); "" where there is none."""
        system, _, number = str(who or "").rpartition("|")
        rpps = rpps_under(system, number, self._registry.identifiers)
        if rpps is None:
            return account_named(who)
        if rpps not in work.numbers:
            account = await self._registry.by_identifier(rpps=rpps)
            work.numbers[rpps] = account.id if account else ""
        return work.numbers[rpps]

    async def _name(self, author_id: str, team: CachedCareTeam, work: _FanOutPass) -> str:
        if not author_id:
            return ""
        if team.names.get(author_id):
            return team.names[author_id][:200]
        if author_id not in work.names:
            account = await self._registry.get(author_id)
            work.names[author_id] = account.name[:200] if account else ""
        return work.names[author_id]

    async def _all_accounts(self) -> list[str]:
        """Return every account that is known here."""
        async with self._database.reading() as session:
            return sorted(await session.scalars(union(select(RECIPIENTS.c.account_id), select(ChatLink.account_id))))

    async def _write(self, work: _FanOutPass) -> None:
        """Write what was gathered, in one transaction, and renew the leases of what is in hand."""
        now = self._clock.now()
        pairs, finished = work.pairs, work.finished
        work.pairs, work.finished = [], []
        work.in_hand.difference_update(finished)
        async with self._database.writing() as session:
            if pairs:
                await self._create_notices(session, pairs, now)
            if finished:
                await session.execute(update(EVENTS).where(EVENTS.c.id.in_(finished)).values(fanned_out_at=now))
            await QUEUE.renew(session, work.in_hand, now)

    async def _create_notices(self, session: AsyncSession, pairs: list[tuple[_ClaimedEvent, str, str]], now: datetime) -> None:
        accounts = sorted({account_id for _, _, account_id in pairs})
        await ensure_recipients(session, accounts)
        people = {person.account_id: person for person in await lock_recipients(session, accounts, waiting=True)}
        reachability = await self._lookup.find(session, accounts, now)
        last = await last_messages(session, accounts, now)
        channels = {who: reachability.get(who, UNREACHABLE).channels(people[who].email_or_unknown) for who in accounts}
        planners = {who: Planner(people[who], channels[who], now, self._digest_spread) for who in accounts}
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
        made = await session.execute(
            insert_or_ignore(session, NOTICES).returning(NOTICES.c.id, NOTICES.c.event_id, NOTICES.c.account_id), rows
        )
        sends: list[dict[str, Any]] = []
        check_at: dict[str, datetime] = {}
        for notice_id, event_id, account_id in made.all():
            event = by_id[event_id]
            urgent = event.data.get("urgent") is True
            for due in planners[account_id].plan_new(event.kind, event.dossier, urgent=urgent):
                at = due.at
                if due.mode is Mode.NOW and not urgent and at <= now:
                    at = window_end((due.channel, event.dossier), last.get(account_id, {}), now)
                row = {"notice_id": notice_id, "account_id": account_id, "way": due.channel, "mode": due.mode}
                sends.append(row | {"due_at": at, "state": WAITING})
                check_at[account_id] = min(check_at.get(account_id, at), at)
        if sends:
            await session.execute(insert(SENDS), sends)
            await schedule_check(session, check_at)
