"""The transcript: writing messages with their buttons, reading them as the outside sees them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.database import Database, random_id
from bot.messaging.messages import Button, Message, Reply
from bot.messaging.outbound_commands import FETCHED, send_messages
from bot.messaging.ports import Handover
from bot.messaging.tables import DONE, SYSTEM, ButtonRow, Conversation, InboxRow, MessageRow

PAGE = 1000
"""Messages read at once."""

# Plain table statements where every turn passes: the ORM's bookkeeping costs more than SQLite's work.
MESSAGES = MessageRow.metadata.tables[MessageRow.__tablename__]
ADD_MESSAGE = insert(MESSAGES)
_KEPT = (MessageRow.erased_at.is_(None),)
_ADD_BUTTON = insert(ButtonRow.metadata.tables[ButtonRow.__tablename__])


class UnknownConversation(Exception):
    """There is no such conversation."""

    def __init__(self) -> None:
        super().__init__("there is no such conversation")


def public(row: MessageRow) -> Message:
    """A message as the outside sees it (contract of the Web chat API); users' messages also carry their `client_id`."""
    columns = ("id", "at", "author", "agent", "text", "buttons", "link", "client_id")
    return _public({name: getattr(row, name) for name in columns})


def _public(values: Mapping[str, Any]) -> Message:
    message: Message = {
        "id": str(values["id"]),
        "at": values["at"].isoformat(timespec="milliseconds"),
        "author": values["author"],
        "agent": values["agent"],
        "text": values["text"],
        "buttons": values["buttons"],
        "link": values["link"],
    }
    if values["author"] == "user":
        message["client_id"] = values["client_id"]
    return message


async def add_replies(
    session: AsyncSession,
    conversation_id: str,
    replies: Iterable[Reply],
    *,
    channel: str,
    now: datetime,
    button_life: timedelta,
    turn: int | None,
    shown_after: int,
    author: str = "assistant",
    agent: str | None = None,
) -> list[Message]:
    """Add messages and the meaning of their buttons in the caller's writing transaction, the conversation being locked.

    Args:
        channel: where they are said; they are sent there, unless its clients fetch the transcript.
        turn: the turn that they answer; None for what nobody just asked for.
        shown_after: the last turn that had moved the dialogue on, 0 for none.
    """
    messages: list[Message] = []
    meanings: list[dict[str, Any]] = []
    for reply in replies:
        tokens = [(random_id(), button) for button in reply.buttons]
        values = {
            "conversation_id": conversation_id,
            "turn": turn,
            "at": now,
            "channel": channel,
            "author": author,
            "agent": agent,
            "text": reply.text,
            "buttons": [{"title": button.title, "token": token} for token, button in tokens],
            "link": reply.link.model_dump() if reply.link else None,
            "client_id": None,
            "sent": None,
            "key": None,
        }
        message_id = (await session.execute(ADD_MESSAGE.returning(MESSAGES.c.id), values)).scalar_one()
        messages.append(_public(values | {"id": message_id}))
        meanings += [_meaning(token, button, conversation_id, int(message_id), shown_after, now, button_life) for token, button in tokens]
    if meanings:
        await session.execute(_ADD_BUTTON, meanings)
    if channel not in FETCHED:
        await send_messages(session, [(conversation_id, int(message["id"]), {}) for message in messages], now=now)
    return messages


@dataclass(frozen=True)
class Proactive:
    """A message that nobody just asked for, for a conversation's own channel; the same `key` is said once."""

    conversation_id: str
    reply: Reply
    key: str
    button_life: timedelta
    author: str = "assistant"
    agent: str | None = None
    """Displayed name of the agent who wrote it."""
    push: Mapping[str, Any] = field(default_factory=dict)
    """What the row that pushes it is to carry along."""


async def add_proactive(
    session: AsyncSession, messages: Sequence[Proactive], *, now: datetime, handover: Handover | None = None
) -> dict[str, int | None]:
    """Add messages in the caller's writing transaction, at most one a conversation.

    Gives, by key, the row of the outbox that pushes each one, None where its channel fetches it; one said before is not there.

    Args:
        handover: marks what arrives in a conversation that human agents hold as a notice of the system.

    Raises UnknownConversation.
    """
    by_conversation = {message.conversation_id: message for message in messages}
    homes = await _homes(session, sorted(by_conversation))
    if len(homes) < len(by_conversation):
        raise UnknownConversation
    keys = [message.key for message in messages]
    said = set(await session.scalars(select(MessageRow.key).where(MessageRow.key.in_(keys))))
    new = [message for message in messages if message.key not in said]
    if not new:
        return {}
    if handover is not None:
        held = await handover.held_conversations(session, [message.conversation_id for message in new])
        new = [replace(m, reply=handover.mark_notice(m.reply), author=SYSTEM) if m.conversation_id in held else m for m in new]
    shown_after = await _moved_on(session, [message.conversation_id for message in new])
    tokens = [[(random_id(), button) for button in message.reply.buttons] for message in new]
    rows = [_row(m, homes[m.conversation_id], some, now) for m, some in zip(new, tokens, strict=True)]
    made = await session.execute(ADD_MESSAGE.returning(MESSAGES.c.id, sort_by_parameter_order=True), rows)
    ids = list(made.scalars())
    meanings = [
        _meaning(token, button, message.conversation_id, message_id, shown_after.get(message.conversation_id, 0), now, message.button_life)
        for message, message_id, some in zip(new, ids, tokens, strict=True)
        for token, button in some
    ]
    if meanings:
        await session.execute(_ADD_BUTTON, meanings)
    pushed = [(message, message_id) for message, message_id in zip(new, ids, strict=True) if homes[message.conversation_id] not in FETCHED]
    rows_of = await send_messages(session, [(m.conversation_id, message_id, m.push) for m, message_id in pushed], now=now)
    return {message.key: None for message in new} | {m.key: row_id for (m, _), row_id in zip(pushed, rows_of, strict=True)}


