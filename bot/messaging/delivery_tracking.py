"""Port: a feature that wrote rows of the outbox follows their delivery, without messaging knowing the feature."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from bot.jobs.outbox import OutboxRow


class DeliveryTracker(Protocol):
    """Follows the rows that one feature wrote; the states are written in the transactions that settle the rows."""

    def tracks(self, row: OutboxRow) -> bool:
        """Return whether the row is one of the feature's."""
        ...

    def dossiers(self, row: OutboxRow) -> list[str] | None:
        """Return the dossiers that the row names; None where nobody knows: somebody wrote its text."""
        ...

    async def not_now(self, rows: Collection[OutboxRow]) -> set[int]:
        """Send-time check: return the ids of the claimed rows that must not be sent at this moment."""
        ...

    async def delivered(self, session: AsyncSession, row_ids: Collection[int], now: datetime) -> None:
        """Note that the channel accepted what these rows carry."""
        ...

    async def failed(self, session: AsyncSession, row_ids: Collection[int], now: datetime, *, closed: bool) -> None:
        """Note that these rows are given up; `closed`: because their chat is."""
        ...

    async def recalled(self, session: AsyncSession, row_ids: Collection[int], now: datetime) -> None:
        """Note that these rows are settled without being sent, as `not_now` said."""
        ...


class DeliveryTracking:
    """Calls the tracker that is registered, for its rows only; without one, rows are delivered and nobody follows them."""

    def __init__(self) -> None:
        self._tracker: DeliveryTracker | None = None

    def register(self, tracker: DeliveryTracker) -> None:
        """Have `tracker` follow its rows from now on."""
        self._tracker = tracker

    def tracks(self, row: OutboxRow) -> bool:
        """Return whether a feature follows this row."""
        return self._tracker is not None and self._tracker.tracks(row)

    def dossiers(self, row: OutboxRow) -> list[str] | None:
        """Return the dossiers whose usagers alone the row could name; None: any that the chat's person knows."""
        return self._tracker.dossiers(row) if self._tracker is not None and self._tracker.tracks(row) else None

    async def not_now(self, rows: Sequence[OutboxRow]) -> set[int]:
        """Return the ids of the rows that must not be sent at this moment."""
        tracked = self._tracked(rows)
        return await self._tracker.not_now(tracked) if self._tracker is not None and tracked else set()

    async def delivered(self, session: AsyncSession, rows: Collection[OutboxRow], now: datetime) -> None:
        """Report rows that were delivered, in the transaction that settles them."""
        tracked = self._tracked(rows)
        if self._tracker is not None and tracked:
            await self._tracker.delivered(session, [row.id for row in tracked], now)

    async def failed(self, session: AsyncSession, rows: Collection[OutboxRow], now: datetime, *, closed: bool = False) -> None:
        """Report rows that were given up, in the transaction that gives them up."""
        tracked = self._tracked(rows)
        if self._tracker is not None and tracked:
            await self._tracker.failed(session, [row.id for row in tracked], now, closed=closed)

    async def recalled(self, session: AsyncSession, rows: Collection[OutboxRow], now: datetime) -> None:
        """Report rows that are settled without being sent, in the transaction that settles them."""
        tracked = self._tracked(rows)
        if self._tracker is not None and tracked:
            await self._tracker.recalled(session, [row.id for row in tracked], now)

    def _tracked(self, rows: Collection[OutboxRow]) -> list[OutboxRow]:
        return [row for row in rows if self.tracks(row)]
