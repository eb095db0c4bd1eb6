"""Which events a write causes, and posting them to the assistant: CloudEvents 1.0, in order, until they are taken in.

The events of a write are stored in its transaction; a worker posts them one after the other, so that
one outlives a stop of either side and the write never waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import suppress

import httpx

from bot.core.tls import ssl_context
from bot.sandbox.fhir.store import Resource, Store

SOURCE = "urn:sphere:sandbox"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_PASSING = {401, 403, 404, 408, 429}
"""Answers below 500 that mending the other side's settings would change."""
_log = logging.getLogger(__name__)


def events_of_change(store: Store, before: Resource | None, after: Resource, author: str | None) -> list[Resource]:
    """The events that replacing `before` (None: creating) by `after` causes. `author` is the reference of who did it."""
    if after["resourceType"] == "Practitioner":
        return [_event("account.updated", after["id"], author, [after["id"]])]
    if after["resourceType"] == "CareTeam":
        return _events_of_team(store, before, after, author)
    return []


def _events_of_team(store: Store, before: Resource | None, after: Resource, author: str | None) -> list[Resource]:
    dossier = _dossier_reference(store, after)
    if dossier is None:
        return []
    was, now = _members(store, before), _members(store, after)
    author_id = author.rpartition("/")[2] if author else None
    events = []
    for member in sorted(now - was):
        events.append(_event("access.granted", dossier, author, [member]))
        events.append(_event("team.joined", dossier, author, sorted((was & now) - {member, author_id})))
    for member in sorted(was - now):
        events.append(_event("access.ended", dossier, author, [member]))
        events.append(_event("team.left", dossier, author, sorted((was & now) - {member, author_id})))
    return events


def _dossier_reference(store: Store, team: Resource) -> str | None:
    kind, _, key = str((team.get("subject") or {}).get("reference", "")).rpartition("/")
    patient = store.get("Patient", key) if kind == "Patient" else None
    values = [str(identifier.get("value", "")) for identifier in (patient or {}).get("identifier", [])]
    return next((value for value in values if value.startswith("SPH-")), None)


def _members(store: Store, team: Resource | None) -> set[str]:
    """Ids of the practitioners who are in the team now."""
    found = set()
    for participant in (team or {}).get("participant", []):
        if "end" in participant.get("period", {}):
            continue
        kind, _, key = str((participant.get("member") or {}).get("reference", "")).rpartition("/")
        if kind == "PractitionerRole":
            role = store.get("PractitionerRole", key) or {}
            kind, _, key = str((role.get("practitioner") or {}).get("reference", "")).rpartition("/")
        if kind == "Practitioner":
            found.add(key)
    return found


def _event(kind: str, subject: str, author: str | None, recipients: list[str]) -> Resource:
    data: Resource = {"recipients": recipients}
    if author:
        data["author"] = author.rpartition("/")[2]
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": SOURCE,
        "type": f"fr.sphere.{kind}",
        "subject": subject,
        "datacontenttype": "application/json",
        "data": data,
    }


class EventPoster:
    """Posts what waits. `wake()` after each write; `run()` until cancelled."""

    def __init__(self, store: Store, url: str, token: str) -> None:
        self._store = store
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"}
        self._waiting = asyncio.Event()

    def wake(self) -> None:
        """Say that there may be something to post."""
        self._waiting.set()

    async def run(self) -> None:
        """Post for ever; where the assistant does not answer, the pause doubles up to half a minute."""
        pause = _FIRST_PAUSE
        async with httpx.AsyncClient(timeout=5, trust_env=False, verify=ssl_context()) as client:
            while True:
                self._waiting.clear()
                if await self._post_all(client):
                    pause = _FIRST_PAUSE
                    await self._waiting.wait()
                    continue
                with suppress(TimeoutError):  # a new write is no reason to hurry, but a good moment to try
                    await asyncio.wait_for(self._waiting.wait(), pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _post_all(self, client: httpx.AsyncClient) -> bool:
        while found := self._store.next_event():
            seq, event = found
            try:
                response = await client.post(self._url, json=event, headers=self._headers)
            except httpx.HTTPError:
                return False
            if response.status_code >= 500 or response.status_code in _PASSING:
                return False
            if response.status_code >= 300:
                _log.error("an event was refused with %s and is dropped", response.status_code)
            self._store.drop_event(seq)
        return True
