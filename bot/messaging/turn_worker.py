"""The turn worker: answers turns, in one task per conversation that has something unanswered.

No polling is needed while all goes well: a received message is claimed in the transaction that stores it and answered at once, the next
one of its conversation is claimed in the transaction that completes it. One background worker claims what other processes abandoned,
another one renews the leases of long turns.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.jobs.worker import Worker
from bot.messaging.channel_registry import ChannelRegistry
from bot.messaging.hub import Hub
from bot.messaging.inbox import CLAIMED_AT_ONCE, TURNS, Completed, Inbox
from bot.messaging.messages import Outcome, Reply, Turn
from bot.messaging.pii.redaction import Redaction
from bot.messaging.rasa import Circumstances, RasaClient, RasaError, RasaRefused
from bot.messaging.router import OWN, Refused, Router, ToRasa
from bot.messaging.texts import Texts
from bot.support.agent_mode_input import MOST_ATTEMPTS
from bot.support.handover import Handover, Held

LOCAL_SWEEP_SECONDS, SHARED_SWEEP_SECONDS = 1.0, 5.0
"""How soon the turns of a process that was killed are found: on SQLite, on PostgreSQL. Those of an orderly stop are announced."""
RENEW_SECONDS = TURNS.lease.total_seconds() / 4
_log = logging.getLogger(__name__)


class TurnGivenUp(Exception):
    """The process died too often while answering this turn."""

    def __init__(self) -> None:
        super().__init__("the process died too often while answering this turn")


class TurnWorker:
    """Answers the turns that this process claimed."""

    def __init__(
        self,
        *,
        database: Database,
        inbox: Inbox,
        router: Router,
        rasa: RasaClient,
        hub: Hub,
        texts: Texts,
        clock: Clock,
        turn_seconds: float,
        doors: ChannelRegistry,
        privacy: Redaction,
        handover: Handover,
    ) -> None:
        self._inbox, self._router, self._rasa, self._hub = inbox, router, rasa, hub
        self._doors, self._privacy, self._handover = doors, privacy, handover
        self._texts, self._clock = texts, clock
        self._turn_life = timedelta(seconds=turn_seconds)
        self._tasks: dict[asyncio.Task[None], int] = {}
        self._stopping = False
        self._stop_by: float | None = None
        self._started_at = clock.now()
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
            poll_seconds=LOCAL_SWEEP_SECONDS if database.is_sqlite else SHARED_SWEEP_SECONDS,
        )
        self._renewer = Worker(database, None, self._renew, doing="renewing the leases of turns", poll_seconds=RENEW_SECONDS)

    async def start(self) -> None:
        """Claim at once what an earlier process abandoned, then keep looking."""
        self._started_at = self._clock.now()
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
        await asyncio.gather(self._sweeper.stop(), self._renewer.stop())
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=max(0.0, self._stop_by - asyncio.get_running_loop().time()))
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
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
        self._hub.busy(turn.conversation_id, True)
        following: Turn | None = turn
        try:
            while following is not None and not self._stopping:
                self._tasks[task] = following.id
                following = await self._answer(following)
        except Exception as error:  # the database failed: the lease runs out and the turn is claimed again
            log_error(error, "completing a turn")
        finally:
            self._hub.busy(turn.conversation_id, False)

    async def _answer(self, turn: Turn) -> Turn | None:
        completed = await self._completed(turn)
        if completed is None:
            _log.warning("turn %d was taken over by another process", turn.id)
            return None
        self._hub.turn_done(turn.id, completed.messages)
        self._hub.changed(turn.conversation_id)
        self.on_turn()
        return completed.following

    async def _completed(self, turn: Turn) -> Completed | None:
        """End the turn: by the support desk while the assistant is silent, else by the assistant."""
        held = await self._handover.hold(turn)
        if isinstance(held, Held):
            return held.completed
        outcome = await self._outcome(held)
        return await (self._handover.press(held, outcome) if isinstance(outcome, ToRasa) else self._handover.end(held, outcome))

    async def _outcome(self, turn: Turn) -> Outcome | ToRasa:
        """How `turn` ends, always with something to say; or the button of the gateway's own that it presses."""
        decision: ToRasa | Refused | None = None
        try:
            if turn.attempts > MOST_ATTEMPTS:
                raise TurnGivenUp
            decision = await self._router.decide(turn)
            if isinstance(decision, ToRasa) and (decision.intent or "").startswith(OWN):
                return decision
            if isinstance(decision, Refused):
                text = self._texts.say(decision.text_name, **decision.values)
                return Outcome((Reply(text=text),), delivered=False, text=decision.shown)
            return await self._answered(turn, decision)
        except RasaError as error:
            return self._failure(error, reached=error.reached, decision=decision)
        except Exception as error:  # whatever it is, the user gets an answer and the log an id
            return self._failure(error, reached=True, decision=decision)

    async def _answered(self, turn: Turn, decision: ToRasa) -> Outcome:
        """Rasa's answer; on an external channel without what identifies an usager, in either direction."""
        trusted = self._doors.trusted(turn.channel)
        masks = await self._privacy.spans(turn.conversation_id, decision.text) if decision.text and not trusted else ()
        circumstances = Circumstances(turn.channel, turn.home, trusted, masks)
        with self._doors.typing(turn):
            answer = await self._rasa.deliver(turn.conversation_id, turn.id, decision, circumstances, seconds=self._seconds_left(turn))
        replies = answer.replies
        if not trusted:
            replies = tuple([await self._privacy.clean(turn.conversation_id, reply) for reply in replies])
        if answer.masked:
            told = "masked_deleted" if self._doors.deletes(turn) else "masked"
            replies = (Reply(text=self._texts.say(told)), *replies)
        return Outcome(
            replies,
            delivered=True,
            consumed_message=decision.pressed_message,
            consumed_button=decision.pressed_alone,
            consumed_title=decision.pressed_title,
            text=decision.shown or answer.text,
            masked=answer.masked,
            handover=answer.handover,
            intent=answer.intent,
        )

    def _failure(self, error: Exception, *, reached: bool, decision: ToRasa | Refused | None) -> Outcome:
        error_id = log_error(error, f"answering a turn ({error})" if isinstance(error, RasaError) else "answering a turn")
        if isinstance(error, RasaRefused):
            return Outcome((Reply(text=self._texts.say("malformed")),), delivered=False, error_id=error_id)
        text = self._texts.say("failed" if reached else "unavailable", error_id=error_id)
        reply = Reply(text=text, buttons=(self._handover.asks(error_id),))
        if not reached or not isinstance(decision, ToRasa):
            return Outcome((reply,), delivered=reached, error_id=error_id)
        return Outcome(
            (reply,),
            delivered=True,
            consumed_message=decision.pressed_message,
            consumed_button=decision.pressed_alone,
            consumed_title=decision.pressed_title,
            error_id=error_id,
        )

    def _seconds_left(self, turn: Turn) -> float:
        """Time to go on trying; what waited while no bot ran counts from the start of this one."""
        since: datetime = max(turn.received_at, self._started_at)
        return (since + self._turn_life - self._clock.now()).total_seconds()

    async def _sweep(self) -> None:
        turns = await self._inbox.claim_abandoned(self._clock, in_hand=self.in_hand)
        self._more_abandoned = len(turns) == CLAIMED_AT_ONCE
        for turn in turns:
            self.begin(turn)

    async def _next_sweep(self) -> datetime | None:
        """Return when to claim the rest of many abandoned turns: not at once, so that other processes share them."""
        return self._clock.now() + timedelta(seconds=LOCAL_SWEEP_SECONDS) if self._more_abandoned else None

    async def _renew(self) -> None:
        if in_hand := self.in_hand:
            await self._inbox.renew(in_hand, self._clock.now())
