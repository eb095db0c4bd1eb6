"""The worker that watches the platform: reads what it notified of, asks what changed, keeps subscriptions alive.

The platform's clock is the only one that `cursor` goes by. Whatever is read twice changes nothing: teams are compared with what was last
seen of them, and declared events are known by their identity.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from http import HTTPStatus

from sqlalchemy import delete, select, update

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.core.figures import count_figure
from bot.core.upsert import insert_or_ignore
from bot.dossiers.care_teams import fhir_instant
from bot.dossiers.period import instant_of
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirError, FhirNotFound, FhirRejected, FhirUnauthorized
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.fhir.resources import Resource
from bot.jobs.lease_owner import new_owner
from bot.jobs.retry import RetryStrategy
from bot.jobs.worker import Worker
from bot.notifications.event_intake import MAX_BATCH
from bot.notifications.fhir_intake import FhirIntake
from bot.notifications.subject_lookup import SubjectLookup
from bot.notifications.watch.subscriptions import ACTIVE, Subscriptions
from bot.notifications.watch.tables import LOOKS, WATCHES, PlatformLook, PlatformSubscription, PlatformWatch
from bot.notifications.watch.team_watch import TeamWatch
from bot.settings import Settings

TEAMS, REQUESTS = "CareTeam", "CommunicationRequest"
PAGE = "200"
OVERLAP = timedelta(minutes=1)
"""How much before the newest change that was seen is asked for again: what was written at once may become visible one after the other."""
SKEW = timedelta(minutes=5)
"""How far the platform's clock may be behind ours, where it has not said what time it is."""
CHECK = timedelta(minutes=5)
"""How often a subscription is looked at, and what changed is asked for all the same."""
NO_BASELINE = timedelta(seconds=2)
RETRY = RetryStrategy(first=timedelta(seconds=5), longest=timedelta(minutes=5), jitter=0.2)
LOOKS_AT_ONCE = 20
GIVE_UP = timedelta(days=7)
"""For how long a resource that was notified of is asked for. What changed in the meantime is found by `_lastUpdated` all the same."""
UNREADABLE = "notified_unreadable"
"""Figure of resources that the platform notified of and does not let be read."""


