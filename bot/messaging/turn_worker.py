"""The turn worker: answers turns, in one task per conversation that has something unanswered.

No polling is needed while all goes well: a received message is claimed in the transaction that stores it and answered at once, the next
one of its conversation is claimed in the transaction that completes it. One background worker claims what other processes abandoned,
another one renews the leases of long turns.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.jobs import leases
from bot.jobs.worker import Worker
from bot.messaging.hub import Hub
from bot.messaging.inbox import CLAIMED_AT_ONCE, TURNS, Completed, Inbox
from bot.messaging.messages import Turn
from bot.messaging.ports import Responder, TurnReturned
from bot.messaging.turn_metrics import measured_turn

SWEEP_SECONDS = 1.0
"""How often turns that nobody answers are looked for. Those of an orderly stop are announced."""
_log = logging.getLogger(__name__)


class Unanswered(Exception):
    """No responder answers this turn."""

    def __init__(self) -> None:
        super().__init__("no responder answers this turn")


class TurnWorker:
    """Answers the turns that this process claimed."""

    def __init__(
        self,
        *,
        database: Database,
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
        self.on_turn: Callable[[], None] = lambda: None
        """Called at the end of each turn."""
        self._more_abandoned = False
        self._sweeper = Worker(
            database,
            clock,
            self._sweep,
            doing="claiming abandoned turns",
            topics=(TURNS.name,),
            next_due=self._next_sweep,
            poll_seconds=SWEEP_SECONDS,
        )
        seconds = leases.TURN_RENEWED.total_seconds()
        self._renewer = Worker(database, None, self._renew, doing="renewing the leases of turns", poll_seconds=seconds)

    async def start(self) -> None:
        """Claim at once what an earlier process abandoned, then keep looking."""
        await self._sweep()
        self._sweeper.start()
        self._renewer.start()

    def begin_stop(self, grace_seconds: float) -> None:
        """Begin no turn any more. The turns in hand have `grace_seconds` from the first call on."""
        self._stopping = True
        if self._stop_by is None:
            self._stop_by = asyncio.get_running_loop().time() + grace_seconds

    async def stop(self, grace_seconds: float) -> None:
        """Complete the turns in hand within what is left of the grace, and release the others for the next start."""
        self.begin_stop(grace_seconds)
        assert self._stop_by is not None
        await self._sweeper.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=max(0.0, self._stop_by - asyncio.get_running_loop().time()))
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._renewer.stop()  # not before: another process would take over what is being completed
        await self._inbox.release()

    def begin(self, turn: Turn) -> None:
        """Answer a claimed turn, and those that follow it in its conversation, in the background."""
        if self._stopping:
            return
        task = asyncio.create_task(self._process(turn))
        self._tasks[task] = turn.id
        task.add_done_callback(self._tasks.pop)

    @property
    def in_hand(self) -> set[int]:
        """Ids of the turns that are being answered."""
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
        except Exception as error:  # the database failed: the lease runs out and the turn is claimed again
            log_error(error, "completing a turn")
        finally:
            self._hub.set_typing(turn.conversation_id, False)

    async def _answer(self, turn: Turn) -> Turn | None:
        waited = (self._clock.now() - turn.received_at).total_seconds()
        with measured_turn(turn.channel, waited):
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
        turns = await self._inbox.claim_abandoned(self._clock, in_hand=self.in_hand)
        self._more_abandoned = len(turns) == CLAIMED_AT_ONCE
        for turn in turns:
            self.begin(turn)

    async def _next_sweep(self) -> datetime | None:
        """Return when to claim the rest of many abandoned turns: not at once, so that other processes share them."""
        return self._clock.now() + timedelta(seconds=SWEEP_SECONDS) if self._more_abandoned else None

    async def _renew(self) -> None:
        """Renew all that is in hand: what was begun a moment ago may have been stored long before, on a busy machine."""
        if in_hand := self.in_hand:
            await self._inbox.renew(in_hand, self._clock.now())
