"""Handing: what leaves when, in how many messages, decided again at that moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.notifications.kinds import DeliveryChannel
from tests.unit.notifications.town import CLAIRE, DOSSIER, MINUTE, OTHER, PAUL, START, THIRD, Town

SECOND = timedelta(seconds=1)
TELEGRAM_DIGEST = {"matrix": {"documents": {"telegram": "digest"}}}
QUIET = {"quiet": [{"days": list(range(7)), "start": "12:00", "end": "14:00"}]}
"""12h to 14h in Paris: from an hour after the start, for two hours."""


async def test_what_arrives_together_leaves_together_and_what_follows_waits_a_minute(town: Town) -> None:
    await town.link(CLAIRE)
    for kind in ("document.added", "note.added", "document.added"):
        await town.happens(kind)
    await town.tell()
    assert town.told() == [f"3 nouveautés sur le dossier {DOSSIER} : 2 documents, 1 note de liaison."]
    await town.later(10 * SECOND)
    await town.happens("message.received", author=PAUL)
    await town.happens("message.received", author=PAUL)
    await town.tell()
    assert len(town.told()) == 1
    await town.later(49 * SECOND)
    assert len(town.told()) == 1
    await town.later(SECOND)
    assert town.told()[1:] == [f"2 nouveautés sur le dossier {DOSSIER} : 2 messages."]
    (first, second) = await town.messages(CLAIRE, DeliveryChannel.TELEGRAM)
    assert (first.due_at, second.due_at, second.handed_at) == (START, START + MINUTE, START + MINUTE)


async def test_an_urgent_one_takes_along_what_waited_before_it(town: Town) -> None:
    await town.link(CLAIRE)
    for urgent in (False, False, True):
        await town.happens(urgent=urgent)
        await town.tell()
        town.clock.advance(SECOND)
    assert town.told() == [
        f"Un document a été déposé dans le dossier {DOSSIER}.",
        f"Urgent : 2 nouveautés sur le dossier {DOSSIER} : 2 documents.",
    ]


async def test_a_storm_makes_few_messages(town: Town) -> None:
    await town.link(CLAIRE)
    for _ in range(10):
        for _ in range(30):
            await town.happens()
        await town.later(6 * SECOND)
    await town.later(MINUTE)
    assert len(await town.notices(CLAIRE)) == 300
    assert len(town.told()) <= 3
    assert {send.state for send in await town.sends(CLAIRE)} == {"handed"}


async def test_dossiers_have_messages_of_their_own_until_they_are_many(town: Town) -> None:
    await town.link(CLAIRE)
    await town.happens(subject=DOSSIER)
    await town.happens(subject=OTHER)
    await town.tell()
    assert sorted(town.told()) == [f"Un document a été déposé dans le dossier {one}." for one in (DOSSIER, OTHER)]
    town.join(CLAIRE, THIRD)
    await town.later(2 * MINUTE)
    for subject in (DOSSIER, OTHER, THIRD):
        await town.happens("note.added", subject)
    await town.happens("service.notice", None, title="Maintenance")
    await town.tell()
    (text,) = town.told()[2:]
    assert text.splitlines()[0] == "4 nouveautés."
    assert len(text.splitlines()) == 5


async def test_a_digest_gathers_by_dossier_and_goes_once_at_its_hour(town: Town) -> None:
    await town.link(CLAIRE)
    await town.prefer(CLAIRE, **TELEGRAM_DIGEST)
    await town.happens(subject=DOSSIER)
    await town.happens(subject=OTHER)
    await town.happens(subject=DOSSIER)
    await town.tell()
    assert town.told() == []
    await town.later(datetime(2026, 11, 23, 12, 59, 59, tzinfo=UTC) - START)
    assert town.told() == []
    await town.later(SECOND)
    assert town.told() == [f"Votre résumé : 3 nouveautés.\n• Dossier {DOSSIER} : 2 documents\n• Dossier {OTHER} : 1 document"]
    await town.happens(subject=OTHER)
    await town.later(10 * SECOND)
    assert len(town.told()) == 1  # in the same minute: it goes with the next one
    await town.later(timedelta(days=1))
    assert len(town.told()) == 2


async def test_after_a_long_stop_what_fell_due_leaves_gathered_and_digests_once(town: Town) -> None:
    await town.link(CLAIRE)
    await town.prefer(CLAIRE, matrix={"documents": {"telegram": "digest"}, "messages": {"telegram": "now"}})
    await town.happens("document.added")
    await town.tell()
    town.clock.advance(timedelta(days=2))
    for _ in range(20):
        await town.happens("message.received")
    await town.tell()
    assert sorted(town.told()) == [
        f"20 nouveautés sur le dossier {DOSSIER} : 20 messages.",
        f"Votre résumé : 1 nouveauté.\n• Dossier {DOSSIER} : 1 document",
    ]


async def test_nothing_leaves_in_a_quiet_window_but_what_is_urgent(town: Town) -> None:
    await town.link(CLAIRE)
    await town.prefer(CLAIRE, **QUIET)
    town.clock.advance(timedelta(minutes=61))
    await town.happens()
    await town.happens(urgent=True, subject=OTHER)
    await town.tell()
    assert town.told() == [f"Urgent : Un document a été déposé dans le dossier {OTHER}."]
    await town.later(timedelta(minutes=118))
    assert len(town.told()) == 1
    await town.later(MINUTE)
    assert town.told()[1:] == [f"Un document a été déposé dans le dossier {DOSSIER}."]


async def test_a_preference_that_changes_while_a_message_waits_is_obeyed(town: Town) -> None:
    await town.link(CLAIRE)
    await town.prefer(CLAIRE, **TELEGRAM_DIGEST)
    await town.happens()
    await town.tell()
    await town.prefer(CLAIRE, matrix={"documents": {"telegram": "never", "mail": "never"}})
    await town.later(timedelta(days=2))
    assert (town.told(), town.mails(CLAIRE)) == ([], [])
    (send,) = await town.sends(CLAIRE, DeliveryChannel.TELEGRAM)
    assert (send.state, send.why) == ("dropped", "never")


async def test_put_forward_and_told_by_another_way(town: Town) -> None:
    await town.link(CLAIRE)
    await town.prefer(CLAIRE, **TELEGRAM_DIGEST)
    await town.happens()
    await town.tell()
    await town.prefer(CLAIRE, matrix={"documents": {"telegram": "never", "mail": "now"}})
    await town.later(SECOND)
    assert town.told() == []
    assert len(town.mails(CLAIRE)) == 1


async def test_a_mute_silences_a_dossier_but_not_what_concerns_the_account(town: Town) -> None:
    await town.link(CLAIRE)
    await town.prefer(CLAIRE, mutes=[{"dossier": DOSSIER, "since": START.isoformat()}])
    await town.happens()
    await town.happens("account.updated", town.account(CLAIRE))
    await town.tell()
    assert town.told() == ["Votre compte SPHERE a été mis à jour."]
    assert len(await town.notices(CLAIRE)) == 2  # in the list all the same


async def test_what_was_read_meanwhile_is_not_told_any_more(town: Town) -> None:
    await town.link(CLAIRE)
    await town.prefer(CLAIRE, **TELEGRAM_DIGEST)
    await town.happens()
    await town.tell()
    assert await town.service.mark_read(town.account(CLAIRE)) == 1
    await town.later(timedelta(days=1))
    assert town.told() == []


async def test_access_that_ended_meanwhile_silences_and_a_platform_that_is_away_puts_off(town: Town) -> None:
    town.join(PAUL, THIRD)
    await town.link(PAUL)
    await town.prefer(PAUL, **TELEGRAM_DIGEST)
    await town.happens(subject=THIRD)
    await town.happens(subject=THIRD, kind="note.added")
    await town.tell()
    assert len(await town.sends(PAUL, DeliveryChannel.TELEGRAM)) == 2
    town.line.cut_after(0, losing=False)
    await town.later(timedelta(hours=3))
    assert town.told() == []
    town.line.mend()
    town.leave(PAUL, THIRD)
    await town.later(MINUTE)
    assert town.told() == []
    assert {(send.state, send.why) for send in await town.sends(PAUL, DeliveryChannel.TELEGRAM)} == {("dropped", "ended")}


async def test_a_platform_that_is_away_for_a_while_loses_nothing(town: Town) -> None:
    await town.link(CLAIRE)
    await town.prefer(CLAIRE, **TELEGRAM_DIGEST)
    await town.happens()
    await town.tell()
    town.line.cut_after(0, losing=False)
    await town.later(timedelta(hours=3))
    assert town.told() == []
    town.line.mend()
    await town.later(MINUTE)
    assert len(town.told()) == 1


async def test_a_title_and_a_telling_url_stay_inside_but_a_service_notice_is_told(town: Town) -> None:
    await town.link(CLAIRE)
    await town.happens(title="Compte rendu de Jeanne Durand", url="https://sphere.example/usagers/durand-jeanne")
    await town.happens("service.notice", None, title="Maintenance ce soir", url="https://sphere.example/info")
    await town.tell()
    texts = " ".join(town.told())
    assert "Durand" not in texts
    assert "Maintenance ce soir" in texts
    links = [part.link[1] for _, part in town.telegram.sent if part.link]
    assert not any("durand" in link for link in links)
    assert "https://sphere.example/info" in links
