"""Subscriptions of ours on the platform (FHIR R4 `Subscription`, rest-hook): set up, checked, set up again, ended.

Which ones are wanted is in `platform_subscriptions`; what the platform says of them is its own `status`. Notifications are known by a
secret in a header, which is derived from SECRET and stored nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import delete, select, update

from bot.core.clock import Clock
from bot.core.database import Database, announce
from bot.core.secret import keys_of
from bot.core.upsert import insert_or_ignore
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirConflict, FhirNotFound, FhirRejected, FhirUnauthorized
from bot.fhir.outcomes import FHIR_JSON
from bot.fhir.resources import Resource, etag_of
from bot.notifications.watch.tables import WATCHES, PlatformSubscription, PlatformWatch
from bot.settings import Settings

CARE_TEAMS, REQUESTS = "CareTeam?status=active", "CommunicationRequest?status=active"
PATH = "/platform/notifications"
ACTIVE, OFF = "active", "off"
_WORKING = (ACTIVE, "requested")


def notification_token(settings: Settings) -> str:
    """Return the secret that the platform shows with its notifications. Raises SettingsError where SECRET is missing."""
    return notification_tokens(settings)[0]


def notification_tokens(settings: Settings) -> list[str]:
    """Return the secrets that are taken: that of SECRET first, then that of the other one while it is changed."""
    keys = keys_of(settings.required("secret"))
    return [hmac.new(key.encode(), b"platform subscription", hashlib.sha256).hexdigest() for key in keys]


class Subscriptions:
    """The subscriptions of one installation. Methods that ask the platform raise the errors of `bot.fhir.errors`."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, fhir: FhirClient) -> None:
        """Raise SettingsError where SECRET is missing."""
        self._database, self._clock, self._fhir = database, clock, fhir
        base = (settings.platform_callback_url or settings.own_url).rstrip("/")
        self._endpoint, self._header = base + PATH, f"Authorization: Bearer {notification_token(settings)}"
        self._shown: dict[str, tuple[str, str]] = {}
        """How the platform showed a subscription right after this process had set it up, by criteria."""

    async def wanted(self) -> Sequence[PlatformSubscription]:
        """Return the subscriptions that are wanted, as they were last seen."""
        async with self._database.reading() as session:
            return (await session.scalars(select(PlatformSubscription).order_by(PlatformSubscription.criteria))).all()

    async def subscribe(self, criteria: str, *, payload: bool) -> PlatformSubscription:
        """Set a subscription up, and want it from now on; have what there is looked at. Nothing is wanted that could not be set up."""
        before = next((one for one in await self.wanted() if one.criteria == criteria), None)
        kept = {"remote_id": before.remote_id, "repairs": before.repairs} if before is not None else {"remote_id": None, "repairs": 0}
        wanted = PlatformSubscription(criteria=criteria, payload=payload, state="", **kept)
        seen, now = {"payload": payload, **await self._seen(wanted, anew=True)}, self._clock.now()
        async with self._database.writing() as session:
            await session.execute(insert_or_ignore(session, PlatformSubscription).values(criteria=criteria, **seen))
            changed = update(PlatformSubscription).where(PlatformSubscription.criteria == criteria).values(**seen)
            await session.execute(changed.execution_options(synchronize_session=False))
            watch = {"name": wanted.resource_type, "failures": 0, "next_at": now}
            await session.execute(insert_or_ignore(session, PlatformWatch).values(**watch))
            soon = update(PlatformWatch).where(PlatformWatch.name == wanted.resource_type).values(next_at=now)
            await session.execute(soon.execution_options(synchronize_session=False))
            announce(session, WATCHES.name)
        return next(one for one in await self.wanted() if one.criteria == criteria)

    async def check(self, wanted: PlatformSubscription) -> PlatformSubscription:
        """See how a subscription does on the platform, and set it up (again) where it does not work; return it as it is now."""
        values = await self._seen(wanted)
        async with self._database.writing() as session:
            row = await session.get(PlatformSubscription, wanted.criteria, with_for_update=True)
            if row is None:  # ended meanwhile
                return wanted
            for name, value in values.items():
                setattr(row, name, value)
        return row

    async def _seen(self, wanted: PlatformSubscription, *, anew: bool = False) -> dict[str, Any]:
        """Return what is known of a subscription once it was set up where it has to be; `anew`: set it right in any case."""
        resource, etag = await self._read(wanted.remote_id)
        if resource is None or resource.get("status") not in _WORKING:  # another process may have set one up
            resource, etag = await self._one(wanted.criteria) or (resource, etag)
        repaired = False
        if resource is None:
            resource, repaired = await self._create(wanted), wanted.remote_id is not None
        elif anew or resource.get("status") not in _WORKING or not self._is_ours(resource, wanted):
            repaired = resource.get("status") not in _WORKING and wanted.remote_id is not None
            kept = {name: resource[name] for name in ("id", "meta") if name in resource}
            resource, _ = await self._fhir.update(self._resource(wanted) | kept, if_match=etag)
            self._shown[wanted.criteria] = _shape(resource)
        values = {"remote_id": str(resource["id"]), "state": str(resource.get("status", ""))[:16], "checked_at": self._clock.now()}
        return values | {"repairs": wanted.repairs + repaired}

    async def _create(self, wanted: PlatformSubscription) -> Resource:
        """Create a subscription; of several that were created at once, return the one that all processes keep."""
        once = urlencode([("url", self._endpoint), ("criteria", wanted.criteria)])
        try:
            resource, _ = await self._fhir.create(self._resource(wanted), if_none_exist=once)
        except (FhirConflict, FhirRejected, FhirNotFound):  # it cannot be searched for
            resource, _ = await self._fhir.create(self._resource(wanted))
        if self._is_another(resource, wanted):  # a server that passes a parameter over finds one, but not this
            resource, _ = await self._fhir.create(self._resource(wanted))
        self._shown[wanted.criteria] = _shape(resource)
        kept, _ = await self._one(wanted.criteria) or (resource, "")
        if kept["id"] != resource["id"] and resource.get("status") != OFF:
            await self._fhir.update(resource | {"status": OFF}, if_match=etag_of(resource))
        return kept

    async def _one(self, criteria: str) -> tuple[Resource, str] | None:
        """Return the platform's subscription of these criteria that notifies us, and its ETag: of several a working one, the first by id.

        None: there is none, or it is not allowed to search for them.
        """
        try:
            found = await self._fhir.search("Subscription", {"url": self._endpoint})
        except (FhirRejected, FhirNotFound):
            return None
        except FhirUnauthorized as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            return None
        ours = [one for one in found if self._is_meant(one, criteria)]
        if not ours:
            return None
        first = min(ours, key=lambda one: (one.get("status") not in _WORKING, str(one.get("id"))))
        resource, etag = await self._read(str(first.get("id")))
        return (resource, etag) if resource is not None else None

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
        """Return whether it is set up as it must be, or is shown as it was when it had been set up: servers hide, or mask, the header."""
        channel = resource.get("channel") or {}
        header = channel.get("header") or [self._header]
        right = self._is_meant(resource, wanted.criteria) and header == [self._header]
        return right or _shape(resource) == self._shown.get(wanted.criteria)

    def _is_another(self, resource: Resource, wanted: PlatformSubscription) -> bool:
        """Return whether it is surely not what was asked for: servers may write criteria in their own way."""
        of_type = str(resource.get("criteria")).partition("?")[0].rpartition("/")[2]
        return (resource.get("channel") or {}).get("endpoint") != self._endpoint or of_type != wanted.resource_type

    def _is_meant(self, resource: Resource, criteria: str) -> bool:
        return (resource.get("channel") or {}).get("endpoint") == self._endpoint and resource.get("criteria") == criteria


def _shape(resource: Resource) -> tuple[str, str]:
    """Return what the platform shows of how a subscription is set up."""
    return str(resource.get("criteria")), json.dumps(resource.get("channel"), sort_keys=True)
