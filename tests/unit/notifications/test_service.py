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
from bot.core.database import Database, sqlite_url
from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.preferences import MOST_MUTES, Mute, Preferences
from bot.notifications.tables import DROPPED, HANDED, WAITING, NotificationPerson
from tests.unit.notifications.desk import DOSSIER, OTHER, Desk

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    database = Database(sqlite_url(tmp_path / "sphere.db"))
    await database.create_tables()
    yield Desk(database, ManualClock(NOW))
    await database.close()


def by_mail(preferences: Preferences) -> Preferences:
    return preferences.model_copy(update={"matrix": {**preferences.matrix, Category.TEAM: {DeliveryChannel.MAIL: Mode.NOW}}})


def in_the_evening(preferences: Preferences) -> Preferences:
    return preferences.model_copy(update={"digest_hours": (time(19),)})


def muting(dossier: str | None, until: datetime | None = None) -> Any:
    def update(preferences: Preferences) -> Preferences:
        return preferences.model_copy(update={"mutes": (*preferences.mutes, Mute(dossier=dossier, until=until, since=NOW))})

    return update


async def test_who_said_nothing_has_the_defaults(desk: Desk) -> None:
    assert await desk.service.preferences("claire") == Preferences()
    assert await desk.service.version("claire") == 0
    assert await desk.service.undo("claire", channel="web") is None
    assert await desk.trail() == []


async def test_a_change_is_kept_and_audited_without_values(desk: Desk) -> None:
    changed = await desk.service.change("claire", by_mail, channel="telegram", conversation_id="chat")
    assert changed.mode(Category.TEAM, DeliveryChannel.MAIL) is Mode.NOW
    assert await desk.service.preferences("claire") == changed
    assert await desk.service.preferences("karim") == Preferences()
    (row,) = await desk.trail()
    assert (row.actor, row.action, row.channel, row.subject, row.outcome) == (
        "claire",
        "notifications.change",
        "telegram",
        "chat",
        "changed",
    )


async def test_only_what_was_said_is_kept(desk: Desk) -> None:
    await desk.service.change("claire", in_the_evening, channel="web")
    async with desk.database.reading() as session:
        assert (await session.scalars(select(NotificationPerson.preferences))).one() == {"digest_hours": ["19:00:00"]}


async def test_what_changes_nothing_leaves_the_last_change_to_be_undone(desk: Desk) -> None:
    await desk.service.change("claire", in_the_evening, channel="web")
    await desk.service.change("claire", in_the_evening, channel="web")
    assert len(await desk.trail()) == 1
    assert await desk.service.undo("claire", channel="web") == Preferences()


async def test_undoing_goes_back_once(desk: Desk) -> None:
    first = await desk.service.change("claire", in_the_evening, channel="web")
    await desk.service.change("claire", by_mail, channel="web")
    assert await desk.service.undo("claire", channel="web", conversation_id="chat") == first
    assert await desk.service.preferences("claire") == first
    assert await desk.service.undo("claire", channel="web") is None
    assert [row.action for row in await desk.trail()] == ["notifications.change"] * 2 + ["notifications.undo"]


async def test_an_old_button_does_not_undo_another_change(desk: Desk) -> None:
    await desk.service.change("claire", in_the_evening, channel="web")
    old = await desk.service.version("claire")
    later = await desk.service.change("claire", by_mail, channel="web")
    assert await desk.service.undo("claire", channel="web", version=old) is None
    assert await desk.service.preferences("claire") == later
    assert await desk.service.undo("claire", channel="web", version=old + 1) is not None


async def test_the_next_digest_and_the_end_of_quiet_are_told(desk: Desk) -> None:
    evening = await desk.service.change("claire", in_the_evening, channel="web")
    assert desk.service.next_digest(evening, NOW) == datetime(2026, 11, 23, 18, tzinfo=UTC)
    assert desk.service.quiet_until(evening, NOW) is None


async def test_changes_at_the_same_time_are_all_kept(desk: Desk) -> None:
    dossiers = [f"SPH-2024-{number:06}" for number in range(20)]
    await asyncio.gather(*(desk.service.change("claire", muting(dossier), channel="web") for dossier in dossiers))
    assert {mute.dossier for mute in (await desk.service.preferences("claire")).mutes} == set(dossiers)
    assert await desk.service.version("claire") == 20


async def test_what_is_not_valid_is_not_kept(desk: Desk) -> None:
    def too_many(preferences: Preferences) -> Preferences:
        return preferences.model_copy(update={"mutes": (Mute(since=NOW),) * (MOST_MUTES + 1)})

    with pytest.raises(ValidationError):
        await desk.service.change("claire", too_many, channel="web")
    assert await desk.service.preferences("claire") == Preferences()
    assert await desk.trail() == []


async def test_mutes_that_ended_go_at_the_next_change(desk: Desk) -> None:
    await desk.service.change("claire", muting(DOSSIER, NOW + timedelta(hours=1)), channel="web")
    await desk.service.change("claire", muting(OTHER), channel="web")
    desk.clock.advance(timedelta(hours=2))
    kept = await desk.service.change("claire", in_the_evening, channel="web")
    assert [mute.dossier for mute in kept.mutes] == [OTHER]


