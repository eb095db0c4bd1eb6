"""Makes the events that a write causes, and posts them to the assistant: CloudEvents 1.0, in order, until they are accepted.

The events of a write are stored in its transaction and posted one after the other by a worker, so that they survive a stop of
either side and no write waits for them.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import suppress
from datetime import datetime

import httpx

from bot.core.clock import SystemClock
from bot.core.tls import ssl_context
from bot.dossiers.period import has_begun, is_over
from bot.sandbox.fhir.store import Resource, Store

SOURCE = "urn:sphere:sandbox"
_MIN_PAUSE, _MAX_PAUSE = 0.5, 30.0
_RETRIED_STATUSES = {401, 403, 404, 408, 429}
"""Statuses below 500 that a change of the assistant's settings would change; the event is posted again."""
_log = logging.getLogger(__name__)


def events_of_change(store: Store, before: Resource | None, after: Resource, author: str | None) -> list[Resource]:
    """Return the events that a write causes: `after` replaced `before` (None: it was created). `author` references who wrote."""
    if after["resourceType"] == "Practitioner":
        return [_event("account.updated", after["id"], author, [after["id"]])]
    if after["resourceType"] == "CareTeam":
        return _events_of_care_team(store, before, after, author)
    return []


def _events_of_care_team(store: Store, before: Resource | None, after: Resource, author: str | None) -> list[Resource]:
    dossier = _dossier_reference(store, after)
    if dossier is None:
        return []
    now = SystemClock().now()
    former, current = _members(store, before, now), _members(store, after, now)
    author_id = author.rpartition("/")[2] if author else None
    events = []
    for member in sorted(current - former):
        events.append(_event("access.granted", dossier, author, [member]))
        events.append(_event("team.joined", dossier, author, sorted((former & current) - {member, author_id})))
    for member in sorted(former - current):
        events.append(_event("access.ended", dossier, author, [member]))
        events.append(_event("team.left", dossier, author, sorted((former & current) - {member, author_id})))
    return events


def _dossier_reference(store: Store, team: Resource) -> str | None:
    resource_type, _, resource_id = str((team.get("subject") or {}).get("reference", "")).rpartition("/")
    patient = store.get("Patient", resource_id) if resource_type == "Patient" else None
    values = [str(identifier.get("value", "")) for identifier in (patient or {}).get("identifier", [])]
    return next((value for value in values if value.startswith("SPH-")), None)


def _members(store: Store, team: Resource | None, now: datetime) -> set[str]:
    """Return the ids of the practitioners who take part in the care team at this instant: a start or an end to come changes nothing yet."""
    found = set()
    for participant in (team or {}).get("participant", []):
        period = participant.get("period") or {}
        if not has_begun(period, now) or is_over(period, now):
            continue
        resource_type, _, resource_id = str((participant.get("member") or {}).get("reference", "")).rpartition("/")
        if resource_type == "PractitionerRole":
            role = store.get("PractitionerRole", resource_id) or {}
            resource_type, _, resource_id = str((role.get("practitioner") or {}).get("reference", "")).rpartition("/")
        if resource_type == "Practitioner":
            found.add(resource_id)
    return found


def _event(event_type: str, subject: str, author: str | None, recipients: list[str]) -> Resource:
    data: Resource = {"recipients": recipients}
    if author:
        data["author"] = author.rpartition("/")[2]
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": SOURCE,
        "type": f"fr.sphere.{event_type}",
        "subject": subject,
        "datacontenttype": "application/json",
        "data": data,
    }


class EventPublisher:
    """Posts stored events. Call `wake()` after each write; `run()` runs until cancelled."""

    def __init__(self, store: Store, url: str, token: str) -> None:
        self._store = store
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"}
        self._waiting = asyncio.Event()

    def wake(self) -> None:
        """Announce that there may be events to post."""
        self._waiting.set()

    async def run(self) -> None:
        """Post for ever; while the assistant does not accept events, the pause doubles from 0.5 to 30 seconds."""
        pause = _MIN_PAUSE
        async with httpx.AsyncClient(timeout=5, trust_env=False, verify=ssl_context()) as client:
            while True:
                self._waiting.clear()
                if await self._post_all(client):
                    pause = _MIN_PAUSE
                    await self._waiting.wait()
                    continue
                with suppress(TimeoutError):  # a new write is a good moment to try again
                    await asyncio.wait_for(self._waiting.wait(), pause)
                pause = min(pause * 2, _MAX_PAUSE)

    async def _post_all(self, client: httpx.AsyncClient) -> bool:
        while found := self._store.next_event():
            seq, event = found
            try:
                response = await client.post(self._url, json=event, headers=self._headers)
            except httpx.HTTPError:
                return False
            if response.status_code >= 500 or response.status_code in _RETRIED_STATUSES:
                return False
            if response.status_code >= 300:
                _log.error("an event was refused with %s and is dropped", response.status_code)
            self._store.delete_event(seq)
        return True
