"""What a person asks about their notices: how they want to be told, what there is to read, what was read.

Whose account it is was settled by whoever calls. What waits is decided again by the handing (`look_at`), never here.
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
    """Preferences and reading, for the dialogue and the pages."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock, self._settings = database, clock, settings

    async def preferences(self, account_id: str) -> Preferences:
        """What the person said; nothing for somebody who is not known yet."""
        async with self._database.reading() as session:
            person = await session.get(NotificationPerson, account_id)
        return Preferences.model_validate(person.preferences) if person is not None else Preferences()

    async def version(self, account_id: str) -> int:
        """Grows with each change: what `undo` is told of, so that it never undoes another one."""
        async with self._database.reading() as session:
            person = await session.get(NotificationPerson, account_id)
        return person.version if person is not None else 0

    async def change(self, account_id: str, update: Update, *, channel: str, conversation_id: str | None = None) -> Preferences:
        """The new preferences, by what `update` makes of those that hold now; all that waits is decided again by them.

        What changes nothing is no change. Raises ValueError (pydantic's) where they would not be valid, and then nothing is kept.
        """
        now = self._clock.now()
        async with self._database.writing() as session:
            person = await self._locked(session, account_id)
            current = Preferences.model_validate(person.preferences)
            wanted = Preferences.model_validate(update(current).model_dump(exclude_unset=True))
            if wanted == current:
                return current
            kept = _without_what_is_over(wanted, now)
            person.previous, person.preferences = person.preferences, _document(kept)
            await self._changed(session, person, "notifications.change", channel, conversation_id)
        return kept

    async def undo(
        self, account_id: str, *, channel: str, conversation_id: str | None = None, version: int | None = None
    ) -> Preferences | None:
        """The preferences before the last change, in force again; None where there is nothing to undo.

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
        """When the first digest leaves after an instant, quiet time considered."""
        return calendar.next_digest(preferences, at)

    @staticmethod
    def quiet_until(preferences: Preferences, at: datetime) -> datetime | None:
        """The end of the quiet time that an instant lies in; None outside any."""
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
        """Notices, the newest first; those older than the notice `before`. `titles`: for a trusted channel alone."""
        async with self._database.reading() as session:
            return await notification_list.page(
                session, account_id, dossier=dossier, unread=unread, before=before, size=size, titles=titles
            )

    async def unread(self, account_id: str) -> int:
        """How many notices the bell counts: unread, and announced in SPHERE's list."""
        async with self._database.reading() as session:
            return await notification_list.announced(session, account_id)

    async def mark_read(
        self, account_id: str, *, notices: Collection[int] | None = None, message: int | None = None, dossier: str | None = None
    ) -> int:
        """How many became read: those named, those told in a message, those of a dossier; all, where nothing is named.

        What of them waits to be told is decided again: it need not be any more.
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
            await self._look_again(session, account_id, now)
        return cast("CursorResult[Any]", done).rowcount

    async def channels(self, account_id: str, email: str) -> frozenset[DeliveryChannel]:
        """Return the channels that the person has at this moment; `email` is their account's address."""
        async with self._database.reading() as session:
            return (await ReachabilityLookup().find_one(session, account_id, self._clock.now())).channels(email)

    async def page_link(self, account_id: str, conversation_id: str) -> str:
        """A link, as an absolute URL, that opens the page of these settings once, soon, while this chat is linked."""
        return await make_page_link(self._database, self._clock, self._settings, account_id, conversation_id=conversation_id)

    async def _locked(self, session: AsyncSession, account_id: str) -> NotificationPerson:
        """The person's row under lock, made if missing."""
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
        await self._look_again(session, person.account_id, now)
        await audit.record(
            session, now=now, actor=person.account_id, action=action, outcome="changed", subject=conversation_id, channel=channel
        )

    @staticmethod
    async def _look_again(session: AsyncSession, account_id: str, now: datetime) -> None:
        """What waits is decided again at once."""
        waits = exists().where(NoticeSend.account_id == account_id, NoticeSend.state == WAITING)
        look = update(NotificationPerson).where(NotificationPerson.account_id == account_id, waits).values(look_at=now)
        await session.execute(look.execution_options(synchronize_session=False))
        announce(session, DUE_TOPIC)


def _without_what_is_over(preferences: Preferences, now: datetime) -> Preferences:
    """Less the mutes that ended: they silence nothing any more."""
    mutes = tuple(mute for mute in preferences.mutes if mute.until is None or mute.until > now)
    return preferences if mutes == preferences.mutes else preferences.model_copy(update={"mutes": mutes})


def _document(preferences: Preferences) -> dict[str, Any]:
    """As kept: only what the person said."""
    return preferences.model_dump(mode="json", exclude_unset=True)
