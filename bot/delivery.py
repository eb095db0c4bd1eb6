"""The delivery worker: sends what is due in the outbox, and has due operations on the platform run.

A chat message is put into the transcript in the very transaction that settles its row, so it is said
once. A mail is sent between two transactions: if the process dies in between, it is sent twice
rather than never.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.conversation.hub import Hub
from bot.conversation.messages import Reply
from bot.conversation.transcript import UnknownConversation, add_proactive
from bot.database import Database
from bot.errors import log_error
from bot.mail import MailRefused, MailUnavailable, send_mail
from bot.outbox import CHAT, LEASE, MAIL, OutboxRow, claim, postpone, settle
from bot.settings import Settings

POLL_SECONDS = 0.5
"""How soon a row written by another process (an action, the command line) is seen."""
OPERATIONS_SECONDS = 1.0
STOP_SECONDS = 2.0
CLAIMED_AT_ONCE = 20
MAIL_SECONDS = LEASE.total_seconds() - 10
"""A mail that takes longer is given up for this time, while the row is still ours."""
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 2.0, 600.0
TRYING_FOR = timedelta(hours=4)


class UnknownKind(Exception):
    """The outbox row is of a kind that nobody delivers."""

    def __init__(self) -> None:
        super().__init__("the outbox row is of a kind that nobody delivers")


class DueWork(Protocol):
    """Something with work of its own that falls due (`bot.operations`)."""

    async def run_due(self) -> int:
        """Do what is due; gives how much was done."""
        ...


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """When to try again after `attempts` failures: 2 s doubled each time up to ten minutes, jittered; None after four hours of trying."""
    waits = [min(FIRST_RETRY_SECONDS * 2**n, LONGEST_RETRY_SECONDS) for n in range(min(attempts, 60))]
    if sum(waits) > TRYING_FOR.total_seconds():
        return None
    return now + timedelta(seconds=waits[-1] * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, not a secret


class Delivery:
    """The delivery worker of one process."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, hub: Hub, operations: DueWork | None = None) -> None:
        self._settings, self._database, self._clock, self._hub = settings, database, clock, hub
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
        mails: list[OutboxRow] = []
        spoken: set[str] = set()
        async with self._database.writing() as session:
            rows = await claim(session, now=now, limit=CLAIMED_AT_ONCE)
            for row in rows:
                if row.kind == MAIL:
                    mails.append(row)
                elif row.kind == CHAT:
                    await self._say(session, row, now, spoken)
                else:
                    log_error(UnknownKind(), "delivering an outbox row")
                    await postpone(session, row.id, until=None, error=UnknownKind.__name__, now=now)
        for conversation_id in spoken:
            self._hub.changed(conversation_id)
        await asyncio.gather(*(self._mail(row) for row in mails))
        return len(rows)

    async def _anything_due(self) -> bool:
        """Look before taking the write lock, which the turns need."""
        now = self._clock.now()
        due = select(OutboxRow.id).where(OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None), OutboxRow.not_before <= now)
        free = (OutboxRow.lease_until.is_(None)) | (OutboxRow.lease_until < now)
        async with self._database.reading() as session:
            return await session.scalar(due.where(free).limit(1)) is not None

    async def _say(self, session: AsyncSession, row: OutboxRow, now: datetime, spoken: set[str]) -> None:
        try:
            reply = Reply.model_validate(row.payload)
            if reply.blank:
                raise ValueError("nothing to say")
            await add_proactive(
                session,
                row.conversation_id or "",
                reply,
                key=f"outbox:{row.id}",
                now=now,
                button_life=timedelta(hours=self._settings.button_hours),
            )
        except (ValidationError, ValueError, UnknownConversation) as error:
            log_error(error, "putting an outbox row into a chat")
            await postpone(session, row.id, until=None, error=type(error).__name__, now=now)
        else:
            await settle(session, row.id, now=now)
            spoken.add(row.conversation_id or "")

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
