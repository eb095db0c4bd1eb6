"""Changes of care teams as events, each told once by whichever way it was heard of first.

There are three ways: our own acts, the platform's events (`POST /events`), and the teams themselves as they are read on the platform
(after a subscription's notification, or by asking). A change that was told already is stored too, as `same_as` the event that told of
it, so that it is known when it is sent again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.database import announce
from bot.core.upsert import insert_or_ignore
from bot.notifications.fan_out import QUEUE
from bot.notifications.tables import Event

FAMILIES = {
    "access.granted": "access",
    "access.ended": "access",
    "team.joined": "team",
    "team.left": "team",
    "access.dated": "dates",
}
"""Kinds that tell of a change of a care team. Of one family and one member the last one says how things stand."""
NAMED_WITHIN = timedelta(days=1)
"""How much later the platform's event of a change may come that was told already."""
ACT_WITHIN = timedelta(hours=1)
"""How much later an act of ours may be known to be done: its answer may have been lost, and it is tried again."""
UNNAMED_WITHIN = timedelta(minutes=15)
"""The same where one of the two does not say who it is about."""
_LOOK_BACK = 200
"""Events of one dossier that are compared."""


class ChangeSource(StrEnum):
    """How a change was heard of."""

    OWN = "own"
    EVENTS = "events"
    PLATFORM = "platform"


@dataclass(frozen=True)
class Change:
    """A change of a care team, as one way tells of it."""

    way: ChangeSource
    source: str
    event_id: str
    kind: str
    dossier: str
    member: str | None
    """Account of who it is about, "Type/id" of the member where there is none; None: the way does not say."""
    occurred_at: datetime | None
    data: dict[str, Any] = field(default_factory=dict)
    since: datetime | None = None
    """Where the way compares states: when it last looked."""


async def lock_dossiers(session: AsyncSession, dossiers: Collection[str]) -> None:
    """Keep other transactions from storing changes of these dossiers until this one ends (SQLite has one writer anyway)."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for dossier in sorted(set(dossiers)):
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"team:{dossier}"))))


async def store_change(session: AsyncSession, change: Change, now: datetime) -> bool:
    """Store a change in the caller's transaction, which holds `lock_dossiers`; return whether anybody is told of it by this."""
    known = select(Event.id).where(Event.source == change.source, Event.event_id == change.event_id)
    if await session.scalar(known) is not None:
        return False
    told = _told(await _events_of(session, change), change, now)
    values: dict[str, Any] = {"source": change.source, "event_id": change.event_id, "kind": change.kind, "subject": change.dossier}
    values |= {"occurred_at": change.occurred_at, "received_at": now, "data": change.data, "member": change.member, "ways": change.way}
    if told is not None:
        told.ways = f"{told.ways} {change.way}"
        told.member = told.member or change.member
        values |= {"same_as": told.id, "fanned_out_at": now, "data": {}}
    await session.execute(insert_or_ignore(session, Event).values(**values))
    announce(session, QUEUE.name)
    return told is None


async def _events_of(session: AsyncSession, change: Change) -> Sequence[Event]:
    """Return the events that may have told of it, or of what followed, the newest first."""
    kinds = [kind for kind, family in FAMILIES.items() if family == FAMILIES[change.kind]]
    wanted = select(Event).where(Event.subject == change.dossier, Event.kind.in_(kinds), Event.same_as.is_(None), Event.ways != "")
    return (await session.scalars(wanted.order_by(Event.id.desc()).limit(_LOOK_BACK))).all()


def _told(events: Sequence[Event], change: Change, now: datetime) -> Event | None:
    """Return the event that told of this change before, by another way."""
    named = [event for event in events if change.member and event.member == change.member]
    if change.way is ChangeSource.PLATFORM:  # a state: only the last thing that is known can be the same
        fresh = [one for one in named[:1] if _is_same(one, change)]
    else:  # told one after the other: the first that was not told of by this way
        within = NAMED_WITHIN if change.way is ChangeSource.EVENTS else ACT_WITHIN
        fresh = [one for one in reversed(named) if _is_same(one, change) and one.received_at >= now - within]
    if fresh:
        return fresh[0]
    since = min(now, change.since or now) - UNNAMED_WITHIN
    unnamed = [e for e in reversed(events) if _is_same(e, change) and (e.member is None or not change.member) and e.received_at >= since]
    return unnamed[0] if unnamed else None


def _is_same(event: Event, change: Change) -> bool:
    return event.kind == change.kind and change.way not in event.ways.split()


def event_key(kind: str, *parts: str) -> str:
    """Return the id of an event of our own, short enough to be stored: the same parts, the same id."""
    return f"{kind}:{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:48]}"


def changes_of(
    way: ChangeSource,
    source: str,
    key: str,
    dossier: str,
    member: str,
    *,
    joined: bool,
    at: datetime,
    author: str | None = None,
    since: datetime | None = None,
) -> list[Change]:
    """Return what is told where somebody joined a team, or left it: it to them, if they have an account, and to the others."""
    kinds = ("access.granted", "team.joined") if joined else ("access.ended", "team.left")
    by = {"author": author} if author else {}
    about = {kinds[0]: {"recipients": [member]}, kinds[1]: {"except": [member]}}
    told = kinds[1:] if "/" in member else kinds
    return [Change(way, source, event_key(kind, key, member), kind, dossier, member, at, by | about[kind], since) for kind in told]
