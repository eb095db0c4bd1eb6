"""What fan-out and dispatch leave in the database, put there by hand."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.core.audit import AuditEvent
from bot.core.clock import ManualClock
from bot.core.database import Database
from bot.notifications.kinds import DeliveryChannel, Mode
from bot.notifications.service import Notifications
from bot.notifications.tables import HANDED, Event, Notice, NoticeMessage, NoticeSend, NotificationPerson
from bot.settings import Settings

DOSSIER, OTHER = "SPH-2024-000137", "SPH-2024-000142"
_numbers = itertools.count(1)


class StoredNotifications:
    """The service over a real database, and what fan-out and dispatch would have left in it."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database, self.clock = database, clock
        self.account = "claire"
        """Whose notifications they are, unless another account is named."""
        self.service = Notifications(database, clock, Settings(secret="s" * 32))

    async def notice(self, account: str | None = None, *, ago: int = 0, read: bool = False, kind: str = "note.added", **data: Any) -> int:
        """A notification of an event so many minutes ago; its id."""
        now, number = self.clock.now(), next(_numbers)
        at = now - timedelta(minutes=ago)
        dossier, author, urgent = data.pop("dossier", DOSSIER), data.pop("author", "Karim Benali"), data.pop("urgent", False)
        async with self.database.writing() as session:
            event = Event(source="urn:test", event_id=str(number), kind=kind, subject=dossier, occurred_at=at, received_at=now, data=data)
            session.add(event)
            await session.flush()
            notice = Notice(
                event_id=event.id, account_id=account or self.account, kind=kind, dossier=dossier, author=author, urgent=urgent,
                occurred_at=at, created_at=now, read_at=now if read else None,
            )  # fmt: skip
            session.add(notice)
            await session.flush()
            return notice.id

    async def send(self, notice: int, way: DeliveryChannel, state: str, account: str | None = None, message: int | None = None) -> None:
        now = self.clock.now()
        async with self.database.writing() as session:
            send = NoticeSend(
                notice_id=notice, account_id=account or self.account, way=way, mode=Mode.NOW, due_at=now, state=state, message_id=message
            )
            session.add(send)

    async def message(self, *notices: int, account: str | None = None) -> int:
        """The Telegram message of these notifications; its id."""
        now = self.clock.now()
        async with self.database.writing() as session:
            message = NoticeMessage(
                account_id=account or self.account, way=DeliveryChannel.TELEGRAM, digest=False, due_at=now, handed_at=now, outbox_id=1
            )
            session.add(message)
            await session.flush()
        for notice in notices:
            await self.send(notice, DeliveryChannel.TELEGRAM, HANDED, account, message.id)
        return message.id

    async def look_at(self, account: str | None = None) -> datetime | None:
        async with self.database.reading() as session:
            return await session.scalar(
                select(NotificationPerson.look_at).where(NotificationPerson.account_id == (account or self.account))
            )

    async def trail(self) -> list[AuditEvent]:
        async with self.database.reading() as session:
            return [*await session.scalars(select(AuditEvent).order_by(AuditEvent.id))]
