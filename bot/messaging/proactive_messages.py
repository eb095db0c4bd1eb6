"""Proactive messages: messages in the transcript that nobody just asked for, each written once under its key."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.database import random_id
from bot.messaging.messages import Button, Reply
from bot.messaging.outbound_commands import FETCHED, send_messages
from bot.messaging.ports import Handover
from bot.messaging.tables import SYSTEM, ButtonRow, Conversation, MessageRow
from bot.messaging.transcript import ADD_BUTTON, ADD_MESSAGE, MESSAGES, UnknownConversation, button_values, last_delivered_turns


@dataclass(frozen=True)
class ProactiveMessage:
    """A message for a conversation's own channel; the same `key` is written once."""

    conversation_id: str
    reply: Reply
    key: str
    button_life: timedelta
    author: str = "assistant"
    agent: str | None = None
    """Displayed name of the agent who wrote it."""


async def add_proactive(session: AsyncSession, messages: Sequence[ProactiveMessage], *, now: datetime) -> int:
    """Write messages, and the commands that send them, in the caller's writing transaction, at most one a conversation.

    Return how many are new: those whose key is known were written before. Raise UnknownConversation.
    """
    written = await write_proactive(session, messages, now=now)
    to_send = [(message.conversation_id, message_id) for message, channel, message_id in written if channel not in FETCHED]
    await send_messages(session, to_send, now=now)
    return len(written)


async def write_proactive(
    session: AsyncSession, messages: Sequence[ProactiveMessage], *, now: datetime, handover: Handover | None = None
) -> list[tuple[ProactiveMessage, str, int]]:
    """Write messages and the meaning of their buttons in the caller's writing transaction, at most one a conversation.

    Return the new ones, each with its conversation's channel and its message id. Raise UnknownConversation.

    Args:
        handover: marks what arrives in a conversation that human agents hold; « system » is then its author.
    """
    conversation_ids = {message.conversation_id for message in messages}
    channels = await _lock_conversations(session, sorted(conversation_ids))
    if len(channels) < len(conversation_ids):
        raise UnknownConversation
    known = set(await session.scalars(select(MessageRow.key).where(MessageRow.key.in_([message.key for message in messages]))))
    new = [message for message in messages if message.key not in known]
    if not new:
        return []
    if handover is not None:
        held = await handover.held_conversations(session, [message.conversation_id for message in new])
        new = [replace(m, reply=handover.mark_notice(m.reply), author=SYSTEM) if m.conversation_id in held else m for m in new]
    shown_after = await last_delivered_turns(session, [message.conversation_id for message in new])
    tokens = [[(random_id(), button) for button in message.reply.buttons] for message in new]
    rows = [_message_values(m, channels[m.conversation_id], some, now) for m, some in zip(new, tokens, strict=True)]
    added = await session.execute(ADD_MESSAGE.returning(MESSAGES.c.id, sort_by_parameter_order=True), rows)
    ids = list(added.scalars())
    buttons = [
        button_values(
            token,
            button,
            conversation_id=message.conversation_id,
            message_id=message_id,
            shown_after=shown_after.get(message.conversation_id, 0),
            now=now,
            life=message.button_life,
        )
        for message, message_id, some in zip(new, ids, tokens, strict=True)
        for token, button in some
    ]
    if buttons:
        await session.execute(ADD_BUTTON, buttons)
    return [(message, channels[message.conversation_id], message_id) for message, message_id in zip(new, ids, strict=True)]


async def take_back(session: AsyncSession, message_ids: Collection[int], *, now: datetime) -> None:
    """Invalidate the buttons of messages that never left for their channel: none can be pressed by typing its title.

    The rows stay: a message id is never given twice.
    """
    unused = (ButtonRow.message_id.in_(message_ids), ButtonRow.used_at.is_(None))
    await session.execute(update(ButtonRow).where(*unused).values(used_at=now))


async def _lock_conversations(session: AsyncSession, conversation_ids: list[str]) -> dict[str, str]:
    """Lock these conversations, in the order of their ids (`lock_conversation`). Return their channels."""
    wanted = select(Conversation.id, Conversation.channel).where(Conversation.id.in_(conversation_ids)).order_by(Conversation.id)
    if session.get_bind().dialect.name != "sqlite":
        wanted = wanted.with_for_update()
    return {row[0]: row[1] for row in await session.execute(wanted)}


def _message_values(message: ProactiveMessage, channel: str, tokens: list[tuple[str, Button]], now: datetime) -> dict[str, Any]:
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
