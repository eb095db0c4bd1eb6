"""Answers turns: one task per conversation that has something unanswered, started by whoever received it.

Nothing is polled while all goes well: a received message is leased in the transaction that writes it
down and processed at once, the next one of its conversation is leased in the transaction that ends it.
A sweep takes what a dead process left, and keeps the leases of long turns.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from bot.core.clock import Clock
from bot.core.errors import log_error
from bot.messaging.hub import Hub
from bot.messaging.inbox import LEASE, Completed, Inbox
from bot.messaging.messages import Turn
from bot.messaging.ports import Responder, TurnReturned

SWEEP_SECONDS = 1.0
RENEW_SECONDS = LEASE.total_seconds() / 4
_log = logging.getLogger(__name__)


class Unanswered(Exception):
    """No responder answers this turn."""

    def __init__(self) -> None:
        super().__init__("no responder answers this turn")


class Worker:
    """Processes the turns that this process holds."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        responders: Sequence[Responder],
        hub: Hub,
        clock: Clock,
    ) -> None:
        self._inbox, self._hub, self._clock = inbox, hub, clock
        self.responders = responders
        """Asked in turn: the first that does not return the turn ends it."""
        self._tasks: dict[asyncio.Task[None], int] = {}
        self._stopping = False
        self._stop_by: float | None = None
        self._background: list[asyncio.Task[None]] = []
        self.on_turn: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Take at once what an earlier process left, then keep sweeping."""
        await self._sweep()
        self._background = [
            asyncio.create_task(self._every(SWEEP_SECONDS, self._sweep, "taking what was left")),
            asyncio.create_task(self._every(RENEW_SECONDS, self._renew, "renewing leases")),
        ]

    def begin_stop(self, grace_seconds: float) -> None:
        """Begin no turn any more; the ones in hand have `grace_seconds` from the first call on."""
        self._stopping = True
        if self._stop_by is None:
            self._stop_by = asyncio.get_running_loop().time() + grace_seconds

    async def stop(self, grace_seconds: float) -> None:
        """Finish the turns in hand within what is left of the grace; leave the others to the next start."""
        self.begin_stop(grace_seconds)
        assert self._stop_by is not None
        for task in self._background:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=max(0.0, self._stop_by - asyncio.get_running_loop().time()))
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, *self._background, return_exceptions=True)
        await self._inbox.release()

    def begin(self, turn: Turn) -> None:
        """Process a leased turn, and what follows it in its conversation, in the background."""
        if self._stopping:
            return
        task = asyncio.create_task(self._process(turn))
        self._tasks[task] = turn.id
        task.add_done_callback(self._tasks.pop)

    @property
    def in_hand(self) -> set[int]:
        """The turns being processed."""
        return set(self._tasks.values())

    async def _process(self, turn: Turn) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._hub.set_typing(turn.conversation_id, True)
        following: Turn | None = turn
        try:
            while following is not None and not self._stopping:
                self._tasks[task] = following.id
                following = await self._answer(following)
        except Exception as error:  # the database failed: the lease runs out and the turn is taken again
            log_error(error, "completing a turn")
        finally:
            self._hub.set_typing(turn.conversation_id, False)

    async def _answer(self, turn: Turn) -> Turn | None:
        completed = await self._completed(turn)
        if completed is None:
            _log.warning("turn %d was taken over by another process", turn.id)
            return None
        self._hub.turn_done(turn.id, completed.messages)
        self._hub.message_added(turn.conversation_id)
        self.on_turn()
        return completed.following

    async def _completed(self, turn: Turn) -> Completed | None:
        """End the turn as the first responder that answers it says; None where another process has taken it over."""
        for responder in self.responders:
            response = await responder.respond(turn)
            if isinstance(response, Turn):
                turn = response
                continue
            try:
                completed = await self._inbox.complete(turn, response.outcome, self._clock.now())
            except TurnReturned as returned:
                turn = returned.turn
                continue
            if completed is not None:
                response.on_committed()
            return completed
        raise Unanswered

    async def _sweep(self) -> None:
        for turn in await self._inbox.take_abandoned(self._clock.now(), in_hand=self.in_hand):
            self.begin(turn)

    async def _renew(self) -> None:
        if in_hand := self.in_hand:
            await self._inbox.renew(in_hand, self._clock.now())

    async def _every(self, seconds: float, what: Callable[[], Awaitable[None]], doing: str) -> None:
        with suppress(asyncio.CancelledError):
            while True:
                await asyncio.sleep(seconds)
                try:
                    await what()
                except Exception as error:  # the database may be away for a while: the next round tries again
                    log_error(error, doing)
