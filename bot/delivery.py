"""The delivery worker: sends what is due in the outbox, and has due operations on the platform run.

A chat message is put into the transcript in the very transaction that settles its row, so it is said
once. A mail is sent between two transactions: if the process dies in between, it is sent twice
rather than never.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

from sqlalchemy import select

from bot.clock import Clock
from bot.conversation.gateway import Gateway
from bot.conversation.messages import Reply
from bot.conversation.privacy import Privacy
from bot.conversation.transcript import UnknownConversation, add_proactive
from bot.database import Database
from bot.errors import log_error
from bot.mail import MailRefused, MailUnavailable, send_mail
from bot.outbox import CHAT, LEASE, MAIL, OutboxRow, claim, due, postpone, retry_at, settle
from bot.settings import Settings

POLL_SECONDS = 0.5
"""How soon a row written by another process (an action, the command line) is seen."""
OPERATIONS_SECONDS = 1.0
STOP_SECONDS = 2.0
CLAIMED_AT_ONCE = 20
MAIL_SECONDS = LEASE.total_seconds() - 10
"""A mail that takes longer is given up for this time, while the row is still ours."""


class UnknownKind(Exception):
    """The outbox row is of a kind that nobody delivers."""

    def __init__(self) -> None:
        super().__init__("the outbox row is of a kind that nobody delivers")


class DueWork(Protocol):
    """Something with work of its own that falls due (`bot.operations`)."""

    async def run_due(self) -> int:
        """Do what is due; gives how much was done."""
        ...


class Delivery:
    """The delivery worker of one process."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, gateway: Gateway, privacy: Privacy, operations: DueWork | None = None
    ) -> None:
        self._settings, self._database, self._clock = settings, database, clock
        self._gateway, self._privacy = gateway, privacy
        self._operations = operations
        self._woken, self._due = asyncio.Event(), asyncio.Event()
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to deliver."""
        self._tasks = [asyncio.create_task(self._loop(self._deliver_all, POLL_SECONDS, self._woken, "delivering the outbox"))]
        if self._operations is not None:
            loop = self._loop(self._run_operations, OPERATIONS_SECONDS, self._due, "running operations")
            self._tasks.append(asyncio.create_task(loop))

    async def stop(self) -> None:
        """Stop, giving a mail being sent a moment; one that is dropped is taken again once its lease has run out."""
        self._stopping = True
        self._woken.set()
        self._due.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """Something was enqueued by this process: look now."""
        self._woken.set()

    async def deliver_due(self) -> int:
        """Deliver what is due now, one batch; gives how many rows were taken."""
        if not await self._anything_due():
            return 0
        now = self._clock.now()
        async with self._database.writing() as session:
            rows = await claim(session, pushes=False, now=now, limit=CLAIMED_AT_ONCE)
        for row in rows:  # in their order: a chat is told things as they happened
            if row.kind == CHAT:
                await self._say(row)
            elif row.kind != MAIL:
                await self._give_up(row, UnknownKind(), "delivering an outbox row")
        await asyncio.gather(*(self._mail(row) for row in rows if row.kind == MAIL))
        return len(rows)

    async def _anything_due(self) -> bool:
        """Look before taking the write lock, which the turns need."""
        async with self._database.reading() as session:
            return await session.scalar(select(OutboxRow.id).where(*due(self._clock.now(), pushes=False)).limit(1)) is not None

    async def _say(self, row: OutboxRow) -> None:
        """Put a message into its chat, as its channel may have it."""
        conversation_id, now = row.conversation_id or "", self._clock.now()
        try:
            reply = Reply.model_validate(row.payload)
            if reply.blank:
                raise ValueError("nothing to say")
            if not self._gateway.doors.trusted(await self._gateway.conversations.home(conversation_id)):
                reply = await self._privacy.clean(conversation_id, reply)
            async with self._database.writing() as session:
                life = timedelta(hours=self._settings.button_hours)
                await add_proactive(session, conversation_id, reply, key=f"outbox:{row.id}", now=now, button_life=life)
                await settle(session, row.id, now=now)
        except (ValueError, KeyError, UnknownConversation) as error:
            await self._give_up(row, error, "putting an outbox row into a chat")
            return
        self._gateway.hub.changed(conversation_id)
        self._gateway.wake()

    async def _give_up(self, row: OutboxRow, error: Exception, doing: str) -> None:
        log_error(error, doing)
        async with self._database.writing() as session:
            await postpone(session, row.id, until=None, error=type(error).__name__, now=self._clock.now())

    async def _mail(self, row: OutboxRow) -> None:
        payload = {"id": f"outbox-{row.id}-{int(row.created_at.timestamp())}", **row.payload}
        error: Exception
        try:
            async with asyncio.timeout(MAIL_SECONDS):
                await send_mail(self._settings, payload, self._clock)
        except MailRefused as refused:
            error, until = refused, None
        except (MailUnavailable, TimeoutError) as transient:
            error, until = transient, retry_at(row.attempts, self._clock.now())
        except Exception as unexpected:  # a row that cannot even be composed must not hold up the others
            error, until = unexpected, retry_at(row.attempts, self._clock.now())
        else:
            async with self._database.writing() as session:
                await settle(session, row.id, now=self._clock.now())
            return
        log_error(error, "sending a mail; given up" if until is None else "sending a mail; it will be tried again")
        async with self._database.writing() as session:
            await postpone(session, row.id, until=until, error=type(error).__name__, now=self._clock.now())

    async def _deliver_all(self) -> None:
        while await self.deliver_due() == CLAIMED_AT_ONCE and not self._stopping:
            pass

    async def _run_operations(self) -> None:
        if self._operations is not None and await self._operations.run_due():
            self.wake()

    async def _loop(self, what: Callable[[], Awaitable[None]], seconds: float, woken: asyncio.Event, doing: str) -> None:
        while not self._stopping:
            woken.clear()
            try:
                await what()
            except Exception as error:  # the database may be away for a while: the next round tries again
                log_error(error, doing)
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), seconds)
