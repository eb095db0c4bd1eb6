"""Fan-out: who is told of an event, once, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import update

from bot.jobs.leases import FAN_OUT
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.tables import Event, Notice
from tests.unit.notifications.notification_harness import CLAIRE, DOSSIER, KARIM, OTHER, PAUL, NotificationHarness, Process


async def test_an_event_reaches_the_team_less_its_author_in_their_chats(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    web = await harness.link(CLAIRE, "web")
    await harness.add_event(title="Courrier du cardiologue", author="someone-else")
    await harness.deliver_due()
    assert harness.sent_texts() == [f"Un document a été déposé dans le dossier {DOSSIER}."]
    (said,) = await harness.transcript(web)
    assert (said.author, said.text) == (
        "system",
        f"Notification · Un document a été déposé dans le dossier\u00a0{DOSSIER}\u00a0: Courrier du cardiologue",
    )
    assert {send.way: send.state for send in await harness.sends(CLAIRE)} == {
        DeliveryChannel.TELEGRAM: "handed",
        DeliveryChannel.SPHERE: "handed",
    }
    assert [message.state for message in await harness.messages(CLAIRE)] == ["delivered", "delivered"]


async def test_whoever_has_no_chat_gets_a_mail(harness: NotificationHarness) -> None:
    await harness.add_event(author=f"Practitioner/{harness.account(KARIM)}", recipients=[harness.account(CLAIRE)])
    await harness.deliver_due()
    (mail,) = harness.mails(CLAIRE)
    assert "Dr Karim Benali" in mail["subject"] or "Karim Benali" in mail["subject"]
    assert DOSSIER in mail["subject"]


async def test_named_recipients_are_told_less_the_author_and_those_without_a_seat(harness: NotificationHarness) -> None:
    claire, karim, paul = (harness.account(email) for email in (CLAIRE, KARIM, PAUL))
    await harness.add_event(author=f"Practitioner/{karim}", recipients=[f"Practitioner/{claire}", karim, paul, "nobody", claire])
    await harness.dispatch_only()
    assert {notice.account_id for notice in await harness.rows(Notice)} == {claire}
    (notice,) = await harness.notices(CLAIRE)
    assert "Karim Benali" in notice.author


async def test_the_author_may_be_named_by_their_rpps(harness: NotificationHarness) -> None:
    practitioner = harness.sandbox.practitioner(CLAIRE)
    rpps = next(i["value"] for i in practitioner["identifier"] if i["system"] == "https://rpps.esante.gouv.fr")
    everybody = [harness.account(CLAIRE), harness.account(PAUL)]
    harness.join(PAUL)
    try:
        await harness.add_event(author=f"https://rpps.esante.gouv.fr|{rpps}", recipients=everybody)
        await harness.add_event(author="https://rpps.esante.gouv.fr|10000000000", recipients=everybody)  # nobody's: both are told
        await harness.dispatch_only()
        assert [notice.author for notice in await harness.notices(PAUL)] == ["Claire Moreau", ""]
        assert [notice.author for notice in await harness.notices(CLAIRE)] == [""]
    finally:
        harness.leave(PAUL)


async def test_who_lost_access_is_told_that_it_ended_and_of_nothing_else(harness: NotificationHarness) -> None:
    paul = harness.account(PAUL)
    await harness.add_event("access.ended", author=harness.account(CLAIRE), recipients=[paul])
    await harness.add_event("document.added", recipients=[paul])
    await harness.deliver_due()
    assert [notice.kind for notice in await harness.notices(PAUL)] == ["access.ended"]
    (mail,) = harness.mails(PAUL)
    assert mail["subject"].replace("\u00a0", " ").endswith(f"a mis fin à votre accès au dossier {DOSSIER}")


async def test_an_account_s_events_go_to_the_account_and_refresh_its_address(harness: NotificationHarness) -> None:
    await harness.add_event(recipients=[harness.account(CLAIRE)])
    await harness.deliver_due()
    person = await harness.person(CLAIRE)
    assert person is not None
    assert person.email == CLAIRE
    practitioner = harness.sandbox.practitioner(CLAIRE)
    moved = {**practitioner, "telecom": [{"system": "email", "value": "claire@ailleurs.example"}]}
    harness.sandbox.put(moved).raise_for_status()
    try:
        async with harness.database.writing() as session:
            event = {"kind": "account.updated", "subject": practitioner["id"], "received_at": harness.clock.now(), "data": {}}
            session.add(Event(source="urn:test", event_id="moved", **event))
        await harness.deliver_due()
        assert len(harness.mails("claire@ailleurs.example")) == 1
    finally:
        harness.sandbox.put(practitioner).raise_for_status()


async def test_a_service_notice_without_recipients_concerns_whoever_is_known_here(harness: NotificationHarness) -> None:
    await harness.link(KARIM)
    await harness.prefer(CLAIRE, digest_hours=["07:00"])
    await harness.add_event("service.notice", None, title="Maintenance")
    await harness.dispatch_only()
    assert {notice.account_id for notice in await harness.rows(Notice)} == {harness.account(KARIM), harness.account(CLAIRE)}


async def test_what_does_not_exist_any_more_concerns_nobody(harness: NotificationHarness) -> None:
    await harness.add_event(subject="SPH-1999-000001")
    await harness.add_event("account.updated", "nobody-at-all")
    await harness.dispatch_only()
    assert await harness.rows(Notice) == []
    assert all(event.fanned_out_at is not None for event in await harness.rows(Event))


async def test_a_platform_that_is_away_is_asked_again_later_and_later(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    harness.network.cut_after(0, losing=False)
    first = await harness.add_event()
    second = await harness.add_event("note.added")
    waits = []
    for _ in range(4):
        await harness.dispatch_only()
        (event, behind) = await harness.rows(Event, Event.id.in_((first, second)))
        waits.append(event.fan_out_after - harness.clock.now())
        assert behind.fan_out_attempts == 0  # it waits behind the older one
        harness.clock.advance(waits[-1])
    assert waits == [timedelta(seconds=2**n) for n in range(1, 5)]
    harness.network.restore()
    await harness.deliver_due()
    assert harness.sent_texts() == [f"2 nouveautés sur le dossier {DOSSIER} : 1 document, 1 note de liaison."]


async def test_events_are_taken_in_the_order_in_which_they_occurred(harness: NotificationHarness) -> None:
    now = harness.clock.now()
    await harness.add_event("note.added", at=now - timedelta(seconds=5))
    await harness.add_event("document.added", at=now - timedelta(seconds=30))
    await harness.add_event("message.received")
    await harness.dispatch_only()
    assert [notice.kind for notice in await harness.notices(CLAIRE)] == ["document.added", "note.added", "message.received"]


async def test_an_event_in_another_s_hands_keeps_the_later_ones_of_its_dossier_waiting(harness: NotificationHarness) -> None:
    held = await harness.add_event()
    async with harness.database.writing() as session:
        await session.execute(update(Event).where(Event.id == held).values(fan_out_after=harness.clock.now() + FAN_OUT))
    await harness.add_event("note.added")
    await harness.add_event("note.added", OTHER)
    await harness.dispatch_only()
    assert [notice.dossier for notice in await harness.notices(CLAIRE)] == [OTHER]
    harness.clock.advance(FAN_OUT)  # whoever held it was killed
    await harness.dispatch_only()
    assert [notice.kind for notice in await harness.notices(CLAIRE)][1:] == ["document.added", "note.added"]


async def test_a_fan_out_that_was_cut_short_goes_on_and_tells_nobody_twice(harness: NotificationHarness) -> None:
    event_id = await harness.add_event()
    await harness.dispatch_only()
    before = [notice.id for notice in await harness.rows(Notice)]
    async with harness.database.writing() as session:
        await session.execute(update(Event).where(Event.id == event_id).values(fanned_out_at=None))
    await harness.deliver_due()
    assert [notice.id for notice in await harness.rows(Notice)] == before
    assert len(harness.mails(CLAIRE)) == 1


async def test_two_workers_at_once_make_each_notice_once(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    other = Process(harness)
    for number in range(30):
        await harness.add_event(subject=(DOSSIER, OTHER)[number % 2])
    await asyncio.gather(harness.process.notification_worker.run_due(), other.notification_worker.run_due())
    await harness.deliver_due()
    await harness.advance(timedelta(minutes=1))
    await other.gateway.stop()
    assert len(await harness.notices(CLAIRE)) == 30
    assert {send.state for send in await harness.sends(CLAIRE, DeliveryChannel.TELEGRAM)} == {"handed"}
    assert 2 <= len(harness.sent_texts()) == len(await harness.messages(CLAIRE, DeliveryChannel.TELEGRAM)) <= 4
