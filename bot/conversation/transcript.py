"""The transcript: writing messages with their buttons, reading them as the outside sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, insert, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversation.conversations import lock_conversation
from bot.conversation.messages import Message, Reply
from bot.conversation.tables import DONE, ButtonRow, Conversation, InboxRow, MessageRow
from bot.conversation.wire import FETCHED, send_message
from bot.database import Database, random_id

PAGE = 1000
"""Messages read at once."""

# Plain table statements where every turn passes: the ORM's bookkeeping costs more than SQLite's work.
MESSAGES = MessageRow.metadata.tables[MessageRow.__tablename__]
ADD_MESSAGE = insert(MESSAGES)
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
    key: str | None = None,
) -> list[Message]:
    """Add messages and the meaning of their buttons in the caller's writing transaction, the conversation being locked.

    Args:
        channel: where they are said; they are sent there, unless its clients fetch the transcript.
        turn: the turn that they answer; None for what nobody just asked for.
        shown_after: the last turn that had moved the dialogue on, 0 for none.
        key: idempotency key of the only message.
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
            "key": key,
        }
        message_id = await session.scalar(ADD_MESSAGE.returning(MESSAGES.c.id), values)
        messages.append(_public(values | {"id": message_id}))
        meanings += [
            {
                "token": token,
                "conversation_id": conversation_id,
                "message_id": message_id,
                "turn": shown_after,
                "title": button.title,
                "intent": button.intent,
                "entities": button.entities,
                "created_at": now,
                "expires_at": now + button_life,
                "used_at": None,
            }
            for token, button in tokens
        ]
    if meanings:
        await session.execute(_ADD_BUTTON, meanings)
    if channel not in FETCHED:
        for message in messages:
            await send_message(session, conversation_id, int(message["id"]), now=now)
    return messages


async def add_proactive(
    session: AsyncSession,
    conversation_id: str,
    reply: Reply,
    *,
    key: str,
    now: datetime,
    button_life: timedelta,
    author: str = "assistant",
    agent: str | None = None,
) -> bool:
    """Add a message that nobody just asked for, on the conversation's own channel, in the caller's writing transaction.

    False if `key` was there already.

    Raises UnknownConversation.
    """
    await lock_conversation(session, conversation_id)
    home = await session.scalar(select(Conversation.channel).where(Conversation.id == conversation_id))
    if home is None:
        raise UnknownConversation
    if await session.scalar(select(MessageRow.id).where(MessageRow.key == key)) is not None:
        return False
    last = select(func.max(InboxRow.id)).where(
        InboxRow.conversation_id == conversation_id, InboxRow.state == DONE, InboxRow.delivered == true()
    )
    shown_after = await session.scalar(last) or 0
    await add_replies(
        session,
        conversation_id,
        [reply],
        channel=home,
        now=now,
        button_life=button_life,
        turn=None,
        shown_after=shown_after,
        author=author,
        agent=agent,
        key=key,
    )
    return True


class Transcript:
    """Reads the transcript of a conversation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, conversation_id: str, last_id: int) -> list[Message]:
        """Up to `PAGE` messages after `last_id`, oldest first."""
        wanted = select(MessageRow).where(MessageRow.conversation_id == conversation_id, MessageRow.id > last_id)
        return await self._read(wanted.order_by(MessageRow.id).limit(PAGE))

    async def latest(self, conversation_id: str) -> list[Message]:
        """The last `PAGE` messages, oldest first."""
        wanted = select(MessageRow).where(MessageRow.conversation_id == conversation_id)
        newest_first = await self._read(wanted.order_by(MessageRow.id.desc()).limit(PAGE))
        return newest_first[::-1]

    async def replies(self, conversation_id: str, turn: int) -> list[Message]:
        """What was answered to a turn."""
        wanted = select(MessageRow).where(
            MessageRow.conversation_id == conversation_id, MessageRow.turn == turn, MessageRow.author != "user"
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
