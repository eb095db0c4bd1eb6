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
from tests.unit.notifications.notification_world import CLAIRE, DOSSIER, MINUTE, OTHER, NotificationWorld, Process

WHY = "Telegram ne me laisse plus vous écrire : je vous préviens ici."


async def test_a_chat_that_closes_hands_everything_to_the_next_way_which_says_why_once(world: NotificationWorld) -> None:
    conversation_id = await world.link(CLAIRE)
    world.telegram.blocked = ChatClosed()
    await world.add_event()
    await world.add_event(subject=OTHER)
    await world.deliver_due()
    (mail,) = world.mails(CLAIRE)
    assert WHY in mail["text"].replace("\u00a0", " ")
    assert mail["text"].count(DOSSIER) + mail["text"].count(OTHER) >= 2
    states = {(send.way, send.state, send.why) for send in await world.sends(CLAIRE) if send.way != DeliveryChannel.SPHERE}
    assert states == {("telegram", "dropped", "moved"), ("mail", "handed", None)}
    assert (await world.rows(Conversation, Conversation.id == conversation_id))[0].closed_at is not None
    await world.advance(2 * MINUTE)
    await world.add_event()
    await world.deliver_due()
    assert len(world.mails(CLAIRE)) == 2
    assert WHY not in world.mails(CLAIRE)[1]["text"].replace("\u00a0", " ")
    # the user writes again: the chat is used again
    world.telegram.blocked = None
    (closed,) = await world.rows(Conversation, Conversation.id == conversation_id)
    await world.process.gateway.find_or_open("telegram", closed.address)
    await world.advance(2 * MINUTE)
    await world.add_event()
    await world.deliver_due()
    assert (len(world.sent_texts()), len(world.mails(CLAIRE))) == (1, 2)


