"""Dead letters: rows that the outbox gave up, as support sees and resends them. Never what they say, nor to whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.core.clock import Clock
from bot.core.database import Database
from bot.jobs.outbox import MAIL, OutboxRow
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.replanning import GIVEN_UP
from bot.notifications.tables import DROPPED, FAILED, HANDED, SENT, WAITING, NoticeMessage, NoticeSend

CHAT_CLOSED = "ChatClosed"
"""Error of rows that waited for a chat that closed: there is nothing to resend, their notifications went by another channel."""


class NotDead(Exception):
    """There is no dead letter of this number."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class CodeDeleted(Exception):
    """The letter was a mail with a code, which is deleted when it is given up."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True)
class DeadLetter:
    """One row of the outbox that was given up."""

    id: int
    kind: str
    """Of the row: `mail`, `chat`, `push`."""
    channel: str | None
    """Of notifications; None for anything else."""
    created_at: datetime
    dead_at: datetime
    attempts: int
    error: str
    taken_over: bool
    """Whether another channel delivered, or will deliver, its notifications."""


class DeadLetters:
    """Lists dead letters, and has them sent again by the running bot."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def letters(self, *, closed: bool = False) -> list[DeadLetter]:
        """Return dead letters, the newest first; those of chats that closed only if asked for."""
        async with self._database.reading() as session:
            return await self._found(session, [] if closed else [OutboxRow.last_error != CHAT_CLOSED])

    async def resend(self, letter_id: int) -> None:
        """Send one again, whatever it is. Raise NotDead, and CodeDeleted where there is nothing left to send."""
        async with self._database.writing() as session:
            if not await self._found(session, [OutboxRow.id == letter_id]):
                raise NotDead
            row = await session.get_one(OutboxRow, letter_id)
            if row.kind == MAIL and not row.payload:
                raise CodeDeleted
            await self._revive(session, letter_id)

    async def resend_all(self) -> int:
        """Send all notifications again that no other channel took over. Return how many those are."""
        async with self._database.writing() as session:
            letters = await self._found(session, [OutboxRow.last_error != CHAT_CLOSED])
            again = [letter.id for letter in letters if letter.channel is not None and not letter.taken_over]
            for letter_id in again:
                await self._revive(session, letter_id)
        return len(again)

    async def _found(self, session: AsyncSession, conditions: list[ColumnElement[bool]]) -> list[DeadLetter]:
        other = aliased(NoticeSend)
        outside = (other.notice_id == NoticeSend.notice_id, other.way.not_in((NoticeSend.way, DeliveryChannel.SPHERE)))
        taken_over_by_other = exists().where(NoticeSend.message_id == NoticeMessage.id, *outside, other.state.in_((HANDED, WAITING)))
        columns = (
            OutboxRow.id, OutboxRow.kind, NoticeMessage.way, OutboxRow.created_at, OutboxRow.dead_at, OutboxRow.attempts,
            OutboxRow.last_error, taken_over_by_other,
        )  # fmt: skip
        wanted = select(*columns).outerjoin(NoticeMessage, NoticeMessage.outbox_id == OutboxRow.id)
        wanted = wanted.where(OutboxRow.dead_at.is_not(None), OutboxRow.done_at.is_(None), *conditions).order_by(OutboxRow.id.desc())
        letters = []
        for row_id, kind, channel, created_at, dead_at, attempts, error, taken_over in await session.execute(wanted):
            assert dead_at is not None
            letters.append(DeadLetter(row_id, kind, channel, created_at, dead_at, attempts, error or "", taken_over))
        return letters

    async def _revive(self, session: AsyncSession, letter_id: int) -> None:
        again = {"dead_at": None, "lease_until": None, "attempts": 0, "not_before": self._clock.now()}
        await session.execute(update(OutboxRow).where(OutboxRow.id == letter_id).values(**again))
        mine = select(NoticeMessage.id).where(NoticeMessage.outbox_id == letter_id, NoticeMessage.state == FAILED)
        messages = list(await session.scalars(mine))
        given_up = (NoticeSend.message_id.in_(messages), NoticeSend.why == GIVEN_UP, NoticeSend.state.in_((WAITING, DROPPED)))
        await session.execute(update(NoticeSend).where(*given_up).values(state=HANDED, why=None))
        await session.execute(update(NoticeMessage).where(NoticeMessage.id.in_(messages)).values(state=SENT))
