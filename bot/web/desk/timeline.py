"""The timeline of a conversation's page: messages and internal notes in the order of their instants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from bot.core.clock import PARIS
from bot.http.parameters import parse_id
from bot.messaging.messages import Message
from bot.support.records import Note


@dataclass(frozen=True)
class TimelineEntry:
    """A message or a note."""

    id: str
    at: datetime
    message: Message | None = None
    note: Note | None = None
    before: bool = False
    """Whether it was said before the ticket was opened."""
    day: datetime | None = None
    """Set where a new day begins."""


@dataclass(frozen=True)
class TimelinePosition:
    """How far a page has got: ids of the last message and the last note that it shows."""

    message: int = 0
    note: int = 0

    def __str__(self) -> str:
        return f"{self.message}.{self.note}"

    @classmethod
    def parse(cls, text: str) -> TimelinePosition | None:
        """Return what `str` wrote; None for anything else."""
        before, _, after = text.partition(".")
        message, note = parse_id(before), parse_id(after)
        return cls(message, note) if message is not None and note is not None else None


def timeline_of(messages: Sequence[Message], notes: Sequence[Note], opened_message: int = 0, *, days: bool = False) -> list[TimelineEntry]:
    """Return the entries in the order of their instants.

    Args:
        messages: of the conversation, in its own order.
        notes: of the ticket.
        opened_message: id of the last message before the ticket was opened.
        days: whether the entries say where a new day begins.
    """
    entries = [
        TimelineEntry(
            f"m{message['id']}", datetime.fromisoformat(message["at"]), message=message, before=int(message["id"]) <= opened_message
        )
        for message in messages
    ]
    entries += [TimelineEntry(f"n{note.id}", note.at, note=note) for note in notes]
    entries.sort(key=lambda entry: entry.at)  # stable: messages stay in the conversation's own order
    return _with_days(entries) if days else entries


def position_of(messages: Sequence[Message], notes: Sequence[Note]) -> TimelinePosition:
    """Return how far a page that shows these has got."""
    return TimelinePosition(max((int(message["id"]) for message in messages), default=0), max((note.id for note in notes), default=0))


def _with_days(entries: list[TimelineEntry]) -> list[TimelineEntry]:
    days = [entry.at.astimezone(PARIS).date() for entry in entries]
    firsts = {0, *(index for index, (day, next_day) in enumerate(pairwise(days), 1) if day != next_day)}
    return [replace(entry, day=entry.at if index in firsts else None) for index, entry in enumerate(entries)]
