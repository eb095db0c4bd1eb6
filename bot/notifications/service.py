"""The service of notifications: preferences, the list, marking as read, for the dialogue and the pages.

The caller has established whose account it is. What waits is decided again by the dispatch (`look_at`), never here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core import audit
from bot.core.clock import Clock
from bot.core.database import Database, announce
from bot.notifications import calendar, notification_list
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.notification_list import Page
from bot.notifications.page_links import make_page_link
from bot.notifications.preferences import Preferences
from bot.notifications.reachability import ReachabilityLookup
from bot.notifications.recipients import DUE_TOPIC, ensure_recipients
from bot.notifications.tables import WAITING, Notice, NoticeSend, NotificationPerson
from bot.settings import Settings

Update = Callable[[Preferences], Preferences]


class Notifications:
    """Preferences and the list of notifications of people."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock, self._settings = database, clock, settings

    async def preferences(self, account_id: str) -> Preferences:
        """Return what the person set; nothing for somebody who is not known yet."""
        async with self._database.reading() as session:
            person = await session.get(NotificationPerson, account_id)
        return Preferences.model_validate(person.preferences) if person is not None else Preferences()

    async def version(self, account_id: str) -> int:
        """Return a number that grows with each change: given to `undo`, so that it never undoes another one."""
        async with self._database.reading() as session:
            person = await session.get(NotificationPerson, account_id)
        return person.version if person is not None else 0

    async def change(self, account_id: str, update: Update, *, channel: str, conversation_id: str | None = None) -> Preferences:
        """Apply `update` to the preferences in force, and return the new ones; all that waits is decided again by them.

        What changes nothing is no change. Raise ValueError (pydantic's) where they would not be valid; nothing is changed then.
        """
        now = self._clock.now()
        async with self._database.writing() as session:
            person = await self._locked(session, account_id)
            current = Preferences.model_validate(person.preferences)
            wanted = Preferences.model_validate(update(current).model_dump(exclude_unset=True))
            if wanted == current:
                return current
            kept = _without_ended_mutes(wanted, now)
            person.previous, person.preferences = person.preferences, _document(kept)
            await self._changed(session, person, "notifications.change", channel, conversation_id)
        return kept

    async def undo(
        self, account_id: str, *, channel: str, conversation_id: str | None = None, version: int | None = None
    ) -> Preferences | None:
        """Restore the preferences before the last change, and return them; None where there is nothing to undo.

        With a `version`: only if the change that made it is still the last one.
        """
        async with self._database.writing() as session:
            person = await self._locked(session, account_id)
            if person.previous is None or version not in (None, person.version):
                return None
            person.preferences, person.previous = person.previous, None
            await self._changed(session, person, "notifications.undo", channel, conversation_id)
            return Preferences.model_validate(person.preferences)

    @staticmethod
    def next_digest(preferences: Preferences, at: datetime) -> datetime:
        """Return when the first digest leaves after an instant, quiet hours considered."""
        return calendar.next_digest(preferences, at)

    @staticmethod
    def quiet_until(preferences: Preferences, at: datetime) -> datetime | None:
        """Return the end of the quiet hours that an instant lies in; None outside any."""
        return calendar.quiet_until(preferences, at)

    async def page(
        self,
        account_id: str,
        *,
        dossier: str | None = None,
        unread: bool = False,
        before: int | None = None,
        size: int = 5,
        titles: bool = False,
    ) -> Page:
        """Return notifications, the newest first, older than the notification `before`. `titles`: on a trusted channel only."""
        async with self._database.reading() as session:
            return await notification_list.page(
                session, account_id, dossier=dossier, unread=unread, before=before, size=size, titles=titles
            )

    async def unread(self, account_id: str) -> int:
        """Return how many notifications the bell counts: unread, and announced in SPHERE's list."""
        async with self._database.reading() as session:
            return await notification_list.count_announced(session, account_id)

    async def mark_read(
        self, account_id: str, *, notices: Collection[int] | None = None, message: int | None = None, dossier: str | None = None
    ) -> int:
        """Mark those named, those of a message or those of a dossier as read; all, where nothing is named. Return how many changed.

        What of them waits is decided again: it need not be sent any more.
        """
        now = self._clock.now()
        which = [Notice.account_id == account_id, Notice.read_at.is_(None)]
        if notices is not None:
            which.append(Notice.id.in_(notices))
        if message is not None:
            which.append(exists().where(NoticeSend.notice_id == Notice.id, NoticeSend.message_id == message))
        if dossier is not None:
            which.append(Notice.dossier == dossier)
        async with self._database.writing() as session:
            done = await session.execute(update(Notice).where(*which).values(read_at=now).execution_options(synchronize_session=False))
            await self._schedule_check(session, account_id, now)
        return cast("CursorResult[Any]", done).rowcount

    async def channels(self, account_id: str, email: str) -> frozenset[DeliveryChannel]:
        """Return the channels that the person has at this moment; `email` is their account's address."""
        async with self._database.reading() as session:
            return (await ReachabilityLookup().find_one(session, account_id, self._clock.now())).channels(email)

    async def page_link(self, account_id: str, conversation_id: str) -> str:
        """Create a link, as an absolute URL, that opens the page of these settings once, soon, while this chat is linked."""
        return await make_page_link(self._database, self._clock, self._settings, account_id, conversation_id=conversation_id)

    async def _locked(self, session: AsyncSession, account_id: str) -> NotificationPerson:
        """Return the person's row, locked, created if missing."""
        await ensure_recipients(session, [account_id])
        locked = select(NotificationPerson).where(NotificationPerson.account_id == account_id).with_for_update()
        return (await session.scalars(locked)).one()

    async def _changed(
        self, session: AsyncSession, person: NotificationPerson, action: str, channel: str, conversation_id: str | None
    ) -> None:
        now = self._clock.now()
        person.version += 1
        person.changed_at = now
        await session.flush()
        await self._schedule_check(session, person.account_id, now)
        await audit.record(
            session, now=now, actor=person.account_id, action=action, outcome="changed", subject=conversation_id, channel=channel
        )

    @staticmethod
    async def _schedule_check(session: AsyncSession, account_id: str, now: datetime) -> None:
        """Have what waits decided again at once."""
        waits = exists().where(NoticeSend.account_id == account_id, NoticeSend.state == WAITING)
        look = update(NotificationPerson).where(NotificationPerson.account_id == account_id, waits).values(look_at=now)
        await session.execute(look.execution_options(synchronize_session=False))
        announce(session, DUE_TOPIC)


def _without_ended_mutes(preferences: Preferences, now: datetime) -> Preferences:
    """Return the preferences without mutes that ended."""
    mutes = tuple(mute for mute in preferences.mutes if mute.until is None or mute.until > now)
    return preferences if mutes == preferences.mutes else preferences.model_copy(update={"mutes": mutes})


def _document(preferences: Preferences) -> dict[str, Any]:
    """Return the JSON that is kept: only what the person set."""
    return preferences.model_dump(mode="json", exclude_unset=True)
