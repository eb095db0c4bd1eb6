"""The inbox: users' messages are stored before they are answered, and answered in order within a conversation.

A message is a turn, and a job of the queue `TURNS`: the process that holds its lease answers it. Only the oldest open turn of a
conversation is claimed, which keeps a conversation in order across any number of bot processes.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, insert, null, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.encryption import Cipher, DecryptionFailed
from bot.core.errors import log_error
from bot.jobs import leases
from bot.jobs.queue import Queue
from bot.jobs.silence import SilenceWatch
from bot.messaging.conversations import lock_conversation
from bot.messaging.messages import Incoming, Message, Outcome, Received, Reply, Turn
from bot.messaging.outbound_commands import FETCHED, delete_sent, replace_sent
from bot.messaging.pii.codes import holds_code, mask_codes
from bot.messaging.tables import DONE, RECEIVED, ButtonRow, Conversation, InboxRow, MessageRow
from bot.messaging.texts import Texts
from bot.messaging.transcript import ADD_MESSAGE, add_replies, last_delivered

CLAIMED_AT_ONCE = 50
"""Most abandoned turns that one process claims at a time: the others are left to other processes, and to its next round."""
MOST_WATCHED = 2000
"""Open turns whose leases are watched: in a crowd, the oldest."""
LAST_SEEN_INTERVAL = timedelta(minutes=1)
"""How often `Conversation.last_seen_at` is written at the most."""
MINUTE = timedelta(minutes=1)
MAX_LAST_SEEN = 20_000
"""Conversations of which this process remembers when it wrote that."""

TURNS = Queue(
    name="turns",
    key=InboxRow.id,
    is_open=(InboxRow.state == RECEIVED,),
    lease_until=InboxRow.lease_until,
    lease=leases.TURN,
    attempts=InboxRow.attempts,
    owner=InboxRow.holder,
    clock_grace=leases.TURN_CLOCKS,
)

INBOX = InboxRow.metadata.tables[InboxRow.__tablename__]
_ADD_ROW = insert(INBOX).returning(INBOX.c.id)
_CONTENT = (INBOX.c.id, INBOX.c.channel, INBOX.c.text, INBOX.c.sealed, INBOX.c.button, INBOX.c.event, INBOX.c.sent_id, INBOX.c.received_at)


SHOWN_EVENTS = frozenset({"not_text", "edited", "too_long", "flooded"})
"""Events that the transcript shows as a message of the user."""


def _received_at(conversation_id: str, number: int) -> Select[datetime]:
    """Select when the last but so many messages of a conversation was received: the `number`th from the end."""
    latest = select(INBOX.c.received_at).where(INBOX.c.conversation_id == conversation_id).order_by(INBOX.c.id.desc())
    return latest.offset(number - 1).limit(1)


def holds_token(text: str) -> bool:
    """Return whether a typed text is a command with a token that links the chat to an account."""
    return bool(re.match(r"\s*/start\b\s*\S", text, re.IGNORECASE))


class TooManyMessages(Exception):
    """The chat sent more than it may in a minute, by whichever process; nothing is stored."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True)
class Door:
    """By which way a message comes into a conversation."""

    home: str
    """The conversation's own channel."""
    channel: str
    """The channel that the message came by: `home`, or the web chat that the conversation is continued in."""
    trusted: bool
    """Whether an usager may be named there."""
    per_minute: int | None = None
    """How many messages may come within a minute."""


@dataclass(frozen=True)
class Completed:
    """A turn that is over: its replies, and the conversation's next turn if there is one, claimed."""

    messages: list[Message]
    following: Turn | None


Step = Callable[[AsyncSession], Awaitable[Outcome]]
"""Determines the outcome of a turn within the transaction that completes it."""


