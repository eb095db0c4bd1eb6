"""What wishes do to the settings, and by them to what is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.notifications.calendar import next_digest, quiet_until
from bot.notifications.delivery_policy import NotificationContext, plan
from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.preference_changes import AddQuiet, ClearQuiet, EndMute, SetDigest, SetMode, StartMute, apply
from bot.notifications.preference_parser import PreferenceRequest, read
from bot.notifications.preferences import EVERY_DAY, Preferences, Window
from tests.unit.notifications.preference_parser.examples import BOTH, DOSSIER, NOW, SENTENCES, after, applied, paris, wish
from tests.unit.notifications.strategies import unhurried

DOCUMENT = NotificationContext(Category.DOCUMENTS, DOSSIER)


@pytest.mark.parametrize(
    ("said", "at", "goes"),
    [
        (["plus rien après 19h"], paris(2026, 11, 25, 18, 59), paris(2026, 11, 25, 18, 59)),
        (["plus rien après 19h"], paris(2026, 11, 25, 19), paris(2026, 11, 26, 7)),
        (["plus rien après 19h", "pas avant 8h"], paris(2026, 11, 25, 20), paris(2026, 11, 26, 8)),
        (["pas avant 8h", "plus rien après 19h"], paris(2026, 11, 25, 20), paris(2026, 11, 26, 8)),
        (["pas de notifs le week-end"], paris(2026, 11, 28, 9), paris(2026, 11, 30, 0)),
        (["pas de notifs le week-end", "rien entre 21h et 7h"], paris(2026, 11, 27, 22), paris(2026, 11, 30, 7)),
        (["le mercredi après-midi pas de notifs"], paris(2026, 11, 25, 13), paris(2026, 11, 25, 18)),
        (["pas de notifs les jours fériés"], paris(2026, 12, 25, 13), paris(2026, 12, 26, 0)),
        (["pas de notif la nuit", "rien les jours fériés"], paris(2026, 12, 25, 13), paris(2026, 12, 26, 7)),
        (["un résumé le matin"], paris(2026, 11, 25, 9), paris(2026, 11, 26, 8)),
        (["un résumé à 8h et à 18h"], paris(2026, 11, 25, 9), paris(2026, 11, 25, 18)),
        (["une fois par semaine le lundi"], paris(2026, 11, 25, 9), paris(2026, 11, 30, 8)),
        (["un récap par jour", "tout de suite"], paris(2026, 11, 25, 9), paris(2026, 11, 25, 9)),
        (["coupe tout jusqu'à lundi"], paris(2026, 11, 29, 23, 59), None),
        (["coupe tout jusqu'à lundi"], paris(2026, 11, 30, 0), paris(2026, 11, 30, 0)),
        (["coupe tout du 24 décembre au 2 janvier"], paris(2026, 12, 23, 23), paris(2026, 12, 23, 23)),
        (["coupe tout du 24 décembre au 2 janvier"], paris(2026, 12, 24, 0), None),
        (["coupe tout du 24 décembre au 2 janvier"], paris(2027, 1, 2, 23), None),
        (["coupe tout du 24 décembre au 2 janvier"], paris(2027, 1, 3, 0), paris(2027, 1, 3, 0)),
        (["stop", "réactive les notifications"], paris(2026, 11, 25, 9), paris(2026, 11, 25, 9)),
        (["mets ce dossier en sourdine"], paris(2026, 11, 25, 9), None),
        (["mets le dossier SPH-2024-000137 en sourdine"], paris(2026, 11, 25, 9), paris(2026, 11, 25, 9)),
        (["plus de notifs de documents"], paris(2026, 11, 25, 9), None),
        (["que les rendez-vous"], paris(2026, 11, 25, 9), None),
        (["que les documents"], paris(2026, 11, 25, 9), paris(2026, 11, 25, 9)),
        # the last word on the same part of the day holds
        (["plus rien après 19h", "plus rien après 21h"], paris(2026, 11, 25, 20), paris(2026, 11, 25, 20)),
        (["rien entre 12h et 14h", "rien entre 12h et 13h"], paris(2026, 11, 25, 13, 30), paris(2026, 11, 25, 13, 30)),
        (["rien entre 21h et 7h", "rien entre 20h et 22h"], paris(2026, 11, 25, 20), paris(2026, 11, 26, 7)),
        (["rien entre 21h et 7h", "enlève les heures calmes"], paris(2026, 11, 25, 22), paris(2026, 11, 25, 22)),
        (["seulement entre 8h et 18h"], paris(2026, 11, 25, 19), paris(2026, 11, 26, 8)),
        (["que de 8h à 18h en semaine"], paris(2026, 11, 27, 19), paris(2026, 11, 30, 8)),
    ],
)
def test_what_was_wished_is_what_happens(said: list[str], at: datetime, goes: datetime | None) -> None:
    assert plan(DOCUMENT, after(*said), {DeliveryChannel.TELEGRAM, DeliveryChannel.SPHERE}, at, at)[DeliveryChannel.TELEGRAM].at == goes


@unhurried
@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4), st.datetimes(datetime(2026, 11, 23), datetime(2027, 2, 1)))
def test_windows_that_were_wished_are_quiet_whatever_was_said_before(texts: list[str], local: datetime) -> None:
    context, at = BOTH, local.replace(tzinfo=UTC)
    for text in texts:
        result = read(text, [], context)
        if isinstance(result, PreferenceRequest):
            preferences = applied(context.preferences, result)
            if preferences is None:
                continue
            context = replace(context, preferences=preferences)
            for change in result.changes:
                if isinstance(change, AddQuiet) and quiet_until(Preferences(quiet=change.windows), at) is not None:
                    assert quiet_until(preferences, at) is not None
                if isinstance(change, SetDigest) and change.hours:
                    assert preferences.digest_hours == tuple(sorted(set(change.hours)))


def test_only_what_was_said_is_kept() -> None:
    wanted = apply(Preferences(), [SetDigest(hours=(time(18), time(8), time(18)))], NOW)
    assert wanted.model_dump(exclude_unset=True) == {"digest_hours": (time(8), time(18))}
    assert wanted.digest_days == EVERY_DAY
    assert apply(wanted, [], NOW) == wanted


def test_switching_on_leaves_what_is_on() -> None:
    wanted = after("désactive telegram", context=BOTH)
    wanted = apply(
        wanted, [SetMode(categories=frozenset({Category.DOCUMENTS}), ways=frozenset({DeliveryChannel.TELEGRAM}), mode=Mode.DIGEST)], NOW
    )
    wanted = apply(wanted, wish("active telegram", replace(BOTH, preferences=wanted)).changes, NOW)
    assert wanted.mode(Category.DOCUMENTS, DeliveryChannel.TELEGRAM) is Mode.DIGEST
    assert wanted.mode(Category.MESSAGES, DeliveryChannel.TELEGRAM) is Mode.NOW
    assert wanted.mode(Category.TEAM, DeliveryChannel.TELEGRAM) is Mode.DIGEST


def test_days_are_taken_out_of_windows() -> None:
    week = Window(days=EVERY_DAY, start=time(21), end=time(7))
    saturday = Window(days=frozenset({5}), start=time(22), end=time(6))
    wanted = apply(Preferences(), [AddQuiet(windows=(week,)), AddQuiet(windows=(saturday,))], NOW)
    assert wanted.quiet == (week.model_copy(update={"days": EVERY_DAY - {5}}), saturday)
    assert apply(wanted, [ClearQuiet(days=EVERY_DAY - {5})], NOW).quiet == (saturday,)
    assert apply(wanted, [ClearQuiet()], NOW).quiet == ()


def test_mutes_replace_each_other_where_they_overlap() -> None:
    christmas = StartMute(since=paris(2026, 12, 24), until=paris(2027, 1, 3))
    wanted = apply(Preferences(), [christmas, StartMute(until=paris(2026, 11, 30))], NOW)
    assert [mute.until for mute in wanted.mutes] == [christmas.until, paris(2026, 11, 30)]
    assert [mute.until for mute in apply(wanted, [StartMute(until=paris(2026, 11, 25))], NOW).mutes] == [
        christmas.until,
        paris(2026, 11, 25),
    ]
    assert [mute.until for mute in apply(wanted, [StartMute(dossier=DOSSIER)], NOW).mutes] == [christmas.until, paris(2026, 11, 30), None]
    assert [mute.until for mute in apply(wanted, [StartMute()], NOW).mutes] == [None]
    # what holds ends; what is to come stays, until it is all there is
    wanted = apply(wanted, [EndMute()], NOW)
    assert [mute.until for mute in wanted.mutes] == [christmas.until]
    assert apply(wanted, [EndMute()], NOW).mutes == ()


def test_windows_that_leave_nothing_are_refused() -> None:
    with pytest.raises(ValidationError, match="no moment of the week"):
        apply(after("rien entre 7h et 19h"), wish("rien entre 19h et 7h").changes, NOW)


def test_the_next_digest_after_a_wish_is_the_one_to_tell() -> None:
    assert next_digest(after("un résumé le matin"), NOW) == paris(2026, 11, 24, 8)
    assert next_digest(after("un résumé le matin", "rien avant 9h"), NOW) == paris(2026, 11, 24, 9)
