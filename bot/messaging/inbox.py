"""The inbox: users' messages are written down before they are answered, and answered in order per conversation.

A row is answered by whoever holds its lease; only the oldest unfinished row of a conversation may
be leased, which keeps a conversation in order across any number of bot processes.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.database import Database
from bot.core.encryption import Cipher, DecryptionFailed
from bot.core.errors import log_error
from bot.jobs.lease_owner import is_dead
from bot.messaging.conversations import lock_conversation
from bot.messaging.messages import Incoming, Message, Outcome, Received, Reply, Turn
from bot.messaging.outbound_commands import FETCHED, delete_sent, replace_sent
from bot.messaging.tables import DONE, RECEIVED, ButtonRow, Conversation, InboxRow, MessageRow
from bot.messaging.texts import Texts
from bot.messaging.transcript import ADD_MESSAGE, add_replies, last_delivered

LEASE = timedelta(seconds=20)
"""How long a turn is left to a process that gives no sign: it renews its leases well before (`Worker`)."""
TAKEN_AT_ONCE = 50
SEEN_EVERY = timedelta(minutes=1)
MOST_SEEN = 20_000

INBOX = InboxRow.metadata.tables[InboxRow.__tablename__]
_ADD_ROW = insert(INBOX).returning(INBOX.c.id)
_CONTENT = (INBOX.c.id, INBOX.c.channel, INBOX.c.text, INBOX.c.sealed, INBOX.c.button, INBOX.c.event, INBOX.c.sent_id, INBOX.c.received_at)


SHOWN_EVENTS = frozenset({"not_text", "edited", "too_long"})
"""Events that stand in the transcript as a message of the user."""


def holds_token(text: str) -> bool:
    """Whether a typed text is a command with a token that links the chat to an account."""
    return bool(re.match(r"\s*/start\b\s*\S", text, re.IGNORECASE))


@dataclass(frozen=True)
class Door:
    """By which way a message comes into a conversation."""

    home: str
    """The conversation's own channel."""
    channel: str
    """The channel that the message came by: `home`, or the web chat that the conversation is continued in."""
    trusted: bool
    """Whether an usager may be named there."""


@dataclass(frozen=True)
class Completed:
    """A turn that is over: its replies, and the conversation's next turn if there is one, leased."""

    messages: list[Message]
    following: Turn | None


Step = Callable[[AsyncSession], Awaitable[Outcome]]
"""Finds how a turn ends within the transaction that ends it."""


