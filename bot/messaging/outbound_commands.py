"""Commands for a chat's own channel, as rows of the outbox: in order per conversation, by message id, never by text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.jobs.outbox import ANSWER, PUSH, enqueue, enqueue_all
from bot.messaging.tables import MessageRow

FETCHED = frozenset({"web"})
"""Channels whose clients fetch the transcript: nothing is sent to them."""

SEND, REPLACE, DELETE = "send", "replace", "delete"


async def send_messages(session: AsyncSession, messages: Sequence[tuple[str, int]], *, now: datetime) -> None:
    """Have messages sent that were just written into the transcript: (conversation, message id)."""
    rows = [
        {
            "kind": PUSH,
            "key": f"send:{message_id}",
            "conversation_id": conversation_id,
            "payload": {"do": SEND, "message": message_id},
            "priority": ANSWER,
        }
        for conversation_id, message_id in messages
    ]
    await enqueue_all(session, rows, now=now)


async def replace_sent(
    session: AsyncSession, conversation_id: str, message_id: int, title: str | None, *, token: str | None = None, now: datetime
) -> None:
    """Have the buttons taken off a message that was sent, and the pressed one shown, so that none can be pressed twice.

    Args:
        token: the button that was pressed, where the others stay.
    """
    channel = await session.scalar(select(MessageRow.channel).where(MessageRow.id == message_id))
    if channel is None or channel in FETCHED:
        return
    key, payload = f"replace:{message_id}", {"do": REPLACE, "message": message_id, "title": title}
    if token is not None:
        key, payload = f"{key}:{token}", {"do": REPLACE, "message": message_id}
    await _push(session, conversation_id, key, payload, now)


async def delete_sent(session: AsyncSession, conversation_id: str, sent_id: str, *, now: datetime) -> None:
    """Have a message of the user deleted from the chat."""
    await _push(session, conversation_id, f"delete:{conversation_id}:{sent_id}", {"do": DELETE, "sent": sent_id}, now)


async def _push(session: AsyncSession, conversation_id: str, key: str, payload: dict[str, Any], now: datetime) -> None:
    await enqueue(session, kind=PUSH, key=key, payload=payload, now=now, conversation_id=conversation_id)
