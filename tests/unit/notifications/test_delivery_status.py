"""What becomes of messages: delivered, tried again, given up, moved on to the next way, decided again when late."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.installation.supervisor import free_port
from bot.jobs.outbox import LEASE, OutboxRow, claim
from bot.messaging.channel import ChannelUnavailable, ChatClosed, MessageRefused, RateLimited
from bot.messaging.tables import Conversation
from bot.notifications.dead_letters import DeadLetters, NotDead
from bot.notifications.kinds import DeliveryChannel
from tests.unit.notifications.town import CLAIRE, DOSSIER, MINUTE, OTHER, Process, Town

WHY = "Telegram ne me laisse plus vous écrire : je vous préviens ici."


async def test_a_chat_that_closes_hands_everything_to_the_next_way_which_says_why_once(town: Town) -> None:
    conversation_id = await town.link(CLAIRE)
    town.telegram.blocked = ChatClosed()
    await town.happens()
    await town.happens(subject=OTHER)
    await town.tell()
    (mail,) = town.mails(CLAIRE)
    assert WHY in mail["text"].replace("\u00a0", " ")
    assert mail["text"].count(DOSSIER) + mail["text"].count(OTHER) >= 2
    states = {(send.way, send.state, send.why) for send in await town.sends(CLAIRE) if send.way != DeliveryChannel.SPHERE}
    assert states == {("telegram", "dropped", "moved"), ("mail", "handed", None)}
    assert (await town.rows(Conversation, Conversation.id == conversation_id))[0].closed_at is not None
    await town.later(2 * MINUTE)
    await town.happens()
    await town.tell()
    assert len(town.mails(CLAIRE)) == 2
    assert WHY not in town.mails(CLAIRE)[1]["text"].replace("\u00a0", " ")
    # the user writes again: the chat is used again
    town.telegram.blocked = None
    (closed,) = await town.rows(Conversation, Conversation.id == conversation_id)
    await town.process.gateway.find_or_open("telegram", closed.address)
    await town.later(2 * MINUTE)
    await town.happens()
    await town.tell()
    assert (len(town.told()), len(town.mails(CLAIRE))) == (1, 2)


async def test_teams_stands_in_for_telegram_and_says_so(town: Town) -> None:
    await town.link(CLAIRE)
    await town.link(CLAIRE, "teams")
    town.telegram.blocked = ChatClosed()
    await town.happens()
    await town.tell()
    assert town.told("teams") == [f"{WHY}\n\nUn document a été déposé dans le dossier {DOSSIER}."]
    assert town.mails(CLAIRE) == []


async def test_a_chat_that_closed_before_anything_happened_is_told_of_too(town: Town) -> None:
    conversation_id = await town.link(CLAIRE)
    (chat,) = await town.rows(Conversation, Conversation.id == conversation_id)
    await town.process.gateway.mark_closed("telegram", chat.address)
    town.clock.advance(MINUTE)
    await town.happens()
    await town.tell()
    assert WHY in town.mails(CLAIRE)[0]["text"].replace("\u00a0", " ")


async def test_being_told_to_wait_spends_no_attempt_and_is_obeyed(town: Town) -> None:
    await town.link(CLAIRE)
    town.telegram.fails = [RateLimited(30)] * 3
    await town.happens()
    await town.tell()
    for _ in range(2):
        await town.later(timedelta(seconds=30))
    assert town.told() == []
    (row,) = await town.rows(OutboxRow, OutboxRow.kind == "push")
    assert row.attempts == 0
    await town.later(timedelta(seconds=30))
    assert len(town.told()) == 1


async def test_an_absent_channel_is_tried_for_four_hours_then_mail_takes_over_and_support_may_send_it_again(town: Town) -> None:
    await town.link(CLAIRE)
    town.telegram.fails = [ChannelUnavailable() for _ in range(1000)]
    await town.happens()
    await town.tell()
    letters = DeadLetters(town.database, town.clock)
    await town.until_given_up()
    assert len(town.mails(CLAIRE)) == 1
    (letter,) = await letters.letters()
    assert (letter.kind, letter.way, letter.error, letter.taken_over) == ("push", "telegram", "ChannelUnavailable", True)
    assert timedelta(hours=3.5) < letter.dead_at - letter.created_at < timedelta(hours=4.5)
    assert await letters.resend_all() == 0  # told by mail already
    town.telegram.fails = []
    await letters.resend(letter.id)
    await town.tell()
    assert len(town.told()) == 1
    assert await letters.letters() == []
    with pytest.raises(NotDead):
        await letters.resend(letter.id)


async def test_a_mail_whose_relay_is_away_is_given_up_after_four_hours_and_can_be_sent_again(town: Town) -> None:
    port, town.settings.smtp_port = town.settings.smtp_port, free_port()
    await town.happens(recipients=[town.account(CLAIRE)])
    await town.tell()
    letters = DeadLetters(town.database, town.clock)
    await town.until_given_up()
    (letter,) = await letters.letters()
    assert (letter.kind, letter.way, letter.error, letter.taken_over) == ("mail", "mail", "MailUnavailable", False)
    assert [send.state for send in await town.sends(CLAIRE, DeliveryChannel.MAIL)] == ["dropped"]
    town.settings.smtp_port = port
    assert await letters.resend_all() == 1
    await town.tell()
    assert len(town.mails(CLAIRE)) == 1
    assert [send.state for send in await town.sends(CLAIRE, DeliveryChannel.MAIL)] == ["handed"]
    assert [message.state for message in await town.messages(CLAIRE)] == ["delivered"]


async def test_a_message_that_is_refused_for_good_goes_by_the_next_way(town: Town) -> None:
    await town.link(CLAIRE)
    town.telegram.fails = [MessageRefused()]
    await town.happens()
    await town.tell()
    assert (town.told(), len(town.mails(CLAIRE))) == ([], 1)
    await town.later(2 * MINUTE)
    await town.happens()
    await town.tell()
    assert (len(town.told()), len(town.mails(CLAIRE))) == (1, 1)


async def test_what_is_late_is_not_sent_into_a_quiet_window_and_leaves_after_it(town: Town) -> None:
    await town.link(CLAIRE)
    await town.prefer(CLAIRE, quiet=[{"days": list(range(7)), "start": "11:05", "end": "13:00"}])
    town.telegram.fails = [RateLimited(400)]
    await town.happens()
    await town.tell()
    await town.later(timedelta(seconds=400))
    assert town.told() == []
    assert [message.state for message in await town.messages(CLAIRE, DeliveryChannel.TELEGRAM)] == ["recalled"]
    await town.later(timedelta(minutes=120))
    assert len(town.told()) == 1


async def test_a_mute_that_comes_while_the_channel_makes_wait_is_obeyed(town: Town) -> None:
    await town.link(CLAIRE)
    town.telegram.fails = [RateLimited(5)]
    await town.happens()
    await town.tell()
    await town.prefer(CLAIRE, mutes=[{"since": town.clock.now().isoformat()}])
    await town.later(timedelta(seconds=5))
    assert town.told() == []
    assert [(send.state, send.why) for send in await town.sends(CLAIRE, DeliveryChannel.TELEGRAM)] == [("dropped", "muted")]


async def test_access_that_ends_while_the_channel_makes_wait_is_obeyed(town: Town) -> None:
    await town.link(CLAIRE)
    town.telegram.fails = [RateLimited(120)]
    await town.happens("note.added", OTHER)
    await town.tell()
    town.leave(CLAIRE, OTHER)
    try:
        await town.later(timedelta(seconds=121))
        assert town.told() == []
        assert [(send.state, send.why) for send in await town.sends(CLAIRE, DeliveryChannel.TELEGRAM)] == [("dropped", "ended")]
    finally:
        town.join(CLAIRE, OTHER)


async def test_a_worker_that_was_killed_while_sending_leaves_it_to_another_after_the_lease(town: Town) -> None:
    await town.link(CLAIRE)
    await town.happens()
    await town.process.notifying.run_due()
    await town.process.delivery.deliver_due()
    async with town.database.writing() as session:
        assert len(await claim(session, "push", now=town.clock.now(), limit=10)) == 1
    other = Process(town)
    await other.tell()
    assert town.told() == []
    town.clock.advance(LEASE + timedelta(seconds=1))
    await other.tell()
    await other.aclose()
    assert len(town.told()) == 1
    assert [message.state for message in await town.messages(CLAIRE, DeliveryChannel.TELEGRAM)] == ["delivered"]


async def test_chat_rows_of_one_chat_are_claimed_one_by_one_in_their_order(town: Town) -> None:
    await town.link(CLAIRE)
    for subject in (DOSSIER, OTHER):
        await town.happens(subject=subject)
        await town.process.notifying.run_due()
        town.clock.advance(timedelta(seconds=1))
    async with town.database.writing() as session:
        (first,) = await claim(session, "chat", now=town.clock.now(), limit=10)
    async with town.database.writing() as session:
        assert await claim(session, "chat", now=town.clock.now(), limit=10) == []
        await session.execute(update(OutboxRow).where(OutboxRow.id == first.id).values(done_at=town.clock.now()))
    async with town.database.writing() as session:
        (second,) = await claim(session, "chat", now=town.clock.now(), limit=10)
    assert first.id < second.id
