"""Wakes, within one process, those who wait for the end of a turn or for the messages of a conversation."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from bot.messaging.messages import Message
from bot.messaging.turn_metrics import STREAMS


class Stream:
    """One open event stream, woken when its conversation may have something new."""

    def __init__(self, *, typing: bool) -> None:
        self.changed = asyncio.Event()
        self.typing = typing
        """Whether an answer is being prepared."""
        self.unread: int | None = None
        """Notifications that the chat's person has not read; None where the chat is linked to nobody, or it is not known yet."""
        self.ended = False
        """Whether the process stops: the stream is to end, and its client comes back."""


Waiter = asyncio.Future[list[Message] | None]
"""Resolved at the end of a turn, with its replies, or None where they are to be read from the transcript."""


class Hub:
    """Wakes streams and waiters; it is no source of truth: whoever is woken reads the database. One a process."""

    def __init__(self) -> None:
        self._streams: defaultdict[str, set[Stream]] = defaultdict(set)
        self._waiters: defaultdict[int, set[Waiter]] = defaultdict(set)
        self._typing: set[str] = set()
        self._ended = False

    @contextmanager
    def stream(self, conversation_id: str) -> Iterator[Stream]:
        """Yield a stream of a conversation."""
        stream = Stream(typing=conversation_id in self._typing)
        stream.ended = self._ended
        self._streams[conversation_id].add(stream)
        try:
            with STREAMS.held(page="chat"):
                yield stream
        finally:
            self._streams[conversation_id].discard(stream)
            if not self._streams[conversation_id]:
                del self._streams[conversation_id]

    @contextmanager
    def waiter(self, turn_id: int) -> Iterator[Waiter]:
        """Yield a future that is resolved at the end of a turn."""
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._waiters[turn_id].add(waiter)
        try:
            yield waiter
        finally:
            self._waiters[turn_id].discard(waiter)
            if not self._waiters[turn_id]:
                del self._waiters[turn_id]

    def message_added(self, conversation_id: str) -> None:
        """Wake the streams of a conversation that has a new message."""
        for stream in self._streams.get(conversation_id, ()):
            stream.changed.set()

    def turn_done(self, turn_id: int, messages: list[Message] | None) -> None:
        """Resolve the waiters of a turn that is over and committed."""
        for waiter in self._waiters.get(turn_id, ()):
            if not waiter.done():
                waiter.set_result(messages)

    def abandon_turn(self, turn_id: int) -> None:
        """Fail the waiters of a turn with TimeoutError: nobody of this process will end it."""
        for waiter in self._waiters.get(turn_id, ()):
            if not waiter.done():
                waiter.set_exception(TimeoutError())

    def set_typing(self, conversation_id: str, typing: bool) -> None:
        """Show, or no longer show, that this process prepares an answer."""
        (self._typing.add if typing else self._typing.discard)(conversation_id)
        self._show_typing(conversation_id, typing)

    def set_typing_elsewhere(self, conversation_ids: Collection[str]) -> None:
        """Show which conversations, among those with an open stream, any process prepares an answer in."""
        for conversation_id in list(self._streams):
            self._show_typing(conversation_id, conversation_id in conversation_ids or conversation_id in self._typing)

    def set_unread(self, unread: Mapping[str, int]) -> None:
        """Show the unread notifications of every conversation with an open stream; those that are absent are linked to nobody."""
        for conversation_id, streams in self._streams.items():
            for stream in streams:
                if stream.unread != unread.get(conversation_id):
                    stream.unread = unread.get(conversation_id)
                    stream.changed.set()

    def _show_typing(self, conversation_id: str, typing: bool) -> None:
        for stream in self._streams.get(conversation_id, ()):
            if stream.typing != typing:
                stream.typing = typing
                stream.changed.set()

    def end_streams(self) -> None:
        """End every stream: the process stops."""
        self._ended = True
        for streams in self._streams.values():
            for stream in streams:
                stream.ended = True
                stream.changed.set()

    @property
    def watched(self) -> list[str]:
        """Conversations with an open stream."""
        return list(self._streams)

    @property
    def awaited(self) -> list[int]:
        """Turns that somebody waits for."""
        return list(self._waiters)
