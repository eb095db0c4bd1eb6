"""Storing events: each once, and each change of a care team once whatever way it comes by."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select

from bot.core.clock import Clock
from bot.core.database import Database, announce
from bot.core.figures import count_figure
from bot.core.upsert import insert_or_ignore
from bot.notifications.cloudevents import CloudEvent
from bot.notifications.fan_out import QUEUE
from bot.notifications.membership_events import FAMILIES, Change, ChangeSource, lock_dossiers, store_change
from bot.notifications.tables import Event

WITHOUT_DOSSIER = "event_without_dossier"
"""Figure of declared events whose usager has no dossier on the platform."""


async def store_events(database: Database, clock: Clock, events: Sequence[CloudEvent], without_dossier: int = 0) -> None:
    """Store events in one transaction, and count those that were taken and are of no dossier."""
    if not events and not without_dossier:
        return
    now = clock.now()
    changes = [change for event in events if (change := _change(event)) is not None]
    rows = [
        {
            "source": event.source,
            "event_id": event.id,
            "kind": event.kind,
            "subject": event.subject,
            "occurred_at": event.time,
            "received_at": now,
            "data": event.data.model_dump(exclude_none=True) if event.data else {},
        }
        for event in events
        if event.kind not in FAMILIES
    ]
    async with database.writing() as session:
        if rows:
            await session.execute(insert_or_ignore(session, Event), rows)
        await lock_dossiers(session, [change.dossier for change in changes])
        for change in changes:
            await store_change(session, change, now)
        if without_dossier:
            await count_figure(session, WITHOUT_DOSSIER, without_dossier)
        announce(session, QUEUE.name)


async def stored_ids(database: Database, source: str, ids: Collection[str]) -> set[str]:
    """Return which of these ids are those of events of a source that are stored."""
    if not ids:
        return set()
    async with database.reading() as session:
        return {*await session.scalars(select(Event.event_id).where(Event.source == source, Event.event_id.in_(ids)))}


def _change(event: CloudEvent) -> Change | None:
    """Return what an event tells of a care team, which others may tell as well."""
    if event.kind not in FAMILIES or event.subject is None:
        return None
    data = event.data.model_dump(exclude_none=True) if event.data else {}
    named = data.get("recipients") or []
    member: str | None = str(named[0]).removeprefix("Practitioner/") if FAMILIES[event.kind] == "access" and len(named) == 1 else None
    if member is not None and ("/" in member or "|" in member):  # somebody whose account is not known here
        member = None
    return Change(ChangeSource.EVENTS, event.source, event.id, event.kind, event.subject, member, event.time, data)
