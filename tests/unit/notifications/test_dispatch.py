"""Handing: what leaves when, in how many messages, decided again at that moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.notifications.kinds import DeliveryChannel
from tests.unit.notifications.notification_world import CLAIRE, DOSSIER, MINUTE, OTHER, PAUL, START, THIRD, NotificationWorld

SECOND = timedelta(seconds=1)
TELEGRAM_DIGEST = {"matrix": {"documents": {"telegram": "digest"}}}
QUIET = {"quiet": [{"days": list(range(7)), "start": "12:00", "end": "14:00"}]}
"""12h to 14h in Paris: from an hour after the start, for two hours."""


async def test_what_arrives_together_leaves_together_and_what_follows_waits_a_minute(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    for kind in ("document.added", "note.added", "document.added"):
        await world.add_event(kind)
    await world.deliver_due()
    assert world.sent_texts() == [f"3 nouveautés sur le dossier {DOSSIER} : 2 documents, 1 note de liaison."]
    await world.advance(10 * SECOND)
    await world.add_event("message.received", author=PAUL)
    await world.add_event("message.received", author=PAUL)
    await world.deliver_due()
    assert len(world.sent_texts()) == 1
    await world.advance(49 * SECOND)
    assert len(world.sent_texts()) == 1
    await world.advance(SECOND)
    assert world.sent_texts()[1:] == [f"2 nouveautés sur le dossier {DOSSIER} : 2 messages."]
    (first, second) = await world.messages(CLAIRE, DeliveryChannel.TELEGRAM)
    assert (first.due_at, second.due_at, second.handed_at) == (START, START + MINUTE, START + MINUTE)


async def test_an_urgent_one_takes_along_what_waited_before_it(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    for urgent in (False, False, True):
        await world.add_event(urgent=urgent)
        await world.deliver_due()
        world.clock.advance(SECOND)
    assert world.sent_texts() == [
        f"Un document a été déposé dans le dossier {DOSSIER}.",
        f"Urgent : 2 nouveautés sur le dossier {DOSSIER} : 2 documents.",
    ]


async def test_a_storm_makes_few_messages(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    for _ in range(10):
        for _ in range(30):
            await world.add_event()
        await world.advance(6 * SECOND)
    await world.advance(MINUTE)
    assert len(await world.notices(CLAIRE)) == 300
    assert len(world.sent_texts()) <= 3
    assert {send.state for send in await world.sends(CLAIRE)} == {"handed"}


async def test_dossiers_have_messages_of_their_own_until_they_are_many(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    await world.add_event(subject=DOSSIER)
    await world.add_event(subject=OTHER)
    await world.deliver_due()
    assert sorted(world.sent_texts()) == [f"Un document a été déposé dans le dossier {one}." for one in (DOSSIER, OTHER)]
    world.join(CLAIRE, THIRD)
    await world.advance(2 * MINUTE)
    for subject in (DOSSIER, OTHER, THIRD):
        await world.add_event("note.added", subject)
    await world.add_event("service.notice", None, title="Maintenance")
    await world.deliver_due()
    (text,) = world.sent_texts()[2:]
    assert text.splitlines()[0] == "4 nouveautés."
    assert len(text.splitlines()) == 5


async def test_a_digest_gathers_by_dossier_and_goes_once_at_its_hour(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    await world.prefer(CLAIRE, **TELEGRAM_DIGEST)
    await world.add_event(subject=DOSSIER)
    await world.add_event(subject=OTHER)
    await world.add_event(subject=DOSSIER)
    await world.deliver_due()
    assert world.sent_texts() == []
    await world.advance(datetime(2026, 11, 23, 12, 59, 59, tzinfo=UTC) - START)
    assert world.sent_texts() == []
    await world.advance(SECOND)
    assert world.sent_texts() == [f"Votre résumé : 3 nouveautés.\n• Dossier {DOSSIER} : 2 documents\n• Dossier {OTHER} : 1 document"]
    await world.add_event(subject=OTHER)
    await world.advance(10 * SECOND)
    assert len(world.sent_texts()) == 1  # in the same minute: it goes with the next one
    await world.advance(timedelta(days=1))
    assert len(world.sent_texts()) == 2


async def test_after_a_long_stop_what_fell_due_leaves_gathered_and_digests_once(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    await world.prefer(CLAIRE, matrix={"documents": {"telegram": "digest"}, "messages": {"telegram": "now"}})
    await world.add_event("document.added")
    await world.deliver_due()
    world.clock.advance(timedelta(days=2))
    for _ in range(20):
        await world.add_event("message.received")
    await world.deliver_due()
    assert sorted(world.sent_texts()) == [
        f"20 nouveautés sur le dossier {DOSSIER} : 20 messages.",
        f"Votre résumé : 1 nouveauté.\n• Dossier {DOSSIER} : 1 document",
    ]


async def test_nothing_leaves_in_a_quiet_window_but_what_is_urgent(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    await world.prefer(CLAIRE, **QUIET)
    world.clock.advance(timedelta(minutes=61))
    await world.add_event()
    await world.add_event(urgent=True, subject=OTHER)
    await world.deliver_due()
    assert world.sent_texts() == [f"Urgent : Un document a été déposé dans le dossier {OTHER}."]
    await world.advance(timedelta(minutes=118))
    assert len(world.sent_texts()) == 1
    await world.advance(MINUTE)
    assert world.sent_texts()[1:] == [f"Un document a été déposé dans le dossier {DOSSIER}."]


async def test_a_preference_that_changes_while_a_message_waits_is_obeyed(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    await world.prefer(CLAIRE, **TELEGRAM_DIGEST)
    await world.add_event()
    await world.deliver_due()
    await world.prefer(CLAIRE, matrix={"documents": {"telegram": "never", "mail": "never"}})
    await world.advance(timedelta(days=2))
    assert (world.sent_texts(), world.mails(CLAIRE)) == ([], [])
    (send,) = await world.sends(CLAIRE, DeliveryChannel.TELEGRAM)
    assert (send.state, send.why) == ("dropped", "never")


async def test_put_forward_and_told_by_another_way(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    await world.prefer(CLAIRE, **TELEGRAM_DIGEST)
    await world.add_event()
    await world.deliver_due()
    await world.prefer(CLAIRE, matrix={"documents": {"telegram": "never", "mail": "now"}})
    await world.advance(SECOND)
    assert world.sent_texts() == []
    assert len(world.mails(CLAIRE)) == 1


async def test_a_mute_silences_a_dossier_but_not_what_concerns_the_account(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    await world.prefer(CLAIRE, mutes=[{"dossier": DOSSIER, "since": START.isoformat()}])
    await world.add_event()
    await world.add_event("account.updated", world.account(CLAIRE))
    await world.deliver_due()
    assert world.sent_texts() == ["Votre compte SPHERE a été mis à jour."]
    assert len(await world.notices(CLAIRE)) == 2  # in the list all the same


async def test_what_was_read_meanwhile_is_not_told_any_more(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    await world.prefer(CLAIRE, **TELEGRAM_DIGEST)
    await world.add_event()
    await world.deliver_due()
    assert await world.service.mark_read(world.account(CLAIRE)) == 1
    await world.advance(timedelta(days=1))
    assert world.sent_texts() == []


async def test_access_that_ended_meanwhile_silences_and_a_platform_that_is_away_puts_off(world: NotificationWorld) -> None:
    world.join(PAUL, THIRD)
    await world.link(PAUL)
    await world.prefer(PAUL, **TELEGRAM_DIGEST)
    await world.add_event(subject=THIRD)
    await world.add_event(subject=THIRD, kind="note.added")
    await world.deliver_due()
    assert len(await world.sends(PAUL, DeliveryChannel.TELEGRAM)) == 2
    world.line.cut_after(0, losing=False)
    await world.advance(timedelta(hours=3))
    assert world.sent_texts() == []
    world.line.mend()
    world.leave(PAUL, THIRD)
    await world.advance(MINUTE)
    assert world.sent_texts() == []
    assert {(send.state, send.why) for send in await world.sends(PAUL, DeliveryChannel.TELEGRAM)} == {("dropped", "ended")}


async def test_a_platform_that_is_away_for_a_while_loses_nothing(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    await world.prefer(CLAIRE, **TELEGRAM_DIGEST)
    await world.add_event()
    await world.deliver_due()
    world.line.cut_after(0, losing=False)
    await world.advance(timedelta(hours=3))
    assert world.sent_texts() == []
    world.line.mend()
    await world.advance(MINUTE)
    assert len(world.sent_texts()) == 1


async def test_a_title_and_a_telling_url_stay_inside_but_a_service_notice_is_told(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    await world.add_event(title="Compte rendu de Jeanne Durand", url="https://sphere.example/usagers/durand-jeanne")
    await world.add_event("service.notice", None, title="Maintenance ce soir", url="https://sphere.example/info")
    await world.deliver_due()
    texts = " ".join(world.sent_texts())
    assert "Durand" not in texts
    assert "Maintenance ce soir" in texts
    links = [part.link[1] for _, part in world.telegram.sent if part.link]
    assert not any("durand" in link for link in links)
    assert "https://sphere.example/info" in links
