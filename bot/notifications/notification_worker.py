"""Where notifications meet conversations: who is reached by which chat, and the worker that fans out, hands over and reminds.

The scheduler only wakes the worker up; what is due is in the database, and looked at every two seconds besides, for what other
processes wrote and what falls due meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Container, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.registry import AccountRegistry
from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.dossiers.care_teams import CareTeams
from bot.fhir.client import FhirClient
from bot.identity.tables import ChatLink
from bot.messaging.outbound_commands import FETCHED
from bot.messaging.pii.redaction import Redaction
from bot.messaging.tables import Conversation
from bot.notifications.care_team_cache import CareTeamCache
from bot.notifications.delivery_status import SendTimeCheck
from bot.notifications.dispatch import Dispatcher
from bot.notifications.eligibility import EligibilityCheck
from bot.notifications.fan_out import EVENTS_AT_ONCE, FanOut
from bot.notifications.kinds import CHATS, DeliveryChannel
from bot.notifications.purge import Purging
from bot.notifications.reachability import Reachability
from bot.notifications.recipients import EmailAddresses
from bot.notifications.unread_reminders import Reminding
from bot.settings import Settings

POLL_SECONDS = 2.0
"""How soon what another process wrote is seen."""
STOP_SECONDS = 2.0
FIRST_ROUND = timedelta(seconds=30)
"""How long after the start reminders and purges are looked at first, then once an hour."""


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
    """The notifications of one process, put together."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, fhir: FhirClient, privacy: Redaction, channels: Container[str]
    ) -> None:
        registry, reaching = AccountRegistry(fhir), ReachByChats(channels)
        circles, addresses = CareTeamCache(CareTeams(fhir), clock), EmailAddresses(database, clock, registry)
        checks = EligibilityCheck(database, circles, addresses, reaching, privacy.safe_url)
        self.following = SendTimeCheck(database, clock, circles, reaching)
        self.fan_out = FanOut(database, clock, circles, registry, addresses, reaching)
        self.handing = Dispatcher(database, clock, checks, reaching, settings.own_url)
        self.reminding = Reminding(database, clock, circles, addresses, settings.own_url)
        self.purging = Purging(database, clock, settings)
        self._woken, self._stopping = asyncio.Event(), False
        self._task: asyncio.Task[None] | None = None
        self._scheduler: AsyncIOScheduler | None = None

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._run())
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        # Digest hours and the ends of quiet windows are to the minute: what falls due is looked at in its first moment.
        self._scheduler.add_job(self.wake, "cron", second=0, misfire_grace_time=None, coalesce=True)
        hourly = {"hours": 1, "jitter": 300, "next_run_time": datetime.now(UTC) + FIRST_ROUND}
        self._scheduler.add_job(self._remind, "interval", **hourly)
        self._scheduler.add_job(self._purge, "interval", **hourly)
        self._scheduler.start()

    async def stop(self) -> None:
        """Stop; what is under way is given a moment, and goes on at the next start otherwise."""
        self._stopping = True
        self.wake()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
        if self._task is not None:
            await asyncio.wait([self._task], timeout=STOP_SECONDS)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def wake(self) -> None:
        """Something may have fallen due: look now."""
        self._woken.set()

    async def run_due(self) -> int:
        """Fan out and hand over, by turns, until there is nothing left to do; gives how much was done.

        Everything that is pending is fanned out first, so that what arrived together leaves together; what arrives meanwhile waits for
        its turn, so that events which go on arriving keep nobody waiting.
        """
        done = 0
        while not self._stopping:
            fanned = await self.fan_out.run_due()
            handed = await self.handing.run_due() if fanned < EVENTS_AT_ONCE else 0
            if not fanned + handed:
                break
            done += fanned + handed
        return done

    async def _remind(self) -> None:
        try:
            await self.reminding.run_due()
        except Exception as error:  # the next round tries again
            log_error(error, "reminding people of what they did not read")

    async def _purge(self) -> None:
        try:
            await self.purging.run_due()
        except Exception as error:  # the next round tries again
            log_error(error, "deleting what is not kept any longer")

    async def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                await self.run_due()
            except Exception as error:  # the database may be away for a while: the next round tries again
                log_error(error, "telling people what happened")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)
