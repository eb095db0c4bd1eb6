"""Reminders: what nobody read by any way for three days is recalled by one mail a person, once for each notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.fhir.errors import FhirError
from bot.jobs.outbox import MAIL, NOTICE, enqueue_all
from bot.notifications.calendar import quiet_until
from bot.notifications.care_team_cache import CachedCareTeam, CareTeamCache
from bot.notifications.kinds import CATEGORY_OF, PASS_MUTES, DeliveryChannel, Mode
from bot.notifications.recipients import EmailAddresses, Recipient, lock_recipients
from bot.notifications.rendering import EventText, reminder_payload
from bot.notifications.send_history import MESSAGES
from bot.notifications.tables import HANDED, SENT, WAITING, Notice, NoticeSend

AFTER, UNTIL = timedelta(days=3), timedelta(days=30)
"""Age of the notices that people are reminded of."""
AT_MOST_EVERY = timedelta(days=1)
"""Between two reminders of one person."""
PEOPLE_AT_ONCE = 100


@dataclass(frozen=True)
class _Unread:
    id: int
    kind: str
    dossier: str | None
    author: str
    urgent: bool
    told: bool
    """Whether it was told by some way, or announced in SPHERE's list."""
    waits: bool


class Reminding:
    """Writes reminders into the outbox."""

    def __init__(self, database: Database, clock: Clock, circles: CareTeamCache, addresses: EmailAddresses, own_url: str) -> None:
        self._database, self._clock = database, clock
        self._circles, self._addresses, self._own_url = circles, addresses, own_url

    async def run_due(self) -> int:
        """Remind everybody who is to be by now; gives how many were."""
        reminded, last = 0, ""
        while True:
            now = self._clock.now()
            accounts = await self._accounts(now, after=last)
            if not accounts:
                return reminded
            last = accounts[-1]
            reminded += await self._remind(accounts, now)

    async def _accounts(self, now: datetime, after: str) -> list[str]:
        forgotten = (*_to_recall(now), Notice.account_id > after)
        wanted = select(Notice.account_id).where(*forgotten).group_by(Notice.account_id).order_by(Notice.account_id)
        async with self._database.reading() as session:
            return list(await session.scalars(wanted.limit(PEOPLE_AT_ONCE)))

    async def _remind(self, accounts: Sequence[str], now: datetime) -> int:
        dossiers = select(Notice.dossier).where(*_to_recall(now), Notice.account_id.in_(accounts), Notice.dossier.is_not(None)).distinct()
        async with self._database.reading() as session:
            wanted = [str(dossier) for dossier in await session.scalars(dossiers)]
        circles = await self._circles.several(wanted)
        try:
            await self._addresses.refresh(accounts)
        except FhirError as error:  # whose address is known is reminded all the same
            log_error(error, "asking where mails go")
        done = 0
        async with self._database.writing() as session:
            for person in await lock_recipients(session, accounts, waiting=False):
                done += await self._remind_one(session, person, circles, now)
        return done

    async def _remind_one(
        self, session: AsyncSession, person: Recipient, circles: Mapping[str, CachedCareTeam | None], now: datetime
    ) -> bool:
        last = select(func.max(Notice.reminded_at)).where(Notice.account_id == person.account_id)
        reminded_at = await session.scalar(last)
        if quiet_until(person.preferences, now) is not None or person.email_at is None:
            return False
        if reminded_at is not None and timedelta() <= now - reminded_at < AT_MOST_EVERY:
            return False
        telling, over = [], []
        for notice in await self._unread(session, person.account_id, now):
            circle = circles.get(notice.dossier or "")
            if notice.waits or (notice.dossier is not None and circle is None):
                continue  # it is still to be told; or the platform does not say whether they still take part
            if notice.told and person.email and _wanted(person, notice, circle, now):
                telling.append(notice)
            else:
                over.append(notice.id)
        if over or telling:
            ids = [*over, *(notice.id for notice in telling)]
            await session.execute(update(Notice).where(Notice.id.in_(ids)).values(reminded_at=now))
        if not telling:
            return False
        row = {"account_id": person.account_id, "way": DeliveryChannel.MAIL, "digest": False, "due_at": now, "handed_at": now}
        made = insert(MESSAGES).returning(MESSAGES.c.id)
        message_id = (await session.execute(made, row | {"outbox_id": 0, "state": SENT})).scalar_one()
        events = [EventText(notice.kind, notice.dossier, notice.author, notice.urgent, mine=False) for notice in telling]
        stop_url = f"{self._own_url}/notifications/stop?t={person.unsubscribe_token}"
        payload = reminder_payload(events, person.email, f"{self._own_url}/chat", stop_url)
        payload["notice"] = {"message": message_id, "version": person.version}
        mail = {"kind": MAIL, "key": f"notice:{message_id}", "payload": payload, "priority": NOTICE}
        (outbox_id,) = await enqueue_all(session, [mail], now=now)
        await session.execute(update(MESSAGES).where(MESSAGES.c.id == message_id).values(outbox_id=outbox_id))
        return True

    async def _unread(self, session: AsyncSession, account_id: str, now: datetime) -> list[_Unread]:
        def sent(state: str) -> ColumnElement[bool]:
            return exists().where(NoticeSend.notice_id == Notice.id, NoticeSend.state == state)

        columns = (Notice.id, Notice.kind, Notice.dossier, Notice.author, Notice.urgent, sent(HANDED), sent(WAITING))
        wanted = select(*columns).where(*_to_recall(now), Notice.account_id == account_id)
        return [_Unread(*row) for row in await session.execute(wanted.order_by(Notice.occurred_at, Notice.id))]


def _to_recall(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Notice.reminded_at.is_(None),
        Notice.created_at <= now - AFTER,
        Notice.created_at > now - UNTIL,
        Notice.read_at.is_(None),
    )


def _wanted(person: Recipient, notice: _Unread, circle: CachedCareTeam | None, now: datetime) -> bool:
    """Whether the person would be told of it by mail now: still takes part, did not mute it, nor said that such mails never come."""
    category = CATEGORY_OF[notice.kind]
    if circle is not None and notice.kind != "access.ended" and person.account_id not in circle.names:
        return False
    if category not in PASS_MUTES and person.preferences.mute_of(notice.dossier, now) is not None:
        return False
    return person.preferences.said(category, DeliveryChannel.MAIL) is not Mode.NEVER
