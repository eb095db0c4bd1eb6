"""The form of preferences: shown, sent back, with mistakes; what is wanted on each way is what holds, whatever hands on to it."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.preferences import HOLIDAY, Mute, Preferences, Window
from bot.web.account.preferences_form import Draft, InvalidForm, apply, draft_of, fingerprint, read_draft
from bot.web.account.preferences_matrix import modes_of, with_modes

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
MAIL_ONLY = (DeliveryChannel.MAIL, DeliveryChannel.SPHERE)
ALL = tuple(DeliveryChannel)
NIGHT = Window(days=frozenset({0, 1, 2, 3, 4, HOLIDAY}), start=time(19), end=time(7))


def sent(draft: Draft, **changed: Any) -> dict[str, list[str]]:
    """The form as a browser sends it."""
    form = {f"mode.{name}": [mode] for name, mode in draft.modes.items()}
    form |= {"hour": [*draft.hours, ""], "day": sorted(draft.days), "zone": [draft.zone]}
    for name, window in [*((str(n), w) for n, w in enumerate(draft.windows)), ("new", draft.new_window)]:
        form |= {f"window.{name}.day": sorted(window.days), f"window.{name}.start": [window.start], f"window.{name}.end": [window.end]}
        form |= {f"window.{name}.dossiers": [window.dossiers], f"window.{name}.passing": [window.passing]}
    form |= {f"dossier.{dossier}": [mode] for dossier, mode in draft.dossier_modes.items()}
    form |= {"mute.dossier": [""], "mute.day": [""], "mute.hour": ["08:00"]}
    return {name: values for name, values in {**form, **changed}.items() if values}


def saved(current: Preferences, ways: tuple[DeliveryChannel, ...] = ALL, **changed: Any) -> Preferences:
    return apply(read_draft(sent(draft_of(current, ways), **changed), ways), current, ways, NOW)


def errors(current: Preferences, **changed: Any) -> dict[str, str]:
    with pytest.raises(InvalidForm) as wrong:
        saved(current, **changed)
    return wrong.value.errors


@pytest.mark.parametrize("ways", [ALL, MAIL_ONLY, (DeliveryChannel.TELEGRAM, DeliveryChannel.SPHERE)])
def test_what_is_not_touched_stays_unsaid(ways: tuple[DeliveryChannel, ...]) -> None:
    for current in (Preferences(), Preferences(quiet=(NIGHT,), digest_hours=(time(8), time(18, 30)))):
        changed = saved(current, ways)
        assert changed == current
        assert changed.model_fields_set == current.model_fields_set


def test_the_form_shows_what_holds_where_there_is_no_chat() -> None:
    assert draft_of(Preferences(), MAIL_ONLY).modes["documents.mail"] == "now"
    assert draft_of(Preferences(), MAIL_ONLY).modes["team.mail"] == "digest"
    assert draft_of(Preferences(), ALL).modes["documents.mail"] == "never"
    assert "documents.telegram" not in draft_of(Preferences(), MAIL_ONLY).modes


def test_a_mode_that_is_chosen_is_kept() -> None:
    changed = saved(Preferences(), **{"mode.documents.telegram": ["digest"]})
    assert changed.matrix == {Category.DOCUMENTS: {DeliveryChannel.TELEGRAM: Mode.DIGEST}}


def test_a_mode_that_is_none_changes_nothing() -> None:
    assert saved(Preferences(), **{"mode.documents.telegram": ["sometimes"], "mode.documents.carrier": ["now"]}) == Preferences()


ways_of = st.sets(st.sampled_from([DeliveryChannel.TELEGRAM, DeliveryChannel.TEAMS, DeliveryChannel.MAIL])).map(
    lambda found: frozenset({*found, DeliveryChannel.SPHERE})
)
lines = st.dictionaries(st.sampled_from(DeliveryChannel), st.sampled_from(Mode))


@given(said=lines, wanted=lines, ways=ways_of, category=st.sampled_from(Category))
def test_what_is_wanted_holds(
    said: dict[DeliveryChannel, Mode], wanted: dict[DeliveryChannel, Mode], ways: frozenset[DeliveryChannel], category: Category
) -> None:
    before = Preferences(matrix={category: said})
    held = modes_of(before, category, ways)
    after = with_modes(before, category, {way: mode.value for way, mode in wanted.items()}, ways)
    # A form always sends every way that it shows.
    after = with_modes(after, category, {way: wanted.get(way, held[way]).value for way in ways}, ways)
    assert modes_of(after, category, ways) == {way: wanted.get(way, held[way]) for way in ways}
    assert {c: line for c, line in after.matrix.items() if c != category} == {}


def test_hours_are_read_as_they_are_typed_and_an_empty_one_is_taken_away() -> None:
    assert saved(Preferences(), hour=["", "18h30", "7:05", "7:05", "9h"]).digest_hours == (time(7, 5), time(9), time(18, 30))


def test_windows_are_changed_added_and_removed() -> None:
    current = Preferences(quiet=(NIGHT,))
    added = {"window.new.day": ["5", "6"], "window.new.start": ["00:00"], "window.new.end": ["00:00"]}
    weekend = Window(days=frozenset({5, 6}), start=time(0), end=time(0))
    assert saved(current, **added).quiet == (NIGHT, weekend)
    assert saved(current, **{"window.0.start": ["20:00"]}).quiet == (NIGHT.model_copy(update={"start": time(20)}),)
    assert saved(current, **{"window.0.start": [], "window.0.end": [], "window.0.day": []}).quiet == ()


def test_a_mute_is_added_and_takes_the_place_of_the_former() -> None:
    new = {"mute.what": ["dossier"], "mute.dossier": ["sph 2024 000137"], "mute.day": ["2026-11-30"]}
    (mute,) = saved(Preferences(), **new).mutes
    assert mute == Mute(dossier="SPH-2024-000137", until=datetime(2026, 11, 30, 7, tzinfo=UTC), since=NOW)
    (later,) = saved(Preferences(mutes=(mute,)), **{**new, "mute.day": ["05/12/2026"], "mute.hour": ["9h"]}).mutes
    assert later.until == datetime(2026, 12, 5, 8, tzinfo=UTC)
    everything = saved(Preferences(mutes=(mute,)), **{"mute.what": ["all"]}).mutes
    assert [(m.dossier, m.until) for m in everything] == [(mute.dossier, mute.until), (None, None)]


def test_a_mute_ends_at_the_hour_of_the_place_that_is_chosen() -> None:
    new = {"zone": ["America/Guadeloupe"], "mute.what": ["all"], "mute.day": ["2026-11-30"]}
    assert saved(Preferences(), **new).mutes[0].until == datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"hour": [""]}, {"hours": "none"}),
        ({"hour": ["25:00"]}, {"hours": "malformed"}),
        ({"hour": [f"{n}:00" for n in range(13)]}, {"hours": "many"}),
        ({"day": []}, {"days": "no_day"}),
        ({"day": ["9"]}, {"days": "no_day"}),
        ({"zone": ["Europe/Nowhere"]}, {"zone": "unknown"}),
        ({"window.new.start": ["19:00"]}, {"window.new": "hours"}),
        ({"window.new.start": ["19:00"], "window.new.end": ["7:00"]}, {"window.new": "no_day"}),
        ({"window.0.start": [" "]}, {"window.0": "hours"}),
        ({"window.new.day": list("0123456"), "window.new.start": ["7:00"], "window.new.end": ["7:00"]}, {"quiet": "always"}),
        ({"mute.what": ["dossier"]}, {"mute": "dossier"}),
        ({"mute.dossier": ["Mme Durand"]}, {"mute": "dossier"}),
        ({"mute.day": ["2026-11-30"]}, {"mute": "what"}),
        ({"mute.what": ["all"], "mute.day": ["lundi"]}, {"mute": "day"}),
        ({"mute.what": ["all"], "mute.day": ["2026-11-24"]}, {"mute": "past"}),
        ({"hour": ["x"], "day": [], "mute.what": ["dossier"]}, {"hours": "malformed", "days": "no_day", "mute": "dossier"}),
    ],
)
def test_each_mistake_is_said_at_its_place(changed: dict[str, Any], found: dict[str, str]) -> None:
    assert errors(Preferences(quiet=(NIGHT,)), **changed) == found


def test_a_form_with_mistakes_comes_back_as_it_was_sent() -> None:
    form = sent(draft_of(Preferences(quiet=(NIGHT,)), ALL), hour=["x"], **{"mute.dossier": ["Mme Durand"], "window.new.start": ["19"]})
    draft = read_draft(form, ALL)
    assert (draft.hours, draft.mute.dossier, draft.new_window.start) == (("x",), "Mme Durand", "19")
    assert draft.windows == draft_of(Preferences(quiet=(NIGHT,)), ALL).windows


def test_an_empty_or_hostile_form_is_wrong_and_nothing_more() -> None:
    hostile = {f"window.{n}.start": ["1:00"] for n in range(1000)} | {"hour": ["1:00"] * 1000, "zone": ["../../etc/passwd"]}
    for form in ({}, hostile, {"mode.access.telegram": ["x" * 10_000]}):
        with pytest.raises(InvalidForm):
            apply(read_draft(form, ALL), Preferences(), ALL, NOW)


def test_the_fingerprint_is_that_of_what_is_shown() -> None:
    same = Preferences(digest_days=frozenset({6, 5, 4, 3, 2, 1, 0}))
    assert fingerprint(Preferences(), ALL) == fingerprint(same, reversed(ALL))
    others = [Preferences(digest_days=frozenset({0})), Preferences(quiet=(NIGHT,)), saved(Preferences(), **{"mode.team.mail": ["now"]})]
    marks = {fingerprint(preferences, ALL) for preferences in (Preferences(), *others)} | {fingerprint(Preferences(), MAIL_ONLY)}
    assert len(marks) == 5


def test_what_is_of_single_dossiers_is_shown_and_comes_back() -> None:
    one, other = "SPH-2024-000469", "SPH-2024-000417"
    own = NIGHT.model_copy(update={"dossiers": frozenset({one, other})})
    held = Preferences(
        quiet=(NIGHT.model_copy(update={"passing": frozenset({one})}), own), dossier_modes={one: Mode.NOW, other: Mode.DIGEST}
    )
    draft = draft_of(held, MAIL_ONLY)
    assert apply(read_draft(sent(draft), MAIL_ONLY), held, MAIL_ONLY, NOW) == held
    changed = sent(draft, **{f"dossier.{one}": [""], "window.0.passing": ["sph 2024 000417"]})
    after = apply(read_draft(changed, MAIL_ONLY), held, MAIL_ONLY, NOW)
    assert after.dossier_modes == {other: Mode.DIGEST}
    assert after.quiet[0].passing == {other}
    with pytest.raises(InvalidForm, match=r"window\.1"):
        apply(read_draft(sent(draft, **{"window.1.dossiers": ["M. Garnier"]}), MAIL_ONLY), held, MAIL_ONLY, NOW)
