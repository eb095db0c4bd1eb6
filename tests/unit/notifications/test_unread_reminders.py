"""Reminders after three days, and what is not kept any longer."""

from __future__ import annotations

from datetime import timedelta

from bot.jobs.outbox import OutboxRow
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.tables import Notice, NoticeMessage, NoticeSend
from tests.unit.notifications.notification_world import CLAIRE, DOSSIER, OTHER, NotificationWorld

DAY = timedelta(days=1)


async def remind(world: NotificationWorld) -> int:
    count = await world.process.worker.reminders.run_due()
    await world.deliver_due()
    return count


async def test_what_nobody_read_for_three_days_is_recalled_by_one_mail_once(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    for subject in (DOSSIER, DOSSIER, OTHER):
        await world.add_event(subject=subject, title="Courrier de Jeanne Durand", recipients=[world.account(CLAIRE)])
    await world.deliver_due()
    world.clock.advance(3 * DAY - timedelta(seconds=1))
    assert await remind(world) == 0
    world.clock.advance(timedelta(seconds=1))
    assert await remind(world) == 1
    (mail,) = world.mails(CLAIRE)
    text = mail["text"].replace("\u00a0", " ")
    assert f"Dossier {DOSSIER} : 2 documents" in text
    assert f"Dossier {OTHER} : 1 document" in text
    assert "Durand" not in text
    for _ in range(4):
        world.clock.advance(DAY)
        assert await remind(world) == 0


async def test_what_was_read_muted_or_refused_by_mail_is_not_recalled_and_a_quiet_time_waits(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    await world.add_event(recipients=[world.account(CLAIRE)])
    await world.add_event("note.added", OTHER, recipients=[world.account(CLAIRE)])
    await world.add_event("message.received", recipients=[world.account(CLAIRE)])
    await world.deliver_due()
    read = next(notice for notice in await world.notices(CLAIRE) if notice.kind == "document.added")
    await world.service.mark_read(world.account(CLAIRE), notices=[read.id])
    now = world.clock.now()
    quiet = {"days": list(range(7)), "start": "10:00", "end": "12:00"}
    await world.prefer(CLAIRE, mutes=[{"dossier": OTHER, "since": now.isoformat()}], matrix={"messages": {"mail": "never"}}, quiet=[quiet])
    world.clock.advance(3 * DAY)
    assert await remind(world) == 0
    assert all(notice.reminded_at is None for notice in await world.notices(CLAIRE))  # 11h in Paris: quiet
    world.clock.advance(timedelta(hours=2))
    assert await remind(world) == 0
    assert world.mails(CLAIRE) == []


async def test_a_person_is_reminded_once_a_day_at_most(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    await world.add_event(recipients=[world.account(CLAIRE)])
    await world.deliver_due()
    world.clock.advance(timedelta(hours=1))
    await world.add_event("note.added", recipients=[world.account(CLAIRE)])
    await world.deliver_due()
    world.clock.advance(3 * DAY - timedelta(hours=1))
    assert await remind(world) == 1
    world.clock.advance(timedelta(hours=2))
    assert await remind(world) == 0
    world.clock.advance(DAY)
    assert await remind(world) == 1
    assert len(world.mails(CLAIRE)) == 2


async def test_notices_go_after_a_year_and_what_was_sent_after_a_month(world: NotificationWorld) -> None:
    await world.link(CLAIRE)
    await world.add_event(recipients=[world.account(CLAIRE)])
    await world.deliver_due()
    purge = world.process.worker.purge
    assert await purge.run_due() == 0
    world.clock.advance(40 * DAY)
    await world.add_event("note.added", recipients=[world.account(CLAIRE)])
    await world.deliver_due()
    await purge.run_due()
    assert len(await world.rows(OutboxRow)) == 1  # of today
    assert len(await world.notices(CLAIRE)) == 2
    world.clock.advance(330 * DAY)
    await purge.run_due()
    (kept,) = await world.notices(CLAIRE)
    assert kept.kind == "note.added"
    assert {send.notice_id for send in await world.rows(NoticeSend)} <= {notice.id for notice in await world.rows(Notice)}
    assert (
        len(
            await world.rows(
                NoticeMessage, NoticeMessage.way == DeliveryChannel.TELEGRAM, NoticeMessage.account_id == world.account(CLAIRE)
            )
        )
        == 1
    )
