"""The send-time check: what is about to be sent is decided once more, where it did not leave at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database
from bot.jobs.outbox import OutboxRow
from bot.notifications.calendar import quiet_for_some
from bot.notifications.care_team_cache import CareTeamCache
from bot.notifications.eligibility import needs_check
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.reachability import UNREACHABLE, ReachabilityLookup
from bot.notifications.recipients import RECIPIENTS, read_preferences, read_recipients
from bot.notifications.replanning import ExistingDelivery, Planner
from bot.notifications.send_history import MESSAGES
from bot.notifications.tables import WAITING, Notice, NoticeSend

FRESH = timedelta(minutes=1)
"""What was dispatched longer ago is decided again before it is sent."""


class SendTimeCheck:
    """Decides once more about messages that are about to be sent, where they did not leave at once."""

    def __init__(
        self, database: Database, clock: Clock, care_teams: CareTeamCache, lookup: ReachabilityLookup, digest_spread: timedelta
    ) -> None:
        self._database, self._clock, self._care_teams, self._lookup = database, clock, care_teams, lookup
        self._digest_spread = digest_spread

    async def not_now(self, rows: Collection[OutboxRow]) -> set[int]:
        """Return the ids of rows that must not be sent now: preferences changed, quiet hours, read, access ended.

        Everything is decided again where a minute has passed, an attempt failed, preferences changed, or it is quiet; the other rows go.
        """
        by_message = {int(row.payload["notice"]["message"]): row for row in rows}
        if not by_message:
            return set()
        now = self._clock.now()
        columns = (MESSAGES.c.id, MESSAGES.c.handed_at, RECIPIENTS.c.version, RECIPIENTS.c.preferences)
        known = select(*columns).join(RECIPIENTS, RECIPIENTS.c.account_id == MESSAGES.c.account_id).where(MESSAGES.c.id.in_(by_message))
        doubtful: list[int] = []
        async with self._database.reading() as session:
            for message_id, handed_at, version, document in await session.execute(known):
                row = by_message[message_id]
                late = row.attempts > 1 or not timedelta() <= now - handed_at <= FRESH
                changed = version != row.payload["notice"]["version"]
                if late or changed or (document and quiet_for_some(read_preferences(document), now)):
                    doubtful.append(message_id)
            if not doubtful:
                return set()
            sends = await self._sends(session, doubtful)
            accounts = sorted({send["account_id"] for send in sends})
            reachability = await self._lookup.find(session, accounts, now)
            people = {person.account_id: person for person in await read_recipients(session, accounts)}
        care_teams = await self._care_teams.get_many(
            {s["dossier"] for s in sends if needs_check(s["kind"], s["dossier"], s["created_at"], now)}
        )
        refused = set()
        for send in sends:
            person, team = people[send["account_id"]], care_teams.get(send["dossier"])
            is_member = send["dossier"] not in care_teams or (team is not None and person.account_id in team.names)
            channels = reachability.get(person.account_id, UNREACHABLE).channels(person.email_or_unknown)
            if not (is_member or send["kind"] == "access.ended") or not _may_go(
                send, Planner(person, channels, now, self._digest_spread), now
            ):
                refused.add(by_message[send["message_id"]].id)
        return refused

    async def _sends(self, session: AsyncSession, messages: list[int]) -> list[dict[str, Any]]:
        columns = (
            NoticeSend.message_id, NoticeSend.id, NoticeSend.account_id, NoticeSend.way, Notice.kind, Notice.dossier, Notice.urgent,
            Notice.created_at, Notice.read_at,
        )  # fmt: skip
        wanted = select(*columns).join(Notice, Notice.id == NoticeSend.notice_id)
        return [dict(row) for row in (await session.execute(wanted.where(NoticeSend.message_id.in_(messages)))).mappings()]


def _may_go(send: Mapping[str, Any], planner: Planner, now: datetime) -> bool:
    if send["read_at"] is not None:
        return False
    channel = DeliveryChannel(send["way"])
    existing = {channel: ExistingDelivery(send["id"], channel, WAITING, None)}
    replan = planner.replan(send["kind"], send["dossier"], existing, urgent=send["urgent"], since=send["created_at"])
    return any(due.channel is channel and due.at <= now for due in replan.waiting)
