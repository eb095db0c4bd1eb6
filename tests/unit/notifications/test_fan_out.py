"""Fan-out: who is told of an event, once, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import update

from bot.jobs.leases import FAN_OUT
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.tables import Event, Notice
from tests.unit.notifications.notification_world import CLAIRE, DOSSIER, KARIM, OTHER, PAUL, NotificationWorld, Process


async def test_an_event_reaches_the_team_less_its_author_in_their_chats(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    web = await world.link(CLAIRE, "web")
    await world.add_event(title="Courrier du cardiologue", author="someone-else")
    await world.deliver_due()
    assert world.sent_texts() == [f"Un document a été déposé dans le dossier {DOSSIER}."]
    (said,) = await world.transcript(web)
    assert (said.author, said.text) == (
        "system",
        f"Notification · Un document a été déposé dans le dossier\u00a0{DOSSIER}\u00a0: Courrier du cardiologue",
    )
    assert {send.way: send.state for send in await world.sends(CLAIRE)} == {
        DeliveryChannel.TELEGRAM: "handed",
        DeliveryChannel.SPHERE: "handed",
    }
    assert [message.state for message in await world.messages(CLAIRE)] == ["delivered", "delivered"]


async def test_whoever_has_no_chat_gets_a_mail(world: NotificationWorld) -> None:
    await world.add_event(author=f"Practitioner/{world.account(KARIM)}", recipients=[world.account(CLAIRE)])
    await world.deliver_due()
    (mail,) = world.mails(CLAIRE)
    assert "Dr Karim Benali" in mail["subject"] or "Karim Benali" in mail["subject"]
    assert DOSSIER in mail["subject"]


async def test_named_recipients_are_told_less_the_author_and_those_without_a_seat(world: NotificationWorld) -> None:
    claire, karim, paul = (world.account(email) for email in (CLAIRE, KARIM, PAUL))
    await world.add_event(author=f"Practitioner/{karim}", recipients=[f"Practitioner/{claire}", karim, paul, "nobody", claire])
    await world.dispatch_only()
    assert {notice.account_id for notice in await world.rows(Notice)} == {claire}
    (notice,) = await world.notices(CLAIRE)
    assert "Karim Benali" in notice.author


async def test_the_author_may_be_named_by_their_rpps(world: NotificationWorld) -> None:
    practitioner = world.sandbox.practitioner(CLAIRE)
    rpps = next(i["value"] for i in practitioner["identifier"] if i["system"] == "https://rpps.esante.gouv.fr")
    everybody = [world.account(CLAIRE), world.account(PAUL)]
    world.join(PAUL)
    try:
        await world.add_event(author=f"https://rpps.esante.gouv.fr|{rpps}", recipients=everybody)
        await world.add_event(author="https://rpps.esante.gouv.fr|10000000000", recipients=everybody)  # nobody's: both are told
        await world.dispatch_only()
        assert [notice.author for notice in await world.notices(PAUL)] == ["Claire Moreau", ""]
        assert [notice.author for notice in await world.notices(CLAIRE)] == [""]
    finally:
        world.leave(PAUL)


async def test_who_lost_access_is_told_that_it_ended_and_of_nothing_else(world: NotificationWorld) -> None:
    paul = world.account(PAUL)
    await world.add_event("access.ended", author=world.account(CLAIRE), recipients=[paul])
    await world.add_event("document.added", recipients=[paul])
    await world.deliver_due()
    assert [notice.kind for notice in await world.notices(PAUL)] == ["access.ended"]
    (mail,) = world.mails(PAUL)
    assert mail["subject"].replace("\u00a0", " ").endswith(f"a mis fin à votre accès au dossier {DOSSIER}")


async def test_an_account_s_events_go_to_the_account_and_refresh_its_address(world: NotificationWorld) -> None:
    await world.add_event(recipients=[world.account(CLAIRE)])
    await world.deliver_due()
    person = await world.person(CLAIRE)
    assert person is not None
    assert person.email == CLAIRE
    practitioner = world.sandbox.practitioner(CLAIRE)
    moved = {**practitioner, "telecom": [{"system": "email", "value": "claire@ailleurs.example"}]}
    world.sandbox.put(moved).raise_for_status()
    try:
        async with world.database.writing() as session:
            event = {"kind": "account.updated", "subject": practitioner["id"], "received_at": world.clock.now(), "data": {}}
            session.add(Event(source="urn:test", event_id="moved", **event))
        await world.deliver_due()
        assert len(world.mails("claire@ailleurs.example")) == 1
    finally:
        world.sandbox.put(practitioner).raise_for_status()


async def test_a_service_notice_without_recipients_concerns_whoever_is_known_here(world: NotificationWorld) -> None:
    await world.link(KARIM)
    await world.prefer(CLAIRE, digest_hours=["07:00"])
    await world.add_event("service.notice", None, title="Maintenance")
    await world.dispatch_only()
    assert {notice.account_id for notice in await world.rows(Notice)} == {world.account(KARIM), world.account(CLAIRE)}


async def test_what_does_not_exist_any_more_concerns_nobody(world: NotificationWorld) -> None:
    await world.add_event(subject="SPH-1999-000001")
    await world.add_event("account.updated", "nobody-at-all")
    await world.dispatch_only()
    assert await world.rows(Notice) == []
    assert all(event.fanned_out_at is not None for event in await world.rows(Event))


async def test_a_platform_that_is_away_is_asked_again_later_and_later(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    world.line.cut_after(0, losing=False)
    first = await world.add_event()
    second = await world.add_event("note.added")
    waits = []
    for _ in range(4):
        await world.dispatch_only()
        (event, behind) = await world.rows(Event, Event.id.in_((first, second)))
        waits.append(event.fan_out_after - world.clock.now())
        assert behind.fan_out_attempts == 0  # it waits behind the older one
        world.clock.advance(waits[-1])
    assert waits == [timedelta(seconds=2**n) for n in range(1, 5)]
    world.line.mend()
    await world.deliver_due()
    assert world.sent_texts() == [f"2 nouveautés sur le dossier {DOSSIER} : 1 document, 1 note de liaison."]


async def test_events_are_taken_in_the_order_in_which_they_occurred(world: NotificationWorld) -> None:
    now = world.clock.now()
    await world.add_event("note.added", at=now - timedelta(seconds=5))
    await world.add_event("document.added", at=now - timedelta(seconds=30))
    await world.add_event("message.received")
    await world.dispatch_only()
    assert [notice.kind for notice in await world.notices(CLAIRE)] == ["document.added", "note.added", "message.received"]


async def test_an_event_in_another_s_hands_keeps_the_later_ones_of_its_dossier_waiting(world: NotificationWorld) -> None:
    held = await world.add_event()
    async with world.database.writing() as session:
        await session.execute(update(Event).where(Event.id == held).values(fan_out_after=world.clock.now() + FAN_OUT))
    await world.add_event("note.added")
    await world.add_event("note.added", OTHER)
    await world.dispatch_only()
    assert [notice.dossier for notice in await world.notices(CLAIRE)] == [OTHER]
    world.clock.advance(FAN_OUT)  # whoever held it was killed
    await world.dispatch_only()
    assert [notice.kind for notice in await world.notices(CLAIRE)][1:] == ["document.added", "note.added"]


async def test_a_fan_out_that_was_cut_short_goes_on_and_tells_nobody_twice(world: NotificationWorld) -> None:
    event_id = await world.add_event()
    await world.dispatch_only()
    before = [notice.id for notice in await world.rows(Notice)]
    async with world.database.writing() as session:
        await session.execute(update(Event).where(Event.id == event_id).values(fanned_out_at=None))
    await world.deliver_due()
    assert [notice.id for notice in await world.rows(Notice)] == before
    assert len(world.mails(CLAIRE)) == 1


async def test_two_workers_at_once_make_each_notice_once(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    other = Process(world)
    for number in range(30):
        await world.add_event(subject=(DOSSIER, OTHER)[number % 2])
    await asyncio.gather(world.process.worker.run_due(), other.worker.run_due())
    await world.deliver_due()
    await world.advance(timedelta(minutes=1))
    await other.aclose()
    assert len(await world.notices(CLAIRE)) == 30
    assert {send.state for send in await world.sends(CLAIRE, DeliveryChannel.TELEGRAM)} == {"handed"}
    assert 2 <= len(world.sent_texts()) == len(await world.messages(CLAIRE, DeliveryChannel.TELEGRAM)) <= 4
