"""Unread reminders: one mail a person about what stayed unread on every channel for three days, once for each notification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.core.mail import MailCipher
from bot.fhir.errors import FhirError
from bot.jobs.outbox import MAIL, NOTICE, enqueue_all
from bot.notifications.calendar import quiet_until
from bot.notifications.care_team_cache import CachedCareTeam, CareTeamCache
from bot.notifications.kinds import CATEGORY_OF, PASS_MUTES, DeliveryChannel, Mode
from bot.notifications.recipients import EmailAddresses, Recipient, lock_recipients
from bot.notifications.rendering import EventText, reminder_payload
from bot.notifications.send_history import MESSAGES
from bot.notifications.tables import HANDED, SENT, WAITING, Notice, NoticeSend
from bot.settings import Settings

AFTER, UNTIL = timedelta(days=3), timedelta(days=30)
"""Age of the notifications that people are reminded of."""
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
    dispatched: bool
    """Whether it was dispatched on some channel, or announced in SPHERE's list."""
    waits: bool


class UnreadReminders:
    """Puts reminders into the outbox."""

    def __init__(self, database: Database, clock: Clock, care_teams: CareTeamCache, addresses: EmailAddresses, settings: Settings) -> None:
        self._database, self._clock = database, clock
        self._care_teams, self._addresses, self._own_url = care_teams, addresses, settings.own_url
        self._mails = MailCipher(settings.required("secret"))

    async def run_due(self) -> int:
        """Remind everybody who is due. Return how many people were."""
        reminded, last = 0, ""
        while True:
            now = self._clock.now()
            accounts = await self._accounts(now, after=last)
            if not accounts:
                return reminded
            last = accounts[-1]
            reminded += await self._remind(accounts, now)

    async def _accounts(self, now: datetime, after: str) -> list[str]:
        forgotten = (*_unread_for_days(now), Notice.account_id > after)
        wanted = select(Notice.account_id).where(*forgotten).group_by(Notice.account_id).order_by(Notice.account_id)
        async with self._database.reading() as session:
            return list(await session.scalars(wanted.limit(PEOPLE_AT_ONCE)))

    async def _remind(self, accounts: Sequence[str], now: datetime) -> int:
        dossiers = (
            select(Notice.dossier).where(*_unread_for_days(now), Notice.account_id.in_(accounts), Notice.dossier.is_not(None)).distinct()
        )
        async with self._database.reading() as session:
            wanted = [str(dossier) for dossier in await session.scalars(dossiers)]
        care_teams = await self._care_teams.get_many(wanted)
        try:
            await self._addresses.refresh(accounts)
        except FhirError as error:  # people whose address is known are reminded all the same
            log_error(error, "asking for mail addresses")
        done = 0
        async with self._database.writing() as session:
            for person in await lock_recipients(session, accounts, waiting=False):
                done += await self._remind_one(session, person, care_teams, now)
        return done

    async def _remind_one(
        self, session: AsyncSession, person: Recipient, care_teams: Mapping[str, CachedCareTeam | None], now: datetime
    ) -> bool:
        last = select(func.max(Notice.reminded_at)).where(Notice.account_id == person.account_id)
        reminded_at = await session.scalar(last)
        if quiet_until(person.preferences, now) is not None or person.email_at is None:
            return False
        if reminded_at is not None and timedelta() <= now - reminded_at < AT_MOST_EVERY:
            return False
        to_remind, over = [], []
        for notice in await self._unread(session, person.account_id, now):
            team = care_teams.get(notice.dossier or "")
            if notice.waits or (notice.dossier is not None and team is None):
                continue  # it is still to be dispatched; or the platform does not say whether they are still in the care team
            if quiet_until(person.preferences, now, notice.dossier) is not None:
                continue  # the dossier has quiet hours of its own
            if notice.dispatched and person.email and _wanted(person, notice, team, now):
                to_remind.append(notice)
            else:
                over.append(notice.id)
        if over or to_remind:
            ids = [*over, *(notice.id for notice in to_remind)]
            await session.execute(update(Notice).where(Notice.id.in_(ids)).values(reminded_at=now))
        if not to_remind:
            return False
        row = {"account_id": person.account_id, "way": DeliveryChannel.MAIL, "digest": False, "due_at": now, "handed_at": now}
        made = insert(MESSAGES).returning(MESSAGES.c.id)
        message_id = (await session.execute(made, row | {"outbox_id": 0, "state": SENT})).scalar_one()
        events = [EventText(notice.kind, notice.dossier, notice.author, notice.urgent, mine=False) for notice in to_remind]
        stop_url = f"{self._own_url}/notifications/stop?t={person.unsubscribe_token}"
        mail_content = reminder_payload(events, person.email, f"{self._own_url}/chat", stop_url)
        payload = self._mails.seal(mail_content, notice={"message": message_id, "version": person.version})
        mail = {"kind": MAIL, "key": f"notice:{message_id}", "payload": payload, "priority": NOTICE}
        (outbox_id,) = await enqueue_all(session, [mail], now=now)
        await session.execute(update(MESSAGES).where(MESSAGES.c.id == message_id).values(outbox_id=outbox_id))
        return True

    async def _unread(self, session: AsyncSession, account_id: str, now: datetime) -> list[_Unread]:
        def has_delivery(state: str) -> ColumnElement[bool]:
            return exists().where(NoticeSend.notice_id == Notice.id, NoticeSend.state == state)

        columns = (Notice.id, Notice.kind, Notice.dossier, Notice.author, Notice.urgent, has_delivery(HANDED), has_delivery(WAITING))
        wanted = select(*columns).where(*_unread_for_days(now), Notice.account_id == account_id)
        return [_Unread(*row) for row in await session.execute(wanted.order_by(Notice.occurred_at, Notice.id))]


def _unread_for_days(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Notice.reminded_at.is_(None),
        Notice.created_at <= now - AFTER,
        Notice.created_at > now - UNTIL,
        Notice.read_at.is_(None),
    )


def _wanted(person: Recipient, notice: _Unread, team: CachedCareTeam | None, now: datetime) -> bool:
    """Return whether a mail about it is wanted now: the person is still in the care team, did not mute it, nor refuse such mails."""
    category = CATEGORY_OF[notice.kind]
    if team is not None and notice.kind != "access.ended" and person.account_id not in team.names:
        return False
    if category not in PASS_MUTES and person.preferences.mute_of(notice.dossier, now) is not None:
        return False
    return person.preferences.said(category, DeliveryChannel.MAIL) is not Mode.NEVER
