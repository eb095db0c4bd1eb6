"""What a conversation's page shows in its order: messages, internal notes, and what happened to the ticket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from bot.core.clock import PARIS
from bot.messaging.messages import Message
from bot.support.records import Note


@dataclass(frozen=True)
class TimelineEntry:
    """A message or a note. `day` is set where another day begins."""

    id: str
    at: datetime
    message: Message | None = None
    note: Note | None = None
    before: bool = False
    """Whether it was said before the ticket was opened."""
    day: datetime | None = None


@dataclass(frozen=True)
class Newest:
    """How far a page has got: ids of the last message and the last note that it shows."""

    message: int = 0
    note: int = 0

    def __str__(self) -> str:
        return f"{self.message}.{self.note}"

    @classmethod
    def parse(cls, text: str) -> Newest | None:
        """What `str` wrote; None for anything else."""
        message, _, note = text.partition(".")
        numbers = [part for part in (message, note) if part.isascii() and part.isdecimal() and len(part) <= 18]
        return cls(int(message), int(note)) if len(numbers) == 2 else None


def items_of(messages: Sequence[Message], notes: Sequence[Note], opened: int = 0, *, days: bool = False) -> list[TimelineEntry]:
    """The items in the order of their instants.

    Args:
        opened: id of the last message before the ticket was opened.
        days: whether it is said where another day begins.
    """
    items = [
        TimelineEntry(f"m{message['id']}", datetime.fromisoformat(message["at"]), message=message, before=int(message["id"]) <= opened)
        for message in messages
    ]
    items += [TimelineEntry(f"n{note.id}", note.at, note=note) for note in notes]
    items.sort(key=lambda item: item.at)  # stable: messages stay in the conversation's own order
    return _with_days(items) if days else items


def newest_of(messages: Sequence[Message], notes: Sequence[Note]) -> Newest:
    """How far a page that shows these has got."""
    return Newest(max((int(message["id"]) for message in messages), default=0), max((note.id for note in notes), default=0))


def _with_days(items: list[TimelineEntry]) -> list[TimelineEntry]:
    days = [item.at.astimezone(PARIS).date() for item in items]
    firsts = {0, *(place for place, (one, other) in enumerate(pairwise(days), 1) if one != other)} if items else set()
    return [
        TimelineEntry(item.id, item.at, item.message, item.note, item.before, item.at if place in firsts else None)
        for place, item in enumerate(items)
    ]
