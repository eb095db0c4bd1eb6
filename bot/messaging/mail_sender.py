"""The mail worker: sends the mails of the outbox.

A mail is sent between two transactions, the one that claims its row and the one that settles it: if the process dies in between, the mail
is sent twice rather than never.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from bot.core.clock import Clock
from bot.core.database import Database, insist
from bot.core.encryption import DecryptionFailed
from bot.core.errors import log_error
from bot.core.mail import MailCipher, MailRefused, MailUnavailable, send_mail, useless_from
from bot.jobs.outbox import MAIL, MAILS, RETRY, OutboxRow, delete_payload, in_order, postpone, seconds_left, settle_all, unknown_kinds
from bot.jobs.schedule import Schedule
from bot.jobs.worker import Worker
from bot.messaging.delivery_metrics import GIVEN_UP, RECALLED, RETRIED, SENT, SPAN, count_delivery
from bot.messaging.delivery_tracking import DeliveryTracking
from bot.settings import Settings

BATCH_SIZE = 20
"""Mails sent at a time."""


class UnknownKind(Exception):
    """The outbox row is of a kind that nobody delivers."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class MailExpired(Exception):
    """The mail waited for longer than it is of use, such as a code that has expired."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class MailSender:
    """The mail worker of one process; it also gives up rows of a kind that nobody delivers."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, tracking: DeliveryTracking) -> None:
        self._settings, self._database, self._clock, self._tracking = settings, database, clock, tracking
        self._cipher = MailCipher(settings.required("secret"))
        self._worker = Worker(database, clock, self._send_all, doing="mailing the outbox", topics=(MAILS.name,), next_due=self._next_due)
        self._schedule = Schedule()
        self._schedule.hourly(self.give_up_unknown_kinds, "looking for outbox rows that nobody delivers")

    def start(self) -> None:
        """Begin to send."""
        self._worker.start()
        self._schedule.start()

    async def stop(self) -> None:
        """Stop, giving a mail that is being sent a moment; one that is dropped is claimed again once its lease has run out."""
        self._schedule.stop()
        await self._worker.stop()

    async def send_due(self) -> int:
        """Send the mails that are due now, one batch. Return how many rows were claimed."""
        rows = await MAILS.claim(self._database, self._clock, in_order(), limit=BATCH_SIZE)
        recalled = await self._recall(rows)
        await asyncio.gather(*(self._send(row) for row in rows if row.id not in recalled))
        return len(rows)

    async def give_up_unknown_kinds(self) -> int:
        """Give up rows of a kind that nobody delivers. Return how many there were."""
        async with self._database.reading() as session:
            rows = await unknown_kinds(session)
        for row in rows:
            error = UnknownKind()
            log_error(error, "delivering an outbox row")
            await self._postpone(row, None, error)
        return len(rows)

    async def _recall(self, rows: list[OutboxRow]) -> set[int]:
        """Settle the rows that must not be sent at this moment, without sending them."""
        late = await self._tracking.not_now(rows)
        if late:
            now = self._clock.now()
            async with self._database.writing() as session:
                await settle_all(session, late, now=now)
                await self._tracking.recalled(session, [row for row in rows if row.id in late], now)
            for row in rows:
                if row.id in late:
                    count_delivery(row, MAIL, RECALLED, now)
        return late

    async def _send(self, row: OutboxRow) -> None:
        with SPAN.begun(True, kind=MAIL, channel=MAIL) as span:
            outcome = await self._outcome(row)
            span.note(outcome=outcome)
        count_delivery(row, MAIL, outcome, self._clock.now())

    async def _outcome(self, row: OutboxRow) -> str:
        """Attempt to send a mail, note how it ended, and return that."""
        error: Exception
        try:
            if (end := useless_from(row.payload)) is not None and end <= self._clock.now():
                raise MailExpired
            mail = {"id": f"outbox-{row.id}-{int(row.created_at.timestamp())}", **self._cipher.open(row.payload)}
            async with asyncio.timeout(seconds_left(row, self._clock.now())):
                await send_mail(self._settings, mail, self._clock)
        except (MailRefused, MailExpired, DecryptionFailed) as final:
            error, until = final, None
        except (MailUnavailable, TimeoutError) as transient:
            error, until = transient, self._next_attempt(row)
        except Exception as unexpected:  # a row that cannot even be composed must not hold up the others
            error, until = unexpected, self._next_attempt(row)
        else:
            await insist(lambda: self._settle(row), "noting that a mail was sent")
            return SENT
        log_error(error, "sending a mail; given up" if until is None else "sending a mail; it will be tried again")
        await self._postpone(row, until, error)
        return GIVEN_UP if until is None else RETRIED

    def _next_attempt(self, row: OutboxRow) -> datetime | None:
        """Return when to try again, at the latest when the mail is of no use any more and is given up; None to give up now."""
        again, end = RETRY.next_attempt(row.attempts, self._clock.now()), useless_from(row.payload)
        return again if again is None or end is None else min(again, end)

    async def _settle(self, row: OutboxRow) -> None:
        now = self._clock.now()
        async with self._database.writing() as session:
            await settle_all(session, [row.id], now=now)
            await self._tracking.delivered(session, [row], now)

    async def _postpone(self, row: OutboxRow, until: datetime | None, error: Exception) -> None:
        now = self._clock.now()
        async with self._database.writing() as session:
            await postpone(session, row.id, until=until, error=type(error).__name__, now=now)
            if until is None:
                if row.payload.get("holds_code"):
                    await delete_payload(session, row.id)
                await self._tracking.failed(session, [row], now)

    async def _send_all(self) -> None:
        while await self.send_due() and not self._worker.stopping:
            pass

    async def _next_due(self) -> datetime | None:
        async with self._database.reading() as session:
            return await MAILS.next_due(session, self._clock.now())
