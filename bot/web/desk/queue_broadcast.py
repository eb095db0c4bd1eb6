"""The queue as all open pages see it: read once for all of them, however many look and however much happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bot.accounts.requests import AccountRequests
from bot.support.desk import Desk
from bot.support.desk_queries import QueueEntry
from bot.support.records import QUEUED, TicketState

FRESH_SECONDS = 0.25
"""How old a reading may be that a page is opened with."""
VIEWS = ("open", "waiting", "mine", "agents", "closed")


@dataclass(frozen=True)
class Filter:
    """What a queue page shows."""

    view: str = "open"
    queue: str = ""
    text: str = ""


@dataclass(frozen=True)
class Counts:
    """What waits for somebody: tickets that nobody has, requests that are open."""

    tickets: int
    requests: int
    newest: int
    """Id of the newest ticket that waits: a higher one is a new arrival."""


class QueueBroadcast:
    """Readings of the queue, shared by the pages of one process."""

    def __init__(self, desk: Desk, requests: AccountRequests) -> None:
        self._desk, self._requests = desk, requests
        self._lock = asyncio.Lock()
        self._read_at = float("-inf")
        self._entries: list[QueueEntry] = []
        self._open_requests = 0

    async def counts(self, since: float | None = None) -> Counts:
        """How much waits. `since`: the instant (`time.monotonic`) of a change that it must be newer than."""
        await self._read(since)
        queued = [entry.ticket for entry in self._entries if entry.ticket.state in QUEUED]
        return Counts(len(queued), self._open_requests, max((ticket.id for ticket in queued), default=0))

    async def entries(self, wanted: Filter, agent_id: str, since: float | None = None) -> Sequence[QueueEntry]:
        """The lines of a queue page, in the desk's order."""
        if wanted.view == "closed":
            return await self._desk.queue(states={TicketState.CLOSED}, queue=wanted.queue or None, text=wanted.text)
        if wanted.text:
            found = await self._desk.queue(queue=wanted.queue or None, text=wanted.text)
        else:
            await self._read(since)
            found = [entry for entry in self._entries if wanted.queue in ("", entry.ticket.queue)]
        return [entry for entry in found if _in_view(entry, wanted.view, agent_id)]

    async def _read(self, since: float | None) -> None:
        """Read again, unless that was done after `since`: twenty pages that are told of one change ask the database once."""
        since = time.monotonic() - FRESH_SECONDS if since is None else since
        async with self._lock:
            if self._read_at >= since:
                return
            began = time.monotonic()
            self._entries = await self._desk.queue()
            self._open_requests = await self._requests.count_open()
            self._read_at = began


def _in_view(entry: QueueEntry, view: str, agent_id: str) -> bool:
    ticket = entry.ticket
    if view == "waiting":
        return ticket.state in QUEUED
    if view == "mine":
        return ticket.agent is not None and ticket.agent.id == agent_id and ticket.state not in QUEUED
    if view == "agents":
        return ticket.state not in QUEUED
    return True
