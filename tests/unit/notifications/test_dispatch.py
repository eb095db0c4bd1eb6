"""Handing: what leaves when, in how many messages, decided again at that moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.notifications.kinds import DeliveryChannel
from tests.unit.notifications.notification_harness import CLAIRE, DOSSIER, MINUTE, OTHER, PAUL, START, THIRD, NotificationHarness

SECOND = timedelta(seconds=1)
TELEGRAM_DIGEST = {"matrix": {"documents": {"telegram": "digest"}}}
QUIET = {"quiet": [{"days": list(range(7)), "start": "12:00", "end": "14:00"}]}
"""12h to 14h in Paris: from an hour after the start, for two hours."""


async def test_what_arrives_together_leaves_together_and_what_follows_waits_a_minute(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    for kind in ("document.added", "note.added", "document.added"):
        await harness.add_event(kind)
    await harness.deliver_due()
    assert harness.sent_texts() == [f"3 nouveautés sur le dossier {DOSSIER} : 2 documents, 1 note de liaison."]
    await harness.advance(10 * SECOND)
    await harness.add_event("message.received", author=PAUL)
    await harness.add_event("message.received", author=PAUL)
    await harness.deliver_due()
    assert len(harness.sent_texts()) == 1
    await harness.advance(49 * SECOND)
    assert len(harness.sent_texts()) == 1
    await harness.advance(SECOND)
    assert harness.sent_texts()[1:] == [f"2 nouveautés sur le dossier {DOSSIER} : 2 messages."]
    (first, second) = await harness.messages(CLAIRE, DeliveryChannel.TELEGRAM)
    assert (first.due_at, second.due_at, second.handed_at) == (START, START + MINUTE, START + MINUTE)


async def test_an_urgent_one_takes_along_what_waited_before_it(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    for urgent in (False, False, True):
        await harness.add_event(urgent=urgent)
        await harness.deliver_due()
        harness.clock.advance(SECOND)
    assert harness.sent_texts() == [
        f"Un document a été déposé dans le dossier {DOSSIER}.",
        f"Urgent : 2 nouveautés sur le dossier {DOSSIER} : 2 documents.",
    ]


@pytest.mark.thorough
async def test_a_storm_makes_few_messages(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    for _ in range(10):
        for _ in range(30):
            await harness.add_event()
        await harness.advance(6 * SECOND)
    await harness.advance(MINUTE)
    assert len(await harness.notices(CLAIRE)) == 300
    assert len(harness.sent_texts()) <= 3
    assert {send.state for send in await harness.sends(CLAIRE)} == {"handed"}


async def test_dossiers_have_messages_of_their_own_until_they_are_many(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    await harness.add_event(subject=DOSSIER)
    await harness.add_event(subject=OTHER)
    await harness.deliver_due()
    assert sorted(harness.sent_texts()) == [f"Un document a été déposé dans le dossier {one}." for one in (DOSSIER, OTHER)]
    harness.join(CLAIRE, THIRD)
    await harness.advance(2 * MINUTE)
    for subject in (DOSSIER, OTHER, THIRD):
        await harness.add_event("note.added", subject)
    await harness.add_event("service.notice", None, title="Maintenance")
    await harness.deliver_due()
    (text,) = harness.sent_texts()[2:]
    assert text.splitlines()[0] == "4 nouveautés."
    assert len(text.splitlines()) == 5


async def test_a_digest_gathers_by_dossier_and_goes_once_at_its_hour(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    await harness.prefer(CLAIRE, **TELEGRAM_DIGEST)
    await harness.add_event(subject=DOSSIER)
    await harness.add_event(subject=OTHER)
    await harness.add_event(subject=DOSSIER)
    await harness.deliver_due()
    assert harness.sent_texts() == []
    await harness.advance(datetime(2026, 11, 23, 12, 59, 59, tzinfo=UTC) - START)
    assert harness.sent_texts() == []
    await harness.advance(SECOND)
    assert harness.sent_texts() == [f"Votre résumé : 3 nouveautés.\n• Dossier {DOSSIER} : 2 documents\n• Dossier {OTHER} : 1 document"]
    await harness.add_event(subject=OTHER)
    await harness.advance(10 * SECOND)
    assert len(harness.sent_texts()) == 1  # in the same minute: it goes with the next one
    await harness.advance(timedelta(days=1))
    assert len(harness.sent_texts()) == 2


async def test_after_a_long_stop_what_fell_due_leaves_gathered_and_digests_once(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    await harness.prefer(CLAIRE, matrix={"documents": {"telegram": "digest"}, "messages": {"telegram": "now"}})
    await harness.add_event("document.added")
    await harness.deliver_due()
    harness.clock.advance(timedelta(days=2))
    for _ in range(20):
        await harness.add_event("message.received")
    await harness.deliver_due()
    assert sorted(harness.sent_texts()) == [
        f"20 nouveautés sur le dossier {DOSSIER} : 20 messages.",
        f"Votre résumé : 1 nouveauté.\n• Dossier {DOSSIER} : 1 document",
    ]


async def test_nothing_leaves_in_a_quiet_window_but_what_is_urgent(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    await harness.prefer(CLAIRE, **QUIET)
    harness.clock.advance(timedelta(minutes=61))
    await harness.add_event()
    await harness.add_event(urgent=True, subject=OTHER)
    await harness.deliver_due()
    assert harness.sent_texts() == [f"Urgent : Un document a été déposé dans le dossier {OTHER}."]
    await harness.advance(timedelta(minutes=118))
    assert len(harness.sent_texts()) == 1
    await harness.advance(MINUTE)
    assert harness.sent_texts()[1:] == [f"Un document a été déposé dans le dossier {DOSSIER}."]


async def test_a_preference_that_changes_while_a_message_waits_is_obeyed(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    await harness.prefer(CLAIRE, **TELEGRAM_DIGEST)
    await harness.add_event()
    await harness.deliver_due()
    await harness.prefer(CLAIRE, matrix={"documents": {"telegram": "never", "mail": "never"}})
    await harness.advance(timedelta(days=2))
    assert (harness.sent_texts(), harness.mails(CLAIRE)) == ([], [])
    (send,) = await harness.sends(CLAIRE, DeliveryChannel.TELEGRAM)
    assert (send.state, send.why) == ("dropped", "never")


async def test_put_forward_and_told_by_another_way(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    await harness.prefer(CLAIRE, **TELEGRAM_DIGEST)
    await harness.add_event()
    await harness.deliver_due()
    await harness.prefer(CLAIRE, matrix={"documents": {"telegram": "never", "mail": "now"}})
    await harness.advance(SECOND)
    assert harness.sent_texts() == []
    assert len(harness.mails(CLAIRE)) == 1


async def test_a_mute_silences_a_dossier_but_not_what_concerns_the_account(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    await harness.prefer(CLAIRE, mutes=[{"dossier": DOSSIER, "since": START.isoformat()}])
    await harness.add_event()
    await harness.add_event("account.updated", harness.account(CLAIRE))
    await harness.deliver_due()
    assert harness.sent_texts() == ["Votre compte SPHERE a été mis à jour."]
    assert len(await harness.notices(CLAIRE)) == 2  # in the list all the same


async def test_what_was_read_meanwhile_is_not_told_any_more(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    await harness.prefer(CLAIRE, **TELEGRAM_DIGEST)
    await harness.add_event()
    await harness.deliver_due()
    assert await harness.service.mark_read(harness.account(CLAIRE)) == 1
    await harness.advance(timedelta(days=1))
    assert harness.sent_texts() == []


async def test_access_that_ended_meanwhile_silences_and_a_platform_that_is_away_puts_off(harness: NotificationHarness) -> None:
    harness.join(PAUL, THIRD)
    await harness.link(PAUL)
    await harness.prefer(PAUL, **TELEGRAM_DIGEST)
    await harness.add_event(subject=THIRD)
    await harness.add_event(subject=THIRD, kind="note.added")
    await harness.deliver_due()
    assert len(await harness.sends(PAUL, DeliveryChannel.TELEGRAM)) == 2
    harness.network.cut_after(0, losing=False)
    await harness.advance(timedelta(hours=3))
    assert harness.sent_texts() == []
    harness.network.restore()
    harness.leave(PAUL, THIRD)
    await harness.advance(MINUTE)
    assert harness.sent_texts() == []
    assert {(send.state, send.why) for send in await harness.sends(PAUL, DeliveryChannel.TELEGRAM)} == {("dropped", "ended")}


async def test_a_platform_that_is_away_for_a_while_loses_nothing(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    await harness.prefer(CLAIRE, **TELEGRAM_DIGEST)
    await harness.add_event()
    await harness.deliver_due()
    harness.network.cut_after(0, losing=False)
    await harness.advance(timedelta(hours=3))
    assert harness.sent_texts() == []
    harness.network.restore()
    await harness.advance(MINUTE)
    assert len(harness.sent_texts()) == 1


async def test_a_title_and_a_telling_url_stay_inside_but_a_service_notice_is_told(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    await harness.add_event(title="Compte rendu de Jeanne Durand", url="https://sphere.example/usagers/durand-jeanne")
    await harness.add_event("service.notice", None, title="Maintenance ce soir", url="https://sphere.example/info")
    await harness.deliver_due()
    texts = " ".join(harness.sent_texts())
    assert "Durand" not in texts
    assert "Maintenance ce soir" in texts
    links = [part.link[1] for _, part in harness.telegram.sent if part.link]
    assert not any("durand" in link for link in links)
    assert "https://sphere.example/info" in links
