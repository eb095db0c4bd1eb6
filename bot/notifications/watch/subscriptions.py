"""Subscriptions of ours on the platform (FHIR R4 `Subscription`, rest-hook): set up, checked, set up again, ended.

Which ones are wanted is in `platform_subscriptions`; what the platform says of them is its own `status`. Notifications are known by a
secret in a header, which is derived from SECRET and stored nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from sqlalchemy import delete, select, update

from bot.core.clock import Clock
from bot.core.database import Database, announce
from bot.core.upsert import insert_or_ignore
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirNotFound
from bot.fhir.outcomes import FHIR_JSON
from bot.fhir.resources import Resource
from bot.notifications.watch.tables import WATCHES, PlatformSubscription, PlatformWatch
from bot.settings import Settings

CARE_TEAMS, REQUESTS = "CareTeam?status=active", "CommunicationRequest?status=active"
PATH = "/platform/notifications"
ACTIVE, OFF = "active", "off"
_WORKING = (ACTIVE, "requested")


def notification_token(settings: Settings) -> str:
    """Return the secret that the platform shows with its notifications. Raises SettingsError where SECRET is missing."""
    return hmac.new(settings.required("secret").encode(), b"platform subscription", hashlib.sha256).hexdigest()


class Subscriptions:
    """The subscriptions of one installation. Methods that ask the platform raise the errors of `bot.fhir.errors`."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, fhir: FhirClient) -> None:
        """Raise SettingsError where SECRET is missing."""
        self._database, self._clock, self._fhir = database, clock, fhir
        base = (settings.platform_callback_url or settings.own_url).rstrip("/")
        self._endpoint, self._header = base + PATH, f"Authorization: Bearer {notification_token(settings)}"

    async def wanted(self) -> Sequence[PlatformSubscription]:
        """Return the subscriptions that are wanted, as they were last seen."""
        async with self._database.reading() as session:
            return (await session.scalars(select(PlatformSubscription).order_by(PlatformSubscription.criteria))).all()

    async def subscribe(self, criteria: str, *, payload: bool) -> PlatformSubscription:
        """Want a subscription, and set it up; have what there is looked at from now on."""
        async with self._database.writing() as session:
            values = {"criteria": criteria, "payload": payload, "state": "", "repairs": 0}
            await session.execute(insert_or_ignore(session, PlatformSubscription).values(**values))
            changed = update(PlatformSubscription).where(PlatformSubscription.criteria == criteria).values(payload=payload)
            await session.execute(changed.execution_options(synchronize_session=False))
        found = next(one for one in await self.wanted() if one.criteria == criteria)
        checked = await self.check(found)
        now = self._clock.now()
        async with self._database.writing() as session:
            watch = {"name": found.resource_type, "failures": 0, "next_at": now}
            await session.execute(insert_or_ignore(session, PlatformWatch).values(**watch))
            soon = update(PlatformWatch).where(PlatformWatch.name == found.resource_type).values(next_at=now)
            await session.execute(soon.execution_options(synchronize_session=False))
            announce(session, WATCHES.name)
        return checked

    async def check(self, wanted: PlatformSubscription) -> PlatformSubscription:
        """See how a subscription does on the platform, and set it up (again) where it does not work; return it as it is now."""
        resource, etag = await self._read(wanted.remote_id)
        repaired = False
        if resource is None:
            resource, _ = await self._fhir.create(self._resource(wanted))
            repaired = wanted.remote_id is not None
        elif resource.get("status") not in _WORKING or not self._is_ours(resource, wanted):
            repaired = resource.get("status") not in _WORKING
            kept = {name: resource[name] for name in ("id", "meta") if name in resource}
            resource, _ = await self._fhir.update(self._resource(wanted) | kept, if_match=etag)
        values = {"remote_id": str(resource["id"]), "state": str(resource.get("status", ""))[:16], "checked_at": self._clock.now()}
        values["repairs"] = wanted.repairs + repaired
        async with self._database.writing() as session:
            row = await session.get(PlatformSubscription, wanted.criteria, with_for_update=True)
            if row is None:  # ended meanwhile
                return wanted
            for name, value in values.items():
                setattr(row, name, value)
        return row

    async def unsubscribe(self) -> int:
        """Switch all subscriptions off on the platform and want them no more; return how many there were."""
        wanted = await self.wanted()
        for one in wanted:
            resource, etag = await self._read(one.remote_id)
            if resource is not None and resource.get("status") != OFF:
                await self._fhir.update(resource | {"status": OFF}, if_match=etag)
            async with self._database.writing() as session:
                await session.execute(delete(PlatformSubscription).where(PlatformSubscription.criteria == one.criteria))
        return len(wanted)

    async def _read(self, remote_id: str | None) -> tuple[Resource | None, str]:
        if remote_id is None:
            return None, ""
        try:
            return await self._fhir.read("Subscription", remote_id)
        except FhirNotFound:
            return None, ""

    def _resource(self, wanted: PlatformSubscription) -> Resource:
        channel: Resource = {"type": "rest-hook", "endpoint": self._endpoint, "header": [self._header]}
        if wanted.payload:
            channel["payload"] = FHIR_JSON
        reason = "Assistant SPHERE"
        return {"resourceType": "Subscription", "status": "requested", "reason": reason, "criteria": wanted.criteria, "channel": channel}

    def _is_ours(self, resource: Resource, wanted: PlatformSubscription) -> bool:
        """Return whether it is set up as it must be; servers may hide the header."""
        channel = resource.get("channel") or {}
        header = channel.get("header") or [self._header]
        return channel.get("endpoint") == self._endpoint and header == [self._header] and resource.get("criteria") == wanted.criteria
