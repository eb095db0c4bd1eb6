"""Quiet hours, mutes and modes of single dossiers: what is delivered when, and what a change makes of them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest
from pydantic import ValidationError

from bot.core.clock import PARIS
from bot.notifications.calendar import quiet_for_some
from bot.notifications.delivery_policy import DropReason, NotificationContext, PlannedDelivery, plan
from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.preference_changes import AddQuiet, NarrowQuiet, PassQuiet, SetDossierMode, StartMute, apply
from bot.notifications.preferences import EVERY_DAY, Mute, Preferences, Window

ONE, OTHER = "SPH-2024-000469", "SPH-2024-000417"
THREE = datetime(2026, 11, 24, 3, tzinfo=PARIS).astimezone(UTC)
SEVEN = datetime(2026, 11, 24, 7, tzinfo=PARIS).astimezone(UTC)
NIGHT = Window(days=EVERY_DAY, start=time(21), end=time(7))


def planned(
    preferences: Preferences, dossier: str | None, category: Category = Category.DOCUMENTS, *, urgent: bool = False
) -> PlannedDelivery:
    context = NotificationContext(category, dossier, urgent)
    return plan(context, preferences, {DeliveryChannel.TELEGRAM}, THREE, THREE)[DeliveryChannel.TELEGRAM]


def test_a_dossier_that_passes_comes_at_night_and_the_others_wait() -> None:
    preferences = apply(Preferences(quiet=(NIGHT,)), [PassQuiet(dossiers=frozenset({ONE}))], THREE)
    assert planned(preferences, ONE).at == THREE
    assert planned(preferences, OTHER).at == planned(preferences, None).at == SEVEN
    assert planned(preferences, OTHER, urgent=True).at == THREE


def test_quiet_hours_of_one_dossier_hold_for_it_alone() -> None:
    own = NIGHT.model_copy(update={"dossiers": frozenset({ONE})})
    preferences = apply(Preferences(), [AddQuiet(windows=(own,))], THREE)
    assert planned(preferences, ONE).at == SEVEN
    assert planned(preferences, OTHER).at == THREE
    assert quiet_for_some(preferences, THREE)
    assert not quiet_for_some(preferences, SEVEN)


def test_quiet_hours_are_narrowed_to_a_dossier_and_keep_their_times() -> None:
    asked = (Window(days=EVERY_DAY, start=time(22), end=time(7)),)
    lunch = Window(days=EVERY_DAY, start=time(12), end=time(14))
    change = NarrowQuiet(dossiers=frozenset({ONE}), windows=asked)
    narrowed = apply(Preferences(quiet=(NIGHT, lunch)), [change], THREE).quiet
    assert narrowed == (NIGHT.model_copy(update={"dossiers": frozenset({ONE})}), lunch)
    assert [window.start for window in apply(Preferences(), [change], THREE).quiet] == [time(22)]


def test_new_hours_of_the_night_let_pass_what_passed() -> None:
    let = apply(Preferences(quiet=(NIGHT,)), [PassQuiet(dossiers=frozenset({ONE}))], THREE)
    later = Window(days=EVERY_DAY, start=time(22), end=time(7))
    (window,) = apply(let, [AddQuiet(windows=(later,))], THREE).quiet
    assert (window.start, window.passing) == (time(22), frozenset({ONE}))


def test_all_but_one_dossier_is_muted() -> None:
    preferences = apply(Preferences(), [StartMute(passing=frozenset({ONE}))], THREE)
    assert planned(preferences, ONE).at == THREE
    assert planned(preferences, OTHER).reason is DropReason.MUTED


@pytest.mark.parametrize(("mode", "other"), [(Mode.NOW, Category.TEAM), (Mode.DIGEST, Category.DOCUMENTS)])
def test_a_dossier_has_a_mode_of_its_own(mode: Mode, other: Category) -> None:
    assert mode in (Mode.NOW, Mode.DIGEST)
    preferences = apply(Preferences(), [SetDossierMode(dossiers=frozenset({ONE}), mode=mode)], THREE)
    assert planned(preferences, ONE, other).mode is mode
    assert planned(preferences, OTHER, other).mode is not mode


def test_a_dossier_that_would_never_be_told_of_is_refused() -> None:
    whole = Window(days=EVERY_DAY, start=time(7), end=time(21), dossiers=frozenset({ONE}))
    with pytest.raises(ValidationError, match="no moment"):
        Preferences(quiet=(NIGHT, whole))
    with pytest.raises(ValidationError, match="muted"):
        Preferences(dossier_modes={ONE: Mode.NEVER})


def test_what_an_older_version_kept_holds_as_before_and_is_kept_alike() -> None:
    document: dict[str, list[dict[str, Any]]] = {
        "quiet": [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "21:00:00", "end": "07:00:00"}],
        "mutes": [{"dossier": OTHER, "until": None, "since": "2026-11-01T00:00:00Z"}],
    }
    preferences = Preferences.model_validate(document)
    assert preferences.quiet == (NIGHT,)
    assert preferences.mutes == (Mute(dossier=OTHER, since=datetime(2026, 11, 1, tzinfo=UTC)),)
    kept = preferences.model_dump(mode="json", exclude_unset=True)
    assert kept.keys() == document.keys()
    assert kept["quiet"][0].keys() == document["quiet"][0].keys()
