"""The worker of notifications: fans events out, dispatches what falls due, reminds and purges.

The scheduler only wakes the worker up; what is due is in the database.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container
from datetime import datetime, timedelta

from bot.accounts.registry import AccountRegistry
from bot.core.clock import Clock
from bot.core.database import Database
from bot.dossiers.care_teams import CareTeams
from bot.dossiers.team_acts import TOPIC as ACTS_TOPIC
from bot.fhir.client import FhirClient
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.jobs.periods import begin_period
from bot.jobs.schedule import Schedule
from bot.jobs.worker import Worker
from bot.notifications.access_dates import AccessDates
from bot.notifications.care_team_cache import CareTeamCache
from bot.notifications.delivery_status import NotificationTracker
from bot.notifications.dispatch import Dispatcher
from bot.notifications.eligibility import EligibilityCheck, SafeUrl
from bot.notifications.fan_out import EVENTS_AT_ONCE, QUEUE, FanOut
from bot.notifications.own_acts import OwnActs
from bot.notifications.purge import Purge
from bot.notifications.reachability import ReachabilityLookup
from bot.notifications.recipients import DUE_TOPIC, EmailAddresses, next_check
from bot.notifications.send_time_check import SendTimeCheck
from bot.notifications.unread_reminders import UnreadReminders
from bot.settings import Settings


class NotificationWorker:
    """The notifications of one process: fans events out, dispatches what falls due, reminds and purges."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        fhir: FhirClient,
        safe_url: SafeUrl,
        channels: Container[str],
        mapping: PlatformMapping = DEFAULT_MAPPING,
    ) -> None:
        registry, lookup = AccountRegistry(fhir, clock, mapping), ReachabilityLookup(channels)
        teams = CareTeams(fhir, clock, mapping)
        care_teams, addresses = CareTeamCache(teams, clock), EmailAddresses(database, clock, registry)
        checks = EligibilityCheck(database, care_teams, addresses, lookup, safe_url)
        self._database, self._clock, spread = database, clock, timedelta(minutes=settings.digest_spread_minutes)
        self.tracker = NotificationTracker(SendTimeCheck(database, clock, care_teams, lookup, spread))
        self.access_dates = AccessDates(database, clock, teams, settings.access_end_notice_days)
        self.own_acts = OwnActs(database, clock, settings.access_end_notice_days)
        self.fan_out = FanOut(database, clock, care_teams, registry, addresses, lookup, spread)
        self.dispatcher = Dispatcher(database, clock, checks, lookup, settings)
        self.reminders = UnreadReminders(database, clock, care_teams, addresses, settings)
        self.purge = Purge(database, clock, settings)
        self._worker = Worker(
            database,
            clock,
            self.run_due,
            doing="notifying people",
            topics=(QUEUE.name, DUE_TOPIC, ACTS_TOPIC),
            next_due=self._next_due,
        )
        self._schedule = Schedule()
        # Digest hours and the ends of quiet hours are to the minute: what falls due is looked at in its first second.
        self._schedule.every_minute(self._worker.wake)
        self._schedule.hourly(self._once("reminders", self.reminders.run_due), "reminding people of unread notifications")
        self._schedule.hourly(self._once("purge", self.purge.run_due), "deleting what is not kept any longer")

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
            acts = await self.own_acts.run_due()
            fanned_out = await self.fan_out.run_due()
            dispatched = await self.dispatcher.run_due() if fanned_out < EVENTS_AT_ONCE else 0
            looked_after = await self.access_dates.run_due() if fanned_out < EVENTS_AT_ONCE else 0  # what the platform told comes first
            did = acts + fanned_out + dispatched + looked_after
            if not did:
                break
            done += did
        return done

    def _once(self, name: str, task: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
        """Return what one process does an hour, whichever tries first."""

        async def run() -> object:
            return await task() if await begin_period(self._database, self._clock, name) else None

        return run

    async def _next_due(self) -> datetime | None:
        now = self._clock.now()
        async with self._database.reading() as session:
            instants = (
                await QUEUE.next_due(session, now),
                await next_check(session, now),
                await self.access_dates.next_due(session),
            )
        return min((instant for instant in instants if instant is not None), default=None)
