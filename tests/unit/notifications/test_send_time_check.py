"""The send-time check: what did not leave at once is decided again before it is sent."""

from __future__ import annotations

from datetime import timedelta

from bot.messaging.channel import RateLimited
from bot.messaging.tables import ButtonRow
from bot.notifications.kinds import DeliveryChannel
from tests.unit.notifications.notification_world import CLAIRE, OTHER, NotificationWorld


async def test_what_is_late_is_not_sent_into_a_quiet_window_and_leaves_after_it(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    await world.prefer(CLAIRE, quiet=[{"days": list(range(7)), "start": "11:05", "end": "13:00"}])
    world.telegram.fails = [RateLimited(400)]
    await world.add_event()
    await world.deliver_due()
    await world.advance(timedelta(seconds=400))
    assert world.sent_texts() == []
    assert [message.state for message in await world.messages(CLAIRE, DeliveryChannel.TELEGRAM)] == ["recalled"]
    await world.advance(timedelta(minutes=120))
    assert len(world.sent_texts()) == 1


async def test_a_mute_that_comes_while_the_channel_makes_wait_is_obeyed(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    world.telegram.fails = [RateLimited(5)]
    await world.add_event()
    await world.deliver_due()
    await world.prefer(CLAIRE, mutes=[{"since": world.clock.now().isoformat()}])
    await world.advance(timedelta(seconds=5))
    assert world.sent_texts() == []
    assert [(send.state, send.why) for send in await world.sends(CLAIRE, DeliveryChannel.TELEGRAM)] == [("dropped", "muted")]


async def test_access_that_ends_while_the_channel_makes_wait_is_obeyed(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    world.telegram.fails = [RateLimited(120)]
    await world.add_event("note.added", OTHER)
    await world.deliver_due()
    world.leave(CLAIRE, OTHER)
    try:
        await world.advance(timedelta(seconds=121))
        assert world.sent_texts() == []
        assert [(send.state, send.why) for send in await world.sends(CLAIRE, DeliveryChannel.TELEGRAM)] == [("dropped", "ended")]
    finally:
        world.join(CLAIRE, OTHER)


async def test_the_message_of_an_earlier_attempt_is_taken_back_from_the_transcript(world: NotificationWorld) -> None:
    conversation_id = await world.link(CLAIRE)
    world.telegram.fails = [RateLimited(5)]
    await world.add_event()
    await world.deliver_due()
    (message,) = await world.transcript(conversation_id)
    await world.prefer(CLAIRE, mutes=[{"since": world.clock.now().isoformat()}])
    await world.advance(timedelta(seconds=5))
    async with world.database.reading() as session:
        buttons = [await session.get(ButtonRow, button["token"]) for button in message.buttons]
    assert [button is not None and button.used_at is not None for button in buttons] == [True, True]
    assert len(await world.transcript(conversation_id)) == 1
