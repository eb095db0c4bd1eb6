"""The delivery worker: sends what is due in the outbox, and has due operations on the platform run.

A chat message is put into the transcript in the very transaction that settles its row, so it is said
once. A mail is sent between two transactions: if the process dies in between, it is sent twice
rather than never.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from bot.core.clock import Clock
from bot.core.database import Database, insist
from bot.core.errors import log_error
from bot.core.mail import MailRefused, MailUnavailable, send_mail
from bot.jobs.outbox import CHAT, MAIL, OutboxRow, anything_due, claim, postpone, retry_at, seconds_left, settle_all, unknown_kinds
from bot.messaging.gateway import Gateway
from bot.messaging.messages import Reply
from bot.messaging.pii.redaction import Redaction
from bot.messaging.ports import SendTimeCheck
from bot.messaging.tables import SYSTEM
from bot.messaging.transcript import Proactive, add_proactive
from bot.notifications import delivery_status
from bot.settings import Settings

POLL_SECONDS = 2.0
"""How soon what nobody told of is seen: rows of another process, second tries. Actions write theirs during turns, whose ends are told."""
GATHER_SECONDS = 0.2
"""How long the ends of turns are gathered before what actions may have written is looked for."""
STOP_SECONDS = 2.0
CHATS_AT_ONCE, MAILS_AT_ONCE = 100, 20
NOTICE_BUTTON_LIFE = timedelta(days=30)
"""Of the buttons under a notice, which may be read long after it came."""


class UnknownKind(Exception):
    """The outbox row is of a kind that nobody delivers."""

    def __init__(self) -> None:
        super().__init__("the outbox row is of a kind that nobody delivers")


class DueWork(Protocol):
    """Something with work of its own that falls due (`bot.fhir.operations`)."""

    async def run_due(self) -> int:
        """Do what is due; gives how much was done."""
        ...


class Delivery:
    """The delivery worker of one process."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        gateway: Gateway,
        privacy: Redaction,
        operations: DueWork | None = None,
        notices: SendTimeCheck | None = None,
    ) -> None:
        self._settings, self._database, self._clock = settings, database, clock
        self._gateway, self._privacy = gateway, privacy
        self._operations, self._notices = operations, notices
        self._woken, self._mails, self._due = asyncio.Event(), asyncio.Event(), asyncio.Event()
        database.on_announced(CHAT, self._woken.set)
        database.on_announced(MAIL, self._mails.set)
        self._gathering: asyncio.TimerHandle | None = None
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to deliver: chats and mails beside each other, so that a slow relay keeps no chat waiting."""
        loops = [
            self._loop(self._say_all, POLL_SECONDS, self._woken, "putting the outbox into chats"),
            self._loop(self._mail_all, POLL_SECONDS, self._mails, "mailing the outbox"),
            self._loop(self._do_rest, POLL_SECONDS, self._due, "running operations"),
        ]
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """Stop, giving a mail being sent a moment; one that is dropped is taken again once its lease has run out."""
        self._stopping = True
        for event in (self._woken, self._mails, self._due):
            event.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def after_turn(self) -> None:
        """A turn is over, during which the action server may have enqueued something: look soon."""
        if self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._gathered)

    def _gathered(self) -> None:
        self._gathering = None
        self._woken.set()
        self._mails.set()

    async def deliver_due(self) -> int:
        """Deliver what is due now, one batch of each kind; gives how many rows were taken."""
        return await self._refuse_strange() + await self._say_due() + await self._mail_due()

    async def _claim(self, kind: str, limit: int) -> list[OutboxRow]:
        """Due rows, less the notices that must not be told at this moment; those wait again."""
        now = self._clock.now()
        async with self._database.reading() as session:
            if not await anything_due(session, kind, now):
                return []
        async with self._database.writing() as session:  # which may have to wait: the lease runs from when it is given
            now = self._clock.now()
            rows = await claim(session, kind, now=now, limit=limit)
        late = await self._notices.not_now(rows) if self._notices is not None else set()
        if late:
            async with self._database.writing() as session:
                await settle_all(session, late, now=now)
                await delivery_status.recall(session, late, now)
        return [row for row in rows if row.id not in late]

    async def _say_due(self) -> int:
        """Put messages into their chats, as their channels may have them: one of each chat, all in one transaction."""
        rows = await self._claim(CHAT, CHATS_AT_ONCE)
        homes = await self._gateway.conversations.channels_of([row.conversation_id or "" for row in rows])
        replies = await asyncio.gather(*(self._prepared(row, homes) for row in rows))
        ready = {row.id: (row, reply) for row, reply in zip(rows, replies, strict=True) if reply is not None}
        if not ready:
            return len(rows)
        now = self._clock.now()
        async with self._database.writing() as session:
            said = [self._proactive(row, reply) for row, reply in ready.values()]
            pushes = await add_proactive(session, said, now=now, handover=self._gateway.handover)
            await settle_all(session, list(ready), now=now)
            notices = [row_id for row_id, (row, _) in ready.items() if delivery_status.is_notice(row)]
            pushed = {row_id: push for row_id in notices if (push := pushes.get(_key(row_id))) is not None}
            await delivery_status.carried_on(session, pushed)
            await delivery_status.delivered(session, [row_id for row_id in notices if row_id not in pushed], now)
        for row, _ in ready.values():
            self._gateway.message_added(row.conversation_id or "")
        return len(rows)

    def _proactive(self, row: OutboxRow, reply: Reply) -> Proactive:
        life = timedelta(hours=self._settings.button_hours)
        if not delivery_status.is_notice(row):
            return Proactive(row.conversation_id or "", reply, _key(row.id), life)
        carried = {"notice": row.payload["notice"]}
        return Proactive(row.conversation_id or "", reply, _key(row.id), NOTICE_BUTTON_LIFE, author=SYSTEM, push=carried)

    async def _prepared(self, row: OutboxRow, homes: Mapping[str, str]) -> Reply | None:
        """What a row says, cleaned where its channel is external; None where it can never be said: it is given up."""
        conversation_id = row.conversation_id or ""
        try:
            reply = Reply.model_validate(row.payload)
            if reply.blank:
                raise ValueError("nothing to say")
            if not self._gateway.is_trusted(homes[conversation_id]):
                reply = await self._privacy.clean(conversation_id, reply, delivery_status.about(row))
        except (ValueError, KeyError) as error:
            await self._give_up(row, error, "putting an outbox row into a chat")
            return None
        return reply

    async def _give_up(self, row: OutboxRow, error: Exception, doing: str) -> None:
        log_error(error, doing)
        await self._postpone(row, None, error)

    async def _postpone(self, row: OutboxRow, until: datetime | None, error: Exception) -> None:
        now = self._clock.now()
        async with self._database.writing() as session:
            await postpone(session, row.id, until=until, error=type(error).__name__, now=now)
            if until is None:
                await delivery_status.failed(session, [row.id], now, closed=False)

    async def _refuse_strange(self) -> int:
        async with self._database.reading() as session:
            rows = await unknown_kinds(session)
        for row in rows:
            await self._give_up(row, UnknownKind(), "delivering an outbox row")
        return len(rows)

    async def _mail_due(self) -> int:
        rows = await self._claim(MAIL, MAILS_AT_ONCE)
        await asyncio.gather(*(self._mail(row) for row in rows))
        return len(rows)

    async def _mail(self, row: OutboxRow) -> None:
        payload = {"id": f"outbox-{row.id}-{int(row.created_at.timestamp())}", **row.payload}
        error: Exception
        try:
            async with asyncio.timeout(seconds_left(row, self._clock.now())):
                await send_mail(self._settings, payload, self._clock)
        except MailRefused as refused:
            error, until = refused, None
        except (MailUnavailable, TimeoutError) as transient:
            error, until = transient, retry_at(row.attempts, self._clock.now())
        except Exception as unexpected:  # a row that cannot even be composed must not hold up the others
            error, until = unexpected, retry_at(row.attempts, self._clock.now())
        else:
            await insist(lambda: self._mailed(row), "noting that a mail was sent")
            return
        log_error(error, "sending a mail; given up" if until is None else "sending a mail; it will be tried again")
        await self._postpone(row, until, error)

    async def _mailed(self, row: OutboxRow) -> None:
        now = self._clock.now()
        async with self._database.writing() as session:
            await settle_all(session, [row.id], now=now)
            await delivery_status.delivered(session, [row.id], now)

    async def _say_all(self) -> None:
        while await self._say_due() and not self._stopping:
            pass

    async def _mail_all(self) -> None:
        while await self._mail_due() and not self._stopping:
            pass

    async def _do_rest(self) -> None:
        await self._refuse_strange()
        if self._operations is not None:
            await self._operations.run_due()

    async def _loop(self, what: Callable[[], Awaitable[None]], seconds: float, woken: asyncio.Event, doing: str) -> None:
        while not self._stopping:
            woken.clear()
            try:
                await what()
            except Exception as error:  # the database may be away for a while: the next round tries again
                log_error(error, doing)
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), seconds)


def _key(row_id: int) -> str:
    """Of the message that a row becomes in the transcript."""
    return f"outbox:{row_id}"