class PlatformWatcher:
    """Watches the platform for one process; of several, each does what it claims."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, fhir: FhirClient, mapping: PlatformMapping = DEFAULT_MAPPING
    ) -> None:
        self._database, self._clock, self._fhir = database, clock, fhir
        self._interval = timedelta(seconds=settings.platform_poll_seconds)
        self._owner = new_owner()
        self.teams = TeamWatch(database, clock, fhir, settings.access_end_notice_days, mapping)
        self.subscriptions = Subscriptions(settings, database, clock, fhir)
        lookup, key = SubjectLookup(fhir, mapping), settings.required("events_token")
        self._declared = FhirIntake(database, clock, lookup, key, MAX_BATCH)
        self._worker = Worker(
            database, clock, self.run_due, doing="watching the platform", topics=(WATCHES.name, LOOKS.name), next_due=self._next_due
        )

    def start(self) -> None:
        """Begin to watch."""
        self._worker.start()

    async def stop(self) -> None:
        """Stop; what is under way is done again at the next start."""
        await self._worker.stop()

    async def run_due(self) -> int:
        """Do what is due. Return how many looks there were."""
        await self._begin()
        done = 0
        while not self._worker.stopping:
            watches = await WATCHES.claim(self._database, self._clock, select(PlatformWatch), owner=self._owner)
            for watch in watches:
                await self._watch(watch)
            looks = await LOOKS.claim(
                self._database, self._clock, select(PlatformLook).order_by(PlatformLook.asked_at), limit=LOOKS_AT_ONCE
            )
            for look in looks:
                await self._look(look)
            if not watches and not looks:
                break
            done += len(watches) + len(looks)
        return done

    async def _begin(self) -> None:
        """Have care teams looked at, where they are to be asked for and nobody did so yet."""
        if not self._interval:
            return
        async with self._database.reading() as session:
            row = await session.get(PlatformWatch, TEAMS)
        if row is None:
            async with self._database.writing() as session:
                values = {"name": TEAMS, "failures": 0, "next_at": self._clock.now()}
                await session.execute(insert_or_ignore(session, PlatformWatch).values(**values))
        elif row.next_at is None:
            async with self._database.writing() as session:
                again = update(PlatformWatch).where(PlatformWatch.name == TEAMS, PlatformWatch.next_at.is_(None))
                await session.execute(again.values(next_at=self._clock.now()).execution_options(synchronize_session=False))

    async def _watch(self, watch: PlatformWatch) -> None:
        """Check the subscriptions of this type, and ask for everything that changed since the last look."""
        now, values = self._clock.now(), dict[str, object]()
        try:
            active = await self._check_subscriptions(watch.name, now)
            cursor = await self._baseline(watch) if watch.baseline_at is None else await self._changes(watch)
            values = {"cursor": cursor, "failures": 0, "looked_at": now, "next_at": self._next(active, now)}
            if watch.baseline_at is None:
                values["baseline_at"] = now
        except FhirError as error:
            log_error(error, "asking what changed on the platform; it is asked again")
            failures = watch.failures + 1
            values = {"failures": failures, "next_at": RETRY.next_attempt(failures, self._clock.now())}
        next_at = values.pop("next_at")
        async with self._database.writing() as session:
            row = await session.get(PlatformWatch, watch.name, with_for_update=True)
            if row is None or row.owner != self._owner:  # it took too long, and another process looks
                return
            if row.next_at == watch.next_at:  # nobody asked for a look meanwhile
                values["next_at"] = next_at
            for name, value in (values | {"lease_until": None, "owner": None}).items():
                setattr(row, name, value)

    def _next(self, active: bool | None, now: datetime) -> datetime | None:
        """Return when to look again. `active`: whether the subscriptions work; None: there are none."""
        if active is None:
            return now + self._interval if self._interval else None
        return now + (CHECK if active else min(self._interval or CHECK, CHECK))

    async def _check_subscriptions(self, name: str, now: datetime) -> bool | None:
        """Check those that are due; return whether all are active, None where there are none."""
        wanted = [one for one in await self.subscriptions.wanted() if one.resource_type == name]
        checked = [
            await self._check(one) if one.checked_at is None or one.checked_at <= now - CHECK or one.state != ACTIVE else one
            for one in wanted
        ]
        return all(one.state == ACTIVE for one in checked) if checked else None

    async def _check(self, one: PlatformSubscription) -> PlatformSubscription:
        try:
            return await self.subscriptions.check(one)
        except FhirError as error:  # it is asked what changed all the same
            log_error(error, "setting a subscription up")
            one.state = ""
            return one

    async def _baseline(self, watch: PlatformWatch) -> datetime:
        """See everything that there is, without telling of it; return the cursor."""
        begun = self._clock.now() - SKEW
        newest: datetime | None = None
        if watch.name == TEAMS:
            async for page in self._pages(TEAMS, {"status": "active"}):
                await self.teams.learn(page)
                newest = max(filter(None, [newest, *map(_updated, page)]), default=None)
                await self._renew(watch)
        return min(begun, newest or begun)

    async def _changes(self, watch: PlatformWatch) -> datetime:
        """Tell of everything that changed since the cursor; return the new one."""
        cursor = watch.cursor or watch.baseline_at or self._clock.now()
        since, newest = fhir_instant(cursor - OVERLAP), cursor
        async for page in self._pages(watch.name, {"_lastUpdated": f"ge{since}"}):
            await self._take(watch.name, page, _since(watch))
            newest = max(filter(None, [newest, *map(_updated, page)]))
            await self._renew(watch)
        return max(cursor, min(newest, self._clock.now() + SKEW))

    async def _pages(self, name: str, params: dict[str, str]) -> AsyncIterator[list[Resource]]:
        """Yield the resources of this type page by page, however many there are."""
        async for page in self._fhir.pages(name, {**params, "_count": PAGE}, most=None):
            yield [resource for resource in page if resource["resourceType"] == name]

    async def _take(self, name: str, resources: list[Resource], since: datetime) -> None:
        if name == TEAMS:
            await self.teams.compare(resources, since)
        elif resources:
            await self._declared.take({"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources]})

    async def _look(self, look: PlatformLook) -> None:
        """Read one resource that the platform notified of; put it off while the platform is away."""
        name, _, resource_id = look.resource.partition("/")
        async with self._database.reading() as session:
            watch = await session.get(PlatformWatch, name)
        if name == TEAMS and (watch is None or watch.baseline_at is None):
            await self._put_off(look, self._clock.now() + NO_BASELINE)
            return
        try:
            resource, _ = await self._fhir.read(name, resource_id)
            await self._take(name, [resource], _since(watch) if watch and watch.baseline_at else look.asked_at)
        except FhirNotFound:
            await self._done(look)
        except FhirError as error:
            if await self._is_hopeless(error, look):
                log_error(error, "reading what the platform notified of; it cannot be read, and is left")
                await self._done(look, left=True)
                return
            log_error(error, "reading what the platform notified of; it is read again")
            await self._put_off(look, RETRY.next_attempt(look.attempts, self._clock.now()))
        else:
            await self._done(look)

    async def _is_hopeless(self, error: FhirError, look: PlatformLook) -> bool:
        """Return whether a resource will not be given to us: it alone is refused, or it was asked for all the time."""
        if self._clock.now() - look.asked_at >= GIVE_UP or isinstance(error, FhirRejected):
            return True
        if not isinstance(error, FhirUnauthorized) or error.status != HTTPStatus.FORBIDDEN:
            return False
        try:
            await self._fhir.ping()
        except FhirError:
            return False  # nothing is given to us: that will be mended
        return True

    async def _done(self, look: PlatformLook, *, left: bool = False) -> None:
        async with self._database.writing() as session:
            same = (PlatformLook.resource == look.resource, PlatformLook.asked_at == look.asked_at)
            await session.execute(delete(PlatformLook).where(*same))
            await LOOKS.release(session, [look.resource])  # notified of again meanwhile
            if left:
                await count_figure(session, UNREADABLE)

    async def _put_off(self, look: PlatformLook, until: datetime | None) -> None:
        async with self._database.writing() as session:
            await LOOKS.release(session, [look.resource], not_before=until)

    async def _renew(self, watch: PlatformWatch) -> None:
        async with self._database.writing() as session:
            await WATCHES.renew(session, [watch.name], self._clock.now(), owner=self._owner)

    async def _next_due(self) -> datetime | None:
        now = self._clock.now()
        async with self._database.reading() as session:
            instants = (await WATCHES.next_due(session, now), await LOOKS.next_due(session, now))
        return min((instant for instant in instants if instant is not None), default=None)


def _since(watch: PlatformWatch) -> datetime:
    """Return from when on what changed was not seen, at the earliest."""
    assert watch.baseline_at is not None
    return max(watch.baseline_at, watch.cursor or watch.baseline_at) - SKEW


def _updated(resource: Resource) -> datetime | None:
    return instant_of((resource.get("meta") or {}).get("lastUpdated"))
