"""Fan-out: who is told of an event, once, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import update

from bot.jobs.leases import FAN_OUT
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.tables import Event, Notice
from tests.unit.notifications.town import CLAIRE, DOSSIER, KARIM, OTHER, PAUL, Process, Town


async def test_an_event_reaches_the_team_less_its_author_in_their_chats(town: Town) -> None:
    await town.link(CLAIRE)
    web = await town.link(CLAIRE, "web")
    await town.happens(title="Courrier du cardiologue", author="someone-else")
    await town.tell()
    assert town.told() == [f"Un document a été déposé dans le dossier {DOSSIER}."]
    (said,) = await town.said(web)
    assert (said.author, said.text) == (
        "system",
        f"Notification · Un document a été déposé dans le dossier\u00a0{DOSSIER}\u00a0: Courrier du cardiologue",
    )
    assert {send.way: send.state for send in await town.sends(CLAIRE)} == {
        DeliveryChannel.TELEGRAM: "handed",
        DeliveryChannel.SPHERE: "handed",
    }
    assert [message.state for message in await town.messages(CLAIRE)] == ["delivered", "delivered"]


async def test_whoever_has_no_chat_gets_a_mail(town: Town) -> None:
    await town.happens(author=f"Practitioner/{town.account(KARIM)}", recipients=[town.account(CLAIRE)])
    await town.tell()
    (mail,) = town.mails(CLAIRE)
    assert "Dr Karim Benali" in mail["subject"] or "Karim Benali" in mail["subject"]
    assert DOSSIER in mail["subject"]


async def test_named_recipients_are_told_less_the_author_and_those_without_a_seat(town: Town) -> None:
    claire, karim, paul = (town.account(email) for email in (CLAIRE, KARIM, PAUL))
    await town.happens(author=f"Practitioner/{karim}", recipients=[f"Practitioner/{claire}", karim, paul, "nobody", claire])
    await town.notify_only()
    assert {notice.account_id for notice in await town.rows(Notice)} == {claire}
    (notice,) = await town.notices(CLAIRE)
    assert "Karim Benali" in notice.author


async def test_the_author_may_be_named_by_their_rpps(town: Town) -> None:
    practitioner = town.sandbox.practitioner(CLAIRE)
    rpps = next(i["value"] for i in practitioner["identifier"] if i["system"] == "https://rpps.esante.gouv.fr")
    everybody = [town.account(CLAIRE), town.account(PAUL)]
    town.join(PAUL)
    try:
        await town.happens(author=f"https://rpps.esante.gouv.fr|{rpps}", recipients=everybody)
        await town.happens(author="https://rpps.esante.gouv.fr|10000000000", recipients=everybody)  # nobody's: both are told
        await town.notify_only()
        assert [notice.author for notice in await town.notices(PAUL)] == ["Claire Moreau", ""]
        assert [notice.author for notice in await town.notices(CLAIRE)] == [""]
    finally:
        town.leave(PAUL)


async def test_who_lost_access_is_told_that_it_ended_and_of_nothing_else(town: Town) -> None:
    paul = town.account(PAUL)
    await town.happens("access.ended", author=town.account(CLAIRE), recipients=[paul])
    await town.happens("document.added", recipients=[paul])
    await town.tell()
    assert [notice.kind for notice in await town.notices(PAUL)] == ["access.ended"]
    (mail,) = town.mails(PAUL)
    assert mail["subject"].replace("\u00a0", " ").endswith(f"a mis fin à votre accès au dossier {DOSSIER}")


async def test_an_account_s_events_go_to_the_account_and_refresh_its_address(town: Town) -> None:
    await town.happens(recipients=[town.account(CLAIRE)])
    await town.tell()
    person = await town.person(CLAIRE)
    assert person is not None
    assert person.email == CLAIRE
    practitioner = town.sandbox.practitioner(CLAIRE)
    moved = {**practitioner, "telecom": [{"system": "email", "value": "claire@ailleurs.example"}]}
    town.sandbox.put(moved).raise_for_status()
    try:
        async with town.database.writing() as session:
            event = {"kind": "account.updated", "subject": practitioner["id"], "received_at": town.clock.now(), "data": {}}
            session.add(Event(source="urn:test", event_id="moved", **event))
        await town.tell()
        assert len(town.mails("claire@ailleurs.example")) == 1
    finally:
        town.sandbox.put(practitioner).raise_for_status()


async def test_a_service_notice_without_recipients_concerns_whoever_is_known_here(town: Town) -> None:
    await town.link(KARIM)
    await town.prefer(CLAIRE, digest_hours=["07:00"])
    await town.happens("service.notice", None, title="Maintenance")
    await town.notify_only()
    assert {notice.account_id for notice in await town.rows(Notice)} == {town.account(KARIM), town.account(CLAIRE)}


async def test_what_does_not_exist_any_more_concerns_nobody(town: Town) -> None:
    await town.happens(subject="SPH-1999-000001")
    await town.happens("account.updated", "nobody-at-all")
    await town.notify_only()
    assert await town.rows(Notice) == []
    assert all(event.fanned_out_at is not None for event in await town.rows(Event))


async def test_a_platform_that_is_away_is_asked_again_later_and_later(town: Town) -> None:
    await town.link(CLAIRE)
    town.line.cut_after(0, losing=False)
    first = await town.happens()
    second = await town.happens("note.added")
    waits = []
    for _ in range(4):
        await town.notify_only()
        (event, behind) = await town.rows(Event, Event.id.in_((first, second)))
        waits.append(event.fan_out_after - town.clock.now())
        assert behind.fan_out_attempts == 0  # it waits behind the older one
        town.clock.advance(waits[-1])
    assert waits == [timedelta(seconds=2**n) for n in range(1, 5)]
    town.line.mend()
    await town.tell()
    assert town.told() == [f"2 nouveautés sur le dossier {DOSSIER} : 1 document, 1 note de liaison."]


async def test_events_are_taken_in_the_order_in_which_they_occurred(town: Town) -> None:
    now = town.clock.now()
    await town.happens("note.added", at=now - timedelta(seconds=5))
    await town.happens("document.added", at=now - timedelta(seconds=30))
    await town.happens("message.received")
    await town.notify_only()
    assert [notice.kind for notice in await town.notices(CLAIRE)] == ["document.added", "note.added", "message.received"]


async def test_an_event_in_another_s_hands_keeps_the_later_ones_of_its_dossier_waiting(town: Town) -> None:
    held = await town.happens()
    async with town.database.writing() as session:
        await session.execute(update(Event).where(Event.id == held).values(fan_out_after=town.clock.now() + FAN_OUT))
    await town.happens("note.added")
    await town.happens("note.added", OTHER)
    await town.notify_only()
    assert [notice.dossier for notice in await town.notices(CLAIRE)] == [OTHER]
    town.clock.advance(FAN_OUT)  # whoever held it was killed
    await town.notify_only()
    assert [notice.kind for notice in await town.notices(CLAIRE)][1:] == ["document.added", "note.added"]


async def test_a_fan_out_that_was_cut_short_goes_on_and_tells_nobody_twice(town: Town) -> None:
    event_id = await town.happens()
    await town.notify_only()
    before = [notice.id for notice in await town.rows(Notice)]
    async with town.database.writing() as session:
        await session.execute(update(Event).where(Event.id == event_id).values(fanned_out_at=None))
    await town.tell()
    assert [notice.id for notice in await town.rows(Notice)] == before
    assert len(town.mails(CLAIRE)) == 1


async def test_two_workers_at_once_make_each_notice_once(town: Town) -> None:
    await town.link(CLAIRE)
    other = Process(town)
    for number in range(30):
        await town.happens(subject=(DOSSIER, OTHER)[number % 2])
    await asyncio.gather(town.process.notifying.run_due(), other.notifying.run_due())
    await town.tell()
    await town.later(timedelta(minutes=1))
    await other.aclose()
    assert len(await town.notices(CLAIRE)) == 30
    assert {send.state for send in await town.sends(CLAIRE, DeliveryChannel.TELEGRAM)} == {"handed"}
    assert 2 <= len(town.told()) == len(await town.messages(CLAIRE, DeliveryChannel.TELEGRAM)) <= 4