async def _homes(session: AsyncSession, conversation_ids: list[str]) -> dict[str, str]:
    """The channels of these conversations, which are locked, in the order of their ids (`lock_conversation`)."""
    wanted = select(Conversation.id, Conversation.channel).where(Conversation.id.in_(conversation_ids)).order_by(Conversation.id)
    if session.get_bind().dialect.name != "sqlite":
        wanted = wanted.with_for_update()
    return {row[0]: row[1] for row in await session.execute(wanted)}


async def _moved_on(session: AsyncSession, conversation_ids: list[str]) -> dict[str, int]:
    """The last turn of each of these conversations that had moved the dialogue on."""
    over = (InboxRow.conversation_id.in_(conversation_ids), InboxRow.state == DONE, InboxRow.delivered == true())
    last = select(InboxRow.conversation_id, func.max(InboxRow.id)).where(*over).group_by(InboxRow.conversation_id)
    return {row[0]: row[1] for row in await session.execute(last)}


def _row(message: Proactive, channel: str, tokens: list[tuple[str, Button]], now: datetime) -> dict[str, Any]:
    reply = message.reply
    return {
        "conversation_id": message.conversation_id,
        "turn": None,
        "at": now,
        "channel": channel,
        "author": message.author,
        "agent": message.agent,
        "text": reply.text,
        "buttons": [{"title": button.title, "token": token} for token, button in tokens],
        "link": reply.link.model_dump() if reply.link else None,
        "client_id": None,
        "sent": None,
        "key": message.key,
    }


def _meaning(
    token: str, button: Button, conversation_id: str, message_id: int, shown_after: int, now: datetime, life: timedelta
) -> dict[str, Any]:
    return {
        "token": token,
        "conversation_id": conversation_id,
        "message_id": message_id,
        "turn": shown_after,
        "title": button.title,
        "intent": button.intent,
        "entities": button.entities,
        "created_at": now,
        "expires_at": now + life,
        "used_at": None,
    }


async def take_back(session: AsyncSession, message_ids: Collection[int], *, now: datetime) -> None:
    """Messages that never left for their channel: nobody saw their buttons, and none can be pressed by typing its title.

    The rows stay: a message id is never given twice.
    """
    unused = (ButtonRow.message_id.in_(message_ids), ButtonRow.used_at.is_(None))
    await session.execute(update(ButtonRow).where(*unused).values(used_at=now))


async def last_delivered(session: AsyncSession, conversation_id: str) -> int:
    """The last turn that had moved the dialogue on, 0 for none."""
    return (await _moved_on(session, [conversation_id])).get(conversation_id, 0)


class Transcript:
    """Reads the transcript of a conversation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, conversation_id: str, last_id: int) -> list[Message]:
        """Up to `PAGE` messages after `last_id`, oldest first."""
        wanted = select(MessageRow).where(MessageRow.conversation_id == conversation_id, MessageRow.id > last_id, *_KEPT)
        return await self._read(wanted.order_by(MessageRow.id).limit(PAGE))

    async def latest(self, conversation_id: str) -> list[Message]:
        """The last `PAGE` messages, oldest first."""
        wanted = select(MessageRow).where(MessageRow.conversation_id == conversation_id, *_KEPT)
        newest_first = await self._read(wanted.order_by(MessageRow.id.desc()).limit(PAGE))
        return newest_first[::-1]

    async def replies(self, conversation_id: str, turn: int) -> list[Message]:
        """What was answered to a turn."""
        wanted = select(MessageRow).where(
            MessageRow.conversation_id == conversation_id, MessageRow.turn == turn, MessageRow.author != "user", *_KEPT
        )
        return await self._read(wanted.order_by(MessageRow.id))

    async def newest_ids(self, conversation_ids: Sequence[str]) -> dict[str, int]:
        """The newest message id of each of these conversations."""
        newest = (
            select(MessageRow.conversation_id, func.max(MessageRow.id))
            .where(MessageRow.conversation_id.in_(conversation_ids))
            .group_by(MessageRow.conversation_id)
        )
        async with self._database.reading() as session:
            return {row[0]: row[1] for row in await session.execute(newest)}

    async def _read(self, wanted: Select[MessageRow]) -> list[Message]:
        async with self._database.reading() as session:
            return [public(row) for row in await session.scalars(wanted)]
