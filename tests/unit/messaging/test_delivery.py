"""The delivery worker: chat messages once, mails until the relay takes them, retries with an end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock, ManualClock, SystemClock
from bot.core.database import Database
from bot.installation.supervisor import free_port
from bot.jobs.outbox import CHAT, LEASE, MAIL, OutboxRow, enqueue, retry_at
from bot.messaging.conversations import Conversations
from bot.messaging.delivery import Delivery
from bot.messaging.tables import MessageRow
from bot.messaging.transcript import Transcript
from bot.notifications.delivery_status import SendTimeCheck
from bot.settings import Settings
from tests.databases import every_database
from tests.unit.messaging.running_bot import create_gateway, running_bot, settings_for, take, until

__all__ = ["every_database"]

pytestmark = pytest.mark.usefixtures("every_database")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SAID = {"text": "Le compte est créé.", "buttons": [{"title": "Voir", "intent": "list_partners", "entities": {}}], "link": None}
LETTER = {"to": ["claire.moreau@sphere.example"], "subject": "Vos codes", "text": "Bonjour"}


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
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, controller.port
    controller.stop()


class Office:
    """A delivery worker on a database of its own."""

    def __init__(self, folder: Path, clock: Clock, **changes: Any) -> None:
        self.settings: Settings = settings_for(folder, "http://127.0.0.1:9", **changes)
        self.database = Database(self.settings.sqlalchemy_url)
        self.clock = clock
        self.delivery = Delivery(self.settings, self.database, clock, *create_gateway(self.settings, self.database, clock))

    async def __aenter__(self) -> Office:
        await self.database.create_tables()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.database.close()

    async def put(self, key: str, kind: str, payload: dict[str, Any], conversation_id: str | None = None) -> None:
        async with self.database.writing() as session:
            await enqueue(session, kind=kind, key=key, payload=payload, now=self.clock.now(), conversation_id=conversation_id)

    async def row(self) -> OutboxRow:
        async with self.database.reading() as session:
            return (await session.scalars(select(OutboxRow))).one()


async def test_a_chat_message_is_said_once_with_buttons_that_work(tmp_path: Path) -> None:
    async with Office(tmp_path, SystemClock()) as office:
        conversation_id = await Conversations(office.database).open("web", "address", NOW)
        await office.put("told", CHAT, SAID, conversation_id)
        assert await office.delivery.deliver_due() == 1
        assert await office.delivery.deliver_due() == 0
        (message,) = await Transcript(office.database).latest(conversation_id)
        assert (message["author"], message["text"], message["buttons"][0]["title"]) == ("assistant", "Le compte est créé.", "Voir")
        assert (await office.row()).done_at is not None


async def test_a_row_delivered_before_its_settling_was_lost_is_not_said_again(tmp_path: Path) -> None:
    async with Office(tmp_path, SystemClock()) as office:
        conversation_id = await Conversations(office.database).open("web", "address", NOW)
        await office.put("told", CHAT, SAID, conversation_id)
        await office.delivery.deliver_due()
        async with office.database.writing() as session:
            (await session.scalars(select(OutboxRow))).one().done_at = None
        assert await office.delivery.deliver_due() == 1
        async with office.database.reading() as session:
            assert len((await session.scalars(select(MessageRow))).all()) == 1


@pytest.mark.parametrize(
    ("kind", "payload", "conversation_id"),
    [(CHAT, SAID, "nowhere"), (CHAT, SAID, None), (CHAT, {"text": " "}, "known"), (CHAT, {"buttons": [{}]}, "known"), ("fax", {}, None)],
)
async def test_what_can_never_be_delivered_is_dead_at_once_and_holds_nothing_up(
    tmp_path: Path, kind: str, payload: dict[str, Any], conversation_id: str | None
) -> None:
    async with Office(tmp_path, SystemClock()) as office:
        known = await Conversations(office.database).open("web", "address", NOW)
        await office.put("bad", kind, payload, known if conversation_id == "known" else conversation_id)
        await office.delivery.deliver_due()
        bad = await office.row()
        assert bad.dead_at is not None
        assert bad.last_error
        await office.put("good", CHAT, SAID, known)
        assert await office.delivery.deliver_due() == 1
        assert len(await Transcript(office.database).latest(known)) == 1


async def test_who_waits_for_a_kind_of_row_is_told_at_the_commit_and_not_before(tmp_path: Path) -> None:
    told: list[str] = []
    async with Office(tmp_path, ManualClock(NOW)) as office:
        office.database.on_announced(MAIL, lambda: told.append(MAIL))
        office.database.on_announced(CHAT, lambda: told.append(CHAT))
        with suppress(ZeroDivisionError):
            async with office.database.writing() as session:
                await enqueue(session, kind=MAIL, key="letter", payload=LETTER, now=NOW)
                _ = 1 / 0
        assert told == []
        async with office.database.writing() as session:
            await enqueue(session, kind=MAIL, key="letter", payload=LETTER, now=NOW)
            assert told == []
        assert told == [MAIL]
        await office.put("letter", MAIL, LETTER)  # it is there already
        assert told == [MAIL]


async def test_after_a_turn_what_an_action_enqueued_leaves_before_the_next_look(
    tmp_path: Path, mailbox: tuple[Mailbox, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    box, port = mailbox
    monkeypatch.setattr("bot.messaging.delivery.POLL_SECONDS", 3600)
    async with Office(tmp_path, SystemClock(), SMTP_PORT=port) as office:
        office.delivery.start()
        actions = Database(office.settings.sqlalchemy_url)  # the action server's: what is announced there is not heard here
        try:
            async with actions.writing() as session:
                await enqueue(session, kind=MAIL, key="letter", payload=LETTER, now=office.clock.now())
            office.delivery.after_turn()
            await until(lambda: box.mails)
        finally:
            await actions.close()
            await office.delivery.stop()


async def test_a_mail_is_sent_over_smtp(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    async with Office(tmp_path, SystemClock(), SMTP_PORT=port) as office:
        await office.put("codes", MAIL, LETTER)
        assert await office.delivery.deliver_due() == 1
        assert await office.delivery.deliver_due() == 0
        assert [mail.rcpt_tos for mail in box.mails] == [LETTER["to"]]


async def test_a_relay_that_is_away_is_tried_again_and_the_mail_arrives_once(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    clock = ManualClock(NOW)
    box.reply = "451 later"
    async with Office(tmp_path, clock, SMTP_PORT=port) as office:
        await office.put("codes", MAIL, LETTER)
        await office.delivery.deliver_due()
        row = await office.row()
        assert row.dead_at is None
        assert NOW < row.not_before < NOW + timedelta(seconds=5)
        assert await office.delivery.deliver_due() == 0
        box.reply = "250 OK"
        clock.advance(timedelta(seconds=5))
        assert await office.delivery.deliver_due() == 1
        assert len(box.mails) == 1
        assert (await office.row()).done_at is not None


async def test_a_mail_refused_for_good_is_dead_and_its_address_is_nowhere_in_the_log(
    tmp_path: Path, mailbox: tuple[Mailbox, int], caplog: pytest.LogCaptureFixture
) -> None:
    box, port = mailbox
    box.reply = "550 no such claire.moreau"
    async with Office(tmp_path, SystemClock(), SMTP_PORT=port) as office:
        await office.put("codes", MAIL, LETTER)
        await office.delivery.deliver_due()
        row = await office.row()
        assert row.dead_at is not None
        assert row.last_error == "MailRefused"
        assert "claire" not in caplog.text


async def test_a_row_of_a_process_that_died_is_taken_when_its_lease_has_run_out(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    clock = ManualClock(NOW)
    async with Office(tmp_path, clock, SMTP_PORT=port) as office:
        await office.put("codes", MAIL, LETTER)
        async with office.database.writing() as session:
            (await session.scalars(select(OutboxRow))).one().lease_until = NOW + LEASE
        assert await office.delivery.deliver_due() == 0
        clock.advance(LEASE + timedelta(seconds=1))
        assert await office.delivery.deliver_due() == 1
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

    async with Office(tmp_path, SystemClock(), SMTP_PORT=port) as office:
        await office.put("codes", MAIL, LETTER)
        database = Deadlocked(office.settings.sqlalchemy_url)
        delivery = Delivery(office.settings, database, office.clock, *create_gateway(office.settings, database, office.clock))
        try:
            assert await delivery.deliver_due() == 1
        finally:
            await database.close()
        row = await office.row()
        assert (row.done_at is not None, row.attempts, database.refusals) == (True, 1, 0)
        assert len(box.mails) == 1
        assert caplog.text.count("noting that a mail was sent") == 2


async def test_a_row_that_nobody_came_to_for_nearly_all_its_lease_is_put_back(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    clock = ManualClock(NOW)

    class Held(SendTimeCheck):
        """A platform that takes its time to say whom notices may reach."""

        def __init__(self) -> None:
            """Needs nothing."""

        async def not_now(self, rows: Collection[OutboxRow]) -> set[int]:
            clock.advance(LEASE - timedelta(seconds=5))
            return set()

    async with Office(tmp_path, clock, SMTP_PORT=port) as office:
        await office.put("codes", MAIL, LETTER)
        parts = create_gateway(office.settings, office.database, clock)
        slow = Delivery(office.settings, office.database, clock, *parts, notices=Held())
        assert await slow.deliver_due() == 1
        row = await office.row()
        assert box.mails == []
        assert (row.done_at, row.lease_until, row.last_error) == (None, None, "TimeoutError")
        clock.advance(LEASE)
        assert await office.delivery.deliver_due() == 1
        assert len(box.mails) == 1


def test_retries_back_off_and_end_after_about_four_hours() -> None:
    waited, attempts = timedelta(), 1
    last = timedelta()
    while (again := retry_at(attempts, NOW)) is not None:
        last = again - NOW
        assert last <= timedelta(minutes=12.5)
        waited += last
        attempts += 1
    assert timedelta(hours=3) < waited < timedelta(hours=5)
    assert last > timedelta(minutes=7)
    assert retry_at(10_000, NOW) is None


async def test_a_message_written_by_another_process_reaches_an_open_stream(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot, Office(tmp_path, SystemClock()) as elsewhere:
        chat = await bot.chat()
        await chat.say("bonjour")
        async with elsewhere.database.reading() as session:
            conversation_id = (await session.scalars(select(MessageRow.conversation_id).limit(1))).one()
        async with chat.events() as events:
            await take(events, 2)
            await elsewhere.put("told", CHAT, SAID, conversation_id)
            ((_, message),) = await take(events, 1)
        assert message["text"] == "Le compte est créé."
        assert (await chat.press(message["buttons"][0]["token"]))[0]["text"] == "dit list_partners"
