"""The inbox: users' messages are written down before they are answered, and answered in order per conversation.

A row is answered by whoever holds its lease; only the oldest unfinished row of a conversation may
be leased, which keeps a conversation in order across any number of bot processes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversation.conversations import lock_conversation
from bot.conversation.holder import is_dead
from bot.conversation.messages import Incoming, Message, Outcome, Received, Turn
from bot.conversation.tables import DONE, RECEIVED, ButtonRow, Conversation, InboxRow
from bot.conversation.texts import Texts
from bot.conversation.transcript import ADD_MESSAGE, add_replies
from bot.database import Database

LEASE = timedelta(seconds=20)
"""How long a turn is left to a process that gives no sign: it renews its leases well before (`Worker`)."""
TAKEN_AT_ONCE = 50
SEEN_EVERY = timedelta(minutes=1)
MOST_SEEN = 20_000

INBOX = InboxRow.metadata.tables[InboxRow.__tablename__]
_ADD_ROW = insert(INBOX).returning(INBOX.c.id)


@dataclass(frozen=True)
class Completed:
    """A turn that is over: its replies, and the conversation's next turn if there is one, leased."""

    messages: list[Message]
    following: Turn | None


class Inbox:
    """Receives messages, leases turns, completes them; every method is one transaction."""

    def __init__(self, database: Database, texts: Texts, *, holder: str, button_life: timedelta) -> None:
        self._database = database
        self._texts = texts
        self._holder = holder
        self._button_life = button_life
        self._seen: dict[str, datetime] = {}

    async def receive(self, conversation_id: str, incoming: Incoming, now: datetime) -> Received:
        """Write a message down, once per `client_id`; lease it at once where nothing older of the conversation waits."""
        async with self._database.writing() as session:
            await lock_conversation(session, conversation_id)
            same = INBOX.c.client_id == incoming.client_id
            known = select(INBOX.c.id, INBOX.c.client_id, INBOX.c.state, INBOX.c.received_at)
            rows = await session.execute(known.where(INBOX.c.conversation_id == conversation_id, same | (INBOX.c.state == RECEIVED)))
            waiting = False
            for turn_id, client_id, state, received_at in rows:
                if client_id == incoming.client_id:
                    return Received(turn_id, received_at, new=False, done=state == DONE, work=None)
                waiting = True
            lease = {"holder": None, "lease_until": None, "attempts": 0} if waiting else self._lease(now)
            content = {"client_id": incoming.client_id, "text": incoming.text, "button": incoming.button}
            row = {"conversation_id": conversation_id, "state": RECEIVED, "received_at": now, "delivered": False} | content | lease
            turn_id = (await session.execute(_ADD_ROW, row)).scalar_one()
            await self._show(session, conversation_id, turn_id, incoming, now)
            if self._is_news(conversation_id, now):
                seen = update(Conversation).where(Conversation.id == conversation_id).values(last_seen_at=now)
                await session.execute(seen)
        work = None if waiting else Turn(turn_id, conversation_id, incoming.text, incoming.button, now, attempts=1)
        return Received(turn_id, now, new=True, done=False, work=work)

    def _is_news(self, conversation_id: str, now: datetime) -> bool:
        """Whether `last_seen_at` is to be written: once a minute is enough."""
        last = self._seen.get(conversation_id)
        if last is not None and abs(now - last) < SEEN_EVERY:
            return False
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()
        self._seen[conversation_id] = now
        return True

    async def _show(self, session: AsyncSession, conversation_id: str, turn_id: int, incoming: Incoming, now: datetime) -> None:
        """Put the user's message into the transcript; a button shows its title."""
        text = incoming.text
        if text is None:
            title = select(ButtonRow.title).where(ButtonRow.token == incoming.button, ButtonRow.conversation_id == conversation_id)
            text = await session.scalar(title) or self._texts.say("button_unknown_title")
        row = {"conversation_id": conversation_id, "turn": turn_id, "at": now, "author": "user", "agent": None, "text": text}
        await session.execute(ADD_MESSAGE, row | {"buttons": [], "link": None, "client_id": incoming.client_id, "key": None})

    async def complete(self, turn: Turn, outcome: Outcome, now: datetime) -> Completed | None:
        """End a turn: its replies, their buttons, what it used up, and the lease of the next one, all or nothing.

        None if the turn was not ours any more: whoever has it answers, nothing is written here.
        """
        async with self._database.writing() as session:
            await lock_conversation(session, turn.conversation_id)
            end = {"state": DONE, "done_at": now, "lease_until": None, "delivered": outcome.delivered, "error_id": outcome.error_id}
            ended = update(INBOX).where(INBOX.c.id == turn.id, *self._ours).values(**end).returning(INBOX.c.id)
            if (await session.execute(ended)).scalar() is None:
                return None
            if outcome.consumed_message is not None:
                siblings = (ButtonRow.message_id == outcome.consumed_message, ButtonRow.used_at.is_(None))
                await session.execute(update(ButtonRow).where(*siblings).values(used_at=now))
            messages = await add_replies(
                session,
                turn.conversation_id,
                outcome.replies,
                now=now,
                button_life=self._button_life,
                turn=turn.id,
                shown_after=turn.id if outcome.delivered else 0,
            )
            following = await self._lease_next(session, turn.conversation_id, now)
        return Completed(messages, following)

    async def _lease_next(self, session: AsyncSession, conversation_id: str, now: datetime) -> Turn | None:
        content = select(INBOX.c.id, INBOX.c.text, INBOX.c.button, INBOX.c.received_at, INBOX.c.attempts)
        waiting = content.where(INBOX.c.conversation_id == conversation_id, INBOX.c.state == RECEIVED)
        row = (await session.execute(waiting.order_by(INBOX.c.id).limit(1))).one_or_none()
        if row is None:
            return None
        lease = self._lease(now, row.attempts)
        await session.execute(update(INBOX).where(INBOX.c.id == row.id).values(**lease))
        return Turn(row.id, conversation_id, row.text, row.button, row.received_at, lease["attempts"])

    async def take_abandoned(self, now: datetime, *, in_hand: Collection[int]) -> list[Turn]:
        """Lease turns that nobody answers: never leased, lease run out, or its holder known to be dead.

        A holder on this machine is known dead at once, without waiting for its lease to run out.
        """
        oldest = select(func.min(InboxRow.id)).where(InboxRow.state == RECEIVED).group_by(InboxRow.conversation_id)
        open_rows = select(InboxRow.id, InboxRow.holder, InboxRow.lease_until).where(InboxRow.id.in_(oldest), InboxRow.state == RECEIVED)
        async with self._database.reading() as session:
            found = (await session.execute(open_rows.order_by(InboxRow.id))).all()
        dead: dict[str, bool] = {}
        taken: list[tuple[int, str | None, datetime | None]] = []
        for row_id, holder, lease_until in found:
            if row_id in in_hand:
                continue
            if holder and holder not in dead:
                dead[holder] = is_dead(holder, single_host=self._database.is_sqlite)
            if holder is None or lease_until is None or lease_until < now or dead[holder]:
                taken.append((row_id, holder, lease_until))
        return await self._take(taken[:TAKEN_AT_ONCE], now) if taken else []

    async def _take(self, rows: list[tuple[int, str | None, datetime | None]], now: datetime) -> list[Turn]:
        """Lease those of `rows` that nobody else took or renewed since they were read."""
        ids = [row_id for row_id, _, _ in rows]
        as_read = set(rows)
        locked = select(InboxRow).where(InboxRow.id.in_(ids), InboxRow.state == RECEIVED).order_by(InboxRow.id)
        turns = []
        async with self._database.writing() as session:
            for row in await session.scalars(locked.with_for_update(skip_locked=True)):
                if (row.id, row.holder, row.lease_until) in as_read:
                    lease = self._lease(now, row.attempts)
                    await session.execute(update(INBOX).where(INBOX.c.id == row.id).values(**lease))
                    turns.append(Turn(row.id, row.conversation_id, row.text, row.button, row.received_at, lease["attempts"]))
        return turns

    async def renew(self, turn_ids: Collection[int], now: datetime) -> None:
        """Keep the leases of the turns in hand."""
        async with self._database.writing() as session:
            await session.execute(update(INBOX).where(INBOX.c.id.in_(turn_ids), *self._ours).values(lease_until=now + LEASE))

    async def release(self) -> None:
        """Leave every unfinished turn of this process to the next one, at an orderly stop."""
        async with self._database.writing() as session:
            await session.execute(update(INBOX).where(*self._ours).values(holder=None, lease_until=None, attempts=0))

    async def done(self, turn_ids: Collection[int]) -> list[int]:
        """Which of these turns are over."""
        async with self._database.reading() as session:
            return list(await session.scalars(select(InboxRow.id).where(InboxRow.id.in_(turn_ids), InboxRow.state == DONE)))

    @property
    def _ours(self) -> tuple[ColumnElement[bool], ...]:
        return INBOX.c.state == RECEIVED, INBOX.c.holder == self._holder

    def _lease(self, now: datetime, attempts: int = 0) -> dict[str, Any]:
        return {"holder": self._holder, "lease_until": now + LEASE, "attempts": attempts + 1}