@pytest.mark.parametrize(("state", "looked"), [(WAITING, NOW), (HANDED, None), (DROPPED, None)])
async def test_what_waits_is_decided_again(desk: Desk, state: str, looked: datetime | None) -> None:
    await desk.send(await desk.notice(), DeliveryChannel.TELEGRAM, state)
    await desk.service.change("claire", in_the_evening, channel="web")
    assert await desk.look_at() == looked
    assert await desk.look_at("karim") is None


async def test_undoing_and_reading_have_what_waits_decided_again(desk: Desk) -> None:
    notice = await desk.notice()
    await desk.service.change("claire", in_the_evening, channel="web")
    await desk.send(notice, DeliveryChannel.TELEGRAM, WAITING)
    await desk.service.undo("claire", channel="web")
    assert await desk.look_at() == NOW
    desk.clock.advance(timedelta(minutes=1))
    await desk.service.mark_read("claire", notices=[notice])
    assert await desk.look_at() == NOW + timedelta(minutes=1)


async def test_pages_follow_one_another_without_gap_or_repetition(desk: Desk) -> None:
    told = [await desk.notice(ago=minutes // 2) for minutes in range(12)]  # two of each minute
    await desk.notice("karim")
    expected = sorted(told, key=lambda notice: (-(told.index(notice) // 2), notice), reverse=True)
    seen: list[int] = []
    more = True
    while more:
        page = await desk.service.page("claire", before=seen[-1] if seen else None)
        seen += [line.id for line in page.lines]
        more = page.more
        assert page.total == 12
    assert seen == expected


async def test_a_new_notice_does_not_shift_the_pages(desk: Desk) -> None:
    for minutes in range(6):
        await desk.notice(ago=minutes)
    first = await desk.service.page("claire")
    await desk.notice(ago=-1)
    rest = await desk.service.page("claire", before=first.lines[-1].id)
    assert not {line.id for line in rest.lines} & {line.id for line in first.lines}
    assert (len(rest.lines), rest.more) == (1, False)


async def test_filters(desk: Desk) -> None:
    unread = await desk.notice(ago=1)
    await desk.notice(ago=2, read=True)
    await desk.notice(ago=3, dossier=OTHER)
    page = await desk.service.page("claire", dossier=DOSSIER, unread=True)
    assert [line.id for line in page.lines] == [unread]
    assert (page.total, page.unread, page.more) == (2, 1, False)


async def test_somebody_elses_notice_pages_nothing(desk: Desk) -> None:
    theirs, mine = await desk.notice("karim", ago=60), await desk.notice(ago=5)
    assert [line.id for line in (await desk.service.page("claire", before=theirs)).lines] == [mine]


async def test_titles_are_shown_where_they_are_asked_for(desk: Desk) -> None:
    await desk.notice(ago=1, title="Compte rendu de Mme Durand", url="https://sphere.example/d/1")
    await desk.notice(ago=2, kind="service.notice", dossier=None, title="Maintenance ce soir")
    shown = (await desk.service.page("claire", titles=True)).lines
    hidden = (await desk.service.page("claire")).lines
    assert [line.title for line in shown] == ["Compte rendu de Mme Durand", "Maintenance ce soir"]
    assert [line.title for line in hidden] == ["", "Maintenance ce soir"]
    assert (hidden[0].author, hidden[0].url, hidden[0].read) == ("Karim Benali", "https://sphere.example/d/1", False)


async def test_the_bell_counts_what_was_announced_and_is_unread(desk: Desk) -> None:
    for state, read in ((HANDED, False), (HANDED, True), (WAITING, False), (DROPPED, False)):
        await desk.send(await desk.notice(read=read), DeliveryChannel.SPHERE, state)
    await desk.send(await desk.notice(), DeliveryChannel.TELEGRAM, HANDED)
    await desk.send(await desk.notice("karim"), DeliveryChannel.SPHERE, HANDED, "karim")
    assert await desk.service.unread("claire") == 1


async def test_marking_by_notice_message_and_dossier_then_all(desk: Desk) -> None:
    one, two, three, four, five = [await desk.notice(ago=n, dossier=OTHER if n == 4 else DOSSIER) for n in range(1, 6)]
    theirs = await desk.notice("karim")
    told = await desk.message(two, three)
    assert await desk.service.mark_read("claire", notices=[one, theirs]) == 1
    assert await desk.service.mark_read("claire", notices=[]) == 0
    assert await desk.service.mark_read("claire", message=told) == 2
    assert await desk.service.mark_read("claire", message=told) == 0
    assert await desk.service.mark_read("claire", dossier=OTHER) == 1
    assert [line.id for line in (await desk.service.page("claire", unread=True)).lines] == [five]
    assert await desk.service.mark_read("claire") == 1
    assert (await desk.service.page("claire")).unread == 0
    assert four != five
    assert (await desk.service.page("karim")).unread == 1


async def test_somebody_elses_message_marks_nothing(desk: Desk) -> None:
    told = await desk.message(await desk.notice("karim"), account="karim")
    await desk.notice()
    assert await desk.service.mark_read("claire", message=told) == 0
    assert (await desk.service.page("karim")).unread == 1