class Inbox:
    """Receives messages, leases turns, completes them; every method is one transaction."""

    def __init__(self, database: Database, texts: Texts, seal: Cipher, *, holder: str, button_life: timedelta) -> None:
        self._database = database
        self._texts = texts
        self._seal = seal
        self._holder = holder
        self._button_life = button_life
        self._seen: dict[str, datetime] = {}

    async def receive(self, conversation_id: str, incoming: Incoming, door: Door, now: datetime) -> Received:
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
            row = {"conversation_id": conversation_id, "channel": door.channel, "state": RECEIVED, "received_at": now, "delivered": False}
            turn_id = (await session.execute(_ADD_ROW, row | self._content(incoming, door) | lease)).scalar_one()
            await self._show(session, conversation_id, turn_id, incoming, door, now)
            if self._is_news(conversation_id, now):
                seen = update(Conversation).where(Conversation.id == conversation_id).values(last_seen_at=now)
                await session.execute(seen)
        if waiting:
            return Received(turn_id, now, new=True, done=False, work=None)
        work = Turn(
            id=turn_id,
            conversation_id=conversation_id,
            channel=door.channel,
            home=door.home,
            text=incoming.text,
            button=incoming.button,
            event=incoming.event,
            sent_id=incoming.sent_id,
            received_at=now,
            attempts=1,
        )
        return Received(turn_id, now, new=True, done=False, work=work)

    def _content(self, incoming: Incoming, door: Door) -> dict[str, Any]:
        """The columns of what was received: sealed where it may name an usager, or hold a token."""
        sealed = incoming.text is not None and (not door.trusted or holds_token(incoming.text))
        return {
            "client_id": incoming.client_id,
            "text": self._seal.encrypt(incoming.text) if sealed and incoming.text is not None else incoming.text,
            "sealed": sealed,
            "button": incoming.button,
            "event": incoming.event,
            "sent_id": incoming.sent_id,
        }

    def _is_news(self, conversation_id: str, now: datetime) -> bool:
        """Whether `last_seen_at` is to be written: once a minute is enough."""
        last = self._seen.get(conversation_id)
        if last is not None and abs(now - last) < SEEN_EVERY:
            return False
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()
        self._seen[conversation_id] = now
        return True

    async def _show(self, session: AsyncSession, conversation_id: str, turn_id: int, incoming: Incoming, door: Door, now: datetime) -> None:
        """Put the user's message into the transcript; a button shows its title, what is sealed only that there is something."""
        if incoming.event is not None and incoming.event not in SHOWN_EVENTS:
            return
        text = incoming.text
        if text is None and incoming.event is None:
            title = select(ButtonRow.title).where(ButtonRow.token == incoming.button, ButtonRow.conversation_id == conversation_id)
            text = await session.scalar(title) or self._texts.say("button_unknown_title")
        elif text is None or not door.trusted or holds_token(text):
            text = self._texts.say("unread_message")
        row = {"conversation_id": conversation_id, "turn": turn_id, "at": now, "channel": door.channel, "author": "user", "agent": None}
        row |= {"text": text, "buttons": [], "link": None, "client_id": incoming.client_id, "key": None, "sent": None}
        await session.execute(ADD_MESSAGE, row)

    async def complete(self, turn: Turn, how: Outcome | Step, now: datetime) -> Completed | None:
        """End a turn: its replies, their buttons, what it used up, and the lease of the next one, all or nothing.

        None if the turn was not ours any more: whoever has it answers, nothing is written here.

        Args:
            how: the outcome, or what finds it within the transaction, the conversation being locked; if that raises, nothing is written.
        """
        async with self._database.writing() as session:
            await lock_conversation(session, turn.conversation_id)
            mine = select(INBOX.c.id).where(INBOX.c.id == turn.id, *self._ours)
            if await session.scalar(mine.with_for_update()) is None:
                return None
            outcome = how if isinstance(how, Outcome) else await how(session)
            end = {"state": DONE, "done_at": now, "lease_until": None, "delivered": outcome.delivered, "error_id": outcome.error_id}
            end["intent"] = outcome.intent
            await session.execute(update(INBOX).where(INBOX.c.id == turn.id).values(**end))
            await self._forget(session, turn, outcome, now)
            if outcome.consumed_message is not None:
                await self._use_up(session, turn.conversation_id, outcome.consumed_message, outcome, now)
            messages = await add_replies(
                session,
                turn.conversation_id,
                outcome.replies,
                channel=turn.channel,
                now=now,
                button_life=self._button_life,
                turn=turn.id,
                shown_after=turn.id if outcome.delivered else 0,
            )
            if outcome.announcements:
                messages += await self._announce(session, turn, outcome.announcements, now)
            following = await self._lease_next(session, turn, now)
        return Completed(messages, following)

    async def _announce(self, session: AsyncSession, turn: Turn, announcements: tuple[Reply, ...], now: datetime) -> list[Message]:
        return await add_replies(
            session,
            turn.conversation_id,
            announcements,
            channel=turn.channel,
            now=now,
            button_life=self._button_life,
            turn=turn.id,
            shown_after=await last_delivered(session, turn.conversation_id),
            author="system",
        )

    async def _use_up(self, session: AsyncSession, conversation_id: str, message_id: int, outcome: Outcome, now: datetime) -> None:
        """The pressed button serves no more, nor do those beside it, unless each stands on its own."""
        used = [ButtonRow.message_id == message_id, ButtonRow.used_at.is_(None)]
        if outcome.consumed_button is not None:
            used.append(ButtonRow.token == outcome.consumed_button)
        await session.execute(update(ButtonRow).where(*used).values(used_at=now))
        await replace_sent(session, conversation_id, message_id, outcome.consumed_title, token=outcome.consumed_button, now=now)

    async def _forget(self, session: AsyncSession, turn: Turn, outcome: Outcome, now: datetime) -> None:
        """What was sealed goes; the transcript keeps what may be kept of it; the chat's own copy is deleted where it named an usager."""
        await session.execute(update(INBOX).where(INBOX.c.id == turn.id, INBOX.c.sealed).values(text=None))
        if outcome.text is not None:
            shown = update(MessageRow).where(MessageRow.turn == turn.id, MessageRow.author == "user")
            await session.execute(shown.values(text=outcome.text))
        if outcome.masked and turn.sent_id is not None and turn.channel not in FETCHED:
            await delete_sent(session, turn.conversation_id, turn.sent_id, now=now)

    async def _lease_next(self, session: AsyncSession, turn: Turn, now: datetime) -> Turn | None:
        content = select(*_CONTENT, INBOX.c.attempts)
        waiting = content.where(INBOX.c.conversation_id == turn.conversation_id, INBOX.c.state == RECEIVED)
        row = (await session.execute(waiting.order_by(INBOX.c.id).limit(1))).one_or_none()
        if row is None:
            return None
        lease = self._lease(now, row.attempts)
        await session.execute(update(INBOX).where(INBOX.c.id == row.id).values(**lease))
        return self._turn(row, turn.conversation_id, turn.home, lease["attempts"])

    def _turn(self, row: Any, conversation_id: str, home: str, attempts: int) -> Turn:
        """The turn of a row, its text unsealed."""
        return Turn(
            id=row.id,
            conversation_id=conversation_id,
            channel=row.channel,
            home=home,
            text=self._unsealed(row.text) if row.sealed and row.text is not None else row.text,
            button=row.button,
            event=row.event,
            sent_id=row.sent_id,
            received_at=row.received_at,
            attempts=attempts,
        )

    def _unsealed(self, text: str) -> str | None:
        try:
            return self._seal.decrypt(text)
        except DecryptionFailed as error:  # SECRET was changed while messages waited: the user is told that it could not be read
            log_error(error, "unsealing a message")
            return None

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
        homes = select(Conversation.id, Conversation.channel).join(InboxRow, InboxRow.conversation_id == Conversation.id)
        turns = []
        async with self._database.writing() as session:
            home = {row.id: row.channel for row in await session.execute(homes.where(InboxRow.id.in_(ids)))}
            for row in await session.scalars(locked.with_for_update(skip_locked=True)):
                if (row.id, row.holder, row.lease_until) in as_read:
                    lease = self._lease(now, row.attempts)
                    await session.execute(update(INBOX).where(INBOX.c.id == row.id).values(**lease))
                    turns.append(self._turn(row, row.conversation_id, home[row.conversation_id], lease["attempts"]))
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
