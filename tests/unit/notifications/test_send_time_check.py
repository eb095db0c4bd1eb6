"""The send-time check: what did not leave at once is decided again before it is sent."""

from __future__ import annotations

from datetime import timedelta

from bot.messaging.channel import RateLimited
from bot.messaging.tables import ButtonRow
from bot.notifications.kinds import DeliveryChannel
from tests.unit.notifications.notification_harness import CLAIRE, OTHER, NotificationHarness


async def test_what_is_late_is_not_sent_into_a_quiet_window_and_leaves_after_it(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    await harness.prefer(CLAIRE, quiet=[{"days": list(range(7)), "start": "11:05", "end": "13:00"}])
    harness.telegram.fails = [RateLimited(400)]
    await harness.add_event()
    await harness.deliver_due()
    await harness.advance(timedelta(seconds=400))
    assert harness.sent_texts() == []
    assert [message.state for message in await harness.messages(CLAIRE, DeliveryChannel.TELEGRAM)] == ["recalled"]
    await harness.advance(timedelta(minutes=120))
    assert len(harness.sent_texts()) == 1


async def test_a_mute_that_comes_while_the_channel_makes_wait_is_obeyed(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    harness.telegram.fails = [RateLimited(5)]
    await harness.add_event()
    await harness.deliver_due()
    await harness.prefer(CLAIRE, mutes=[{"since": harness.clock.now().isoformat()}])
    await harness.advance(timedelta(seconds=5))
    assert harness.sent_texts() == []
    assert [(send.state, send.why) for send in await harness.sends(CLAIRE, DeliveryChannel.TELEGRAM)] == [("dropped", "muted")]


async def test_access_that_ends_while_the_channel_makes_wait_is_obeyed(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    harness.telegram.fails = [RateLimited(120)]
    await harness.add_event("note.added", OTHER)
    await harness.deliver_due()
    harness.leave(CLAIRE, OTHER)
    try:
        await harness.advance(timedelta(seconds=121))
        assert harness.sent_texts() == []
        assert [(send.state, send.why) for send in await harness.sends(CLAIRE, DeliveryChannel.TELEGRAM)] == [("dropped", "ended")]
    finally:
        harness.join(CLAIRE, OTHER)


async def test_the_message_of_an_earlier_attempt_is_taken_back_from_the_transcript(harness: NotificationHarness) -> None:
    conversation_id = await harness.link(CLAIRE)
    harness.telegram.fails = [RateLimited(5)]
    await harness.add_event()
    await harness.deliver_due()
    (message,) = await harness.transcript(conversation_id)
    await harness.prefer(CLAIRE, mutes=[{"since": harness.clock.now().isoformat()}])
    await harness.advance(timedelta(seconds=5))
    async with harness.database.reading() as session:
        buttons = [await session.get(ButtonRow, button["token"]) for button in message.buttons]
    assert [button is not None and button.used_at is not None for button in buttons] == [True, True]
    assert len(await harness.transcript(conversation_id)) == 1
