"""Wakes, within one process, whoever waits for the end of a turn or for a conversation's messages."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from bot.messaging.messages import Message


class Stream:
    """One open event stream: woken when its conversation may have something new."""

    def __init__(self, *, typing: bool) -> None:
        self.changed = asyncio.Event()
        self.typing = typing
        """Whether an answer is being prepared."""
        self.unread: int | None = None
        """Notices that the chat's person has not read; None where the chat is nobody, or it is not known yet."""
        self.ended = False
        """Whether the process stops: the stream is to end, its client comes back."""


Waiter = asyncio.Future[list[Message] | None]
"""Resolved at the end of a turn, with its replies, or None where they are to be read from the transcript."""


class Hub:
    """Holds no truth: whoever is woken reads the database. One a process."""

    def __init__(self) -> None:
        self._streams: defaultdict[str, set[Stream]] = defaultdict(set)
        self._waiters: defaultdict[int, set[Waiter]] = defaultdict(set)
        self._busy: set[str] = set()
        self._ended = False

    @contextmanager
    def stream(self, conversation_id: str) -> Iterator[Stream]:
        """Take part in what happens in a conversation."""
        stream = Stream(typing=conversation_id in self._busy)
        stream.ended = self._ended
        self._streams[conversation_id].add(stream)
        try:
            yield stream
        finally:
            self._streams[conversation_id].discard(stream)
            if not self._streams[conversation_id]:
                del self._streams[conversation_id]

    @contextmanager
    def waiter(self, turn_id: int) -> Iterator[Waiter]:
        """Wait for the end of a turn."""
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._waiters[turn_id].add(waiter)
        try:
            yield waiter
        finally:
            self._waiters[turn_id].discard(waiter)
            if not self._waiters[turn_id]:
                del self._waiters[turn_id]

    def changed(self, conversation_id: str) -> None:
        """The conversation has a new message."""
        for stream in self._streams.get(conversation_id, ()):
            stream.changed.set()

    def turn_done(self, turn_id: int, messages: list[Message] | None) -> None:
        """A turn is over and committed."""
        for waiter in self._waiters.get(turn_id, ()):
            if not waiter.done():
                waiter.set_result(messages)

    def give_up(self, turn_id: int) -> None:
        """Nobody of this process will end the turn: whoever waits gets TimeoutError."""
        for waiter in self._waiters.get(turn_id, ()):
            if not waiter.done():
                waiter.set_exception(TimeoutError())

    def busy(self, conversation_id: str, busy: bool) -> None:
        """This process begins, or ends, preparing an answer."""
        (self._busy.add if busy else self._busy.discard)(conversation_id)
        self._type(conversation_id, busy)

    def busy_elsewhere(self, conversation_ids: Collection[str]) -> None:
        """The conversations, among those with an open stream, in which any process prepares an answer."""
        for conversation_id in list(self._streams):
            self._type(conversation_id, conversation_id in conversation_ids or conversation_id in self._busy)

    def rang(self, unread: Mapping[str, int]) -> None:
        """How many notices are unread, for every conversation with an open stream: those that are not named are nobody's."""
        for conversation_id, streams in self._streams.items():
            for stream in streams:
                if stream.unread != unread.get(conversation_id):
                    stream.unread = unread.get(conversation_id)
                    stream.changed.set()

    def _type(self, conversation_id: str, typing: bool) -> None:
        for stream in self._streams.get(conversation_id, ()):
            if stream.typing != typing:
                stream.typing = typing
                stream.changed.set()

    def end(self) -> None:
        """The process stops: every stream ends."""
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
