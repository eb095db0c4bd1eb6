"""The view of tickets in a support group: new events of each ticket become one message in its thread, within the group's rate limit.

The thread's row says up to which event the ticket is shown. A process that is killed between a message and recording it posts that one
message twice; nothing is left out. This is the only place that posts to groups, and all that it posts has passed the PII filter.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot.core.clock import Clock
from bot.core.errors import log_error
from bot.jobs.retry import RetryStrategy
from bot.jobs.worker import Worker
from bot.messaging.channel import ChannelError, ChannelUnavailable, MessageRefused, RateLimited
from bot.messaging.rendering import split_text
from bot.support.desk_events import TICKETS
from bot.support.groups.group import Group, GroupUnusable, ThreadGone, TicketCard
from bot.support.groups.group_texts import GroupTexts
from bot.support.groups.pii_filter import GroupPiiFilter
from bot.support.groups.threads import ClaimedThread, Threads
from bot.support.groups.ticket_cards import TicketCards
from bot.support.groups.ticket_updates import TicketUpdates
from bot.support.records import TicketState

GATHER_SECONDS = 3.0
"""Between two messages in one thread: what is written meanwhile becomes one message."""
RETRIES = RetryStrategy(timedelta(seconds=2), timedelta(minutes=1))
"""Pauses while the group does not take messages. One ticket that fails for a reason of its own waits for the longest of them."""


class GroupView:
    """The worker of one group in one process. Several processes share the work: a thread is claimed by one at a time."""

    def __init__(
        self, group: Group, threads: Threads, composer: TicketUpdates, clean: GroupPiiFilter, words: GroupTexts, clock: Clock
    ) -> None:
        self._group, self._threads, self._composer, self._filter = group, threads, composer, clean
        self._words, self._clock = words, clock
        self._heads = TicketCards(composer, clean)
        self._failures = 0
        self._paused_until = 0.0
        """Time of the event loop until which nothing is posted to the group."""
        self._thread_paused_until: dict[int, float] = {}
        """The same for the threads of single tickets."""
        self.gather_seconds = GATHER_SECONDS
        self._worker = Worker(
            threads.database,
            clock,
            self._round,
            doing="showing tickets in a support group",
            topics=(TICKETS,),
            next_due=self._next_due,
            stop_seconds=0.0,
        )

    def start(self) -> None:
        """Begin to show tickets."""
        self._worker.start()

    async def stop(self) -> None:
        """Stop at once. What was not posted is posted after the next start."""
        await self._worker.stop()

    def wake(self) -> None:
        """Look at once: there may be something to post."""
        self._worker.wake()

    async def show_due(self) -> int:
        """Show what is new, except in threads in which something was just posted, and return how many tickets were looked at."""
        now, shown = asyncio.get_running_loop().time(), 0
        self._thread_paused_until = {ticket_id: until for ticket_id, until in self._thread_paused_until.items() if until > now}
        for ticket_id in await self._threads.outdated():
            if ticket_id not in self._thread_paused_until:
                shown += 1
                await self._try(ticket_id)
        for thread in await self._threads.other_threads():
            await self._answer_other_thread(thread)
        return shown

    async def _round(self) -> None:
        if self._paused_until > asyncio.get_running_loop().time():
            return
        try:
            await self.show_due()
        except RateLimited as limited:
            self._pause(limited.seconds)
        except ChannelError as error:
            self._pause_after(error, "posting to a support group; it is tried again")
        except Exception as error:  # the database may be away for a while: the next round tries again
            self._pause_after(error, "showing tickets in a support group; it is tried again")
        else:
            self._failures = 0

    def _pause(self, seconds: float) -> None:
        self._paused_until = asyncio.get_running_loop().time() + seconds

    def _pause_after(self, error: Exception, doing: str) -> None:
        """Pause after a failure, which is logged the first time, and again once the pauses have reached their longest."""
        self._failures += 1
        pause = RETRIES.pause(self._failures)
        if self._failures == 1 or RETRIES.pause(self._failures - 1) < pause == RETRIES.longest:
            log_error(error, doing)
        self._pause(pause.total_seconds())

    async def _next_due(self) -> datetime | None:
        """Return when a pause ends."""
        now = asyncio.get_running_loop().time()
        ends = [self._paused_until] if self._paused_until > now else list(self._thread_paused_until.values())
        return self._clock.now() + timedelta(seconds=min(ends) - now) if ends else None

    async def _try(self, ticket_id: int) -> None:
        """Show one ticket. An error of its own does not hold up the others."""
        try:
            await self._show(ticket_id)
        except (RateLimited, ChannelUnavailable, GroupUnusable, SQLAlchemyError):
            raise
        except Exception as error:
            log_error(error, "showing a ticket in a support group; it is tried again")
            self._thread_paused_until[ticket_id] = asyncio.get_running_loop().time() + RETRIES.longest.total_seconds()

    async def _show(self, ticket_id: int) -> None:
        claimed = await self._threads.claim(ticket_id, self._clock.now())
        if claimed is None:
            return
        try:
            await self._update(claimed)
        except ThreadGone:
            await self._threads.record_deleted(ticket_id)
            self.wake()
        finally:
            await self._threads.release(ticket_id)

    async def _update(self, claimed: ClaimedThread) -> None:
        """Make the thread show the ticket as it is."""
        news = await self._composer.update_since(claimed.ticket_id, claimed.shown, self._group.name)
        ticket, over = news.ticket, news.ticket.state is TicketState.CLOSED
        if claimed.thread is None and over:
            await self._threads.record_shown(claimed.ticket_id, shown=news.last_event_id, is_open=False, head=None)
            return
        first = claimed.thread is None or claimed.shown == 0
        head = await self._heads.card_of(ticket) if first or self._group.has_cards else None
        thread = claimed.thread or await self._create_thread(claimed, head)
        answers = await self._threads.pending_answers(thread)
        if not over and not claimed.open:
            await self._group.reopen_thread(thread)
        lines = [*news.lines, *dict.fromkeys(answer.text for answer in answers if answer.text)]
        if first and head is not None and not self._group.has_cards:
            lines = [head.text, *lines, self._words.render("how_trusted" if self._filter.trusted else "how")]
        await self._post(claimed.ticket_id, thread, await self._filter.clean(ticket, "\n\n".join(lines)))
        await self._threads.record_answered([answer.id for answer in answers], self._clock.now())
        digest = _digest(head) if head is not None and self._group.has_cards else claimed.head
        if head is not None and digest != claimed.head and claimed.thread is not None:
            await self._threads.renew(claimed.ticket_id, self._clock.now())
            await self._group.update_card(thread, head)
        await self._delete(answer.unwanted for answer in answers)
        if over and claimed.open and news.last_event_id >= ticket.version:
            await self._threads.renew(claimed.ticket_id, self._clock.now())
            await self._group.close_thread(thread)
        is_open = not over if news.last_event_id >= ticket.version else claimed.open
        await self._threads.record_shown(claimed.ticket_id, shown=news.last_event_id, is_open=is_open, head=digest)
        if news.last_event_id < ticket.version:  # more events than one message takes
            self.wake()

    async def _create_thread(self, claimed: ClaimedThread, head: TicketCard | None) -> str:
        """Create a thread and record it at once. A process killed before that leaves an empty one behind, and another one is created."""
        assert head is not None
        thread = await self._group.create_thread(head)
        await self._threads.record_created(claimed.ticket_id, thread)
        return thread

    async def _post(self, ticket_id: int, thread: str, text: str) -> None:
        """Post a text in as many messages as it takes. One that the channel refuses for good is left out."""
        for piece in split_text(text, self._group.max_text_length) if text.strip() else ():
            await self._threads.renew(ticket_id, self._clock.now())
            try:
                await self._group.post(thread, piece)
            except MessageRefused as error:
                log_error(error, "posting to a support group; given up")
            self._thread_paused_until[ticket_id] = asyncio.get_running_loop().time() + self.gather_seconds

    async def _answer_other_thread(self, thread: str) -> None:
        """Answer input where no ticket is shown. Recorded first: an answer there may be lost, but is not posted twice."""
        answers = await self._threads.pending_answers(thread)
        await self._threads.record_answered([answer.id for answer in answers], self._clock.now())
        text = "\n\n".join(dict.fromkeys(answer.text for answer in answers if answer.text))
        await self._delete(answer.unwanted for answer in answers)
        with suppress(ThreadGone):
            for piece in split_text(text, self._group.max_text_length) if text else ():
                await self._group.post(thread, piece)

    async def _delete(self, messages: Iterable[str | None]) -> None:
        """Delete messages of agents, where the bot has the right to."""
        for message in messages:
            if message is not None:
                with suppress(MessageRefused, ChannelUnavailable):
                    await self._group.delete_message(message)


def _digest(head: TicketCard) -> str:
    return hashlib.sha256(repr(head).encode()).hexdigest()
