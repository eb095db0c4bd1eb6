"""Answers turns: one task per conversation that has something unanswered, started by whoever received it.

Nothing is polled while all goes well: a received message is leased in the transaction that writes it
down and processed at once, the next one of its conversation is leased in the transaction that ends it.
A sweep takes what a dead process left, and keeps the leases of long turns.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from bot.core.clock import Clock
from bot.core.errors import log_error
from bot.messaging.channel_registry import ChannelRegistry
from bot.messaging.hub import Hub
from bot.messaging.inbox import LEASE, Completed, Inbox
from bot.messaging.messages import Outcome, Reply, Turn
from bot.messaging.pii.redaction import Redaction
from bot.messaging.rasa import Circumstances, RasaClient, RasaError, RasaRefused
from bot.messaging.router import OWN, FixedReply, Router, RoutedMessage
from bot.messaging.texts import Texts
from bot.support.agent_mode_input import MOST_ATTEMPTS
from bot.support.handover import Handover, Held

SWEEP_SECONDS = 1.0
RENEW_SECONDS = LEASE.total_seconds() / 4
_log = logging.getLogger(__name__)


class TurnGivenUp(Exception):
    """The process died too often while answering this turn."""

    def __init__(self) -> None:
        super().__init__("the process died too often while answering this turn")


class Worker:
    """Processes the turns that this process holds."""

    def __init__(
        self,
        *,
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
        self._background: list[asyncio.Task[None]] = []
        self._started_at = clock.now()
        self.on_turn: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Take at once what an earlier process left, then keep sweeping."""
        self._started_at = self._clock.now()
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
        self._hub.busy(turn.conversation_id, True)
        following: Turn | None = turn
        try:
            while following is not None and not self._stopping:
                self._tasks[task] = following.id
                following = await self._answer(following)
        except Exception as error:  # the database failed: the lease runs out and the turn is taken again
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
        return await (self._handover.press(held, outcome) if isinstance(outcome, RoutedMessage) else self._handover.end(held, outcome))

    async def _outcome(self, turn: Turn) -> Outcome | RoutedMessage:
        """How `turn` ends, always with something to say; or the button of the gateway's own that it presses."""
        decision: RoutedMessage | FixedReply | None = None
        try:
            if turn.attempts > MOST_ATTEMPTS:
                raise TurnGivenUp
            decision = await self._router.decide(turn)
            if isinstance(decision, RoutedMessage) and (decision.intent or "").startswith(OWN):
                return decision
            if isinstance(decision, FixedReply):
                text = self._texts.say(decision.text_name, **decision.values)
                return Outcome((Reply(text=text),), delivered=False, text=decision.shown)
            return await self._answered(turn, decision)
        except RasaError as error:
            return self._failure(error, reached=error.reached, decision=decision)
        except Exception as error:  # whatever it is, the user gets an answer and the log an id
            return self._failure(error, reached=True, decision=decision)

    async def _answered(self, turn: Turn, decision: RoutedMessage) -> Outcome:
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

    def _failure(self, error: Exception, *, reached: bool, decision: RoutedMessage | FixedReply | None) -> Outcome:
        error_id = log_error(error, f"answering a turn ({error})" if isinstance(error, RasaError) else "answering a turn")
        if isinstance(error, RasaRefused):
            return Outcome((Reply(text=self._texts.say("malformed")),), delivered=False, error_id=error_id)
        text = self._texts.say("failed" if reached else "unavailable", error_id=error_id)
        reply = Reply(text=text, buttons=(self._handover.asks(error_id),))
        if not reached or not isinstance(decision, RoutedMessage):
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
