"""Delivery status: delivered, tried again, given up, moved on to the next channel."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.installation.supervisor import free_port
from bot.jobs.leases import OUTBOX
from bot.jobs.outbox import MESSAGES, NOTICE, OutboxRow, enqueue_all, in_order_per_conversation, settle_all
from bot.messaging.channel import ChannelUnavailable, ChatClosed, MessageRefused, RateLimited
from bot.messaging.tables import Conversation, MessageRow
from bot.notifications.dead_letters import DeadLetters, NotDead
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.tables import NoticeMessage
from tests.unit.notifications.notification_harness import CLAIRE, DOSSIER, MINUTE, OTHER, NotificationHarness, Process

pytestmark = pytest.mark.thorough

WHY = "Telegram ne me laisse plus vous écrire : je vous préviens ici."


async def test_a_chat_that_closes_hands_everything_to_the_next_way_which_says_why_once(harness: NotificationHarness) -> None:
    conversation_id = await harness.link(CLAIRE)
    harness.telegram.blocked = ChatClosed()
    await harness.add_event()
    await harness.add_event(subject=OTHER)
    await harness.deliver_due()
    (mail,) = harness.mails(CLAIRE)
    assert WHY in mail["text"].replace("\u00a0", " ")
    assert mail["text"].count(DOSSIER) + mail["text"].count(OTHER) >= 2
    states = {(send.way, send.state, send.why) for send in await harness.sends(CLAIRE) if send.way != DeliveryChannel.SPHERE}
    assert states == {("telegram", "dropped", "moved"), ("mail", "handed", None)}
    assert (await harness.rows(Conversation, Conversation.id == conversation_id))[0].closed_at is not None
    await harness.advance(2 * MINUTE)
    await harness.add_event()
    await harness.deliver_due()
    assert len(harness.mails(CLAIRE)) == 2
    assert WHY not in harness.mails(CLAIRE)[1]["text"].replace("\u00a0", " ")
    # the user writes again: the chat is used again
    harness.telegram.blocked = None
    (closed,) = await harness.rows(Conversation, Conversation.id == conversation_id)
    await harness.process.gateway.find_or_open("telegram", closed.address)
    await harness.advance(2 * MINUTE)
    await harness.add_event()
    await harness.deliver_due()
    assert (len(harness.sent_texts()), len(harness.mails(CLAIRE))) == (1, 2)


async def test_teams_stands_in_for_telegram_and_says_so(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    await harness.link(CLAIRE, "teams")
    harness.telegram.blocked = ChatClosed()
    await harness.add_event()
    await harness.deliver_due()
    assert harness.sent_texts("teams") == [f"{WHY}\n\nUn document a été déposé dans le dossier {DOSSIER}."]
    assert harness.mails(CLAIRE) == []


async def test_a_chat_that_closed_before_anything_happened_is_told_of_too(harness: NotificationHarness) -> None:
    conversation_id = await harness.link(CLAIRE)
    (chat,) = await harness.rows(Conversation, Conversation.id == conversation_id)
    await harness.process.gateway.mark_closed("telegram", chat.address)
    harness.clock.advance(MINUTE)
    await harness.add_event()
    await harness.deliver_due()
    assert WHY in harness.mails(CLAIRE)[0]["text"].replace("\u00a0", " ")


async def test_being_told_to_wait_spends_no_attempt_and_is_obeyed(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    harness.telegram.fails = [RateLimited(30)] * 3
    await harness.add_event()
    await harness.deliver_due()
    for _ in range(2):
        await harness.advance(timedelta(seconds=30))
    assert harness.sent_texts() == []
    (row,) = await harness.rows(OutboxRow, OutboxRow.kind == "chat")
    assert row.attempts == 0
    await harness.advance(timedelta(seconds=30))
    assert len(harness.sent_texts()) == 1


async def test_an_absent_channel_is_tried_for_four_hours_then_mail_takes_over_and_support_may_send_it_again(
    harness: NotificationHarness,
) -> None:
    await harness.link(CLAIRE)
    harness.telegram.fails = [ChannelUnavailable() for _ in range(1000)]
    await harness.add_event()
    await harness.deliver_due()
    letters = DeadLetters(harness.database, harness.clock)
    await harness.until_given_up()
    assert len(harness.mails(CLAIRE)) == 1
    (letter,) = await letters.letters()
    assert (letter.kind, letter.channel, letter.error, letter.taken_over) == ("chat", "telegram", "ChannelUnavailable", True)
    assert timedelta(hours=3.5) < letter.dead_at - letter.created_at < timedelta(hours=4.5)
    assert await letters.resend_all() == 0  # told by mail already
    harness.telegram.fails = []
    await letters.resend(letter.id)
    await harness.deliver_due()
    assert len(harness.sent_texts()) == 1
    assert await letters.letters() == []
    with pytest.raises(NotDead):
        await letters.resend(letter.id)


async def test_a_mail_whose_relay_is_away_is_given_up_after_four_hours_and_can_be_sent_again(harness: NotificationHarness) -> None:
    port, harness.settings.smtp_port = harness.settings.smtp_port, free_port()
    await harness.add_event(recipients=[harness.account(CLAIRE)])
    await harness.deliver_due()
    letters = DeadLetters(harness.database, harness.clock)
    await harness.until_given_up()
    (letter,) = await letters.letters()
    assert (letter.kind, letter.channel, letter.error, letter.taken_over) == ("mail", "mail", "MailUnavailable", False)
    assert [send.state for send in await harness.sends(CLAIRE, DeliveryChannel.MAIL)] == ["dropped"]
    harness.settings.smtp_port = port
    assert await letters.resend_all() == 1
    await harness.deliver_due()
    assert len(harness.mails(CLAIRE)) == 1
    assert [send.state for send in await harness.sends(CLAIRE, DeliveryChannel.MAIL)] == ["handed"]
    assert [message.state for message in await harness.messages(CLAIRE)] == ["delivered"]


async def test_a_message_that_is_refused_for_good_goes_by_the_next_way(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    harness.telegram.fails = [MessageRefused()]
    await harness.add_event()
    await harness.deliver_due()
    assert (harness.sent_texts(), len(harness.mails(CLAIRE))) == ([], 1)
    await harness.advance(2 * MINUTE)
    await harness.add_event()
    await harness.deliver_due()
    assert (len(harness.sent_texts()), len(harness.mails(CLAIRE))) == (1, 1)


async def test_a_worker_that_was_killed_while_sending_leaves_it_to_another_after_the_lease(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    await harness.add_event()
    await harness.process.notification_worker.run_due()
    assert len(await MESSAGES.claim(harness.database, harness.clock, in_order_per_conversation(), limit=10)) == 1
    other = Process(harness)
    await other.deliver_due()
    assert harness.sent_texts() == []
    harness.clock.advance(OUTBOX + timedelta(seconds=1))
    await other.deliver_due()
    await other.gateway.stop()
    assert len(harness.sent_texts()) == 1
    assert [message.state for message in await harness.messages(CLAIRE, DeliveryChannel.TELEGRAM)] == ["delivered"]


async def test_chat_rows_of_one_chat_are_claimed_one_by_one_in_their_order(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    for subject in (DOSSIER, OTHER):
        await harness.add_event(subject=subject)
        await harness.process.notification_worker.run_due()
        harness.clock.advance(timedelta(seconds=1))
    (first,) = await MESSAGES.claim(harness.database, harness.clock, in_order_per_conversation(), limit=10)
    assert await MESSAGES.claim(harness.database, harness.clock, in_order_per_conversation(), limit=10) == []
    async with harness.database.writing() as session:
        await session.execute(update(OutboxRow).where(OutboxRow.id == first.id).values(done_at=harness.clock.now()))
    (second,) = await MESSAGES.claim(harness.database, harness.clock, in_order_per_conversation(), limit=10)
    assert first.id < second.id


async def test_a_command_of_an_older_version_that_carries_notifications_is_sent_and_settled(harness: NotificationHarness) -> None:
    conversation_id = await harness.link(CLAIRE)
    await harness.add_event()
    await harness.dispatch_only()
    await _as_an_older_version_left_it(harness, conversation_id)
    await harness.deliver_due()
    assert harness.sent_texts() == ["Un document."]
    assert [message.state for message in await harness.messages(CLAIRE, DeliveryChannel.TELEGRAM)] == ["delivered"]


async def test_a_command_of_an_older_version_goes_by_the_next_channel_where_its_chat_is_closed(harness: NotificationHarness) -> None:
    conversation_id = await harness.link(CLAIRE)
    await harness.add_event()
    await harness.dispatch_only()
    await _as_an_older_version_left_it(harness, conversation_id)
    harness.telegram.blocked = ChatClosed()
    await harness.deliver_due()
    assert len(harness.mails(CLAIRE)) == 1


async def _as_an_older_version_left_it(harness: NotificationHarness, conversation_id: str) -> None:
    """The message is in the transcript, and a second row, a command, is to send it."""
    (row,) = await harness.rows(OutboxRow, OutboxRow.kind == "chat")
    now = harness.clock.now()
    async with harness.database.writing() as session:
        values = {"conversation_id": conversation_id, "at": now, "channel": "telegram", "author": "system", "text": "Un document."}
        message = MessageRow(**values, buttons=[], key=f"outbox:{row.id}")
        session.add(message)
        await session.flush()
        command = {"do": "send", "message": message.id, "notice": row.payload["notice"]}
        await settle_all(session, [row.id], now=now)
        common = {"kind": "push", "key": f"send:{message.id}", "conversation_id": conversation_id}
        (command_id,) = await enqueue_all(session, [{**common, "payload": command, "priority": NOTICE}], now=now)
        await session.execute(update(NoticeMessage).where(NoticeMessage.outbox_id == row.id).values(outbox_id=command_id))
