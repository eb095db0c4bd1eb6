"""Reminders after three days, and what is not kept any longer."""

from __future__ import annotations

from datetime import timedelta

from bot.jobs.outbox import OutboxRow
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.tables import Notice, NoticeMessage, NoticeSend
from tests.unit.notifications.notification_harness import CLAIRE, DOSSIER, OTHER, NotificationHarness

DAY = timedelta(days=1)


async def remind(harness: NotificationHarness) -> int:
    count = await harness.process.notification_worker.reminders.run_due()
    await harness.deliver_due()
    return count


async def test_what_nobody_read_for_three_days_is_recalled_by_one_mail_once(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    for subject in (DOSSIER, DOSSIER, OTHER):
        await harness.add_event(subject=subject, title="Courrier de Jeanne Durand", recipients=[harness.account(CLAIRE)])
    await harness.deliver_due()
    harness.clock.advance(3 * DAY - timedelta(seconds=1))
    assert await remind(harness) == 0
    harness.clock.advance(timedelta(seconds=1))
    assert await remind(harness) == 1
    (mail,) = harness.mails(CLAIRE)
    text = mail["text"].replace("\u00a0", " ")
    assert f"Dossier {DOSSIER} : 2 documents" in text
    assert f"Dossier {OTHER} : 1 document" in text
    assert "Durand" not in text
    for _ in range(4):
        harness.clock.advance(DAY)
        assert await remind(harness) == 0


async def test_what_was_read_muted_or_refused_by_mail_is_not_recalled_and_a_quiet_time_waits(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    await harness.add_event(recipients=[harness.account(CLAIRE)])
    await harness.add_event("note.added", OTHER, recipients=[harness.account(CLAIRE)])
    await harness.add_event("message.received", recipients=[harness.account(CLAIRE)])
    await harness.deliver_due()
    read = next(notice for notice in await harness.notices(CLAIRE) if notice.kind == "document.added")
    await harness.service.mark_read(harness.account(CLAIRE), notices=[read.id])
    now = harness.clock.now()
    quiet = {"days": list(range(7)), "start": "10:00", "end": "12:00"}
    await harness.prefer(
        CLAIRE, mutes=[{"dossier": OTHER, "since": now.isoformat()}], matrix={"messages": {"mail": "never"}}, quiet=[quiet]
    )
    harness.clock.advance(3 * DAY)
    assert await remind(harness) == 0
    assert all(notice.reminded_at is None for notice in await harness.notices(CLAIRE))  # 11h in Paris: quiet
    harness.clock.advance(timedelta(hours=2))
    assert await remind(harness) == 0
    assert harness.mails(CLAIRE) == []


async def test_a_person_is_reminded_once_a_day_at_most(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    await harness.add_event(recipients=[harness.account(CLAIRE)])
    await harness.deliver_due()
    harness.clock.advance(timedelta(hours=1))
    await harness.add_event("note.added", recipients=[harness.account(CLAIRE)])
    await harness.deliver_due()
    harness.clock.advance(3 * DAY - timedelta(hours=1))
    assert await remind(harness) == 1
    harness.clock.advance(timedelta(hours=2))
    assert await remind(harness) == 0
    harness.clock.advance(DAY)
    assert await remind(harness) == 1
    assert len(harness.mails(CLAIRE)) == 2


async def test_notices_go_after_a_year_and_what_was_sent_after_a_month(harness: NotificationHarness) -> None:
    await harness.link(CLAIRE)
    await harness.add_event(recipients=[harness.account(CLAIRE)])
    await harness.deliver_due()
    purge = harness.process.notification_worker.purge
    assert await purge.run_due() == 0
    harness.clock.advance(40 * DAY)
    await harness.add_event("note.added", recipients=[harness.account(CLAIRE)])
    await harness.deliver_due()
    await purge.run_due()
    assert len(await harness.rows(OutboxRow)) == 1  # of today
    assert len(await harness.notices(CLAIRE)) == 2
    harness.clock.advance(330 * DAY)
    await purge.run_due()
    (kept,) = await harness.notices(CLAIRE)
    assert kept.kind == "note.added"
    assert {send.notice_id for send in await harness.rows(NoticeSend)} <= {notice.id for notice in await harness.rows(Notice)}
    assert (
        len(
            await harness.rows(
                NoticeMessage, NoticeMessage.way == DeliveryChannel.TELEGRAM, NoticeMessage.account_id == harness.account(CLAIRE)
            )
        )
        == 1
    )
