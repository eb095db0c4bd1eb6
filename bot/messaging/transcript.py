"""The transcript: writing messages with their buttons, and reading them as the outside sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.database import Database, random_id
from bot.messaging.messages import Button, Message, Reply
from bot.messaging.outbound_commands import FETCHED, send_messages
from bot.messaging.tables import DONE, ButtonRow, Conversation, InboxRow, MessageRow

WEB = "web"
"""Name of the trusted web chat's channel."""
PAGE = 1000
"""Messages read at a time."""

# Plain table statements, because every turn passes here: the ORM's bookkeeping costs more than SQLite's work.
MESSAGES = MessageRow.metadata.tables[MessageRow.__tablename__]
ADD_MESSAGE = insert(MESSAGES)
_KEPT = (MessageRow.erased_at.is_(None),)
ADD_BUTTON = insert(ButtonRow.metadata.tables[ButtonRow.__tablename__])


class UnknownConversation(Exception):
    """There is no such conversation."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def public(row: MessageRow) -> Message:
    """Return a message as the outside sees it (contract of the Web chat API); users' messages also carry their `client_id`."""
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
        channel: where they are shown; they are sent there, unless its clients fetch the transcript.
        turn: the turn that they answer; None for proactive messages.
        shown_after: the last turn that had moved the dialogue on, 0 for none.
    """
    messages: list[Message] = []
    added_buttons: list[dict[str, Any]] = []
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
        added_buttons += [
            button_values(
                token,
                button,
                conversation_id=conversation_id,
                message_id=int(message_id),
                shown_after=shown_after,
                now=now,
                life=button_life,
            )
            for token, button in tokens
        ]
    if added_buttons:
        await session.execute(ADD_BUTTON.values(added_buttons))  # one statement
    if channel not in FETCHED:
        await send_messages(session, [(conversation_id, int(message["id"])) for message in messages], now=now)
    return messages


async def add_to_web_chat(session: AsyncSession, conversation_id: str, reply: Reply, *, key: str, now: datetime, agent: str) -> int:
    """Add what an agent says in the trusted web chat of a conversation that is held elsewhere: it is sent nowhere. Return the message's id.

    It stands under `key`. The caller has locked the conversation, in whose writing transaction this is done.
    """
    values: dict[str, Any] = {
        "conversation_id": conversation_id,
        "turn": None,
        "at": now,
        "channel": WEB,
        "author": "agent",
        "agent": agent,
    }
    values |= {"text": reply.text, "buttons": [], "link": None, "client_id": None, "sent": None, "key": key}
    return int((await session.execute(ADD_MESSAGE.returning(MESSAGES.c.id), values)).scalar_one())


async def last_delivered_turns(session: AsyncSession, conversation_ids: list[str]) -> dict[str, int]:
    """Return the last turn of each of these conversations that moved the dialogue on; one without such a turn is missing."""
    over = (InboxRow.conversation_id.in_(conversation_ids), InboxRow.state == DONE, InboxRow.delivered == true())
    last = select(InboxRow.conversation_id, func.max(InboxRow.id)).where(*over).group_by(InboxRow.conversation_id)
    return {row[0]: row[1] for row in await session.execute(last)}


def button_values(
    token: str, button: Button, *, conversation_id: str, message_id: int, shown_after: int, now: datetime, life: timedelta
) -> dict[str, Any]:
    """Return the row of `buttons` that says what pressing a button means.

    Args:
        shown_after: the last turn that had moved the dialogue on when the button was shown, 0 for none.
    """
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


async def last_delivered(session: AsyncSession, conversation_id: str) -> int:
    """Return the last turn that moved the dialogue on, 0 for none."""
    return (await last_delivered_turns(session, [conversation_id])).get(conversation_id, 0)


def _shown(conversation_id: str) -> tuple[ColumnElement[bool], ...]:
    hidden = select(Conversation.history_from).where(Conversation.id == conversation_id).scalar_subquery()
    return MessageRow.conversation_id == conversation_id, MessageRow.id > hidden, *_KEPT


class Transcript:
    """Reads transcripts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, conversation_id: str, last_id: int) -> list[Message]:
        """Return up to `PAGE` messages after `last_id`, oldest first; none that was said before the chat's link to an account ended."""
        wanted = select(MessageRow).where(MessageRow.id > last_id, *_shown(conversation_id))
        return await self._read(wanted.order_by(MessageRow.id).limit(PAGE))

    async def latest(self, conversation_id: str) -> list[Message]:
        """Return the last `PAGE` messages, oldest first; the same are left out."""
        wanted = select(MessageRow).where(*_shown(conversation_id))
        newest_first = await self._read(wanted.order_by(MessageRow.id.desc()).limit(PAGE))
        return newest_first[::-1]

    async def replies(self, conversation_id: str, turn: int) -> list[Message]:
        """Return the answers to a turn."""
        wanted = select(MessageRow).where(
            MessageRow.conversation_id == conversation_id, MessageRow.turn == turn, MessageRow.author != "user", *_KEPT
        )
        return await self._read(wanted.order_by(MessageRow.id))

    async def newest_ids(self, conversation_ids: Sequence[str]) -> dict[str, int]:
        """Return the newest message id of each of these conversations."""
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