async def test_teams_stands_in_for_telegram_and_says_so(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    await world.link(CLAIRE, "teams")
    world.telegram.blocked = ChatClosed()
    await world.add_event()
    await world.deliver_due()
    assert world.sent_texts("teams") == [f"{WHY}\n\nUn document a été déposé dans le dossier {DOSSIER}."]
    assert world.mails(CLAIRE) == []


async def test_a_chat_that_closed_before_anything_happened_is_told_of_too(world: NotificationWorld) -> None:
    conversation_id = await world.link(CLAIRE)
    (chat,) = await world.rows(Conversation, Conversation.id == conversation_id)
    await world.process.gateway.mark_closed("telegram", chat.address)
    world.clock.advance(MINUTE)
    await world.add_event()
    await world.deliver_due()
    assert WHY in world.mails(CLAIRE)[0]["text"].replace("\u00a0", " ")


async def test_being_told_to_wait_spends_no_attempt_and_is_obeyed(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    world.telegram.fails = [RateLimited(30)] * 3
    await world.add_event()
    await world.deliver_due()
    for _ in range(2):
        await world.advance(timedelta(seconds=30))
    assert world.sent_texts() == []
    (row,) = await world.rows(OutboxRow, OutboxRow.kind == "chat")
    assert row.attempts == 0
    await world.advance(timedelta(seconds=30))
    assert len(world.sent_texts()) == 1


async def test_an_absent_channel_is_tried_for_four_hours_then_mail_takes_over_and_support_may_send_it_again(
    world: NotificationWorld,
) -> None:
    await world.link(CLAIRE)
    world.telegram.fails = [ChannelUnavailable() for _ in range(1000)]
    await world.add_event()
    await world.deliver_due()
    letters = DeadLetters(world.database, world.clock)
    await world.until_given_up()
    assert len(world.mails(CLAIRE)) == 1
    (letter,) = await letters.letters()
    assert (letter.kind, letter.channel, letter.error, letter.taken_over) == ("chat", "telegram", "ChannelUnavailable", True)
    assert timedelta(hours=3.5) < letter.dead_at - letter.created_at < timedelta(hours=4.5)
    assert await letters.resend_all() == 0  # told by mail already
    world.telegram.fails = []
    await letters.resend(letter.id)
    await world.deliver_due()
    assert len(world.sent_texts()) == 1
    assert await letters.letters() == []
    with pytest.raises(NotDead):
        await letters.resend(letter.id)


async def test_a_mail_whose_relay_is_away_is_given_up_after_four_hours_and_can_be_sent_again(world: NotificationWorld) -> None:
    port, world.settings.smtp_port = world.settings.smtp_port, free_port()
    await world.add_event(recipients=[world.account(CLAIRE)])
    await world.deliver_due()
    letters = DeadLetters(world.database, world.clock)
    await world.until_given_up()
    (letter,) = await letters.letters()
    assert (letter.kind, letter.channel, letter.error, letter.taken_over) == ("mail", "mail", "MailUnavailable", False)
    assert [send.state for send in await world.sends(CLAIRE, DeliveryChannel.MAIL)] == ["dropped"]
    world.settings.smtp_port = port
    assert await letters.resend_all() == 1
    await world.deliver_due()
    assert len(world.mails(CLAIRE)) == 1
    assert [send.state for send in await world.sends(CLAIRE, DeliveryChannel.MAIL)] == ["handed"]
    assert [message.state for message in await world.messages(CLAIRE)] == ["delivered"]


async def test_a_message_that_is_refused_for_good_goes_by_the_next_way(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    world.telegram.fails = [MessageRefused()]
    await world.add_event()
    await world.deliver_due()
    assert (world.sent_texts(), len(world.mails(CLAIRE))) == ([], 1)
    await world.advance(2 * MINUTE)
    await world.add_event()
    await world.deliver_due()
    assert (len(world.sent_texts()), len(world.mails(CLAIRE))) == (1, 1)


async def test_a_worker_that_was_killed_while_sending_leaves_it_to_another_after_the_lease(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    await world.add_event()
    await world.process.worker.run_due()
    assert len(await MESSAGES.claim(world.database, world.clock, in_order_per_conversation(), limit=10)) == 1
    other = Process(world)
    await other.deliver_due()
    assert world.sent_texts() == []
    world.clock.advance(OUTBOX + timedelta(seconds=1))
    await other.deliver_due()
    await other.aclose()
    assert len(world.sent_texts()) == 1
    assert [message.state for message in await world.messages(CLAIRE, DeliveryChannel.TELEGRAM)] == ["delivered"]


async def test_chat_rows_of_one_chat_are_claimed_one_by_one_in_their_order(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    for subject in (DOSSIER, OTHER):
        await world.add_event(subject=subject)
        await world.process.worker.run_due()
        world.clock.advance(timedelta(seconds=1))
    (first,) = await MESSAGES.claim(world.database, world.clock, in_order_per_conversation(), limit=10)
    assert await MESSAGES.claim(world.database, world.clock, in_order_per_conversation(), limit=10) == []
    async with world.database.writing() as session:
        await session.execute(update(OutboxRow).where(OutboxRow.id == first.id).values(done_at=world.clock.now()))
    (second,) = await MESSAGES.claim(world.database, world.clock, in_order_per_conversation(), limit=10)
    assert first.id < second.id


async def test_a_command_of_an_older_version_that_carries_notifications_is_sent_and_settled(world: NotificationWorld) -> None:
    conversation_id = await world.link(CLAIRE)
    await world.add_event()
    await world.dispatch_only()
    await _as_an_older_version_left_it(world, conversation_id)
    await world.deliver_due()
    assert world.sent_texts() == ["Un document."]
    assert [message.state for message in await world.messages(CLAIRE, DeliveryChannel.TELEGRAM)] == ["delivered"]


async def test_a_command_of_an_older_version_goes_by_the_next_channel_where_its_chat_is_closed(world: NotificationWorld) -> None:
    conversation_id = await world.link(CLAIRE)
    await world.add_event()
    await world.dispatch_only()
    await _as_an_older_version_left_it(world, conversation_id)
    world.telegram.blocked = ChatClosed()
    await world.deliver_due()
    assert len(world.mails(CLAIRE)) == 1


async def _as_an_older_version_left_it(world: NotificationWorld, conversation_id: str) -> None:
    """The message is in the transcript, and a second row, a command, is to send it."""
    (row,) = await world.rows(OutboxRow, OutboxRow.kind == "chat")
    now = world.clock.now()
    async with world.database.writing() as session:
        values = {"conversation_id": conversation_id, "at": now, "channel": "telegram", "author": "system", "text": "Un document."}
        message = MessageRow(**values, buttons=[], key=f"outbox:{row.id}")
        session.add(message)
        await session.flush()
        command = {"do": "send", "message": message.id, "notice": row.payload["notice"]}
        await settle_all(session, [row.id], now=now)
        common = {"kind": "push", "key": f"send:{message.id}", "conversation_id": conversation_id}
        (command_id,) = await enqueue_all(session, [{**common, "payload": command, "priority": NOTICE}], now=now)
        await session.execute(update(NoticeMessage).where(NoticeMessage.outbox_id == row.id).values(outbox_id=command_id))
