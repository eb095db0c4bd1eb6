"""Accesses that begin or end on a day: their start, that their end is near, and their end become events of our own.

`dated_accesses` says when to look; what holds is read on the platform at that moment. An event is named after what it says (dossier,
account, day), and (`source`, `event_id`) is unique: whatever is done twice, after a restart or by two processes, is told once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import PARIS, Clock
from bot.core.database import Database, announce
from bot.core.errors import log_error
from bot.core.upsert import insert_or_ignore
from bot.dossiers.care_teams import CareTeam, CareTeams
from bot.dossiers.duplicates import compare_again
from bot.dossiers.errors import NotAMember
from bot.dossiers.participants import Participant
from bot.dossiers.period import midnight, paris_day
from bot.dossiers.tables import DatedAccess
from bot.fhir.errors import FhirError
from bot.notifications.calendar import instant
from bot.notifications.fan_out import QUEUE
from bot.notifications.tables import Event, Notice

SOURCE = "urn:sphere:assistant"
TOLD_AT = time(8)
"""When of a day its start or end is told, in Paris: an access begins and ends at midnight."""
RETRY = timedelta(minutes=10)
"""When the platform is asked again after it did not answer."""
AT_ONCE = 50


@dataclass(frozen=True)
class _Access:
    """A row of `dated_accesses`, read."""

    dossier: str
    account_id: str
    added_by: str
    starts_on: date | None
    ends_on: date | None
    noted_at: datetime
    due_at: datetime


class AccessDates:
    """Announces the starts and ends of accesses."""

    def __init__(self, database: Database, clock: Clock, teams: CareTeams, notice_days: int) -> None:
        """`notice_days`: days before the last day of an access on which its end is announced; 0: only when it has ended."""
        self._database, self._clock, self._teams, self._notice = database, clock, teams, timedelta(days=notice_days)

    async def run_due(self) -> int:
        """Look after the accesses that are due. Return how many were."""
        wanted = select(DatedAccess).where(DatedAccess.due_at <= self._clock.now()).order_by(DatedAccess.due_at).limit(AT_ONCE)
        async with self._database.reading() as session:
            due = [
                _Access(row.dossier, row.account_id, row.added_by, row.starts_on, row.ends_on, row.noted_at, row.due_at)
                for row in await session.scalars(wanted)
            ]
        for access in due:
            await self._look_after(access)
        return len(due)

    async def next_due(self, session: AsyncSession) -> datetime | None:
        """Return when one is due next; None: there is none."""
        return await session.scalar(select(func.min(DatedAccess.due_at)))

    async def _look_after(self, access: _Access) -> None:
        try:
            team: CareTeam | None = await self._teams.read(access.dossier)
        except NotAMember:  # the dossier is gone
            team = None
        except FhirError as error:
            log_error(error, "asking whether an access begins or ends")
            async with self._database.writing() as session:
                if row := await _unchanged(session, access):
                    row.due_at = self._clock.now() + RETRY
            return
        async with self._database.writing() as session:
            if row := await _unchanged(session, access):
                await self._announce(session, row, team)

    async def _announce(self, session: AsyncSession, row: DatedAccess, team: CareTeam | None) -> None:
        """Store the events of what has come, and when to look again; nothing is left to look at: the row goes."""
        now, member = self._clock.now(), _member(team, row.account_id) if team else None
        if team is None or member is None:
            if team is not None and row.ends_on is not None and paris_day(now) >= row.ends_on:
                if now < (at := _told_at(row.ends_on + timedelta(days=1))):
                    row.due_at = at
                    return
                await self._tell_ended(session, row, row.ends_on)
            await session.delete(row)
            return
        row.ends_on = member.period.end  # it may have been changed on the platform
        upcoming = [await self._start(session, row, team, member, now), await self._end(session, row, now)]
        due = [at for at in upcoming if at is not None]
        if due:
            row.due_at = min(due)
        else:
            await session.delete(row)

    async def _start(self, session: AsyncSession, row: DatedAccess, team: CareTeam, member: Participant, now: datetime) -> datetime | None:
        """Tell that an access has begun; return when to look again, None once it was told."""
        if member.planned:
            row.starts_on = member.period.start
        if row.starts_on is None:
            return None
        if member.planned or now < _told_at(row.starts_on):
            return max(_told_at(row.starts_on), now + RETRY)
        if not await _was_told(session, row, "access.granted", midnight(row.starts_on)):
            day, author = row.starts_on.isoformat(), row.added_by
            others = sorted(team.account_ids - {row.account_id, row.added_by})
            await _store(session, row, "access.granted", day, now, author=author, recipients=[row.account_id])
            await _store(session, row, "team.joined", day, now, author=author, recipients=others)
        await compare_again(session, row.dossier, f"start:{row.account_id}:{row.starts_on}", now)  # who came may see both of a pair now
        row.starts_on = None
        return None

    async def _end(self, session: AsyncSession, row: DatedAccess, now: datetime) -> datetime | None:
        """Announce the end of an access some days before; return when to look again."""
        if row.ends_on is None:
            return None
        over, day = _told_at(row.ends_on + timedelta(days=1)), row.ends_on.isoformat()
        if not self._notice or row.starts_on is not None:
            return over
        planned = _told_at(row.ends_on - self._notice)
        if now < planned:
            return planned
        await _store(session, row, "access.ending", day, now, recipients=[row.account_id], until=day)
        if row.noted_at < planned and row.added_by != row.account_id:  # who has just given the dates knows them
            await _store(session, row, "access.ending", f"{day}:giver", now, author=row.account_id, recipients=[row.added_by], until=day)
        return over

    async def _tell_ended(self, session: AsyncSession, row: DatedAccess, last: date) -> None:
        end = midnight(last + timedelta(days=1))
        if await _was_told(session, row, "access.ended", midnight(last)):
            return
        await _store(session, row, "access.ended", last.isoformat(), end, recipients=[row.account_id])
        if row.added_by != row.account_id:
            await _store(session, row, "access.expired", last.isoformat(), end, author=row.account_id, recipients=[row.added_by])


async def _unchanged(session: AsyncSession, access: _Access) -> DatedAccess | None:
    """Return the row, locked, unless it was looked after, changed or forgotten meanwhile."""
    row = await session.get(DatedAccess, (access.dossier, access.account_id), with_for_update=True)
    same = row is not None and (row.due_at, row.noted_at) == (access.due_at, access.noted_at)
    return row if same else None


async def _was_told(session: AsyncSession, row: DatedAccess, kind: str, since: datetime) -> bool:
    """Return whether the platform told of it by itself."""
    told = exists().where(
        Notice.kind == kind, Notice.dossier == row.dossier, Notice.account_id == row.account_id, Notice.created_at >= since
    )
    return bool(await session.scalar(select(told)))


async def _store(session: AsyncSession, row: DatedAccess, kind: str, name: str, at: datetime, **data: Any) -> None:
    event_id = f"{kind}:{row.dossier}:{row.account_id}:{name}"
    values: dict[str, Any] = {"source": SOURCE, "event_id": event_id, "kind": kind, "subject": row.dossier}
    values |= {"occurred_at": at, "received_at": at, "data": data}
    await session.execute(insert_or_ignore(session, Event).values(**values))
    announce(session, QUEUE.name)


def _member(team: CareTeam, account_id: str) -> Participant | None:
    """Return the participant of this account, or who will be it."""
    planned = next((one for one in team.planned if one.account_id == account_id), None)
    return team.participant_of(account_id) or planned


def _told_at(day: date) -> datetime:
    return instant(day, TOLD_AT, PARIS)
