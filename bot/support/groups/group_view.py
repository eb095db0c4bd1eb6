"""Shows tickets in a group: what happened since the last look, gathered into one message a thread, within what the group allows.

The thread's row says up to which move the ticket is shown. Killed between a message and noting it, that one message is said twice; nothing
is left out. This is the one place that speaks to groups, and all that it says has passed the filter.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from bot.core.clock import Clock
from bot.core.errors import log_error
from bot.messaging.channel import ChannelError, ChannelUnavailable, MessageRefused, RateLimited
from bot.messaging.rendering import split_text
from bot.support.desk_events import DeskEvents
from bot.support.groups.group import Group, GroupUnusable, ThreadGone, TicketCard
from bot.support.groups.group_texts import GroupTexts
from bot.support.groups.pii_filter import PARAGRAPH, GroupPiiFilter
from bot.support.groups.threads import HeldThread, Threads
from bot.support.groups.ticket_cards import TicketCards
from bot.support.groups.ticket_updates import TicketUpdates
from bot.support.records import TicketState

LOOK_SECONDS = 2.0
"""How soon what no signal told of is seen."""
GATHER_SECONDS = 3.0
"""Between two messages in one thread: what is typed meanwhile is one message."""
PAUSES = (2.0, 5.0, 15.0, 60.0)
"""Before the next look, while the group does not take what is said."""


class GroupView:
    """The worker of one group in one process; several processes share the work, a thread being held by one at a time."""

    def __init__(
        self,
        group: Group,
        threads: Threads,
        composer: TicketUpdates,
        clean: GroupPiiFilter,
        words: GroupTexts,
        changes: DeskEvents,
        clock: Clock,
    ) -> None:
        self._group, self._threads, self._composer, self._filter = group, threads, composer, clean
        self._words, self._changes, self._clock = words, changes, clock
        self._heads = TicketCards(composer, clean)
        self._woken, self._stopped = asyncio.Event(), asyncio.Event()
        self._said_at: dict[int, float] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._failures = 0
        self.gather_seconds = GATHER_SECONDS

    def start(self) -> None:
        """Begin."""
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._follow())]

    async def stop(self) -> None:
        """Stop; what was not said is said after the next start."""
        self._stopped.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """There may be something to say."""
        self._woken.set()

    async def _follow(self) -> None:
        with self._changes.listen() as changes:
            async for _change in changes:
                self._woken.set()

    async def _run(self) -> None:
        while not self._stopped.is_set():
            self._woken.clear()
            pause = await self._round()
            with suppress(TimeoutError):
                await asyncio.wait_for((self._stopped if pause else self._woken).wait(), pause or LOOK_SECONDS)

    async def _round(self) -> float:
        """Show what is to be shown; seconds in which not to try again, 0 where all went well."""
        try:
            await self.show_due()
        except RateLimited as slow:
            return slow.seconds
        except ChannelError as error:
            return self._failed(error, "speaking to a group of the team; it is tried again")
        except Exception as error:  # the database may be away for a while: the next round tries again
            return self._failed(error, "showing tickets in a group of the team; it is tried again")
        self._failures = 0
        return 0.0

    def _failed(self, error: Exception, doing: str) -> float:
        if self._failures in {0, len(PAUSES)}:  # at once, and where it does not pass
            log_error(error, doing)
        pause = PAUSES[min(self._failures, len(PAUSES) - 1)]
        self._failures += 1
        return pause

    async def show_due(self) -> int:
        """Show what there is now, but for threads in which something was just said; how many were looked at."""
        now, shown = asyncio.get_running_loop().time(), 0
        self._said_at = {ticket_id: at for ticket_id, at in self._said_at.items() if at > now - self.gather_seconds}
        for ticket_id in await self._threads.behind():
            if ticket_id not in self._said_at:
                shown += 1
                await self._try(ticket_id)
        for thread in await self._threads.elsewhere():
            await self._answer_elsewhere(thread)
        return shown

    async def _try(self, ticket_id: int) -> None:
        """Show one ticket; what it alone has does not hold up the others."""
        try:
            await self._show(ticket_id)
        except (RateLimited, ChannelUnavailable, GroupUnusable, SQLAlchemyError):
            raise
        except Exception as error:
            log_error(error, "showing a ticket in a group of the team; it is tried again")
            self._said_at[ticket_id] = asyncio.get_running_loop().time() + PAUSES[-1]

    async def _show(self, ticket_id: int) -> None:
        place = await self._threads.hold(ticket_id, self._clock.now())
        if place is None:
            return
        try:
            await self._bring_up(place)
        except ThreadGone:
            await self._threads.lost(ticket_id)
            self._woken.set()
        finally:
            await self._threads.let_go(ticket_id)

    async def _bring_up(self, place: HeldThread) -> None:
        """The thread as the ticket is."""
        news = await self._composer.update_since(place.ticket_id, place.shown, self._group.name)
        ticket, over = news.ticket, news.ticket.state is TicketState.CLOSED
        if place.thread is None and over:
            await self._threads.show(place.ticket_id, shown=news.last_event_id, is_open=False, head=None)
            return
        first = place.thread is None or place.shown == 0
        head = await self._heads.card_of(ticket) if first or self._group.has_cards else None
        thread = place.thread or await self._make(place, head)
        answers = await self._threads.answers(thread)
        if not over and not place.open:
            await self._group.reopen_thread(thread)
        lines = [*news.lines, *dict.fromkeys(answer.text for answer in answers if answer.text)]
        if first and head is not None and not self._group.has_cards:
            lines = [head.text, *lines, self._words.render("how")]
        await self._say(place.ticket_id, thread, await self._filter.clean(ticket, PARAGRAPH.join(lines)))
        await self._threads.answered([answer.id for answer in answers], self._clock.now())
        digest = _digest(head) if head is not None and self._group.has_cards else place.head
        if head is not None and digest != place.head and place.thread is not None:
            await self._threads.keep(place.ticket_id, self._clock.now())
            await self._group.update_card(thread, head)
        await self._delete(answer.unwanted for answer in answers)
        if over and place.open and news.last_event_id >= ticket.version:
            await self._threads.keep(place.ticket_id, self._clock.now())
            await self._group.close_thread(thread)
        is_open = not over if news.last_event_id >= ticket.version else place.open
        await self._threads.show(place.ticket_id, shown=news.last_event_id, is_open=is_open, head=digest)

    async def _make(self, place: HeldThread, head: TicketCard | None) -> str:
        """A new thread, noted at once: killed before that, an empty one is left behind, and another one is made."""
        assert head is not None
        thread = await self._group.create_thread(head)
        await self._threads.made(place.ticket_id, thread)
        return thread

    async def _say(self, ticket_id: int, thread: str, text: str) -> None:
        """All of it, in as many messages as it takes; one that the channel refuses for good is passed over."""
        for piece in split_text(text, self._group.max_text_length) if text.strip() else ():
            await self._threads.keep(ticket_id, self._clock.now())
            try:
                await self._group.post(thread, piece)
            except MessageRefused as error:
                log_error(error, "saying something in a group of the team; given up")
            self._said_at[ticket_id] = asyncio.get_running_loop().time()

    async def _answer_elsewhere(self, thread: str) -> None:
        """What was written where no ticket is shown. Noted first: an answer there may be lost, but is not said twice."""
        answers = await self._threads.answers(thread)
        await self._threads.answered([answer.id for answer in answers], self._clock.now())
        text = "\n\n".join(dict.fromkeys(answer.text for answer in answers if answer.text))
        await self._delete(answer.unwanted for answer in answers)
        with suppress(ThreadGone):
            for piece in split_text(text, self._group.max_text_length) if text else ():
                await self._group.post(thread, piece)

    async def _delete(self, messages: Iterable[str | None]) -> None:
        """Messages of agents that are to go; a courtesy, which the bot may not have the right to."""
        for message in messages:
            if message is not None:
                with suppress(MessageRefused, ChannelUnavailable):
                    await self._group.delete_message(message)


def _digest(head: TicketCard) -> str:
    return hashlib.sha256(repr(head).encode()).hexdigest()
