"""The mail sender: mails until the relay takes them, retries with an end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import ManualClock, SystemClock
from bot.core.database import Database
from bot.installation.supervisor import free_port
from bot.jobs.leases import OUTBOX
from bot.jobs.outbox import MAIL, RETRY, OutboxRow, enqueue
from bot.messaging.outbox_wake import OutboxWake
from tests.databases import every_database
from tests.unit.messaging.running_bot import until
from tests.unit.messaging.senders import MAIL_PAYLOAD, Senders

__all__ = ["every_database"]

pytestmark = pytest.mark.usefixtures("every_database")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Mailbox:
    """Keeps what a real SMTP server is given; answers with `reply`."""

    def __init__(self) -> None:
        self.reply = "250 OK"
        self.mails: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.reply.startswith("250"):
            self.mails.append(envelope)
        return self.reply


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port(), ready_timeout=60)
    controller.start()
    yield box, controller.port
    controller.stop()


async def test_after_a_turn_what_an_action_enqueued_leaves_before_the_next_look(
    tmp_path: Path, mailbox: tuple[Mailbox, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    box, port = mailbox
    monkeypatch.setattr("bot.jobs.worker.LOCAL_POLL_SECONDS", 3600)
    monkeypatch.setattr("bot.jobs.worker.SHARED_POLL_SECONDS", 3600)
    async with Senders(tmp_path, SystemClock(), SMTP_PORT=port) as senders:
        senders.mail_sender.start()
        actions = Database(senders.settings.sqlalchemy_url)  # the action server's: what is announced there is not heard here
        try:
            async with actions.writing() as session:
                await enqueue(session, kind=MAIL, key="letter", payload=MAIL_PAYLOAD, now=senders.clock.now())
            OutboxWake(senders.database).after_turn()
            await until(lambda: box.mails)
        finally:
            await actions.close()
            await senders.mail_sender.stop()


async def test_a_mail_is_sent_over_smtp(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    async with Senders(tmp_path, SystemClock(), SMTP_PORT=port) as senders:
        await senders.enqueue("codes", MAIL, MAIL_PAYLOAD)
        assert await senders.send_due() == 1
        assert await senders.send_due() == 0
        assert [mail.rcpt_tos for mail in box.mails] == [MAIL_PAYLOAD["to"]]


async def test_a_relay_that_is_away_is_tried_again_and_the_mail_arrives_once(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    clock = ManualClock(NOW)
    box.reply = "451 later"
    async with Senders(tmp_path, clock, SMTP_PORT=port) as senders:
        await senders.enqueue("codes", MAIL, MAIL_PAYLOAD)
        await senders.send_due()
        row = await senders.row()
        assert row.dead_at is None
        assert NOW < row.not_before < NOW + timedelta(seconds=5)
        assert await senders.send_due() == 0
        box.reply = "250 OK"
        clock.advance(timedelta(seconds=5))
        assert await senders.send_due() == 1
        assert len(box.mails) == 1
        assert (await senders.row()).done_at is not None


async def test_a_mail_refused_for_good_is_dead_and_its_address_is_nowhere_in_the_log(
    tmp_path: Path, mailbox: tuple[Mailbox, int], caplog: pytest.LogCaptureFixture
) -> None:
    box, port = mailbox
    box.reply = "550 no such claire.moreau"
    async with Senders(tmp_path, SystemClock(), SMTP_PORT=port) as senders:
        await senders.enqueue("codes", MAIL, MAIL_PAYLOAD)
        await senders.send_due()
        row = await senders.row()
        assert row.dead_at is not None
        assert row.last_error == "MailRefused"
        assert "claire" not in caplog.text


async def test_a_row_of_a_process_that_died_is_taken_when_its_lease_has_run_out(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    clock = ManualClock(NOW)
    async with Senders(tmp_path, clock, SMTP_PORT=port) as senders:
        await senders.enqueue("codes", MAIL, MAIL_PAYLOAD)
        async with senders.database.writing() as session:
            (await session.scalars(select(OutboxRow))).one().lease_until = NOW + OUTBOX
        assert await senders.send_due() == 0
        clock.advance(OUTBOX + timedelta(seconds=1))
        assert await senders.send_due() == 1
        assert len(box.mails) == 1


async def test_a_mail_whose_sending_the_database_would_not_note_at_first_is_not_sent_again(
    tmp_path: Path, mailbox: tuple[Mailbox, int], caplog: pytest.LogCaptureFixture
) -> None:
    box, port = mailbox

    class Deadlocked(Database):
        """A database that gives up two transactions for others, once the mail has left."""

        refusals = 2

        @asynccontextmanager
        async def writing(self) -> AsyncIterator[AsyncSession]:
            async with super().writing() as session:
                yield session
                if box.mails and self.refusals:
                    self.refusals -= 1
                    raise OperationalError("COMMIT", {}, Exception("deadlock detected"))

    async with Senders(tmp_path, SystemClock(), SMTP_PORT=port) as senders:
        await senders.enqueue("codes", MAIL, MAIL_PAYLOAD)
        database = Deadlocked(senders.settings.sqlalchemy_url)
        mail_sender = senders.mail_sender_on(database)
        try:
            assert await mail_sender.send_due() == 1
        finally:
            await database.close()
        row = await senders.row()
        assert (row.done_at is not None, row.attempts, database.refusals) == (True, 1, 0)
        assert len(box.mails) == 1
        assert caplog.text.count("noting that a mail was sent") == 2


async def test_a_row_that_nobody_came_to_for_nearly_all_its_lease_is_put_back(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    clock = ManualClock(NOW)

    class QuickCheck:
        """Tracks every row and lets it go."""

        def tracks(self, row: OutboxRow) -> bool:
            return True

        def dossiers(self, row: OutboxRow) -> None: ...

        async def not_now(self, rows: Collection[OutboxRow]) -> set[int]:
            return set()

        async def delivered(self, session: AsyncSession, row_ids: Collection[int], now: datetime) -> None: ...

        async def failed(self, session: AsyncSession, row_ids: Collection[int], now: datetime, *, closed: bool) -> None: ...

        async def recalled(self, session: AsyncSession, row_ids: Collection[int], now: datetime) -> None: ...

    class SlowCheck(QuickCheck):
        """A platform that takes its time to say whom notifications may reach."""

        async def not_now(self, rows: Collection[OutboxRow]) -> set[int]:
            clock.advance(OUTBOX - timedelta(seconds=5))
            return set()

    async with Senders(tmp_path, clock, SMTP_PORT=port) as senders:
        await senders.enqueue("codes", MAIL, MAIL_PAYLOAD)
        senders.gateway.tracking.register(SlowCheck())
        assert await senders.send_due() == 1
        row = await senders.row()
        assert box.mails == []
        assert (row.done_at, row.lease_until, row.last_error) == (None, None, "TimeoutError")
        clock.advance(OUTBOX)
        senders.gateway.tracking.register(QuickCheck())
        assert await senders.send_due() == 1
        assert len(box.mails) == 1


def test_retries_back_off_and_end_after_about_four_hours() -> None:
    waited, attempts = timedelta(), 1
    last = timedelta()
    while (again := RETRY.next_attempt(attempts, NOW)) is not None:
        last = again - NOW
        assert last <= timedelta(minutes=12.5)
        waited += last
        attempts += 1
    assert timedelta(hours=3) < waited < timedelta(hours=5)
    assert last > timedelta(minutes=7)
    assert RETRY.next_attempt(10_000, NOW) is None
