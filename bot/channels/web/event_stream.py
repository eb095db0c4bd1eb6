"""The event stream of one client of the web chat: what is said in its conversation, for as long as its session lasts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from sse_starlette import ServerSentEvent

from bot.channels.web.session_watch import Ending
from bot.identity.chat_sessions import Ended
from bot.messaging.gateway import Gateway, Typing, Unread
from bot.messaging.messages import Message

LAST_WORDS_SECONDS = 10.0
"""How long the answer to a user's wish to be disconnected is waited for: it is still theirs to read."""

Event = Message | Typing | Unread


async def events_until_end(gateway: Gateway, conversation_id: str, after: int | None, ending: Ending) -> AsyncIterator[ServerSentEvent]:
    """Yield the events of a conversation until its stream or the session ends; then say why, in an event `session`.

    What is said after the end of the session is not yielded, but for the answer to the words that ended it.
    """
    source = gateway.stream(conversation_id, after)
    waiting: asyncio.Future[Event | None] | None = None
    deadline: float | None = None
    loop = asyncio.get_running_loop()
    try:
        while True:
            if ending.done() and deadline is None:
                deadline = loop.time() + (LAST_WORDS_SECONDS if ending.result() is Ended.UNLINKED else 0)
            if deadline is not None and (loop.time() >= deadline or not await gateway.is_answering(conversation_id)):
                break
            waiting = waiting or asyncio.ensure_future(_next(source))
            if deadline is None:
                both: set[asyncio.Future[Any]] = {waiting, ending}
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.wait({waiting}, timeout=min(0.25, deadline - loop.time()))
            if waiting.done() and (deadline is not None or not ending.done()):
                event, waiting = waiting.result(), None
                if event is None:
                    return
                if not isinstance(event, Typing | Unread):
                    after = int(event["id"])
                yield server_sent(event)
        if ending.result() is Ended.UNLINKED:
            for message in await gateway.history(conversation_id, after or 0):
                yield server_sent(message)
        yield ServerSentEvent(json.dumps({"ended": ending.result().value}), event="session")
    finally:
        if waiting is not None:
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting
        await source.aclose()


def server_sent(event: Event) -> ServerSentEvent:
    """Return an event of a conversation as its clients read it."""
    if isinstance(event, Typing):
        return ServerSentEvent(json.dumps({"on": event.on}), event="typing")
    if isinstance(event, Unread):
        return ServerSentEvent(json.dumps({"unread": event.notices}), event="notifications")
    return ServerSentEvent(json.dumps(event, ensure_ascii=False), event="message", id=event["id"])


async def _next(source: AsyncIterator[Event]) -> Event | None:
    return await anext(source, None)
