"""Reminders after three days, and what is not kept any longer."""

from __future__ import annotations

from datetime import timedelta

from bot.jobs.outbox import OutboxRow
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.tables import Notice, NoticeMessage, NoticeSend
from tests.unit.notifications.town import CLAIRE, DOSSIER, OTHER, Town

DAY = timedelta(days=1)


async def remind(town: Town) -> int:
    count = await town.process.notifying.reminding.run_due()
    await town.tell()
    return count


async def test_what_nobody_read_for_three_days_is_recalled_by_one_mail_once(town: Town) -> None:
    await town.link(CLAIRE)
    for subject in (DOSSIER, DOSSIER, OTHER):
        await town.happens(subject=subject, title="Courrier de Jeanne Durand", recipients=[town.account(CLAIRE)])
    await town.tell()
    town.clock.advance(3 * DAY - timedelta(seconds=1))
    assert await remind(town) == 0
    town.clock.advance(timedelta(seconds=1))
    assert await remind(town) == 1
    (mail,) = town.mails(CLAIRE)
    text = mail["text"].replace("\u00a0", " ")
    assert f"Dossier {DOSSIER} : 2 documents" in text
    assert f"Dossier {OTHER} : 1 document" in text
    assert "Durand" not in text
    for _ in range(4):
        town.clock.advance(DAY)
        assert await remind(town) == 0


async def test_what_was_read_muted_or_refused_by_mail_is_not_recalled_and_a_quiet_time_waits(town: Town) -> None:
    await town.link(CLAIRE)
    await town.happens(recipients=[town.account(CLAIRE)])
    await town.happens("note.added", OTHER, recipients=[town.account(CLAIRE)])
    await town.happens("message.received", recipients=[town.account(CLAIRE)])
    await town.tell()
    read = next(notice for notice in await town.notices(CLAIRE) if notice.kind == "document.added")
    await town.service.mark_read(town.account(CLAIRE), notices=[read.id])
    now = town.clock.now()
    quiet = {"days": list(range(7)), "start": "10:00", "end": "12:00"}
    await town.prefer(CLAIRE, mutes=[{"dossier": OTHER, "since": now.isoformat()}], matrix={"messages": {"mail": "never"}}, quiet=[quiet])
    town.clock.advance(3 * DAY)
    assert await remind(town) == 0
    assert all(notice.reminded_at is None for notice in await town.notices(CLAIRE))  # 11h in Paris: quiet
    town.clock.advance(timedelta(hours=2))
    assert await remind(town) == 0
    assert town.mails(CLAIRE) == []


async def test_a_person_is_reminded_once_a_day_at_most(town: Town) -> None:
    await town.link(CLAIRE)
    await town.happens(recipients=[town.account(CLAIRE)])
    await town.tell()
    town.clock.advance(timedelta(hours=1))
    await town.happens("note.added", recipients=[town.account(CLAIRE)])
    await town.tell()
    town.clock.advance(3 * DAY - timedelta(hours=1))
    assert await remind(town) == 1
    town.clock.advance(timedelta(hours=2))
    assert await remind(town) == 0
    town.clock.advance(DAY)
    assert await remind(town) == 1
    assert len(town.mails(CLAIRE)) == 2


async def test_notices_go_after_a_year_and_what_was_sent_after_a_month(town: Town) -> None:
    await town.link(CLAIRE)
    await town.happens(recipients=[town.account(CLAIRE)])
    await town.tell()
    purging = town.process.notifying.purging
    assert await purging.run_due() == 0
    town.clock.advance(40 * DAY)
    await town.happens("note.added", recipients=[town.account(CLAIRE)])
    await town.tell()
    await purging.run_due()
    assert len(await town.rows(OutboxRow)) == 2  # of today: what was said, and what was pushed
    assert len(await town.notices(CLAIRE)) == 2
    town.clock.advance(330 * DAY)
    await purging.run_due()
    (kept,) = await town.notices(CLAIRE)
    assert kept.kind == "note.added"
    assert {send.notice_id for send in await town.rows(NoticeSend)} <= {notice.id for notice in await town.rows(Notice)}
    assert (
        len(await town.rows(NoticeMessage, NoticeMessage.way == DeliveryChannel.TELEGRAM, NoticeMessage.account_id == town.account(CLAIRE)))
        == 1
    )
