"""Handing: what has fallen due, decided again at this moment, leaves for the outbox; one lock a person.

Whatever happens, a notice is either still waiting or in the outbox: both in one transaction, and nothing of the network inside it.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database
from bot.jobs.outbox import CHAT, MAIL, NOTICE, enqueue_all
from bot.notifications.dispatch_batch import DispatchBatch, OutgoingMessage, PendingNotification
from bot.notifications.eligibility import EligibilityCheck
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.reachability import UNREACHABLE, ReachabilityLookup
from bot.notifications.recipients import PEOPLE, lock_recipients
from bot.notifications.replanning import ExistingDelivery
from bot.notifications.send_history import MESSAGES, last_digests, last_messages
from bot.notifications.tables import DROPPED, FAILED, HANDED, WAITING, Event, Notice, NoticeSend

PEOPLE_AT_ONCE = 100
"""People handled in one transaction."""

SENDS = NoticeSend.metadata.tables[NoticeSend.__tablename__]


class Dispatcher:
    """Gives to the outbox what people are to be told now."""

    def __init__(self, database: Database, clock: Clock, checks: EligibilityCheck, reachability: ReachabilityLookup, own_url: str) -> None:
        self._database, self._clock, self._checks, self._reachability = database, clock, checks, reachability
        self._own_url = own_url

    async def run_due(self) -> int:
        """Look at people whose time has come, one batch; gives at how many."""
        now = self._clock.now()
        accounts = await self._due(now)
        if not accounts:
            return 0
        checked = await self._checks.ask(accounts, now)
        async with self._database.writing() as session:
            people = [p for p in await lock_recipients(session, accounts, waiting=False) if p.look_at is not None and p.look_at <= now]
            if people:
                await self._hand(session, DispatchBatch(people, checked, now, self._own_url))
        return len(people)

    async def _due(self, now: datetime) -> list[str]:
        """Some of those whose time has come: others are left to the workers beside this one."""
        wanted = select(PEOPLE.c.account_id).where(PEOPLE.c.look_at <= now).order_by(PEOPLE.c.look_at).limit(4 * PEOPLE_AT_ONCE)
        async with self._database.reading() as session:
            found = list(await session.scalars(wanted))
        return found if len(found) <= PEOPLE_AT_ONCE else random.sample(found, PEOPLE_AT_ONCE)

    async def _hand(self, session: AsyncSession, work: DispatchBatch) -> None:
        accounts = [person.account_id for person in work.people]
        reach = await self._reachability.find(session, accounts, work.now)
        last, digests = await last_messages(session, accounts, work.now), await last_digests(session, accounts, work.now)
        waiting = await self._load(session, accounts)
        for person in work.people:
            mine = waiting.get(person.account_id, {})
            work.decide(person, mine, reach.get(person.account_id, UNREACHABLE), last.get(person.account_id, {}), digests)
        await self._tell_why(session, work)
        await self._send(session, work)
        await self._keep(session, work)

    async def _load(self, session: AsyncSession, accounts: Collection[str]) -> dict[str, dict[int, PendingNotification]]:
        """All notices of which something waits, with all of their sends, by account and id, in the order of occurrence."""
        waits = select(NoticeSend.notice_id).where(NoticeSend.account_id.in_(accounts), NoticeSend.state == WAITING)
        columns = (
            Notice.id, Notice.account_id, Notice.event_id, Notice.kind, Notice.dossier, Notice.author, Notice.urgent,
            Notice.created_at, Notice.read_at, NoticeSend.id, NoticeSend.way, NoticeSend.state, NoticeSend.why, NoticeSend.due_at,
        )  # fmt: skip
        wanted = select(*columns).join(NoticeSend, NoticeSend.notice_id == Notice.id).where(Notice.id.in_(waits))
        found: dict[str, dict[int, PendingNotification]] = {}
        for row in await session.execute(wanted.order_by(Notice.occurred_at, Notice.id)):
            mine = found.setdefault(row[1], {})
            if row[0] not in mine:
                mine[row[0]] = PendingNotification(*row[:8], read=row[8] is not None)
            mine[row[0]].sends[DeliveryChannel(row[10])] = ExistingDelivery(row[9], DeliveryChannel(row[10]), row[11], row[12])
            mine[row[0]].due_at[DeliveryChannel(row[10])] = row[13]
        return found

    async def _tell_why(self, session: AsyncSession, work: DispatchBatch) -> None:
        """Whoever's chat closed is told so once, by the way that takes its place."""
        asking = {d.person.account_id for d in work.deliverables if d.closed is not None}
        if not asking:
            return
        told = select(MESSAGES.c.account_id, MESSAGES.c.instead_of, MESSAGES.c.handed_at)
        told = told.where(MESSAGES.c.account_id.in_(asking), MESSAGES.c.instead_of.is_not(None), MESSAGES.c.state != FAILED)
        last: dict[tuple[str, str], datetime] = {}
        for account_id, way, handed_at in await session.execute(told):
            last[account_id, way] = max(last.get((account_id, way), handed_at), handed_at)
        for deliverable in work.deliverables:
            if deliverable.closed is None:
                continue
            way, closed_at = deliverable.closed
            key = (deliverable.person.account_id, str(way))
            if key not in last or last[key] < closed_at:
                deliverable.instead_of = way
                last[key] = work.now

    async def _send(self, session: AsyncSession, work: DispatchBatch) -> None:
        """Messages and outbox rows."""
        carried = [d for d in work.deliverables if d.carried]
        if not carried:
            return
        events = sorted({item.notice.event_id for d in carried for item in d.items})
        data = {row[0]: row[1] for row in await session.execute(select(Event.id, Event.data).where(Event.id.in_(events)))}
        rows = [d.message_row(work.now) for d in carried]
        made = await session.execute(insert(MESSAGES).returning(MESSAGES.c.id, sort_by_parameter_order=True), rows)
        for deliverable, message_id in zip(carried, made.scalars(), strict=True):
            deliverable.message_id = message_id
        outgoing = [self._outgoing(d, data, work) for d in carried]
        put = await enqueue_all(session, outgoing, now=work.now)
        numbers = [{"b_id": d.message_id, "b_outbox": outbox_id} for d, outbox_id in zip(carried, put, strict=True)]
        await _many(session, update(MESSAGES).where(MESSAGES.c.id == bindparam("b_id")).values(outbox_id=bindparam("b_outbox")), numbers)

    def _outgoing(self, deliverable: OutgoingMessage, data: dict[int, dict[str, Any]], work: DispatchBatch) -> dict[str, Any]:
        return {
            "kind": MAIL if deliverable.way is DeliveryChannel.MAIL else CHAT,
            "key": f"notice:{deliverable.message_id}",
            "conversation_id": deliverable.conversation_id,
            "payload": work.payload(deliverable, data),
            "priority": NOTICE,
        }

    async def _keep(self, session: AsyncSession, work: DispatchBatch) -> None:
        """What became of the sends, and when to look at each person again."""
        handed, new = [], []
        for deliverable in work.deliverables:
            for item in deliverable.items:
                values = {"mode": item.due.mode, "due_at": item.at, "state": HANDED, "why": None, "message_id": deliverable.message_id}
                if item.due.id is None:
                    new.append(values | {"notice_id": item.notice.id, "account_id": item.notice.account_id, "way": item.due.way})
                else:
                    handed.append({f"b_{name}": value for name, value in values.items()} | {"b_id": item.due.id})
        for item in work.kept:
            values = {"mode": item.due.mode, "due_at": item.at, "state": WAITING, "why": None, "message_id": None}
            if item.due.id is None:
                new.append(values | {"notice_id": item.notice.id, "account_id": item.notice.account_id, "way": item.due.way})
            elif item.changed:
                handed.append({f"b_{name}": value for name, value in values.items()} | {"b_id": item.due.id})
        names = ("mode", "due_at", "state", "why", "message_id")
        settle = update(SENDS).where(SENDS.c.id == bindparam("b_id")).values({name: bindparam(f"b_{name}") for name in names})
        await _many(session, settle, handed)
        if new:
            await session.execute(insert(SENDS), new)
        for why, ids in work.dropped.items():
            await session.execute(update(SENDS).where(SENDS.c.id.in_(ids)).values(state=DROPPED, why=why))
        look = [{"b_id": person.account_id, "b_at": work.look_at.get(person.account_id)} for person in work.people]
        await _many(session, update(PEOPLE).where(PEOPLE.c.account_id == bindparam("b_id")).values(look_at=bindparam("b_at")), look)


async def _many(session: AsyncSession, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection = await session.connection()
        await connection.execute(statement, rows)
