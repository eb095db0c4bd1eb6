"""What is to be done on a chat's own channel, as rows of the outbox: in order per conversation, by message id, never by text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversation.tables import MessageRow
from bot.outbox import PUSH, enqueue

FETCHED = frozenset({"web"})
"""Channels whose clients fetch the transcript: nothing is sent to them."""
SEND, REPLACE, DELETE = "send", "replace", "delete"


async def send_message(session: AsyncSession, conversation_id: str, message_id: int, *, now: datetime) -> None:
    """Send a message of the transcript."""
    await _push(session, conversation_id, f"send:{message_id}", {"do": SEND, "message": message_id}, now)


async def replace_sent(session: AsyncSession, conversation_id: str, message_id: int, title: str | None, *, now: datetime) -> None:
    """Take the buttons off a message that was sent, and show which was pressed: it cannot be pressed twice."""
    channel = await session.scalar(select(MessageRow.channel).where(MessageRow.id == message_id))
    if channel is not None and channel not in FETCHED:
        payload = {"do": REPLACE, "message": message_id, "title": title}
        await _push(session, conversation_id, f"replace:{message_id}", payload, now)


async def delete_sent(session: AsyncSession, conversation_id: str, sent_id: str, *, now: datetime) -> None:
    """Delete a message of the user from the chat."""
    await _push(session, conversation_id, f"delete:{conversation_id}:{sent_id}", {"do": DELETE, "sent": sent_id}, now)


async def _push(session: AsyncSession, conversation_id: str, key: str, payload: dict[str, Any], now: datetime) -> None:
    await enqueue(session, kind=PUSH, key=key, payload=payload, now=now, conversation_id=conversation_id)
