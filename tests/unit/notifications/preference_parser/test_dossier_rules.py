"""Rules of single dossiers, what is refused, and hours that are corrected, as people type them."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from bot.notifications.preference_changes import AddQuiet
from bot.notifications.preference_parser import (
    PreferenceRequest,
    asks_for_settings,
    asks_to_see,
    corrected_hours,
    read,
    refuses_mute,
    with_hours,
)
from bot.notifications.preferences import EVERY_DAY, Preferences, Window
from tests.unit.notifications.preference_notation import notation
from tests.unit.notifications.preference_parser.examples import BOTH

L, H = "SPH-2024-000469", "SPH-2024-000417"
NIGHT = Window(days=EVERY_DAY, start=time(21), end=time(7))
QUIET = replace(BOTH, preferences=Preferences(quiet=(NIGHT,)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"par contre {L} je veux être prévenue même la nuit, elle est en fin de vie", f"pass {L} daily@22h-7h"),
        (f"pour {L}, préviens-moi tout de suite, même la nuit, le reste ça attend 7h", f"{L}=now, pass {L} daily@22h-7h"),
        (f"non pas à des heures, immédiatement, jour et nuit, mais que pour {L}", f"{L}=now, pass {L}"),
        (f"mets tout de suite pour {L} stp et garde la nuit coupée pour l'autre", f"{L}=now"),
        (f"réveille-moi la nuit pour {L}", f"pass {L} daily@22h-7h"),
        (f"pas d'heures calmes pour {L}", f"pass {L}"),
        (f"coupe juste {H} la nuit, pas {L}", f"narrow {H} daily@22h-7h, pass {L}"),
        (f"coupe {H} de 20h à 8h", f"quiet daily@20h-8h={H}"),
        (f"pas de notifs le week-end pour {L}", f"quiet weekend@0h-0h={L}"),
        (f"silence 21 h-7 h sauf {L}", f"quiet daily@21h-7h-{L}"),
        (f"plus rien après 19h mais pas {L}", f"quiet daily@19h-7h-{L}"),
        (f"seulement pour M. {L}", f"mute -{L} →"),
        (f"que le dossier de M. {L}, pas les autres", f"mute -{L} →"),
        (f"coupe tout sauf {L} et {H}", f"mute -{H}+{L} →"),
        (f"tout sauf {L}", f"mute {L} →"),
        (f"mets {L} en sourdine", f"mute {L} →"),
        (f"un résumé à 9h pour {L}", "? dossier_mode"),
    ],
)
def test_what_is_of_single_dossiers(text: str, expected: str) -> None:
    assert notation(read(text, [], QUIET)).startswith(expected)


def test_what_waits_without_quiet_hours_is_asked_about() -> None:
    assert notation(read(f"{L} tout de suite, même la nuit, le reste attend 7h", [], BOTH)) == "? quiet"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Surtout pas, je ne veux pas de sourdine. Une plage horaire de nuit, de vingt et une heures à sept heures", "quiet daily@21h-7h"),
        ("non jveu pas de sourdine", "nothing"),
        ("non, pas de sourdine, juste les mails", "all·mail=on, all·teams+telegram=never"),
    ],
)
def test_no_mute_comes_of_what_refuses_one(text: str, expected: str) -> None:
    assert refuses_mute(text)
    assert notation(read(text, [], BOTH)) == expected


@pytest.mark.parametrize("text", ["mets en sourdine", "plus de sourdine", "enlève la sourdine"])
def test_what_refuses_no_mute(text: str) -> None:
    assert not refuses_mute(text)


@pytest.mark.parametrize(
    "text",
    [
        "Mes réglages de notifications actuels ?",
        "Bon, laissez tomber ça. Récapitulez-moi mes réglages svp",
        "mes heures calmes tiennent toujours ?",
    ],
)
def test_settings_that_are_asked_for_whatever_the_model_says(text: str) -> None:
    assert asks_for_settings(text)


@pytest.mark.parametrize(
    "text", ["les dossiers sont bien mis à jour ?", "ajoutez Paul Martin sans toucher à mes réglages", "coupe la nuit"]
)
def test_what_asks_for_no_settings(text: str) -> None:
    assert not asks_for_settings(text)


@pytest.mark.parametrize("text", ["Elles sont bien réglées à 21h ?", "Non, rien à faire, montrez-moi juste ce qui est réglé"])
def test_a_question_about_what_is_set_is_no_setting(text: str) -> None:
    assert asks_to_see(text)
    assert read(text, [], BOTH) is None


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("j'avais dit 21h et 7h30, pas 22h et 7h...", time(21), time(7, 30)),
        ("J'avais dit vingt et une heures", time(21), time(7)),
        ("mais je vous ai dit 8h", time(22), time(8)),
        ("non j'ai dit 20h", time(20), time(7)),
    ],
)
def test_hours_are_corrected(text: str, start: time, end: time) -> None:
    made = read("coupe la nuit", [], BOTH)
    assert isinstance(made, PreferenceRequest)
    (change,) = with_hours(made.changes, corrected_hours(text))
    assert isinstance(change, AddQuiet)
    assert [(window.start, window.end) for window in change.windows] == [(start, end)]


@pytest.mark.parametrize("text", ["j'ai une réunion à 21h", "21h", "j'avais dit les mails à 8h"])
def test_what_corrects_no_hours(text: str) -> None:
    assert corrected_hours(text) == ()
