"""Dispatch: what has fallen due is decided again at this moment and put into the outbox, each person being locked.

Whatever happens, a notification either still waits or is in the outbox: both change in one transaction, with no network access inside.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.mail import MailCipher
from bot.jobs.outbox import CHAT, MAIL, NOTICE, enqueue_all
from bot.notifications.dispatch_batch import DispatchBatch, OutgoingMessage, PendingNotification
from bot.notifications.eligibility import EligibilityCheck
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.reachability import UNREACHABLE, ReachabilityLookup
from bot.notifications.recipients import RECIPIENTS, lock_recipients
from bot.notifications.replanning import ExistingDelivery
from bot.notifications.send_history import MESSAGES, last_digests, last_messages
from bot.notifications.tables import DROPPED, FAILED, HANDED, WAITING, Event, Notice, NoticeSend
from bot.settings import Settings

PEOPLE_AT_ONCE = 100
"""People dispatched to in one transaction."""

SENDS = NoticeSend.metadata.tables[NoticeSend.__tablename__]


class Dispatcher:
    """Puts into the outbox what people are to be notified of now."""

    def __init__(self, database: Database, clock: Clock, checks: EligibilityCheck, lookup: ReachabilityLookup, settings: Settings) -> None:
        self._database, self._clock, self._checks, self._lookup = database, clock, checks, lookup
        self._own_url, self._mails = settings.own_url, MailCipher(settings.required("secret"))
        self._digest_spread = timedelta(minutes=settings.digest_spread_minutes)

    async def run_due(self) -> int:
        """Dispatch to people whose `look_at` has come, one batch. Return to how many."""
        now = self._clock.now()
        accounts = await self._due(now)
        if not accounts:
            return 0
        checked = await self._checks.check(accounts, now)
        async with self._database.writing() as session:
            people = [p for p in await lock_recipients(session, accounts, waiting=False) if p.look_at is not None and p.look_at <= now]
            if people:
                await self._dispatch(session, DispatchBatch(people, checked, now, self._own_url, self._mails, self._digest_spread))
        return len(people)

    async def _due(self, now: datetime) -> list[str]:
        """Return some of those whose `look_at` has come: others are left to the workers of other processes."""
        wanted = select(RECIPIENTS.c.account_id).where(RECIPIENTS.c.look_at <= now).order_by(RECIPIENTS.c.look_at).limit(4 * PEOPLE_AT_ONCE)
        async with self._database.reading() as session:
            found = list(await session.scalars(wanted))
        return found if len(found) <= PEOPLE_AT_ONCE else random.sample(found, PEOPLE_AT_ONCE)

    async def _dispatch(self, session: AsyncSession, batch: DispatchBatch) -> None:
        accounts = [person.account_id for person in batch.people]
        reachability = await self._lookup.find(session, accounts, batch.now)
        last, digests = await last_messages(session, accounts, batch.now), await last_digests(session, accounts, batch.now)
        waiting = await self._load(session, accounts)
        for person in batch.people:
            mine = waiting.get(person.account_id, {})
            batch.decide(person, mine, reachability.get(person.account_id, UNREACHABLE), last.get(person.account_id, {}), digests)
        await self._explain_closed_chats(session, batch)
        await self._send(session, batch)
        await self._save(session, batch)

    async def _load(self, session: AsyncSession, accounts: Collection[str]) -> dict[str, dict[int, PendingNotification]]:
        """Return by account and id, in the order of occurrence, the notifications that wait, each with all of its deliveries."""
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
            mine[row[0]].deliveries[DeliveryChannel(row[10])] = ExistingDelivery(row[9], DeliveryChannel(row[10]), row[11], row[12])
            mine[row[0]].due_at[DeliveryChannel(row[10])] = row[13]
        return found

    async def _explain_closed_chats(self, session: AsyncSession, batch: DispatchBatch) -> None:
        """Have the channel that replaces a closed chat say so, once for each closing."""
        asking = {d.person.account_id for d in batch.messages if d.closed is not None}
        if not asking:
            return
        explained = select(MESSAGES.c.account_id, MESSAGES.c.instead_of, MESSAGES.c.handed_at)
        explained = explained.where(MESSAGES.c.account_id.in_(asking), MESSAGES.c.instead_of.is_not(None), MESSAGES.c.state != FAILED)
        last: dict[tuple[str, str], datetime] = {}
        for account_id, channel, handed_at in await session.execute(explained):
            last[account_id, channel] = max(last.get((account_id, channel), handed_at), handed_at)
        for message in batch.messages:
            if message.closed is None:
                continue
            channel, closed_at = message.closed
            key = (message.person.account_id, str(channel))
            if key not in last or last[key] < closed_at:
                message.instead_of = channel
                last[key] = batch.now

    async def _send(self, session: AsyncSession, batch: DispatchBatch) -> None:
        """Write messages and their outbox rows."""
        with_message = [d for d in batch.messages if d.has_message]
        if not with_message:
            return
        events = sorted({item.notice.event_id for d in with_message for item in d.items})
        data = {row[0]: row[1] for row in await session.execute(select(Event.id, Event.data).where(Event.id.in_(events)))}
        rows = [d.message_row(batch.now) for d in with_message]
        made = await session.execute(insert(MESSAGES).returning(MESSAGES.c.id, sort_by_parameter_order=True), rows)
        for message, message_id in zip(with_message, made.scalars(), strict=True):
            message.message_id = message_id
        outgoing = [self._outgoing(d, data, batch) for d in with_message]
        put = await enqueue_all(session, outgoing, now=batch.now)
        numbers = [{"b_id": d.message_id, "b_outbox": outbox_id} for d, outbox_id in zip(with_message, put, strict=True)]
        await _many(session, update(MESSAGES).where(MESSAGES.c.id == bindparam("b_id")).values(outbox_id=bindparam("b_outbox")), numbers)

    def _outgoing(self, message: OutgoingMessage, data: dict[int, dict[str, Any]], batch: DispatchBatch) -> dict[str, Any]:
        return {
            "kind": MAIL if message.channel is DeliveryChannel.MAIL else CHAT,
            "key": f"notice:{message.message_id}",
            "conversation_id": message.conversation_id,
            "payload": batch.payload(message, data),
            "priority": NOTICE,
        }

    async def _save(self, session: AsyncSession, batch: DispatchBatch) -> None:
        """Write what became of the deliveries, and when to check each person again."""
        changed, new = [], []
        for message in batch.messages:
            for item in message.items:
                values = {"mode": item.due.mode, "due_at": item.at, "state": HANDED, "why": None, "message_id": message.message_id}
                if item.due.id is None:
                    new.append(values | {"notice_id": item.notice.id, "account_id": item.notice.account_id, "way": item.due.channel})
                else:
                    changed.append({f"b_{name}": value for name, value in values.items()} | {"b_id": item.due.id})
        for item in batch.kept:
            values = {"mode": item.due.mode, "due_at": item.at, "state": WAITING, "why": None, "message_id": None}
            if item.due.id is None:
                new.append(values | {"notice_id": item.notice.id, "account_id": item.notice.account_id, "way": item.due.channel})
            elif item.changed:
                changed.append({f"b_{name}": value for name, value in values.items()} | {"b_id": item.due.id})
        names = ("mode", "due_at", "state", "why", "message_id")
        settle = update(SENDS).where(SENDS.c.id == bindparam("b_id")).values({name: bindparam(f"b_{name}") for name in names})
        await _many(session, settle, changed)
        if new:
            await session.execute(insert(SENDS), new)
        for reason, ids in batch.dropped.items():
            await session.execute(update(SENDS).where(SENDS.c.id.in_(ids)).values(state=DROPPED, why=reason))
        look = [{"b_id": person.account_id, "b_at": batch.look_at.get(person.account_id)} for person in batch.people]
        await _many(session, update(RECIPIENTS).where(RECIPIENTS.c.account_id == bindparam("b_id")).values(look_at=bindparam("b_at")), look)


async def _many(session: AsyncSession, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection = await session.connection()
        await connection.execute(statement, rows)
