"""Where notifications meet conversations: who is reached by which chat, and the worker that fans out, hands over and reminds.

The scheduler only wakes the worker up; what is due is in the database.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.registry import AccountRegistry
from bot.core.clock import Clock
from bot.core.database import Database
from bot.dossiers.care_teams import CareTeams
from bot.fhir.client import FhirClient
from bot.identity.tables import ChatLink
from bot.jobs.schedule import Schedule
from bot.jobs.worker import Worker
from bot.messaging.outbound_commands import FETCHED
from bot.messaging.pii.redaction import Redaction
from bot.messaging.tables import Conversation
from bot.notifications.care_team_cache import CareTeamCache
from bot.notifications.delivery_status import NotificationTracker
from bot.notifications.dispatch import Dispatcher
from bot.notifications.eligibility import EligibilityCheck
from bot.notifications.fan_out import EVENTS_AT_ONCE, QUEUE, FanOut
from bot.notifications.kinds import CHATS, DeliveryChannel
from bot.notifications.purge import Purging
from bot.notifications.reachability import Reachability
from bot.notifications.recipients import DUE_TOPIC, EmailAddresses, next_check
from bot.notifications.send_time_check import SendTimeCheck
from bot.notifications.unread_reminders import Reminding
from bot.settings import Settings


class ReachByChats:
    """Who is reached by which chat: the one that was linked last, of those that can be written to."""

    def __init__(self, channels: Container[str]) -> None:
        """`channels`: names of those that run; a chat on another one is no way."""
        self._channels = channels

    async def __call__(self, session: AsyncSession, accounts: Collection[str], now: datetime) -> Mapping[str, Reachability]:
        """See `bot.notifications.reachability.Reaching`."""
        linked = (
            select(ChatLink.account_id, Conversation.channel, Conversation.id, Conversation.closed_at)
            .join(Conversation, Conversation.id == ChatLink.conversation_id)
            .where(ChatLink.account_id.in_(accounts), ChatLink.expires_at > now)
            .order_by(ChatLink.linked_at.desc(), Conversation.id)
        )
        chats: dict[str, dict[DeliveryChannel, str]] = {}
        closed: dict[str, dict[DeliveryChannel, datetime]] = {}
        for account_id, channel, conversation_id, closed_at in await session.execute(linked):
            way = self._way(channel)
            if way is not None and closed_at is None:
                chats.setdefault(account_id, {}).setdefault(way, conversation_id)
            elif way is not None and closed_at is not None:
                closed.setdefault(account_id, {}).setdefault(way, closed_at)
        return {
            account_id: Reachability(
                chats.get(account_id, {}),
                {way: at for way, at in closed.get(account_id, {}).items() if way not in chats.get(account_id, {})},
            )
            for account_id in {*chats, *closed}
        }

    def _way(self, channel: str) -> DeliveryChannel | None:
        if channel in FETCHED:
            return DeliveryChannel.SPHERE
        return DeliveryChannel(channel) if channel in CHATS and channel in self._channels else None


class NotificationWorker:
    """The notifications of one process: fans events out, dispatches what falls due, reminds and purges."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, fhir: FhirClient, privacy: Redaction, channels: Container[str]
    ) -> None:
        registry, reaching = AccountRegistry(fhir), ReachByChats(channels)
        circles, addresses = CareTeamCache(CareTeams(fhir), clock), EmailAddresses(database, clock, registry)
        checks = EligibilityCheck(database, circles, addresses, reaching, privacy.safe_url)
        self._database, self._clock = database, clock
        self.tracker = NotificationTracker(SendTimeCheck(database, clock, circles, reaching))
        self.fan_out = FanOut(database, clock, circles, registry, addresses, reaching)
        self.dispatcher = Dispatcher(database, clock, checks, reaching, settings.own_url)
        self.reminding = Reminding(database, clock, circles, addresses, settings.own_url)
        self.purging = Purging(database, clock, settings)
        self._worker = Worker(
            database,
            clock,
            self.run_due,
            doing="notifying people",
            topics=(QUEUE.name, DUE_TOPIC),
            next_due=self._next_due,
        )
        self._schedule = Schedule()
        # Digest hours and the ends of quiet hours are to the minute: what falls due is looked at in its first second.
        self._schedule.every_minute(self._worker.wake)
        self._schedule.hourly(self.reminding.run_due, "reminding people of unread notifications")
        self._schedule.hourly(self.purging.run_due, "deleting what is not kept any longer")

    def start(self) -> None:
        """Begin to work."""
        self._worker.start()
        self._schedule.start()

    async def stop(self) -> None:
        """Stop; what is under way is given a moment, and goes on at the next start otherwise."""
        self._schedule.stop()
        await self._worker.stop()

    async def run_due(self) -> int:
        """Fan out and dispatch, by turns, until there is nothing left to do. Return how much was done.

        Everything that is pending is fanned out first, so that what arrived together leaves together; what arrives meanwhile waits for
        its turn, so that events which go on arriving keep nobody waiting.
        """
        done = 0
        while not self._worker.stopping:
            fanned_out = await self.fan_out.run_due()
            dispatched = await self.dispatcher.run_due() if fanned_out < EVENTS_AT_ONCE else 0
            if not fanned_out + dispatched:
                break
            done += fanned_out + dispatched
        return done

    async def _next_due(self) -> datetime | None:
        now = self._clock.now()
        async with self._database.reading() as session:
            instants = (await QUEUE.next_due(session, now), await next_check(session, now))
        return min((instant for instant in instants if instant is not None), default=None)