class Inbox:
    """Receives messages, claims turns, completes them."""

    def __init__(self, database: Database, texts: Texts, cipher: Cipher, *, owner: str, button_life: timedelta) -> None:
        """Make the inbox of one process.

        Args:
            database: where the messages are stored.
            texts: of the gateway.
            cipher: encrypts messages that may name an usager, or hold a token or a code.
            owner: the process's name as a lease owner (`bot.jobs.lease_owner`).
            button_life: how long buttons under replies can be pressed.
        """
        self._database = database
        self._texts = texts
        self._cipher = cipher
        self._owner = owner
        self._button_life = button_life
        self._last_seen: dict[str, datetime] = {}
        self._silence = SilenceWatch(leases.TURN_ABANDONED.total_seconds())

    async def receive(self, conversation_id: str, incoming: Incoming, door: Door, now: datetime) -> Received:
        """Store a message, once per `client_id`, and claim it at once where no older one of the conversation waits.

        Where an usager may be named, the words beside an event are of no concern, and are not stored.

        Raises TooManyMessages.
        """
        if incoming.event is not None and door.trusted:
            incoming = replace(incoming, text=None)
        async with self._database.writing() as session:
            crowd = None if door.per_minute is None else _received_at(conversation_id, door.per_minute).scalar_subquery()
            crowded_since = await lock_conversation(session, conversation_id, crowd)
            if crowded_since is not None and crowded_since > now - MINUTE:
                raise TooManyMessages
            same = INBOX.c.client_id == incoming.client_id
            known = select(INBOX.c.id, INBOX.c.client_id, INBOX.c.state, INBOX.c.received_at)
            rows = await session.execute(known.where(INBOX.c.conversation_id == conversation_id, same | (INBOX.c.state == RECEIVED)))
            waiting = False
            for turn_id, client_id, state, received_at in rows:
                if client_id == incoming.client_id:
                    return Received(turn_id, received_at, new=False, done=state == DONE, work=None)
                waiting = True
            lease = {"holder": None, "lease_until": None, "attempts": 0} if waiting else TURNS.first_claim(now, self._owner)
            row = {"conversation_id": conversation_id, "channel": door.channel, "state": RECEIVED, "received_at": now, "delivered": False}
            turn_id = (await session.execute(_ADD_ROW, row | self._content(incoming, door) | lease)).scalar_one()
            await self._add_to_transcript(session, conversation_id, turn_id, incoming, door, now)
            if self._is_last_seen_stale(conversation_id, now):
                await session.execute(update(Conversation).where(Conversation.id == conversation_id).values(last_seen_at=now))
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
        """Return the columns of what was received, encrypted where it may name an usager, or holds a token or a code."""
        text = incoming.text
        sealed = text is not None and (not door.trusted or holds_token(text) or holds_code(text))
        return {
            "client_id": incoming.client_id,
            "text": self._cipher.encrypt(text) if sealed and text is not None else text,
            "sealed": sealed,
            "button": incoming.button,
            "event": incoming.event,
            "sent_id": incoming.sent_id,
        }

    def _is_last_seen_stale(self, conversation_id: str, now: datetime) -> bool:
        """Return whether `last_seen_at` must be written: once in `LAST_SEEN_INTERVAL` is enough."""
        last = self._last_seen.get(conversation_id)
        if last is not None and abs(now - last) < LAST_SEEN_INTERVAL:
            return False
        if len(self._last_seen) >= MAX_LAST_SEEN:
            self._last_seen.clear()
        self._last_seen[conversation_id] = now
        return True

    async def _add_to_transcript(
        self, session: AsyncSession, conversation_id: str, turn_id: int, incoming: Incoming, door: Door, now: datetime
    ) -> None:
        """Add the user's message to the transcript: a button by its title, what is encrypted by a text that says that it is not shown.

        A code is masked at once.
        """
        if incoming.event is not None and incoming.event not in SHOWN_EVENTS:
            return
        text = incoming.text
        if text is None and incoming.event is None:
            title = select(ButtonRow.title).where(ButtonRow.token == incoming.button, ButtonRow.conversation_id == conversation_id)
            text = await session.scalar(title) or self._texts.render("button_unknown_title")
        elif text is None or incoming.event is not None or not door.trusted or holds_token(text):
            text = self._texts.render("unread_message")
        else:
            text = mask_codes(text)
        row = {"conversation_id": conversation_id, "turn": turn_id, "at": now, "channel": door.channel, "author": "user", "agent": None}
        row |= {"text": text, "buttons": [], "link": None, "client_id": incoming.client_id, "key": None, "sent": None}
        await session.execute(ADD_MESSAGE, row)

    async def has_since(self, conversation_id: str, since: datetime, number: int) -> bool:
        """Return whether so many messages were received in a conversation since an instant, by whichever process."""
        async with self._database.reading() as session:
            at = await session.scalar(_received_at(conversation_id, number))
        return at is not None and at > since

    async def complete(self, turn: Turn, how: Outcome | Step, now: datetime) -> Completed | None:
        """Complete a turn in one transaction: its replies, their buttons, the buttons that it used up, and the claim of the next turn.

        Return None, and write nothing, where another process claimed the turn meanwhile: that process answers.

        Args:
            turn: a turn that this process claimed.
            how: the outcome, or what determines it within the transaction, the conversation being locked; if that raises, nothing is
                written.
            now: when it ends.
        """
        async with self._database.writing() as session:
            if not await self._lock_held(session, turn):
                return None
            outcome = how if isinstance(how, Outcome) else await how(session)
            end = {"state": DONE, "done_at": now, "lease_until": None, "delivered": outcome.delivered, "error_id": outcome.error_id}
            text = INBOX.c.text if outcome.text is None else case((INBOX.c.text.is_not(None), outcome.text))
            end |= {"intent": outcome.intent, "text": case((INBOX.c.sealed, null()), else_=text)}
            await session.execute(update(INBOX).where(INBOX.c.id == turn.id).values(**end))
            await self._redact(session, turn, outcome, now)
            if outcome.consumed_message is not None:
                await self._consume_buttons(session, turn.conversation_id, outcome.consumed_message, outcome, now)
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
                messages += await self._add_announcements(session, turn, outcome.announcements, now)
            following = await self._claim_next(session, turn, now)
        return Completed(messages, following)

    async def _lock_held(self, session: AsyncSession, turn: Turn) -> bool:
        """Lock the conversation as `lock_conversation` does, then the turn, if this process still holds it then: in one round trip.

        While another writer of the conversation is waited for, the turn is not locked, and is renewed.
        """
        locked = select(Conversation.id).where(Conversation.id == turn.conversation_id).with_for_update().cte("locked")
        held = select(InboxRow.id).where(InboxRow.id == turn.id, *TURNS.held_by(self._owner))
        held = held.join(locked, locked.c.id == InboxRow.conversation_id)
        return await session.scalar(held.with_for_update(of=InboxRow)) is not None

    async def _add_announcements(self, session: AsyncSession, turn: Turn, announcements: tuple[Reply, ...], now: datetime) -> list[Message]:
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

    async def _consume_buttons(self, session: AsyncSession, conversation_id: str, message_id: int, outcome: Outcome, now: datetime) -> None:
        """Mark the pressed button as used, and those of the same message, unless each of them stands on its own."""
        used = [ButtonRow.message_id == message_id, ButtonRow.used_at.is_(None)]
        if outcome.consumed_button is not None:
            used.append(ButtonRow.token == outcome.consumed_button)
        await session.execute(update(ButtonRow).where(*used).values(used_at=now))
        await replace_sent(session, conversation_id, message_id, outcome.consumed_title, token=outcome.consumed_button, now=now)

    async def _redact(self, session: AsyncSession, turn: Turn, outcome: Outcome, now: datetime) -> None:
        """Keep in the transcript what may be kept; delete the chat's own copy where it named an usager."""
        if outcome.text is not None:
            shown = update(MessageRow).where(MessageRow.turn == turn.id, MessageRow.author == "user")
            await session.execute(shown.values(text=mask_codes(outcome.text)))
        if outcome.masked and turn.sent_id is not None and turn.channel not in FETCHED:
            await delete_sent(session, turn.conversation_id, turn.sent_id, now=now)

    async def _claim_next(self, session: AsyncSession, turn: Turn, now: datetime) -> Turn | None:
        content = select(*_CONTENT, INBOX.c.attempts)
        waiting = content.where(INBOX.c.conversation_id == turn.conversation_id, INBOX.c.state == RECEIVED)
        row = (await session.execute(waiting.order_by(INBOX.c.id).limit(1))).one_or_none()
        if row is None:
            return None
        await TURNS.hold(session, [row.id], now, owner=self._owner)
        return self._turn(row, turn.conversation_id, turn.home, row.attempts + 1)

    def _turn(self, row: Any, conversation_id: str, home: str, attempts: int) -> Turn:
        """Return a row as a turn, its text decrypted."""
        return Turn(
            id=row.id,
            conversation_id=conversation_id,
            channel=row.channel,
            home=home,
            text=self._decrypted(row.text) if row.sealed and row.text is not None else row.text,
            button=row.button,
            event=row.event,
            sent_id=row.sent_id,
            received_at=row.received_at,
            attempts=attempts,
        )

    def _decrypted(self, text: str) -> str | None:
        try:
            return self._cipher.decrypt(text)
        except DecryptionFailed as error:  # SECRET was changed while messages waited: the user is told that it could not be read
            log_error(error, "decrypting a message")
            return None

    async def claim_abandoned(self, clock: Clock, *, in_hand: Collection[int]) -> list[Turn]:
        """Claim turns that nobody answers: never claimed, their lease run out or renewed no more, or its owner known to be dead.

        To be called each second or so: that a lease is not renewed is known by looking again.

        Args:
            clock: tells from when leases run.
            in_hand: turns that this process answers, whatever became of their leases.
        """
        open_ones = select(INBOX.c.id, INBOX.c.lease_until).where(INBOX.c.state == RECEIVED, INBOX.c.id.not_in(in_hand))
        async with self._database.reading() as session:
            turns = {row.id: row.lease_until for row in await session.execute(open_ones.order_by(INBOX.c.id).limit(MOST_WATCHED))}
        abandoned = self._silence.abandoned({turn_id: until for turn_id, until in turns.items() if until is not None})
        if not turns:
            return []
        oldest = select(func.min(InboxRow.id)).where(InboxRow.state == RECEIVED).group_by(InboxRow.conversation_id)
        wanted = select(InboxRow).where(InboxRow.id.in_(oldest), InboxRow.id.not_in(in_hand)).order_by(InboxRow.id)
        some = dict(list(abandoned.items())[:CLAIMED_AT_ONCE])
        rows = await TURNS.claim(self._database, clock, wanted, limit=CLAIMED_AT_ONCE, owner=self._owner, abandoned=some)
        if not rows:
            return []
        conversations = select(Conversation.id, Conversation.channel).where(Conversation.id.in_([row.conversation_id for row in rows]))
        async with self._database.reading() as session:
            homes = {row.id: row.channel for row in await session.execute(conversations)}
        return [self._turn(row, row.conversation_id, homes[row.conversation_id], row.attempts) for row in rows]

    async def renew(self, turn_ids: Collection[int], now: datetime) -> None:
        """Renew the leases of turns that this process answers; one that is being completed needs it no more."""
        async with self._database.single() as session:
            await TURNS.renew_unlocked(session, turn_ids, now, owner=self._owner)

    async def release(self) -> None:
        """Leave every open turn of this process to other processes, at an orderly stop."""
        async with self._database.writing() as session:
            await TURNS.release_owned(session, self._owner)

    async def done(self, turn_ids: Collection[int]) -> list[int]:
        """Return which of these turns are over."""
        async with self._database.reading() as session:
            return list(await session.scalars(select(InboxRow.id).where(InboxRow.id.in_(turn_ids), InboxRow.state == DONE)))

    async def has_open_turns(self, conversation_id: str) -> bool:
        """Return whether a turn of the conversation is not answered yet."""
        unanswered = select(InboxRow.id).where(InboxRow.conversation_id == conversation_id, InboxRow.state == RECEIVED)
        async with self._database.reading() as session:
            return await session.scalar(unanswered.limit(1)) is not None
