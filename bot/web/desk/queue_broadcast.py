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

MAX_AGE_SECONDS = 0.25
"""How old the queue may be that a page is opened with."""
VIEWS = ("open", "waiting", "mine", "agents", "closed")


@dataclass(frozen=True)
class QueueFilter:
    """What a queue page shows: a view, and in it a queue and a text to search for, where they are not empty."""

    view: str = "open"
    queue: str = ""
    text: str = ""


@dataclass(frozen=True)
class QueueCounts:
    """How much waits for somebody: tickets without an agent, and open account requests."""

    tickets: int
    requests: int
    newest: int
    """Id of the newest ticket that waits: a higher one is a new arrival."""


class QueueBroadcast:
    """The queue, read for all pages of one process."""

    def __init__(self, desk: Desk, requests: AccountRequests) -> None:
        self._desk, self._requests = desk, requests
        self._lock = asyncio.Lock()
        self._read_at = float("-inf")
        self._entries: list[QueueEntry] = []
        self._open_requests = 0

    async def counts(self, since: float | None = None) -> QueueCounts:
        """Return how much waits, read after the instant `since` (`time.monotonic`) of a change; by default a little old."""
        await self._read(since)
        queued = [entry.ticket for entry in self._entries if entry.ticket.state in QUEUED]
        return QueueCounts(len(queued), self._open_requests, max((ticket.id for ticket in queued), default=0))

    async def entries(self, queue_filter: QueueFilter, agent_id: str, since: float | None = None) -> Sequence[QueueEntry]:
        """Return the rows of an agent's queue page, in the desk's order; `since` as in `counts`."""
        if queue_filter.view == "closed":
            return await self._desk.queue(states={TicketState.CLOSED}, queue=queue_filter.queue or None, text=queue_filter.text)
        if queue_filter.text:
            found = await self._desk.queue(queue=queue_filter.queue or None, text=queue_filter.text)
        else:
            await self._read(since)
            found = [entry for entry in self._entries if queue_filter.queue in ("", entry.ticket.queue)]
        return [entry for entry in found if _is_in_view(entry, queue_filter.view, agent_id)]

    async def _read(self, since: float | None) -> None:
        """Read again, unless that was done after `since`: twenty pages that learn of one change ask the database once."""
        since = time.monotonic() - MAX_AGE_SECONDS if since is None else since
        async with self._lock:
            if self._read_at >= since:
                return
            began = time.monotonic()
            self._entries = await self._desk.queue()
            self._open_requests = await self._requests.count_open()
            self._read_at = began


def _is_in_view(entry: QueueEntry, view: str, agent_id: str) -> bool:
    ticket = entry.ticket
    if view == "waiting":
        return ticket.state in QUEUED
    if view == "mine":
        return ticket.agent is not None and ticket.agent.id == agent_id and ticket.state not in QUEUED
    if view == "agents":
        return ticket.state not in QUEUED
    return True
