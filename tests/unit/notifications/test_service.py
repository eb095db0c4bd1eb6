"""Preferences and reading of one person, on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from bot.core.clock import ManualClock
from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.preferences import MOST_MUTES, Mute, Preferences
from bot.notifications.tables import DROPPED, HANDED, WAITING, NotificationPerson
from tests.databases import fresh_database
from tests.unit.notifications.stored_notifications import DOSSIER, OTHER, StoredNotifications

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[StoredNotifications]:
    async with fresh_database("sqlite", tmp_path) as database:
        yield StoredNotifications(database, ManualClock(NOW))


def by_mail(preferences: Preferences) -> Preferences:
    return preferences.model_copy(update={"matrix": {**preferences.matrix, Category.TEAM: {DeliveryChannel.MAIL: Mode.NOW}}})


def in_the_evening(preferences: Preferences) -> Preferences:
    return preferences.model_copy(update={"digest_hours": (time(19),)})


def muting(dossier: str | None, until: datetime | None = None) -> Any:
    def update(preferences: Preferences) -> Preferences:
        return preferences.model_copy(update={"mutes": (*preferences.mutes, Mute(dossier=dossier, until=until, since=NOW))})

    return update


async def test_who_said_nothing_has_the_defaults(stored: StoredNotifications) -> None:
    assert await stored.service.preferences("claire") == Preferences()
    assert await stored.service.version("claire") == 0
    assert await stored.service.undo("claire", channel="web") is None
    assert await stored.trail() == []


async def test_a_change_is_kept_and_audited_without_values(stored: StoredNotifications) -> None:
    changed = await stored.service.change("claire", by_mail, channel="telegram", conversation_id="chat")
    assert changed.mode(Category.TEAM, DeliveryChannel.MAIL) is Mode.NOW
    assert await stored.service.preferences("claire") == changed
    assert await stored.service.preferences("karim") == Preferences()
    (row,) = await stored.trail()
    assert (row.actor, row.action, row.channel, row.subject, row.outcome) == (
        "claire",
        "notifications.change",
        "telegram",
        "chat",
        "changed",
    )


async def test_only_what_was_said_is_kept(stored: StoredNotifications) -> None:
    await stored.service.change("claire", in_the_evening, channel="web")
    async with stored.database.reading() as session:
        assert (await session.scalars(select(NotificationPerson.preferences))).one() == {"digest_hours": ["19:00:00"]}


async def test_what_changes_nothing_leaves_the_last_change_to_be_undone(stored: StoredNotifications) -> None:
    await stored.service.change("claire", in_the_evening, channel="web")
    await stored.service.change("claire", in_the_evening, channel="web")
    assert len(await stored.trail()) == 1
    assert await stored.service.undo("claire", channel="web") == Preferences()


async def test_undoing_goes_back_once(stored: StoredNotifications) -> None:
    first = await stored.service.change("claire", in_the_evening, channel="web")
    await stored.service.change("claire", by_mail, channel="web")
    assert await stored.service.undo("claire", channel="web", conversation_id="chat") == first
    assert await stored.service.preferences("claire") == first
    assert await stored.service.undo("claire", channel="web") is None
    assert [row.action for row in await stored.trail()] == ["notifications.change"] * 2 + ["notifications.undo"]


async def test_an_old_button_does_not_undo_another_change(stored: StoredNotifications) -> None:
    await stored.service.change("claire", in_the_evening, channel="web")
    old = await stored.service.version("claire")
    later = await stored.service.change("claire", by_mail, channel="web")
    assert await stored.service.undo("claire", channel="web", version=old) is None
    assert await stored.service.preferences("claire") == later
    assert await stored.service.undo("claire", channel="web", version=old + 1) is not None


async def test_the_next_digest_and_the_end_of_quiet_are_told(stored: StoredNotifications) -> None:
    evening = await stored.service.change("claire", in_the_evening, channel="web")
    assert stored.service.next_digest(evening, NOW) == datetime(2026, 11, 23, 18, tzinfo=UTC)
    assert stored.service.quiet_until(evening, NOW) is None


async def test_changes_at_the_same_time_are_all_kept(stored: StoredNotifications) -> None:
    dossiers = [f"SPH-2024-{number:06}" for number in range(20)]
    await asyncio.gather(*(stored.service.change("claire", muting(dossier), channel="web") for dossier in dossiers))
    assert {mute.dossier for mute in (await stored.service.preferences("claire")).mutes} == set(dossiers)
    assert await stored.service.version("claire") == 20


async def test_what_is_not_valid_is_not_kept(stored: StoredNotifications) -> None:
    def too_many(preferences: Preferences) -> Preferences:
        return preferences.model_copy(update={"mutes": (Mute(since=NOW),) * (MOST_MUTES + 1)})

    with pytest.raises(ValidationError):
        await stored.service.change("claire", too_many, channel="web")
    assert await stored.service.preferences("claire") == Preferences()
    assert await stored.trail() == []


async def test_mutes_that_ended_go_at_the_next_change(stored: StoredNotifications) -> None:
    await stored.service.change("claire", muting(DOSSIER, NOW + timedelta(hours=1)), channel="web")
    await stored.service.change("claire", muting(OTHER), channel="web")
    stored.clock.advance(timedelta(hours=2))
    kept = await stored.service.change("claire", in_the_evening, channel="web")
    assert [mute.dossier for mute in kept.mutes] == [OTHER]


@pytest.mark.parametrize(("state", "looked"), [(WAITING, NOW), (HANDED, None), (DROPPED, None)])
async def test_what_waits_is_decided_again(stored: StoredNotifications, state: str, looked: datetime | None) -> None:
    await stored.send(await stored.notice(), DeliveryChannel.TELEGRAM, state)
    await stored.service.change("claire", in_the_evening, channel="web")
    assert await stored.look_at() == looked
    assert await stored.look_at("karim") is None


async def test_undoing_and_reading_have_what_waits_decided_again(stored: StoredNotifications) -> None:
    notice = await stored.notice()
    await stored.service.change("claire", in_the_evening, channel="web")
    await stored.send(notice, DeliveryChannel.TELEGRAM, WAITING)
    await stored.service.undo("claire", channel="web")
    assert await stored.look_at() == NOW
    stored.clock.advance(timedelta(minutes=1))
    await stored.service.mark_read("claire", notices=[notice])
    assert await stored.look_at() == NOW + timedelta(minutes=1)


async def test_pages_follow_one_another_without_gap_or_repetition(stored: StoredNotifications) -> None:
    notices = [await stored.notice(ago=minutes // 2) for minutes in range(12)]  # two of each minute
    await stored.notice("karim")
    expected = sorted(notices, key=lambda notice: (-(notices.index(notice) // 2), notice), reverse=True)
    seen: list[int] = []
    more = True
    while more:
        page = await stored.service.page("claire", before=seen[-1] if seen else None)
        seen += [line.id for line in page.lines]
        more = page.more
        assert page.total == 12
    assert seen == expected


async def test_a_new_notice_does_not_shift_the_pages(stored: StoredNotifications) -> None:
    for minutes in range(6):
        await stored.notice(ago=minutes)
    first = await stored.service.page("claire")
    await stored.notice(ago=-1)
    rest = await stored.service.page("claire", before=first.lines[-1].id)
    assert not {line.id for line in rest.lines} & {line.id for line in first.lines}
    assert (len(rest.lines), rest.more) == (1, False)


async def test_filters(stored: StoredNotifications) -> None:
    unread = await stored.notice(ago=1)
    await stored.notice(ago=2, read=True)
    await stored.notice(ago=3, dossier=OTHER)
    page = await stored.service.page("claire", dossier=DOSSIER, unread=True)
    assert [line.id for line in page.lines] == [unread]
    assert (page.total, page.unread, page.more) == (2, 1, False)


async def test_somebody_elses_notice_pages_nothing(stored: StoredNotifications) -> None:
    theirs, mine = await stored.notice("karim", ago=60), await stored.notice(ago=5)
    assert [line.id for line in (await stored.service.page("claire", before=theirs)).lines] == [mine]


async def test_titles_are_shown_where_they_are_asked_for(stored: StoredNotifications) -> None:
    await stored.notice(ago=1, title="Compte rendu de Mme Durand", url="https://sphere.example/d/1")
    await stored.notice(ago=2, kind="service.notice", dossier=None, title="Maintenance ce soir")
    shown = (await stored.service.page("claire", titles=True)).lines
    hidden = (await stored.service.page("claire")).lines
    assert [line.title for line in shown] == ["Compte rendu de Mme Durand", "Maintenance ce soir"]
    assert [line.title for line in hidden] == ["", "Maintenance ce soir"]
    assert (hidden[0].author, hidden[0].url, hidden[0].read) == ("Karim Benali", "https://sphere.example/d/1", False)


async def test_the_bell_counts_what_was_announced_and_is_unread(stored: StoredNotifications) -> None:
    for state, read in ((HANDED, False), (HANDED, True), (WAITING, False), (DROPPED, False)):
        await stored.send(await stored.notice(read=read), DeliveryChannel.SPHERE, state)
    await stored.send(await stored.notice(), DeliveryChannel.TELEGRAM, HANDED)
    await stored.send(await stored.notice("karim"), DeliveryChannel.SPHERE, HANDED, "karim")
    assert await stored.service.unread("claire") == 1


async def test_marking_by_notice_message_and_dossier_then_all(stored: StoredNotifications) -> None:
    one, two, three, four, five = [await stored.notice(ago=n, dossier=OTHER if n == 4 else DOSSIER) for n in range(1, 6)]
    theirs = await stored.notice("karim")
    message = await stored.message(two, three)
    assert await stored.service.mark_read("claire", notices=[one, theirs]) == 1
    assert await stored.service.mark_read("claire", notices=[]) == 0
    assert await stored.service.mark_read("claire", message=message) == 2
    assert await stored.service.mark_read("claire", message=message) == 0
    assert await stored.service.mark_read("claire", dossier=OTHER) == 1
    assert [line.id for line in (await stored.service.page("claire", unread=True)).lines] == [five]
    assert await stored.service.mark_read("claire") == 1
    assert (await stored.service.page("claire")).unread == 0
    assert four != five
    assert (await stored.service.page("karim")).unread == 1


async def test_somebody_elses_message_marks_nothing(stored: StoredNotifications) -> None:
    message = await stored.message(await stored.notice("karim"), account="karim")
    await stored.notice()
    assert await stored.service.mark_read("claire", message=message) == 0
    assert (await stored.service.page("karim")).unread == 1
