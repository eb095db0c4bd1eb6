"""Tells of what the assistant itself changed in care teams, whether or not the platform does (`bot.dossiers.team_acts`)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from bot.core.clock import Clock
from bot.core.database import Database
from bot.dossiers.period import paris_day
from bot.dossiers.tables import TeamAct
from bot.dossiers.team_acts import Act
from bot.notifications.membership_events import Change, ChangeSource, changes_of, event_key, lock_dossiers, store_change

SOURCE = "urn:sphere:assistant:acts"
AT_ONCE = 50


class OwnActs:
    """Makes events of the acts that are kept."""

    def __init__(self, database: Database, clock: Clock, notice_days: int) -> None:
        """`notice_days`: days before the last day of an access on which its end is announced anyway."""
        self._database, self._clock, self._notice = database, clock, timedelta(days=notice_days)

    async def run_due(self) -> int:
        """Store the events of acts, the oldest first. Return of how many acts."""
        async with self._database.reading() as session:
            if await session.scalar(select(TeamAct.id).limit(1)) is None:
                return 0
        now = self._clock.now()
        wanted = select(TeamAct).order_by(TeamAct.id).limit(AT_ONCE).with_for_update(skip_locked=True)
        async with self._database.writing() as session:
            acts = (await session.scalars(wanted)).all()
            await lock_dossiers(session, [act.dossier for act in acts])
            for act in acts:
                for change in self._changes(act, now):
                    await store_change(session, change, now)
            await session.execute(delete(TeamAct).where(TeamAct.id.in_([act.id for act in acts])))
        return len(acts)

    def _changes(self, act: TeamAct, now: datetime) -> list[Change]:
        member = act.member.removeprefix("Practitioner/")
        if act.act != Act.DATED:
            joined = act.act == Act.JOINED
            return changes_of(ChangeSource.OWN, SOURCE, act.key, act.dossier, member, joined=joined, at=act.at, author=act.actor)
        if "/" in member:
            return []
        if act.ends_on is not None and paris_day(now) >= act.ends_on - self._notice:
            return []  # its end is announced at once
        until = act.ends_on.isoformat() if act.ends_on else None
        return [dated_change(ChangeSource.OWN, SOURCE, act.key, act.dossier, member, until, act.at, act.actor)]


def dated_change(
    way: ChangeSource, source: str, key: str, dossier: str, member: str, until: str | None, at: datetime, author: str | None = None
) -> Change:
    """Return what somebody is told whose access has other dates now; `until`: the last day, as an ISO date."""
    data = {"recipients": [member]} | ({"author": author} if author else {}) | ({"until": until} if until else {})
    return Change(way, source, event_key("access.dated", key, member), "access.dated", dossier, member, at, data)
